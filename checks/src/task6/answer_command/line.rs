//! A line of the answer file, compared with the command.

use std::ops::Range;

use super::command::Command;
use super::deviation::Deviation;
use super::mistakes::OTHER_SPELLING;
use super::{arguments, characters, expected};
use crate::model::{Comparison, Finding};
use crate::wording::visible;

/// Characters of a line that are read; a command has fewer.
const READ: usize = 400;

/// Characters of a line that are shown.
const SHOWN: usize = 160;

/// Differences of a line that are told.
const TOLD: usize = 12;

/// A line that holds a command, and how it differs from the one that is expected.
pub(super) struct Line<'a> {
    text: &'a str,
    expected: String,
    command: Command,
    deviations: Vec<Deviation>,
}

impl<'a> Line<'a> {
    /// The line taken apart; `None` when there is no command in it.
    pub fn read(text: &'a str, back_end: &str) -> Option<Line<'a>> {
        let expected = expected(back_end);
        let (end, _) = text.char_indices().nth(READ).unwrap_or((text.len(), '\0'));
        let text = &text[..end];
        let command = Command::find(&characters::plain(text), &expected)?;
        let mut deviations = command.around.clone();
        deviations.extend(arguments::deviations(&command, back_end));
        deviations.extend(characters::deviations(text));
        if deviations.is_empty() {
            deviations.push(unlike(text, &expected));
        }
        deviations.sort_by_key(Deviation::rank);
        Some(Line {
            text,
            expected,
            command,
            deviations,
        })
    }

    /// How far the line is from the command: words that it lacks, then ways in which it differs.
    pub fn distance(&self) -> (usize, usize) {
        (self.command.lacking(&self.expected), self.deviations.len())
    }

    /// One finding a difference.
    pub fn findings(&self) -> Vec<Finding> {
        let finding = |deviation: &Deviation| {
            let comparison = comparison(self.text, &deviation.marks, self.expected.clone());
            deviation
                .mistake
                .finding(deviation.message.clone())
                .comparing(comparison)
        };
        self.deviations.iter().take(TOLD).map(finding).collect()
    }
}

/// The command beside a line in which `marks` differ.
pub(super) fn comparison(line: &str, marks: &[Range<usize>], expected: String) -> Comparison {
    let shown: Vec<char> = line.chars().take(SHOWN).collect();
    let more = line.chars().nth(SHOWN).map(|_| '…');
    let character = |(at, &character)| match character {
        ' ' if is_blank(&shown, marks, at) => '·',
        other => visible(other),
    };
    let within = |mark: &Range<usize>| (mark.start.min(shown.len()), mark.end.min(shown.len()));
    Comparison {
        expected,
        found: shown
            .iter()
            .enumerate()
            .map(character)
            .chain(more)
            .collect(),
        marks: marks.iter().map(within).collect(),
    }
}

/// Whether a character stands in a mark that has nothing to see in it.
fn is_blank(line: &[char], marks: &[Range<usize>], at: usize) -> bool {
    let mark = marks.iter().find(|mark| mark.contains(&at));
    let marked = mark.and_then(|mark| line.get(mark.start..mark.end.min(line.len())));
    marked.is_some_and(|marked| marked.iter().all(|character| character.is_whitespace()))
}

/// A difference of which no more can be said.
fn unlike(text: &str, expected: &str) -> Deviation {
    Deviation::at(
        &OTHER_SPELLING,
        0..text.chars().count(),
        format!("expected `{expected}`, byte for byte"),
        format!("attendu : `{expected}`, à l’octet près"),
    )
}
