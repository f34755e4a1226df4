//! The report for people: what passed, what did not, where to look, and who answered.

mod bases;
mod conclusion;
mod evidence;
mod finding;
mod marked;
mod measurement;
mod page;
mod rotation;
mod sandbox;
mod verdict;

use colored::Colorize;
use softy_checks::model::Language;
use softy_checks::observation::Sandbox;

use self::page::Page;
use super::Report;
use super::visible::visible;

/// Columns of a submission's path that are shown.
const PATH: usize = 200;

/// The report in `language`, lines at most `columns` wide, with a newline at its end.
///
/// Colours are there or not as [`colored::control`] says; every line can be read without them.
pub fn render(report: &Report, language: Language, columns: usize) -> String {
    let page = Page::new(language, columns);
    let parts = [
        header(&page, report),
        verdict::lines(&page, report),
        measured(&page, report),
        conclusion::lines(&page, report),
    ];
    let parts = parts.iter().filter(|lines| !lines.is_empty());
    let parts: Vec<String> = parts.map(|lines| joined(lines)).collect();
    parts.join("\n")
}

/// Where the stack ran and what was not closed there, one sentence each, with a newline at its end.
pub fn render_sandbox(sandbox: &Sandbox, language: Language, columns: usize) -> String {
    joined(&sandbox::lines(&Page::new(language, columns), sandbox))
}

/// What was measured more closely, with a newline at its end; empty when nothing was.
pub fn render_measurement(report: &Report, language: Language, columns: usize) -> String {
    joined(&measurement::details(&Page::new(language, columns), report))
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
    let title = format!("{} · {}", report.task, visible(&report.submission, PATH));
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
