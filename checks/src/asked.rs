//! What a rubric asks of a submission.

use crate::model::Unjudged;
use crate::observation::{Fault, FaultKind, Observation};

/// What is asked of a submission where a rubric has a say; what the exercise asks by default.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Whether the answer file has nothing beside the command.
    pub line_alone: bool,
    /// Whether a command that does the same is as good as the exercise's own.
    pub equivalent_commands: bool,
    /// Replicas of the second measurement.
    pub replicas: u32,
    /// Why the stack that was seen is not the one that is asked for; `None` when it is.
    pub other_stack: Option<Fault>,
}

impl Default for Asked {
    fn default() -> Asked {
        Asked {
            line_alone: false,
            equivalent_commands: false,
            replicas: 5,
            other_stack: None,
        }
    }
}

impl Observation {
    /// The same with what a rubric asks.
    pub fn asking(self, asked: Asked) -> Observation {
        Observation { asked, ..self }
    }

    /// Whether the stack that was seen, if any was, is the one that is asked for.
    pub(crate) fn is_as_asked(&self) -> Result<(), Unjudged> {
        match &self.asked.other_stack {
            Some(fault) if self.images.is_some() => Err(Unjudged::Fault(fault.clone())),
            Some(_) | None => Ok(()),
        }
    }
}

impl Fault {
    /// What a rubric asks was not looked at.
    pub fn not_asked_then(detail: String) -> Fault {
        Fault {
            kind: FaultKind::Rubric,
            detail,
        }
    }
}
