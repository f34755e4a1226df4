//! Markdown for GitHub's job summaries and GitLab.

use std::io::{self, Write};

use softy_checks::model::{Language, Text};
use softy_checks::{Status, Verdict};

use super::visible::{MESSAGE, NAME, visible};
use super::words::{UNREADABLE, colon, outcome};
use super::{Report, Student, text};
use crate::batch::{Outcome, Row, Summary};

const HEADER: Text = Text::fixed("| | check | points |", "| | vérification | points |");
const ROWS: Text = Text::fixed(
    "| | student | group | score | first mistake |",
    "| | étudiant | groupe | note | première erreur |",
);

/// Returns the report of one submission: a table of its checks, then the details of those that did not pass.
pub fn render(report: &Report, language: Language) -> String {
    let student = Student::of(report).label();
    let mut lines = vec![
        format!("## {} · {}", report.task, escaped(&student)),
        String::new(),
        format!("**{}**", outcome(report, language)),
        String::new(),
        HEADER.to(language).to_owned(),
        "|---|---|--:|".to_owned(),
    ];
    let verdicts = report.verdicts.iter();
    lines.extend(verdicts.map(|verdict| row(report, verdict, language)));
    let untold = report
        .verdicts
        .iter()
        .filter(|verdict| !report.is_told(verdict));
    lines.extend(untold.flat_map(|verdict| details(verdict, language)));
    lines.join("\n") + "\n"
}

/// Writes the summary of all submissions, and a table with one row per submission.
///
/// # Errors
/// When writing to `sink` fails.
pub fn write(summary: &Summary, language: Language, sink: &mut dyn Write) -> io::Result<()> {
    let overview = text::render_summary(summary, &text::Page::new(language, usize::MAX));
    writeln!(sink, "## task6\n\n{}", fenced(&overview))?;
    writeln!(sink, "\n{}\n|---|---|---|--:|---|", ROWS.to(language))?;
    for row in &summary.submissions {
        writeln!(sink, "{}", submission(row, language))?;
    }
    if !summary.unreadable.is_empty() {
        writeln!(sink, "\n### {}\n", UNREADABLE.to(language))?;
    }
    for unreadable in &summary.unreadable {
        let file = visible(&unreadable.file.to_string_lossy(), NAME);
        let reason = visible(&unreadable.reason, MESSAGE);
        let (file, reason, colon) = (escaped(&file), escaped(&reason), colon(language));
        writeln!(sink, "- {file}{colon} {reason}")?;
    }
    Ok(())
}

fn submission(row: &Row, language: Language) -> String {
    let (mark, score) = match row.status {
        Outcome::Passed => ("✓", points(row)),
        Outcome::Failed => ("✗", points(row)),
        Outcome::Partial => ("–", "–".to_owned()),
        Outcome::NotGraded => ("?", "?".to_owned()),
    };
    let fault = row.fault.as_ref().map(|fault| fault.kind.message());
    let mistake = row.mistake.map(|code| format!("`{code}`"));
    let words = fault.map(|message| escaped(message.to(language)));
    let words = words.or(mistake).unwrap_or_default();
    let group = escaped(&visible(row.group.as_deref().unwrap_or_default(), NAME));
    let student = escaped(&Student::from(row).label());
    format!("| {mark} | {student} | {group} | {score} | {words} |")
}

fn points(row: &Row) -> String {
    let score = row.score.map(|score| format!("{score}/{}", row.out_of));
    score.unwrap_or_default()
}

fn row(report: &Report, verdict: &Verdict, language: Language) -> String {
    let (mark, earned) = match verdict.status {
        Status::Passed => ("✓", report.points(verdict).to_string()),
        Status::Failed { .. } => ("✗", report.points(verdict).to_string()),
        Status::Skipped(_) => ("–", "–".to_owned()),
        Status::NotGraded(_) => ("?", "?".to_owned()),
    };
    let points = match report.worth(verdict.check) {
        0 => String::new(),
        worth => format!("{earned}/{worth}"),
    };
    let reason = text::reason(verdict, language);
    let reason = reason.map(|reason| format!(" ({reason})"));
    let title = report.title(verdict.check);
    let title = title.to(language);
    format!(
        "| {mark} | {title}{} | {points} |",
        reason.unwrap_or_default()
    )
}

/// Returns the lines of the text report, in a code block below a heading.
fn details(verdict: &Verdict, language: Language) -> Vec<String> {
    let details = text::details(verdict, language);
    if details.is_empty() {
        return Vec::new();
    }
    let heading = format!("### `{}`", verdict.check.id);
    let block = fenced(&(details.join("\n") + "\n"));
    vec![String::new(), heading, String::new(), block]
}

/// Returns `text`, which ends with a newline, in a code block. The fence is longer than any run of backticks in the text.
fn fenced(text: &str) -> String {
    let runs = text.split(|character| character != '`').map(str::len);
    let fence = "`".repeat(runs.max().unwrap_or_default().max(2) + 1);
    format!("{fence}text\n{text}{fence}")
}

/// Escapes all markup in one line of untrusted text.
fn escaped(text: &str) -> String {
    let is_markup = |character: char| r"\`*_{}[]<>()#+-.!|~&:@$^=".contains(character);
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            // A backslash does not keep these two from becoming a link.
            ':' | '@' => escaped.push_str(&format!("{character}<!-- -->")),
            character if is_markup(character) => escaped.extend(['\\', character]),
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::sample::{
        after, failed, hostile, not_graded, note, report, shown, without_colours,
    };
    use super::*;

    fn rendered(report: &Report) -> String {
        without_colours(|| render(report, Language::English))
    }

    #[test]
    fn a_table_of_checks_and_the_mistakes_below() {
        let report = report([
            failed(shown()),
            Status::Passed,
            after("answer-command"),
            Status::Passed,
        ]);
        let expected = "\
## task6 · \\./student

**0/40**

| | check | points |
|---|---|--:|
| ✗ | the file says how to start two servers | 0/20 |
| ✓ | nothing is refused |  |
| – | requests take turns between the two API servers (skipped because `answer-command` did not pass) | –/20 |
| ✓ | the site is served |  |

### `answer-command`

```text
`backend` is scaled [other-service]
";
        assert!(
            rendered(&report).starts_with(expected),
            "{}",
            rendered(&report)
        );
    }

    #[test]
    fn one_trouble_is_told_once_and_every_note() {
        let mut report = report([Status::Passed, Status::Passed, not_graded(), not_graded()]);
        report.verdicts[1].notes.push(note());
        let text = rendered(&report);
        assert_eq!(text.matches("connection refused").count(), 1, "{text}");
        assert!(text.contains("the file has other lines"), "{text}");
    }

    #[test]
    fn no_text_is_markup() {
        assert_eq!(escaped("a|b*c_`<b>"), r"a\|b\*c\_\`\<b\>");
        assert_eq!(escaped("@all"), "@<!-- -->all");
        assert_eq!(fenced("a\n```\nb\n"), "````text\na\n```\nb\n````");
        let report = report([
            failed(hostile()),
            Status::Passed,
            Status::Passed,
            Status::Passed,
        ]);
        assert!(!rendered(&report).contains(['\x1b', '\u{202e}', '\u{9b}']));
    }
}
