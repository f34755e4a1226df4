//! Result of a run.

use std::time::Duration;

use super::condition::Condition;

/// A case that was graded.
pub struct Graded {
    /// Name of the case.
    pub case: String,
    /// Condition of the machine during the run.
    pub condition: Condition,
    /// Verdict on the result.
    pub verdict: Verdict,
    /// Time from the program's start to its end.
    pub took: Duration,
}

/// Comparison of a result with the expected ones.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// An expected result.
    Right,
    /// Another result, with its description.
    Wrong(String),
    /// No result, with the reason: allowed on a starved machine only.
    NotGraded(String),
}

impl Graded {
    /// Returns whether the verdict is wrong.
    pub fn is_wrong(&self) -> bool {
        match self.verdict {
            Verdict::Wrong(_) => true,
            Verdict::Right | Verdict::NotGraded(_) => false,
        }
    }

    /// Returns whether there is no verdict.
    pub fn is_not_graded(&self) -> bool {
        match self.verdict {
            Verdict::NotGraded(_) => true,
            Verdict::Right | Verdict::Wrong(_) => false,
        }
    }
}
