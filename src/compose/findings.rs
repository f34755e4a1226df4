//! What reading a compose file brings to light.

use softy_checks::model::{Place, Text};
use softy_checks::observation::{Compose, Fault, FaultKind, Problem, ProblemKind, Refusal};

use super::dangers::Danger;
use super::source::{Mark, Source};

/// Findings kept of each kind: a file that is wrong more often than that is wrong enough.
const KEPT: usize = 100;

/// Messages are cut here, in characters: what they quote may be of any length.
const LENGTH: usize = 400;

/// The findings of one file, in the order they were made.
#[derive(Debug)]
pub(super) struct Findings<'a> {
    source: &'a Source,
    problems: Vec<Problem>,
    refusals: Vec<Refusal>,
    unsupported: Option<Fault>,
    oddities: Vec<Text>,
}

impl<'a> Findings<'a> {
    /// None yet.
    pub fn new(source: &'a Source) -> Findings<'a> {
        Findings {
            source,
            problems: Vec::new(),
            refusals: Vec::new(),
            unsupported: None,
            oddities: Vec::new(),
        }
    }

    /// The place of a mark in the file.
    pub fn place(&self, mark: Mark) -> Option<Place> {
        self.source.place(mark)
    }

    /// Why Compose does not accept the file.
    pub fn problem(&mut self, kind: ProblemKind, mark: Mark, message: Text) {
        let place = self.place(mark);
        self.problem_elsewhere(Problem {
            kind,
            message,
            place,
        });
    }

    /// Why Compose does not accept the file, although the trouble lies in another one.
    pub fn problem_elsewhere(&mut self, problem: Problem) {
        if !self.has_enough_problems() {
            let message = cut(&problem.message);
            self.problems.push(Problem { message, ..problem });
        }
    }

    /// What Compose accepts and the sandbox does not.
    pub fn refuse(&mut self, key: &str, mark: Mark, danger: &Danger) {
        if self.refusals.len() < KEPT {
            self.refusals.push(Refusal {
                key: key.to_owned(),
                danger: danger.danger.clone(),
                instead: danger.instead.clone(),
                place: self.place(mark),
            });
        }
    }

    /// What Compose would do and the sandbox cannot yet; the first is enough.
    pub fn unsupported(&mut self, detail: String, mark: Mark) {
        let line = match mark.line {
            0 => String::new(),
            line => format!(" ({}, line {line})", self.source.file),
        };
        self.unsupported.get_or_insert(Fault {
            kind: FaultKind::Unsupported,
            detail: format!("{detail}{line}"),
        });
    }

    /// What is odd but accepted.
    pub fn oddity(&mut self, oddity: Text) {
        let oddity = cut(&oddity);
        if self.oddities.len() < KEPT && !self.oddities.contains(&oddity) {
            self.oddities.push(oddity);
        }
    }

    /// Whether Compose would not accept the file.
    pub fn has_problems(&self) -> bool {
        !self.problems.is_empty()
    }

    /// Whether further problems would not be kept.
    pub fn has_enough_problems(&self) -> bool {
        self.problems.len() >= KEPT
    }

    /// Whether a stack can be made of the file.
    pub fn allow_a_stack(&self) -> bool {
        self.problems.is_empty() && self.refusals.is_empty() && self.unsupported.is_none()
    }

    /// The observation, so far.
    pub fn into_compose(self) -> Compose {
        let Findings {
            source: _,
            problems,
            refusals,
            unsupported,
            oddities,
        } = self;
        Compose {
            problems,
            refusals,
            unsupported,
            oddities,
            ..Compose::default()
        }
    }
}

fn cut(text: &Text) -> Text {
    let cut = |words: &str| words.chars().take(LENGTH).collect();
    Text::new(cut(&text.en), cut(&text.fr))
}
