//! Types that every check uses: check, mistake, finding, judgement.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::observation::{Fault, FaultKind, Observation, Stage};

/// A check: its title, its points, and the pure function that decides.
#[derive(Debug)]
pub struct Check {
    /// Name in reports, rubrics and other people's scripts; never changes.
    pub id: &'static str,
    /// Points for passing; 0 for advice or a gate.
    pub points: u32,
    /// Checks that must pass before this one is meaningful.
    pub after: &'static [&'static Check],
    /// Last part of the observation that it judges.
    pub stage: Stage,
    /// Condition for passing, in a few words.
    pub title: Text,
    /// Every mistake that `judge` can find.
    pub mistakes: &'static [&'static Mistake],
    /// Code of every note that `judge` can add.
    pub notes: &'static [&'static str],
    /// Function that judges an observation.
    pub judge: fn(&Observation) -> Judgement,
}

/// A kind of mistake: its code is also the name of its fixture.
#[derive(Debug)]
pub struct Mistake {
    /// Stable name in reports, in kebab case.
    pub code: &'static str,
    /// Advice on the place to check; never the answer itself.
    pub hint: Text,
}

impl Mistake {
    /// Makes one occurrence of the mistake; `message` states the expected and the observed facts.
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

/// Result of a check: findings and notes, or the reason why it could not judge.
pub type Judgement = Result<Judged, Unjudged>;

/// Findings and notes of a check; without a finding, the check has passed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judged {
    /// Mistakes; the one to fix first comes first.
    pub findings: Vec<Finding>,
    /// Unusual but harmless facts.
    pub notes: Vec<Note>,
}

impl Judged {
    /// Returns the result of a check that found no mistake.
    pub fn passed() -> Judged {
        Judged::default()
    }

    /// Returns the result of a check that found one mistake.
    pub fn failed(finding: Finding) -> Judged {
        Judged::from_findings(vec![finding])
    }

    /// Returns a passed result if `findings` is empty, a failed one otherwise.
    pub fn from_findings(findings: Vec<Finding>) -> Judged {
        Judged {
            findings,
            notes: Vec::new(),
        }
    }

    /// Replaces the notes.
    pub fn with_notes(self, notes: Vec<Note>) -> Judged {
        Judged { notes, ..self }
    }
}

/// Reason why a check has nothing to judge although the checks before it passed.
#[derive(Clone, Debug, PartialEq)]
pub enum Unjudged {
    /// The options of the run exclude the stage.
    NotAsked,
    /// The run has not reached the stage yet.
    Pending,
    /// The check of this id failed during the run and ended it.
    Stopped(String),
    /// A fault of the checker.
    Fault(Fault),
}

impl Unjudged {
    /// Reports that the observation lacks a part although its stage was run. An empty observation is not a pass.
    pub(crate) fn incomplete(lacking: &Text) -> Unjudged {
        let detail = Text::new(
            format!("the observation has no {}", lacking.en),
            format!("l’observation n’a pas de {}", lacking.fr),
        );
        Unjudged::Fault(Fault::new(FaultKind::Engine, detail))
    }
}

/// An observed mistake.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// Code of the mistake.
    pub code: &'static str,
    /// Facts: expected and observed.
    pub message: Text,
    /// Advice on the place to check.
    pub hint: Text,
    /// Expected and found text with the differences marked, for text that must match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
    /// Place in the submission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Second place of a conflict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub also: Option<Place>,
    /// Log lines that show the mistake.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// True if it only follows from another mistake that was found, and disappears when that one is fixed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub consequence: bool,
}

impl Finding {
    /// Adds the two texts that differ.
    pub fn comparing(self, comparison: Comparison) -> Finding {
        Finding {
            comparison: Some(comparison),
            ..self
        }
    }

    /// Replaces the hint of the mistake by a specific one.
    pub fn advising(self, hint: Text) -> Finding {
        Finding { hint, ..self }
    }

    /// Sets the place of the finding.
    pub fn at(self, place: Option<Place>) -> Finding {
        Finding { place, ..self }
    }

    /// Sets the second place, with which the first conflicts.
    pub fn against(self, also: Option<Place>) -> Finding {
        Finding { also, ..self }
    }

    /// Sets the log lines that show the mistake.
    pub fn shown_by(self, evidence: Vec<Evidence>) -> Finding {
        Finding { evidence, ..self }
    }

    /// Marks the finding as a consequence of another.
    pub fn following(self) -> Finding {
        Finding {
            consequence: true,
            ..self
        }
    }
}

/// An unusual but harmless fact.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Note {
    /// Stable name in reports, in kebab case.
    pub code: &'static str,
    /// The fact in words.
    pub message: Text,
}

/// Expected and found text, with their differences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Expected text.
    pub expected: String,
    /// Found text, with invisible characters made visible.
    pub found: String,
    /// Ranges of characters (not bytes) in `found` that differ, as start and end. An empty range marks a place where something
    /// is missing.
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
    /// Width in characters; 1 if unknown.
    pub width: u32,
    /// Text of the line, cut at a bounded length.
    pub snippet: String,
}

/// Last lines of the output of a build or a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Source of the lines: a service's name, with the number of the container if there are several.
    pub source: String,
    /// Lines, oldest first, bounded in number and length.
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
    /// Makes a text from words known at compile time.
    pub const fn fixed(en: &'static str, fr: &'static str) -> Text {
        Text {
            en: Cow::Borrowed(en),
            fr: Cow::Borrowed(fr),
        }
    }

    /// Makes a text from words that depend on the observation.
    pub fn new(en: String, fr: String) -> Text {
        Text {
            en: Cow::Owned(en),
            fr: Cow::Owned(fr),
        }
    }

    /// Makes a text from words that have no translation: a system's message, a name.
    pub fn verbatim(words: impl Into<String>) -> Text {
        let words = words.into();
        Text::new(words.clone(), words)
    }

    /// Applies `change` to the words of each language.
    pub fn map(&self, change: impl Fn(&str) -> String) -> Text {
        Text::new(change(&self.en), change(&self.fr))
    }

    /// Returns the words in one language.
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
