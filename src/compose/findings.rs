//! What reading compose files brings to light.

use std::rc::Rc;

use softy_checks::model::{Place, Text};
use softy_checks::observation::{Compose, Problem, ProblemKind, Refusal};

use super::dangers::Danger;
use super::source::{Mark, Source};

/// Findings kept of each kind: a file that is wrong more often than that is wrong enough.
const KEPT: usize = 100;

/// Messages are cut here, in characters: what they quote may be of any length.
const LENGTH: usize = 400;

/// The findings of all files that make up a project, in the order they were made.
#[derive(Debug, Default)]
pub(super) struct Findings {
    sources: Vec<Rc<Source>>,
    problems: Vec<Problem>,
    refusals: Vec<Refusal>,
    oddities: Vec<Text>,
}

impl Findings {
    /// Takes in a file that marks can point into.
    pub fn add(&mut self, file: String, text: String) -> Rc<Source> {
        let source = Rc::new(Source::new(self.sources.len(), file, text));
        self.sources.push(Rc::clone(&source));
        source
    }

    /// The place of a mark.
    pub fn place(&self, mark: Mark) -> Option<Place> {
        self.sources.get(mark.file)?.place(mark)
    }

    /// Keeps of a look at something only the problems that it finds: refusals may still be taken
    /// out by a file that is laid over it.
    pub fn problems_of(&mut self, look: impl FnOnce(&mut Findings)) {
        let refusals = self.refusals.len();
        look(self);
        self.refusals.truncate(refusals);
    }

    /// Why Compose does not accept the file.
    pub fn problem(&mut self, kind: ProblemKind, mark: Mark, message: Text) {
        self.conflict(kind, mark, None, message);
    }

    /// Why two entries of the file cannot stand beside each other.
    pub fn conflict(&mut self, kind: ProblemKind, mark: Mark, other: Option<Mark>, message: Text) {
        let place = self.place(mark);
        let also = other.and_then(|other| self.place(other)).map(Box::new);
        self.problem_elsewhere(Problem {
            kind,
            message,
            place,
            also,
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

    /// What is odd but accepted.
    pub fn oddity(&mut self, oddity: Text) {
        let oddity = cut(&oddity);
        if self.oddities.len() < KEPT && !self.oddities.contains(&oddity) {
            self.oddities.push(oddity);
        }
    }

    /// What Compose v2 carries out and v1 does not know.
    pub fn unknown_to_v1(&mut self, en: &str, fr: &str) {
        self.oddity(Text::new(
            format!("only Compose v2 knows {en}: v1 refuses the file"),
            format!("seul Compose v2 connaît {fr} : v1 refuse le fichier"),
        ));
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
        self.problems.is_empty() && self.refusals.is_empty()
    }

    /// The observation, so far.
    pub fn into_compose(self) -> Compose {
        let Findings {
            sources: _,
            problems,
            refusals,
            oddities,
        } = self;
        Compose {
            problems,
            refusals,
            oddities,
            ..Compose::default()
        }
    }
}

fn cut(text: &Text) -> Text {
    let cut = |words: &str| words.chars().take(LENGTH).collect();
    Text::new(cut(&text.en), cut(&text.fr))
}
