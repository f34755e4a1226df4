//! What came of a run.

use std::time::Duration;

use super::condition::Condition;

/// A case that was graded.
pub struct Graded {
    /// Its name.
    pub case: String,
    /// The machine meanwhile.
    pub condition: Condition,
    /// What came out.
    pub verdict: Verdict,
    /// From the program's start to its end.
    pub took: Duration,
}

/// What came out, beside what must.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// What must.
    Right,
    /// Something else, and what.
    Wrong(String),
    /// No verdict, and why: a starved machine may have that, no other.
    NotGraded(String),
}

impl Graded {
    /// Whether it must not be.
    pub fn is_wrong(&self) -> bool {
        match self.verdict {
            Verdict::Wrong(_) => true,
            Verdict::Right | Verdict::NotGraded(_) => false,
        }
    }

    /// Whether there is no verdict.
    pub fn is_not_graded(&self) -> bool {
        match self.verdict {
            Verdict::NotGraded(_) => true,
            Verdict::Right | Verdict::Wrong(_) => false,
        }
    }
}
