//! A line of the answer file, compared with the command.

use std::ops::Range;

use super::command::Command;
use super::deviation::Deviation;
use super::mistakes::OTHER_SPELLING;
use super::{arguments, characters, expected};
use crate::model::{Comparison, Finding};
use crate::wording::visible;

/// Most characters of a line that are read; a command has fewer.
const READ: usize = 400;

/// Most characters of a line that are shown.
const SHOWN: usize = 160;

/// Most differences of a line that are reported.
const TOLD: usize = 12;

/// A line that contains a command, with its differences from the expected one.
pub(super) struct Line<'a> {
    text: &'a str,
    expected: String,
    command: Command,
    deviations: Vec<Deviation>,
}

impl<'a> Line<'a> {
    /// Parses a line; `None` if it contains no command.
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

    /// Returns the distance between the line and the command: the number of missing words, then the number of differences.
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

/// Returns whether a character is in a mark that contains only white space.
fn is_blank(line: &[char], marks: &[Range<usize>], at: usize) -> bool {
    let mark = marks.iter().find(|mark| mark.contains(&at));
    let marked = mark.and_then(|mark| line.get(mark.start..mark.end.min(line.len())));
    marked.is_some_and(|marked| marked.iter().all(|character| character.is_whitespace()))
}

/// Returns a deviation for a line whose difference cannot be described further.
fn unlike(text: &str, expected: &str) -> Deviation {
    Deviation::at(
        &OTHER_SPELLING,
        0..text.chars().count(),
        format!("expected `{expected}`, byte for byte"),
        format!("attendu : `{expected}`, à l’octet près"),
    )
}
