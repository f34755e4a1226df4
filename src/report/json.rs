//! The report for other programs; its schema is a contract.

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

/// The JSON Schema (draft 2020-12) of [`render`]'s text.
pub const SCHEMA: &str = include_str!("schema.json");

/// The version of the layout that this release writes; it grows when a field goes or changes its meaning.
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
    /// `None` when it is the usual one.
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

/// The report as JSON, indented, with a newline at its end.
///
/// # Errors
/// None that a report can cause.
pub fn render(report: &Report) -> serde_json::Result<String> {
    render_listed(report, None)
}

/// The same with the submission's place in a batch: a result file.
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

/// A batch: what is said about all of its submissions, and a row for each; the whole of one is in its result file.
#[derive(Serialize)]
struct Batch<'a> {
    schema: u32,
    tool: Tool,
    task: &'a str,
    #[serde(flatten)]
    summary: &'a Summary,
}

/// The summary of a batch as JSON, indented, with a newline at its end.
///
/// # Errors
/// When `sink` does not take it.
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

/// A duration in seconds, to the millisecond.
pub(crate) fn milliseconds<S: Serializer>(seconds: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((seconds * 1000.0).round() / 1000.0)
}

/// A character of JSON text, by its number where a terminal would obey it or not show it.
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
