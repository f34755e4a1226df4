//! The report for people: what passed, what did not, where to look, and who answered.

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

/// Columns of what goes into other formats.
const COLUMNS: usize = 100;

/// The report, with a newline at its end.
///
/// Colours are there or not as [`colored::control`] says; every line can be read without them.
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

/// What there is to say about many submissions, with a newline at its end.
pub fn render_summary(summary: &Summary, page: &Page) -> String {
    joined(&summary::lines(page, summary))
}

/// What the report says of a verdict below its title, line by line and without a margin; nothing of one that passed.
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

/// Why a verdict is none, in a few words; `None` for one that passed or failed.
pub(super) fn reason(verdict: &Verdict, language: Language) -> Option<String> {
    let reason = verdict::reason(&verdict.status, 1)?;
    Some(reason.to(language).to_owned())
}

/// The volleys that say something of the replicas.
pub(super) fn volleys(seen: &Observation) -> impl Iterator<Item = &Volley> {
    rotation::told_of(seen)
}

/// How the requests of a volley travelled, and who says what came of them.
pub(super) fn volley(volley: &Volley, language: Language) -> String {
    rotation::details(&Page::new(language, COLUMNS), volley)
}

/// Where the stack ran and what was not closed there, one sentence each, with a newline at its end.
pub fn render_sandbox(sandbox: &Sandbox, page: &Page) -> String {
    joined(&sandbox::lines(page, sandbox))
}

/// What was measured more closely, with a newline at its end; empty when nothing was.
pub fn render_measurement(report: &Report, page: &Page) -> String {
    joined(&measurement::details(page, report))
}

/// How long each part of the run took, with a newline at its end; empty of what was not run here.
pub fn render_timings(report: &Report, page: &Page) -> String {
    joined(&timings::lines(page, report))
}

/// Who answered, and what there is to say about that.
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
