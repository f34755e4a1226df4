//! The nouns that every check speaks: check, mistake, finding, verdict.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::observation::{Fault, FaultKind, Observation, Stage};

/// What is looked for, what it is worth, and the pure function that decides.
#[derive(Debug)]
pub struct Check {
    /// The name that reports, rubrics and other people's scripts use; never changes.
    pub id: &'static str,
    /// What passing is worth; 0 is advice or a gate.
    pub points: u32,
    /// The checks that must have passed before this one means anything.
    pub after: &'static [&'static Check],
    /// The last part of the observation that it judges.
    pub stage: Stage,
    /// What passes, in a few words.
    pub title: Text,
    /// Every mistake that `judge` can find.
    pub mistakes: &'static [&'static Mistake],
    /// The code of every note that `judge` can add.
    pub notes: &'static [&'static str],
    /// Judges what was seen.
    pub judge: fn(&Observation) -> Judgement,
}

/// A kind of mistake: its code is also the name of its fixture.
#[derive(Debug)]
pub struct Mistake {
    /// Stable name in reports, in kebab case.
    pub code: &'static str,
    /// Where to look; never the answer itself.
    pub hint: Text,
}

impl Mistake {
    /// One occurrence of the mistake; `message` states what was expected and what was seen.
    pub fn finding(&'static self, message: Text) -> Finding {
        Finding {
            code: self.code,
            message,
            hint: self.hint.clone(),
            comparison: None,
            place: None,
            also: None,
            evidence: Vec::new(),
            consequence: false,
        }
    }
}

/// What a check says: findings and notes, or why it could not look.
pub type Judgement = Result<Judged, Unjudged>;

/// What a check found; no finding means that it passed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judged {
    /// The mistakes, the one to mend first on top.
    pub findings: Vec<Finding>,
    /// What is odd but harmless.
    pub notes: Vec<Note>,
}

impl Judged {
    /// The verdict of a check that found nothing wrong.
    pub fn passed() -> Judged {
        Judged::default()
    }

    /// The verdict of a check that found one mistake.
    pub fn failed(finding: Finding) -> Judged {
        Judged::from_findings(vec![finding])
    }

    /// Passed when `findings` is empty, failed otherwise.
    pub fn from_findings(findings: Vec<Finding>) -> Judged {
        Judged {
            findings,
            notes: Vec::new(),
        }
    }

    /// The same verdict with something to mention.
    pub fn with_notes(self, notes: Vec<Note>) -> Judged {
        Judged { notes, ..self }
    }
}

/// Why a check has nothing to judge although the checks before it passed.
#[derive(Clone, Debug, PartialEq)]
pub enum Unjudged {
    /// The run was asked not to look.
    NotAsked,
    /// The run has not looked yet.
    Pending,
    /// The check of this id failed when the run looked, which ended it.
    Stopped(String),
    /// The checker's own trouble.
    Fault(Fault),
}

impl Unjudged {
    /// The observation lacks what it must have once its stage was looked at: nothing seen is no pass.
    pub(crate) fn incomplete(lacking: &Text) -> Unjudged {
        let detail = Text::new(
            format!("the observation has no {}", lacking.en),
            format!("l’observation n’a pas de {}", lacking.fr),
        );
        Unjudged::Fault(Fault::new(FaultKind::Engine, detail))
    }
}

/// One mistake, seen.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The mistake's code.
    pub code: &'static str,
    /// The facts: what was expected, what was seen.
    pub message: Text,
    /// Where to look.
    pub hint: Text,
    /// Expected and found text with the difference marked, for text that must match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
    /// Where in the submission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The second place of a conflict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub also: Option<Place>,
    /// Log lines that show it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// Whether it only follows from another mistake that is found, and goes when that is mended.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub consequence: bool,
}

impl Finding {
    /// The finding with the two texts that differ.
    pub fn comparing(self, comparison: Comparison) -> Finding {
        Finding {
            comparison: Some(comparison),
            ..self
        }
    }

    /// The finding with a hint of its own instead of its mistake's.
    pub fn advising(self, hint: Text) -> Finding {
        Finding { hint, ..self }
    }

    /// The finding with the place it points at.
    pub fn at(self, place: Option<Place>) -> Finding {
        Finding { place, ..self }
    }

    /// The finding with the other place that its own conflicts with.
    pub fn against(self, also: Option<Place>) -> Finding {
        Finding { also, ..self }
    }

    /// The finding with the log lines that show it.
    pub fn shown_by(self, evidence: Vec<Evidence>) -> Finding {
        Finding { evidence, ..self }
    }

    /// The finding as one that only follows from another.
    pub fn following(self) -> Finding {
        Finding {
            consequence: true,
            ..self
        }
    }
}

/// Something odd but harmless.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Note {
    /// Stable name in reports, in kebab case.
    pub code: &'static str,
    /// The facts.
    pub message: Text,
}

/// What was expected, what was found, and where they differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// The text that was asked for.
    pub expected: String,
    /// The text that was there, invisible characters made visible.
    pub found: String,
    /// Ranges of characters (not bytes) in `found`, start and end, that differ; an empty range marks a place where something is missing.
    pub marks: Vec<(usize, usize)>,
}

/// A place in a file of the submission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Path from the submission's root, with `/`.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// How many characters of the line are meant; 1 when unknown.
    pub width: u32,
    /// That line, cut at a bounded length.
    pub snippet: String,
}

/// The last lines that a build or a container wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Who wrote them: a service's name, with its number where there are several.
    pub source: String,
    /// The lines, oldest first, bounded in number and length.
    pub lines: Vec<String>,
}

/// The same words in English and in French; a missing translation does not compile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// English.
    pub en: Cow<'static, str>,
    /// French, with French typography.
    pub fr: Cow<'static, str>,
}

impl Text {
    /// Words known when the program was written.
    pub const fn fixed(en: &'static str, fr: &'static str) -> Text {
        Text {
            en: Cow::Borrowed(en),
            fr: Cow::Borrowed(fr),
        }
    }

    /// Words made from what was seen.
    pub fn new(en: String, fr: String) -> Text {
        Text {
            en: Cow::Owned(en),
            fr: Cow::Owned(fr),
        }
    }

    /// Words that are nobody's to translate: a system's, a name.
    pub fn verbatim(words: impl Into<String>) -> Text {
        let words = words.into();
        Text::new(words.clone(), words)
    }

    /// The same change to the words of each language.
    pub fn map(&self, change: impl Fn(&str) -> String) -> Text {
        Text::new(change(&self.en), change(&self.fr))
    }

    /// The words in one language.
    pub fn to(&self, language: Language) -> &str {
        match language {
            Language::English => &self.en,
            Language::French => &self.fr,
        }
    }
}

/// A language that reports are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// French.
    French,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_words_in_each_language() {
        let text = Text::fixed("yes", "oui");
        assert_eq!(text.to(Language::English), "yes");
        assert_eq!(text.to(Language::French), "oui");
    }
}
