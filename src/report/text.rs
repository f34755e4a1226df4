//! The report for people: what passed, what did not, where to look, and who answered.

mod conclusion;
mod evidence;
mod finding;
mod marked;
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
        verdict::lines(&page, &report.verdicts),
        rotation::lines(&page, &report.observation),
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

fn header(page: &Page, report: &Report) -> Vec<String> {
    let title = format!("{} · {}", report.task, visible(&report.submission, PATH));
    let lines = page.wrap(0, &title);
    lines.iter().map(|line| line.bold().to_string()).collect()
}

fn joined(lines: &[String]) -> String {
    lines
        .iter()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

#[cfg(test)]
mod tests;
