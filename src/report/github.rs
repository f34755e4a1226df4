//! Annotations of a GitHub workflow: each is a line on stdout, which the runner parses.

use std::io::{self, Write};

use softy_checks::model::{Finding, Language, Note};
use softy_checks::observation::Fault;
use softy_checks::{Status, Verdict};

use super::visible::{MESSAGE, NAME, visible};
use super::{Report, Student, colon, text};
use crate::batch::Summary;

/// Returns the annotations of one submission: an error for each mistake, at its place. The places are correct only if the
/// submission is the top folder of the repository.
pub fn render(report: &Report, language: Language) -> String {
    let verdicts = report.verdicts.iter();
    let lines = verdicts.flat_map(|verdict| annotations(report, verdict, language));
    lines.collect()
}

/// Writes an error for each submission that lost points or could not be graded. The errors have no place, because the
/// submissions are not in the workflow's repository.
///
/// # Errors
/// When writing to `sink` fails, or a result file can no longer be read.
pub fn write(summary: &Summary, language: Language, sink: &mut dyn Write) -> io::Result<()> {
    for row in &summary.submissions {
        let report = summary.graded(row)?.report;
        let title = Student::from(row).label();
        let worst = report
            .verdicts
            .iter()
            .find(|verdict| is_not_graded(verdict));
        if let Some(verdict) = worst.or_else(|| report.first_failure()) {
            let title = format!("{title}{} {}", colon(language), verdict.check.id);
            let line = command("error", &[("title", &title)], &words(verdict, language));
            sink.write_all(line.as_bytes())?;
        }
    }
    for unreadable in &summary.unreadable {
        let file = visible(&unreadable.file.to_string_lossy(), NAME);
        let line = command(
            "error",
            &[("title", &file)],
            &visible(&unreadable.reason, MESSAGE),
        );
        sink.write_all(line.as_bytes())?;
    }
    Ok(())
}

fn annotations(report: &Report, verdict: &Verdict, language: Language) -> Vec<String> {
    let mut lines = match &verdict.status {
        Status::Failed { finding, .. } => vec![mistake(verdict, finding, language)],
        Status::NotGraded(fault) if !report.is_told(verdict) => {
            vec![trouble(verdict, fault, language)]
        }
        Status::NotGraded(_) | Status::Passed | Status::Skipped(_) => Vec::new(),
    };
    lines.extend(
        verdict
            .notes
            .iter()
            .map(|note| mention(verdict, note, language)),
    );
    lines
}

fn mistake(verdict: &Verdict, finding: &Finding, language: Language) -> String {
    let title = format!("{} [{}]", verdict.check.id, finding.code);
    let place = finding.place.as_ref().map(|place| {
        let file = visible(&place.file, NAME);
        let end = place.column.saturating_add(place.width.saturating_sub(1));
        [
            file,
            place.line.to_string(),
            place.column.to_string(),
            end.to_string(),
        ]
    });
    let mut properties = Vec::new();
    if let Some([file, line, column, end]) = &place {
        properties.extend([
            ("file", file.as_str()),
            ("line", line),
            ("col", column),
            ("endColumn", end),
        ]);
    }
    properties.push(("title", &title));
    command("error", &properties, &words(verdict, language))
}

fn trouble(verdict: &Verdict, fault: &Fault, language: Language) -> String {
    let title = format!("{} [not-graded]", verdict.check.id);
    let message = fault.kind.message();
    let detail = visible(fault.detail.to(language), MESSAGE);
    let message = format!("{}\n{detail}", message.to(language));
    command("error", &[("title", &title)], &message)
}

fn mention(verdict: &Verdict, note: &Note, language: Language) -> String {
    let title = format!("{} [{}]", verdict.check.id, note.code);
    let message = visible(note.message.to(language), MESSAGE);
    command("notice", &[("title", &title)], &message)
}

/// Returns everything that the text report has below the title.
fn words(verdict: &Verdict, language: Language) -> String {
    text::details(verdict, language).join("\n")
}

fn is_not_graded(verdict: &Verdict) -> bool {
    matches!(verdict.status, Status::NotGraded(_))
}

/// Returns a workflow command as one line.
fn command(name: &str, properties: &[(&str, &str)], message: &str) -> String {
    let properties = properties.iter();
    let properties: Vec<String> = properties
        .map(|(key, value)| format!("{key}={}", property(value)))
        .collect();
    format!("::{name} {}::{}\n", properties.join(","), data(message))
}

/// Escapes a message: the runner ends it at a line break, and decodes these escapes.
fn data(text: &str) -> String {
    let text = text.replace('%', "%25").replace('\r', "%0D");
    text.replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::sample::{
        bare, failed, hostile, not_graded, note, report, shown, without_colours,
    };
    use super::*;

    fn rendered(report: &Report) -> String {
        without_colours(|| render(report, Language::English))
    }

    #[test]
    fn a_mistake_is_an_error_at_its_place() {
        let mut report = report([
            failed(shown()),
            Status::Passed,
            failed(bare()),
            not_graded(),
        ]);
        report.verdicts[1].notes.push(note());
        let text = rendered(&report);
        let lines: Vec<&str> = text.lines().collect();
        let place = "file=task6/2-api-servers.txt,line=12,col=12,endColumn=18";
        let first = format!(
            "::error {place},title=answer-command [other-service]::`backend` is scaled [other-service]%0A"
        );
        assert!(lines[0].starts_with(&first), "{text}");
        assert_eq!(
            lines[1],
            "::notice title=compose-safe [other-lines]::the file has other lines"
        );
        assert!(lines[2].starts_with("::error title=round-robin [other-service]::"));
        assert!(lines[3].starts_with("::error title=front-page [not-graded]::the Docker engine"));
        assert_eq!(lines.len(), 4);
    }

    #[test]
    fn nothing_of_a_submission_is_a_command_or_ends_one() {
        let line = command("error", &[("title", "a:b,c%\n::x")], "50%\r\n::set-env::x");
        assert_eq!(
            line,
            "::error title=a%3Ab%2Cc%25%0A%3A%3Ax::50%25%0D%0A::set-env::x\n"
        );
        let text = rendered(&report([
            failed(hostile()),
            Status::Passed,
            Status::Passed,
            Status::Passed,
        ]));
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(!text.contains(['\x1b', '\u{202e}', '\u{9b}']));
    }
}
