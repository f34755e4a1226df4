use colored::Colorize;
use softy_checks::model::Text;
use unicode_width::UnicodeWidthStr;

use super::super::Student;
use super::super::visible::{MESSAGE, NAME, visible};
use super::super::words;
use super::page::{Page, hang};
use crate::batch::{Row, Summary, Unreadable};

/// Maximum number of mistakes in the list.
const MISTAKES: usize = 10;

/// Width of the longest bar, in columns.
const BAR: usize = 30;

const SLOWEST: Text = Text::fixed("slowest", "les plus longs");
const PARTIAL: Text = Text::fixed(
    "in part: not all points were asked for, so there is no score",
    "en partie : tous les points n’étaient pas demandés, il n’y a donc pas de note",
);
const TROUBLED: Text = Text::fixed(
    "not graded, which is not a score of zero",
    "non notés, ce qui n’est pas une note de zéro",
);

/// Returns the counts, the scores, the mistakes, the slowest submissions, and separately the submissions without a score.
pub(super) fn lines(page: &Page, summary: &Summary) -> Vec<String> {
    let mistakes = summary.mistakes.iter().take(MISTAKES);
    let mistakes = mistakes.map(|mistake| (mistake.code.to_owned(), mistake.submissions));
    let slowest = summary.slowest.iter().filter(|slow| slow.seconds > 0.0);
    let slowest = slowest.map(|slow| {
        let seconds = page.seconds(slow.seconds);
        format!("  {seconds:>9}  {}", visible(&slow.id, NAME))
    });
    let troubled = summary.troubled().flat_map(|row| troubled(page, row));
    let unreadable = summary
        .unreadable
        .iter()
        .flat_map(|file| unreadable(page, file));
    let mut lines = page.wrap(0, &counts(page, summary));
    if summary.partial > 0 {
        lines.extend(page.wrap(0, page.say(&PARTIAL)));
    }
    lines.extend(section(page, &words::SCORES, scores(page, summary)));
    lines.extend(section(page, &words::MISTAKES, bars(mistakes.collect())));
    lines.extend(section(page, &SLOWEST, slowest.collect()));
    lines.extend(section(page, &TROUBLED, troubled.collect()));
    lines.extend(section(page, &words::UNREADABLE, unreadable.collect()));
    lines
}

fn section(page: &Page, heading: &Text, lines: Vec<String>) -> Vec<String> {
    if lines.is_empty() {
        return lines;
    }
    let heading = page.say(heading).bold().to_string();
    [String::new(), heading].into_iter().chain(lines).collect()
}

fn counts(page: &Page, summary: &Summary) -> String {
    let Summary {
        graded,
        passed,
        partial,
        not_graded,
        ..
    } = summary;
    let unread = summary.unreadable.len();
    let mut counts = vec![
        Text::new(format!("{graded} graded"), format!("notés : {graded}")),
        Text::new(
            format!("{passed} without a mistake"),
            format!("sans erreur : {passed}"),
        ),
    ];
    if *partial > 0 {
        counts.push(Text::new(
            format!("{partial} in part"),
            format!("en partie : {partial}"),
        ));
    }
    if *not_graded > 0 {
        counts.push(Text::new(
            format!("{not_graded} not graded"),
            format!("non notés : {not_graded}"),
        ));
    }
    if unread > 0 {
        counts.push(Text::new(
            format!("{unread} unreadable"),
            format!("illisibles : {unread}"),
        ));
    }
    counts.extend(averages(summary));
    let counts: Vec<&str> = counts.iter().map(|count| page.say(count)).collect();
    counts.join(" · ")
}

fn averages(summary: &Summary) -> Option<Text> {
    let (mean, median) = (summary.mean?, summary.median?);
    Some(Text::new(
        format!("mean {mean:.0}%, median {median:.0}%"),
        format!("moyenne {mean:.0} %, médiane {median:.0} %"),
    ))
}

fn scores(page: &Page, summary: &Summary) -> Vec<String> {
    if summary.graded == 0 {
        return Vec::new();
    }
    bars(words::tenths(summary, page.language()))
}

/// Returns each name with its number and a bar of proportional length.
fn bars(numbers: Vec<(String, usize)>) -> Vec<String> {
    let widest = numbers.iter().map(|(name, _)| name.width()).max();
    let most = numbers.iter().map(|(_, number)| *number).max();
    let (widest, most) = (widest.unwrap_or_default(), most.unwrap_or_default().max(1));
    let bar = |(name, number): (String, usize)| {
        let padding = widest - name.width();
        let bar = "█".repeat((number * BAR).div_ceil(most));
        format!("  {:padding$}{name}  {} {number}", "", bar.cyan())
    };
    numbers.into_iter().map(bar).collect()
}

fn troubled(page: &Page, row: &Row) -> Vec<String> {
    let (student, colon) = (Student::from(row).label(), page.colon());
    let words = match &row.fault {
        Some(fault) => {
            let message = fault.kind.message();
            let (message, detail) = (page.say(&message), page.say(&fault.detail));
            format!("{student}{colon} {message}{colon} {detail}")
        }
        None => format!(
            "{student}{colon} {}",
            page.word("nothing was judged", "rien n’a été jugé")
        ),
    };
    hang("  ", 4, page.wrap(4, &visible(&words, MESSAGE)))
}

fn unreadable(page: &Page, unreadable: &Unreadable) -> Vec<String> {
    let file = unreadable.file.to_string_lossy();
    let words = format!("{file}{} {}", page.colon(), unreadable.reason);
    let words = visible(&words, MESSAGE);
    hang("  ", 4, page.wrap(4, &words))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use softy_checks::model::Language;

    use super::*;
    use crate::batch::Frequency;
    use crate::report::sample::without_colours;

    #[test]
    fn what_has_no_score_stands_apart() {
        let mut distribution = [0; 11];
        (distribution[4], distribution[10]) = (1, 3);
        let summary = Summary {
            graded: 4,
            passed: 3,
            mean: Some(86.25),
            median: Some(100.0),
            distribution,
            mistakes: vec![Frequency {
                code: "other-service",
                submissions: 1,
            }],
            unreadable: vec![Unreadable {
                file: PathBuf::from("results/b\x1b.json"),
                reason: "EOF".to_owned(),
            }],
            ..Summary::default()
        };
        let lines = without_colours(|| lines(&Page::new(Language::English, 80), &summary));
        assert_eq!(
            lines[0],
            "4 graded · 3 without a mistake · 1 unreadable · mean 86%, median 100%"
        );
        assert_eq!(lines[2], "scores");
        assert_eq!(lines[7], "  40–49%  ██████████ 1");
        assert_eq!(lines[13], "    100%  ██████████████████████████████ 3");
        assert_eq!(
            lines[16],
            "  other-service  ██████████████████████████████ 1"
        );
        assert_eq!(lines[19], r"  results/b\x1b.json: EOF");
    }
}
