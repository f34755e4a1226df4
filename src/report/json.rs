//! JSON report for other programs; its schema is a contract.

mod check;

use std::io::{self, Write};

use serde::{Serialize, Serializer};
use softy_checks::observation::Observation;

use self::check::Check;
pub(crate) use self::check::{points, status};
use super::visible::is_invisible;
use super::{Phase, Report, by_hand};
use crate::batch::{Listed, Summary};
use crate::rubric::Rubric;

/// JSON Schema (draft 2020-12) of the output of [`render`].
pub const SCHEMA: &str = include_str!("schema.json");

/// Version of the layout that this release writes. It increases when a field is removed or changes its meaning.
pub const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    tool: Tool,
    task: &'a str,
    submission: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    batch: Option<&'a Listed>,
    gradable: bool,
    score: Option<u32>,
    out_of: u32,
    whole: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reaches_pass_mark: Option<bool>,
    /// `None` for the default rubric.
    #[serde(skip_serializing_if = "Option::is_none")]
    rubric: Option<&'a Rubric>,
    #[serde(serialize_with = "milliseconds")]
    seconds: f64,
    phases: &'a [Phase],
    checks: Vec<Check<'a>>,
    by_hand: Vec<String>,
    observation: &'a Observation,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

const TOOL: Tool = Tool {
    name: env!("CARGO_PKG_NAME"),
    version: env!("CARGO_PKG_VERSION"),
};

/// Returns the report as indented JSON, with a newline at its end.
///
/// # Errors
/// None that a report can cause.
pub fn render(report: &Report) -> serde_json::Result<String> {
    render_listed(report, None)
}

/// Returns a result file: the same JSON as [`render`], with the submission's place in a batch.
///
/// # Errors
/// None that a report can cause.
pub fn render_listed(report: &Report, batch: Option<&Listed>) -> serde_json::Result<String> {
    let checks = report.verdicts.iter();
    let checks = checks.map(|verdict| Check::of(report, verdict));
    let document = Document {
        schema: VERSION,
        tool: TOOL,
        task: report.task,
        submission: &report.submission,
        batch,
        gradable: report.gradable(),
        score: report.score(),
        out_of: report.out_of(),
        whole: report.is_whole(),
        reaches_pass_mark: report.reaches_pass_mark(),
        rubric: Some(&report.rubric).filter(|rubric| **rubric != Rubric::default()),
        seconds: report.seconds,
        phases: &report.phases,
        checks: checks.collect(),
        by_hand: by_hand::commands(report),
        observation: &report.observation,
    };
    let mut json = serde_json::to_string_pretty(&document)?;
    json.push('\n');
    Ok(json.chars().map(escaped).collect())
}

/// Summary of a batch, with one row per submission; the full report of a submission is in its result file.
#[derive(Serialize)]
struct Batch<'a> {
    schema: u32,
    tool: Tool,
    task: &'a str,
    #[serde(flatten)]
    summary: &'a Summary,
}

/// Writes the summary of a batch as indented JSON, with a newline at its end.
///
/// # Errors
/// When writing to `sink` fails.
pub fn write(summary: &Summary, sink: &mut dyn Write) -> io::Result<()> {
    let batch = Batch {
        schema: VERSION,
        tool: TOOL,
        task: "task6",
        summary,
    };
    let json: String = serde_json::to_string_pretty(&batch)?
        .chars()
        .map(escaped)
        .collect();
    writeln!(sink, "{json}")
}

/// Serializes a duration in seconds, rounded to milliseconds.
pub(crate) fn milliseconds<S: Serializer>(seconds: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((seconds * 1000.0).round() / 1000.0)
}

/// Returns a character of JSON text; escapes it if a terminal would interpret it or not show it.
fn escaped(character: char) -> String {
    if character == '\n' || !is_invisible(character) {
        return character.to_string();
    }
    let mut units = [0; 2];
    let units = character.encode_utf16(&mut units);
    units.iter().map(|unit| format!("\\u{unit:04x}")).collect()
}

#[cfg(test)]
mod tests;
