//! Line of the diagnosis.

use serde::Serialize;
use softy_checks::model::{Language, Text};

use crate::report::{colon, shown_name, visible};

/// Maximum width of a finding in columns, because an engine may answer anything.
const FOUND: usize = 400;

/// Width of a name in columns, with a space after it.
const NAME: usize = 13;

/// Width of a line's mark and name, in columns.
const INDENT: usize = 2 + NAME;

/// French names of the lines, if they differ.
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

/// Finding about one part of the engine, with a remedy.
#[derive(Debug)]
pub(super) struct Line {
    /// Name of the inspected part; JSON output has it in either language.
    name: &'static str,
    pub(super) mark: Mark,
    found: Text,
    remedy: Option<Text>,
}

/// Severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Mark {
    /// Everything is fine.
    Fine,
    /// Grading works, with a reservation.
    Warning,
    /// Grading does not work.
    Trouble,
}

/// Line of the JSON output.
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

    /// Returns the line for a screen reader.
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
