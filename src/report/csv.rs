//! Comma-separated values for spreadsheets and gradebooks: one line per submission.

use std::io::{self, Write};

use csv::{Terminator, Writer, WriterBuilder};
use softy_checks::model::Language;
use softy_checks::{Reason, Status, TASK6, Verdict};

use super::visible::{MESSAGE, visible};
use super::{Report, Student};
use crate::batch::{Outcome, Summary};

/// Columns before those of the checks.
const FIRST: [&str; 6] = ["id", "name", "group", "status", "score", "out_of"];

/// Columns after those of the checks.
const LAST: [&str; 3] = ["mistake", "feedback", "seconds"];

/// Returns a header and the line of one submission.
///
/// # Errors
/// None that a report can cause.
pub fn render(report: &Report, language: Language) -> io::Result<String> {
    let mut table = table(Vec::new());
    table.write_record(header())?;
    table.write_record(line(&Student::of(report), report, language))?;
    let bytes = table.into_inner().map_err(|error| error.into_error())?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// Writes a header and one line per submission. A result file that cannot be read has the status `not-graded`.
///
/// # Errors
/// When writing to `sink` fails, or a result file can no longer be read.
pub fn write(summary: &Summary, language: Language, sink: &mut dyn Write) -> io::Result<()> {
    let mut table = table(sink);
    table.write_record(header())?;
    for row in &summary.submissions {
        let report = summary.graded(row)?.report;
        table.write_record(line(&Student::from(row), &report, language))?;
    }
    for unreadable in &summary.unreadable {
        let file = unreadable.file.file_stem().unwrap_or_default();
        table.write_record(unread(&file.to_string_lossy(), &unreadable.reason))?;
    }
    table.flush()
}

/// Returns a CSV writer with the line ends of RFC 4180.
pub(super) fn table<W: Write>(sink: W) -> Writer<W> {
    let mut builder = WriterBuilder::new();
    builder.terminator(Terminator::CRLF).from_writer(sink)
}

/// Returns untrusted text as a cell: on one line, and never a formula.
pub(super) fn cell(text: &str) -> String {
    let is_formula = |first: char| "=+-@\t\r＝＋－＠".contains(first);
    let mark = if text.starts_with(is_formula) {
        "'"
    } else {
        ""
    };
    format!("{mark}{}", visible(text, MESSAGE))
}

fn header() -> impl Iterator<Item = &'static str> {
    let checks = TASK6.iter().map(|check| check.id);
    FIRST.into_iter().chain(checks).chain(LAST)
}

fn line(student: &Student, report: &Report, language: Language) -> Vec<String> {
    let grade = report.grade().map(|grade| grade.to_string());
    let mut line = vec![
        cell(student.id),
        cell(student.name.unwrap_or_default()),
        cell(student.group.unwrap_or_default()),
        status(Outcome::from(report)).to_owned(),
        grade.unwrap_or_default(),
        report.out_of().to_string(),
    ];
    line.extend(TASK6.iter().map(|check| points(report, check.id)));
    let (code, feedback) = feedback(report, language);
    let seconds = format!("{:.3}", report.seconds);
    line.extend([code.to_owned(), cell(&feedback), seconds]);
    line
}

fn unread(file: &str, reason: &str) -> Vec<String> {
    let mut line = vec![String::new(); FIRST.len() + TASK6.len() + LAST.len()];
    let feedback = line.len() - 2;
    line[0] = cell(file);
    line[3] = status(Outcome::NotGraded).to_owned();
    line[feedback] = cell(reason);
    line
}

fn status(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "failed",
        Outcome::Partial => "partial",
        Outcome::NotGraded => "not-graded",
    }
}

/// Returns the points of a check; empty when it was not judged.
fn points(report: &Report, id: &str) -> String {
    let verdict = report
        .verdicts
        .iter()
        .find(|verdict| verdict.check.id == id);
    let is_judged = |verdict: &&Verdict| match verdict.status {
        Status::Passed | Status::Failed { .. } | Status::Skipped(Reason::After(_)) => true,
        Status::Skipped(Reason::NotAsked) | Status::NotGraded(_) => false,
    };
    let points = verdict
        .filter(is_judged)
        .map(|verdict| report.points(verdict));
    points.map_or_else(String::new, |points| points.to_string())
}

/// Returns the code of the first mistake, and the feedback for the student: the mistake, or the fault that prevented grading.
fn feedback(report: &Report, language: Language) -> (&'static str, String) {
    let trouble = report
        .verdicts
        .iter()
        .find_map(|verdict| match &verdict.status {
            Status::NotGraded(fault) => Some(fault.kind.message().to(language).to_owned()),
            Status::Passed | Status::Failed { .. } | Status::Skipped(_) => None,
        });
    let first = report.first_failure().map(|verdict| &verdict.status);
    match (trouble, first) {
        (trouble, Some(Status::Failed { finding, .. })) => {
            let message = trouble.unwrap_or_else(|| finding.message.to(language).to_owned());
            (finding.code, message)
        }
        (trouble, _) => ("", trouble.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use csv::Reader;

    use super::super::sample::{NOT_ASKED, after, bare, failed, hostile, not_graded, report};
    use super::*;

    const PASSED: Status = Status::Passed;

    /// Returns the cells of the named columns.
    fn cells(report: &Report, columns: &[&str]) -> Vec<String> {
        let text = render(report, Language::English).unwrap();
        let mut reader = Reader::from_reader(text.as_bytes());
        let header = reader.headers().unwrap().clone();
        let lines: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!(lines.len(), 1);
        let place = |name: &&str| header.iter().position(|column| column == *name).unwrap();
        let cells = columns.iter().map(|name| lines[0][place(name)].to_owned());
        cells.collect()
    }

    #[test]
    fn a_line_has_the_points_of_each_check_and_the_first_mistake() {
        let report = report([PASSED, failed(bare()), after("compose-safe"), PASSED]);
        let columns = [
            "status",
            "score",
            "out_of",
            "answer-command",
            "round-robin",
            "mistake",
            "feedback",
        ];
        let expected = [
            "failed",
            "20",
            "40",
            "20",
            "0",
            "other-service",
            "`backend` is scaled",
        ];
        assert_eq!(cells(&report, &columns), expected);
    }

    #[test]
    fn what_was_not_graded_has_no_score() {
        let report = report([PASSED, PASSED, not_graded(), not_graded()]);
        let columns = [
            "status",
            "score",
            "answer-command",
            "round-robin",
            "feedback",
        ];
        let words = "the Docker engine could not do its part";
        assert_eq!(
            cells(&report, &columns),
            ["not-graded", "", "20", "", words]
        );
    }

    #[test]
    fn the_points_of_a_part_are_no_score() {
        let part = report([PASSED, PASSED, NOT_ASKED, PASSED]);
        let columns = ["status", "score", "out_of", "answer-command", "round-robin"];
        assert_eq!(cells(&part, &columns), ["partial", "", "20", "20", ""]);
    }

    #[test]
    fn no_cell_is_a_formula_nor_more_than_a_line() {
        for text in ["=1+1", "+1", "-1", "@a", "\t=1", "\r=1", "＝1"] {
            assert!(cell(text).starts_with('\''), "{text:?}");
        }
        assert_eq!(cell("a=1"), "a=1");
        let attacked = report([failed(hostile()), PASSED, PASSED, PASSED]);
        let feedback = cells(&attacked, &["feedback"]).concat();
        assert_eq!(feedback, r"\x1b[2J\u{202e}x\ny\u{9b}1m");
        let mut named = report([PASSED, PASSED, PASSED, PASSED]);
        named.submission = "=cmd|'/c calc'!A1,\"b\"".to_owned();
        assert_eq!(cells(&named, &["id"]), ["'=cmd|'/c calc'!A1,\"b\""]);
    }
}
