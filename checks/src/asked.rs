//! What a rubric asks of a submission.

use crate::model::{Text, Unjudged};
use crate::observation::{Compose, Fault, FaultKind, Observation};
use crate::task6::TASK6;

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
    pub fn asking(self, mut asked: Asked) -> Observation {
        // What stopped the run was judged by the service of that time, which is replaced below.
        let mut seen = self.inferred(TASK6);
        if let Some(compose) = &mut seen.compose {
            let service = asked.service(|name| compose.service(name).is_some());
            let service = service.to_owned();
            if service != compose.back_end && asked.other_stack.is_none() {
                let measured = &compose.back_end;
                let detail = Text::new(
                    format!("`{measured}` was measured, the rubric asks for `{service}`"),
                    format!("`{measured}` a été mesuré, le barème demande `{service}`"),
                );
                asked.other_stack = Some(Fault::not_asked_then(detail));
            }
            compose.back_end = service;
        }
        Observation { asked, ..seen }
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
    pub fn not_asked_then(detail: Text) -> Fault {
        Fault::new(FaultKind::Rubric, detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::correct::{service, with_services};

    /// Of a stack whose `api` was measured, with images or without, that a rubric asks for one of `names` of.
    fn asking(names: &[&str], images: bool) -> Observation {
        let mut seen = with_services(vec![service("back-end"), service("api")]);
        seen.images = images.then(Vec::new);
        if let Some(compose) = &mut seen.compose {
            compose.back_end = "api".to_owned();
        }
        seen.asking(Asked {
            services: names.iter().map(|name| (*name).to_owned()).collect(),
            ..Asked::default()
        })
    }

    #[test]
    fn a_stack_of_another_service_is_not_the_one_that_is_asked_for() {
        let other = asking(&["back-end"], true);
        assert_eq!(other.back_end(), "back-end");
        assert!(other.is_as_asked().is_err());
        assert!(asking(&["back-end"], false).is_as_asked().is_ok());
        let same = asking(&["server", "api"], true);
        assert_eq!(same.back_end(), "api");
        assert!(same.is_as_asked().is_ok());
    }

    #[test]
    fn why_the_stack_is_another_stays_as_it_was() {
        let first = asking(&["back-end"], true);
        let asked = first.asked.clone();
        let mut again = first;
        if let Some(compose) = &mut again.compose {
            compose.back_end = "server".to_owned();
        }
        assert_eq!(again.asking(asked.clone()).asked, asked);
    }
}
