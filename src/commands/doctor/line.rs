//! One thing that was looked at.

use serde::Serialize;
use softy_checks::model::{Language, Text};

use crate::report::{colon, shown_name, visible};

/// Columns that are shown of what was found: an engine may answer anything.
const FOUND: usize = 400;

/// Columns of a name, and one between it and what was found.
const NAME: usize = 13;

/// Columns of a line's mark and name.
const INDENT: usize = 2 + NAME;

/// What the names of lines are in French, where they are something else.
const IN_FRENCH: [(&str, &str); 8] = [
    ("address", "adresse"),
    ("engine", "moteur"),
    ("reach", "accès"),
    ("builder", "constructeur"),
    ("limits", "limites"),
    ("storage", "stockage"),
    ("disk", "disque"),
    ("leftovers", "restes"),
];

/// What was found of one thing, and what helps.
#[derive(Debug)]
pub(super) struct Line {
    /// What was looked at, as JSON has it in either language.
    name: &'static str,
    pub(super) mark: Mark,
    found: Text,
    remedy: Option<Text>,
}

/// How good what was found is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Mark {
    /// As it should be.
    Fine,
    /// Grading works, with a reservation.
    Warning,
    /// Grading does not work.
    Trouble,
}

/// A line of the JSON format.
#[derive(Serialize)]
pub(super) struct Printed<'a> {
    name: &'static str,
    mark: Mark,
    found: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'a str>,
}

impl Line {
    pub(super) fn new(name: &'static str, mark: Mark, found: Text) -> Line {
        Line {
            name,
            mark,
            found,
            remedy: None,
        }
    }

    pub(super) fn fine(name: &'static str, found: Text) -> Line {
        Line::new(name, Mark::Fine, found)
    }

    pub(super) fn with(self, remedy: Text) -> Line {
        Line {
            remedy: Some(remedy),
            ..self
        }
    }

    pub(super) fn text(&self, language: Language) -> String {
        let mark = match self.mark {
            Mark::Fine => '✓',
            Mark::Warning => '!',
            Mark::Trouble => '✗',
        };
        let found = visible(self.found.to(language), FOUND);
        let line = format!("{mark} {:<NAME$}{found}\n", self.name(language));
        let remedy = self.remedy.as_ref();
        remedy.map_or(line.clone(), |remedy| {
            format!("{line}{:INDENT$}→ {}\n", "", remedy.to(language))
        })
    }

    /// The line for a screen reader.
    pub(super) fn plain_text(&self, language: Language) -> String {
        let mark = match self.mark {
            Mark::Fine => Text::fixed("fine", "bon"),
            Mark::Warning => Text::fixed("warning", "attention"),
            Mark::Trouble => Text::fixed("trouble", "problème"),
        };
        let (mark, found) = (mark.to(language), visible(self.found.to(language), FOUND));
        let line = format!(
            "{}, {mark}{} {found}\n",
            self.name(language),
            colon(language)
        );
        let remedy = self.remedy.as_ref();
        remedy.map_or(line.clone(), |remedy| {
            format!("{line}{}\n", remedy.to(language))
        })
    }

    fn name(&self, language: Language) -> &'static str {
        shown_name(self.name, &IN_FRENCH, language)
    }

    pub(super) fn printed(&self, language: Language) -> Printed<'_> {
        Printed {
            name: self.name,
            mark: self.mark,
            found: self.found.to(language),
            remedy: self.remedy.as_ref().map(|remedy| remedy.to(language)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remedy_stands_under_what_was_found() {
        let line = Line::fine("disk", Text::fixed("full", "plein"));
        assert_eq!(line.text(Language::English), "✓ disk         full\n");
        let line = line.with(Text::fixed("free some", "libérez-en"));
        assert_eq!(
            line.text(Language::French),
            "✓ disque       plein\n               → libérez-en\n"
        );
        assert_eq!(
            line.plain_text(Language::English),
            "disk, fine: full\nfree some\n"
        );
    }
}
