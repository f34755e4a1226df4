//! HTML report: one file that loads nothing from elsewhere and runs no script except its own.

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

/// Returns the page of one submission.
///
/// # Errors
/// None that a report can cause.
pub fn render(report: &Report, language: Language) -> io::Result<String> {
    let student = Student::of(report);
    let page = page(language, report.task, &html! {});
    let section = section::section(None, &student, report, language);
    Ok(page.replacen(CONTENT, &section.into_string(), 1))
}

/// Writes the page of all submissions: an overview, a table, and one section per submission. Reads each result file only when
/// its section is written.
///
/// # Errors
/// When writing to `sink` fails, or a result file can no longer be read.
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
