//! Gradebook import for Canvas: its own columns and one assignment. Canvas makes an assignment of any further column.

use std::io::{self, Write};

use super::csv::{cell, table};
use super::{Report, Student};
use crate::batch::Summary;

/// Columns by which Canvas identifies a student; `ID` is Canvas's own number and may be empty.
const STUDENT: [&str; 5] = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"];

/// Returns the gradebook of one submission.
///
/// # Errors
/// None that a report can cause.
pub fn render(report: &Report) -> io::Result<String> {
    let mut table = table(Vec::new());
    table.write_record(STUDENT.iter().chain(&[report.task]))?;
    table.write_record(line(&Student::of(report), report.grade()))?;
    let bytes = table.into_inner().map_err(|error| error.into_error())?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// Writes one line per submission. A submission that was not graded as a whole has no grade, so that Canvas keeps its own.
///
/// # Errors
/// When writing to `sink` fails.
pub fn write(summary: &Summary, sink: &mut dyn Write) -> io::Result<()> {
    let mut table = table(sink);
    table.write_record(STUDENT.iter().chain(&["task6"]))?;
    for row in &summary.submissions {
        table.write_record(line(&Student::from(row), row.score))?;
    }
    table.flush()
}

fn line(student: &Student, score: Option<u32>) -> [String; 6] {
    let score = score.map(|score| score.to_string());
    [
        cell(student.name.unwrap_or(student.id)),
        String::new(),
        String::new(),
        cell(student.id),
        cell(student.group.unwrap_or_default()),
        score.unwrap_or_default(),
    ]
}

#[cfg(test)]
mod tests {
    use softy_checks::Status;

    use super::super::sample::{NOT_ASKED, not_graded, report};
    use super::*;

    const PASSED: Status = Status::Passed;

    #[test]
    fn a_student_is_told_by_the_login_and_no_score_is_no_zero() {
        let header = "Student,ID,SIS User ID,SIS Login ID,Section,task6\r\n";
        let graded = report([PASSED, PASSED, PASSED, PASSED]);
        let line = "./student,,,./student,,40\r\n";
        assert_eq!(render(&graded).unwrap(), format!("{header}{line}"));
        let line = "./student,,,./student,,\r\n";
        for status in [not_graded(), NOT_ASKED] {
            let ungraded = report([PASSED, PASSED, status, PASSED]);
            assert_eq!(render(&ungraded).unwrap(), format!("{header}{line}"));
        }
    }
}
