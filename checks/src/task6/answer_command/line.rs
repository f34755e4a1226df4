//! A line of the answer file, compared with the command.

use std::ops::Range;

use super::command::Command;
use super::deviation::Deviation;
use super::mistakes::OTHER_SPELLING;
use super::{arguments, characters, expected};
use crate::model::{Comparison, Finding, Text};
use crate::observation::Compose;
use crate::wording::{code, visible};

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

    /// Returns the service that the line names in place of the one that is asked for.
    pub fn other_service(&self) -> Option<&str> {
        let mut deviations = self.deviations.iter();
        deviations.find_map(|deviation| deviation.service.as_deref())
    }

    /// Returns one finding per difference; `compose` says which services there are.
    pub fn findings(&self, compose: Option<&Compose>) -> Vec<Finding> {
        let finding = |deviation: &Deviation| {
            let comparison = comparison(self.text, &deviation.marks, self.expected.clone());
            let finding = deviation
                .mistake
                .finding(deviation.message.clone())
                .comparing(comparison);
            match (&deviation.service, compose) {
                (Some(service), Some(compose)) => beside_file(finding, service, compose),
                (_, _) => finding,
            }
        };
        self.deviations.iter().take(TOLD).map(finding).collect()
    }
}

/// Compares the service of a command with those of the compose file.
///
/// Where the file has that service alone, the command follows from the file's own mistake, which `compose-file` explains.
fn beside_file(finding: Finding, service: &str, compose: &Compose) -> Finding {
    let (expected, found) = (code(&compose.back_end), code(service));
    match (
        compose.service(&compose.back_end).is_some(),
        compose.service(service).is_some(),
    ) {
        (false, true) => finding.following(),
        (true, true) => finding.advising(Text::new(
            format!("your compose file has both {expected} and {found}: which one is the API server?"),
            format!("votre fichier compose a {expected} et {found} : lequel est le serveur API ?"),
        )),
        (true, false) => finding.advising(Text::new(
            format!("your compose file has no service {found}, so Compose refuses this command: compare the name with the one in the file"),
            format!("votre fichier compose n’a pas de service {found}, donc Compose refuse cette commande : comparez ce nom avec celui du fichier"),
        )),
        (false, false) => finding,
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
