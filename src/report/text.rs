//! Report as text: the verdicts, the hints, and the replicas that answered.

mod bases;
mod conclusion;
mod evidence;
mod finding;
pub(super) mod marked;
mod measurement;
mod page;
mod rotation;
mod sandbox;
mod summary;
mod timings;
mod verdict;

use colored::Colorize;
use softy_checks::Verdict;
use softy_checks::model::Language;
use softy_checks::observation::{Observation, Sandbox, Volley};

pub use self::page::Page;
use super::Report;
use super::visible::{NAME, visible};
use crate::batch::Summary;

/// Width in columns of the text that other formats contain.
const COLUMNS: usize = 100;

/// Returns the report, with a newline at its end.
///
/// [`colored::control`] turns colours on and off; every line is readable without them.
pub fn render(report: &Report, page: &Page) -> String {
    let parts = [
        header(page, report),
        verdict::lines(page, report),
        measured(page, report),
        conclusion::lines(page, report),
    ];
    let parts = parts.iter().filter(|lines| !lines.is_empty());
    let parts: Vec<String> = parts.map(|lines| joined(lines)).collect();
    parts.join("\n")
}

/// Returns the summary of many submissions, with a newline at its end.
pub fn render_summary(summary: &Summary, page: &Page) -> String {
    joined(&summary::lines(page, summary))
}

/// Returns the lines below a verdict's title, without the margin. A verdict that passed has only its notes.
pub(super) fn details(verdict: &Verdict, language: Language) -> Vec<String> {
    let page = Page::new(language, COLUMNS);
    let lines = verdict::details(&page, verdict, None).into_iter();
    lines
        .map(|line| match line.strip_prefix(&" ".repeat(page.margin())) {
            Some(line) => line.trim_end().to_owned(),
            None => line,
        })
        .collect()
}

/// Returns the short reason why a check was not judged; `None` if it passed or failed.
pub(super) fn reason(verdict: &Verdict, language: Language) -> Option<String> {
    let reason = verdict::reason(&verdict.status, 1)?;
    Some(reason.to(language).to_owned())
}

/// Returns the volleys that show which replicas answered.
pub(super) fn volleys(seen: &Observation) -> impl Iterator<Item = &Volley> {
    rotation::told_of(seen)
}

/// Returns the type of connection of a volley, and the sources that its replica numbers come from.
pub(super) fn volley(volley: &Volley, language: Language) -> String {
    rotation::details(&Page::new(language, COLUMNS), volley)
}

/// Returns the environment of the stack and its missing isolation, one sentence each, with a newline at its end.
pub fn render_sandbox(sandbox: &Sandbox, page: &Page) -> String {
    joined(&sandbox::lines(page, sandbox))
}

/// Returns the details of the measurement, with a newline at its end; empty when nothing was measured.
pub fn render_measurement(report: &Report, page: &Page) -> String {
    joined(&measurement::details(page, report))
}

/// Returns the duration of each phase, with a newline at its end; empty without phases, as in a replay.
pub fn render_timings(report: &Report, page: &Page) -> String {
    joined(&timings::lines(page, report))
}

/// Returns the replicas that answered, and the remarks on the measurement.
fn measured(page: &Page, report: &Report) -> Vec<String> {
    let mut lines = rotation::lines(page, &report.observation);
    if !lines.is_empty() {
        lines.extend(measurement::lines(page, report));
    }
    lines
}

fn header(page: &Page, report: &Report) -> Vec<String> {
    let title = format!("{} · {}", report.task, visible(&report.submission, NAME));
    let title = page.wrap(0, &title);
    let title = title.iter().map(|line| line.bold().to_string());
    title
        .chain(bases::lines(page, &report.observation))
        .collect()
}

fn joined(lines: &[String]) -> String {
    lines
        .iter()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

#[cfg(test)]
mod tests;
