//! What a rubric asks of a submission.

use crate::model::Unjudged;
use crate::observation::{Compose, Fault, FaultKind, Observation};

/// What the exercise calls the service of the API servers.
pub const BACK_END: &str = "back-end";

/// What is asked of a submission where a rubric has a say; what the exercise asks by default.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Whether the answer file has nothing beside the command.
    pub line_alone: bool,
    /// Whether a command that does the same is as good as the exercise's own.
    pub equivalent_commands: bool,
    /// The names that the service of the API servers may have, at least one. The first that a compose file has is that service.
    pub services: Vec<String>,
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
            services: vec![BACK_END.to_owned()],
            replicas: 5,
            other_stack: None,
        }
    }
}

impl Asked {
    /// The name of the service of the API servers in a compose file, of whose services `has` tells.
    pub fn service(&self, has: impl Fn(&str) -> bool) -> &str {
        let mut names = self.services.iter();
        let found = names.find(|name| has(name));
        found
            .or(self.services.first())
            .map_or(BACK_END, |name| name)
    }
}

impl Observation {
    /// The same with what a rubric asks.
    pub fn asking(mut self, mut asked: Asked) -> Observation {
        if let Some(compose) = &mut self.compose {
            let service = asked.service(|name| compose.service(name).is_some());
            let service = service.to_owned();
            if service != compose.back_end && asked.other_stack.is_none() {
                let detail = format!(
                    "`{}` was measured, the rubric asks for `{service}`",
                    compose.back_end
                );
                asked.other_stack = Some(Fault::not_asked_then(detail));
            }
            compose.back_end = service;
        }
        Observation { asked, ..self }
    }

    /// The name of the service of the API servers.
    pub fn back_end(&self) -> &str {
        match &self.compose {
            Some(Compose { back_end, .. }) => back_end,
            None => self.asked.service(|_| false),
        }
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
