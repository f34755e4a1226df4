//! A page for a browser: one file that asks nobody for anything, and in which nothing runs but its own script.

mod charts;
mod finding;
mod page;
mod rotation;
mod section;
mod table;
mod words;

use std::io::{self, Write};

use maud::html;
use softy_checks::model::Language;

use self::page::{CONTENT, page};
use super::{Report, Student};
use crate::batch::Summary;

/// One submission.
///
/// # Errors
/// None that a report can cause.
pub fn render(report: &Report, language: Language) -> io::Result<String> {
    let student = Student::of(report);
    let page = page(language, report.task, &html! {});
    let section = section::section(None, &student, report, language);
    Ok(page.replacen(CONTENT, &section.into_string(), 1))
}

/// Every submission: what there is to say about all, a table, and a section each, read when it is written.
///
/// # Errors
/// When `sink` does not take it, or a result file went away.
pub fn write(summary: &Summary, language: Language, sink: &mut dyn Write) -> io::Result<()> {
    let overview = html! {
        (charts::overview(summary, language))
        (table::table(summary, language))
    };
    let page = page(language, words::CLASS.to(language), &overview);
    let (before, after) = page.split_once(CONTENT).unwrap_or((&page, ""));
    sink.write_all(before.as_bytes())?;
    for (number, row) in summary.submissions.iter().enumerate() {
        let report = summary.graded(row)?.report;
        let section = section::section(Some(number), &Student::from(row), &report, language);
        sink.write_all(section.into_string().as_bytes())?;
    }
    sink.write_all(after.as_bytes())
}

#[cfg(test)]
mod tests;
