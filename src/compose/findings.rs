//! Findings about compose files.

use std::rc::Rc;

use softy_checks::model::{Place, Text};
use softy_checks::observation::{Compose, Problem, ProblemKind, Refusal};

use super::dangers::Danger;
use super::source::{Mark, Source};

/// Maximum number of findings of each kind: further ones would not help the student.
const KEPT: usize = 100;

/// Maximum length of a message, in characters: the texts that it quotes may have any length.
const LENGTH: usize = 400;

/// The findings of all files of a project, in the order in which they were made.
#[derive(Debug, Default)]
pub(super) struct Findings {
    sources: Vec<Rc<Source>>,
    problems: Vec<Problem>,
    refusals: Vec<Refusal>,
    oddities: Vec<Text>,
}

impl Findings {
    /// Adds a file that marks can refer to.
    pub fn add(&mut self, file: String, text: String) -> Rc<Source> {
        let source = Rc::new(Source::new(self.sources.len(), file, text));
        self.sources.push(Rc::clone(&source));
        source
    }

    /// Returns the place of a mark.
    pub fn place(&self, mark: Mark) -> Option<Place> {
        self.sources.get(mark.file)?.place(mark)
    }

    /// Runs `look` and keeps only the problems that it finds: a file that is merged later may still remove the refused values.
    pub fn problems_of(&mut self, look: impl FnOnce(&mut Findings)) {
        let refusals = self.refusals.len();
        look(self);
        self.refusals.truncate(refusals);
    }

    /// Adds a reason for which Compose does not accept the file.
    pub fn problem(&mut self, kind: ProblemKind, mark: Mark, message: Text) {
        self.conflict(kind, mark, None, message);
    }

    /// Adds a conflict between two entries of the file.
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

    /// Adds a problem whose place is already resolved, such as one in a file of variables.
    pub fn problem_elsewhere(&mut self, problem: Problem) {
        if !self.has_enough_problems() {
            let message = cut(&problem.message);
            self.problems.push(Problem { message, ..problem });
        }
    }

    /// Adds a value that Compose accepts and the sandbox refuses.
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

    /// Adds a note about an unusual value that is accepted.
    pub fn oddity(&mut self, oddity: Text) {
        let oddity = cut(&oddity);
        if self.oddities.len() < KEPT && !self.oddities.contains(&oddity) {
            self.oddities.push(oddity);
        }
    }

    /// Notes a feature that Compose v2 supports and v1 refuses.
    pub fn unknown_to_v1(&mut self, en: &str, fr: &str) {
        self.oddity(Text::new(
            format!("only Compose v2 knows {en}: v1 refuses the file"),
            format!("seul Compose v2 connaît {fr} : v1 refuse le fichier"),
        ));
    }

    /// Returns true if Compose would refuse the file.
    pub fn has_problems(&self) -> bool {
        !self.problems.is_empty()
    }

    /// Returns true if further problems would be dropped.
    pub fn has_enough_problems(&self) -> bool {
        self.problems.len() >= KEPT
    }

    /// Returns true if the sandbox can start a stack from the file.
    pub fn allow_a_stack(&self) -> bool {
        self.problems.is_empty() && self.refusals.is_empty()
    }

    /// Returns the findings as an observation, without files and services.
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
