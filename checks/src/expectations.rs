//! Requirements of a rubric for a submission.

use crate::model::{Text, Unjudged};
use crate::observation::{Compose, Fault, FaultKind, Observation};
use crate::task6::TASK6;

/// Name of the API servers' service in the exercise.
pub const BACK_END: &str = "back-end";

/// Requirements that a rubric can change; by default those of the exercise.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectations {
    /// True if the answer file may contain only the command.
    pub line_alone: bool,
    /// True if an equivalent command is as good as the exercise's own.
    pub equivalent_commands: bool,
    /// Allowed names for the service of the API servers, at least one. The first that a compose file has is that service.
    pub services: Vec<String>,
    /// Replicas of the second measurement.
    pub replicas: u32,
    /// Reason why the observed stack is not the required one; `None` if it is.
    pub other_stack: Option<Fault>,
}

impl Default for Expectations {
    fn default() -> Expectations {
        Expectations {
            line_alone: false,
            equivalent_commands: false,
            services: vec![BACK_END.to_owned()],
            replicas: 5,
            other_stack: None,
        }
    }
}

impl Expectations {
    /// Returns the name of the API servers' service in a compose file; `has` returns whether the file has a service of a name.
    pub fn service(&self, has: impl Fn(&str) -> bool) -> &str {
        let mut names = self.services.iter();
        let found = names.find(|name| has(name));
        found
            .or(self.services.first())
            .map_or(BACK_END, |name| name)
    }
}

impl Observation {
    /// Replaces the requirements by those of a rubric.
    pub fn asking(self, mut asked: Expectations) -> Observation {
        // The check that stopped the run was judged with the service of that run, which is replaced below.
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

    /// Returns the name of the API servers' service.
    pub fn back_end(&self) -> &str {
        match &self.compose {
            Some(Compose { back_end, .. }) => back_end,
            None => self.asked.service(|_| false),
        }
    }

    /// Returns an error if a stack was observed that is not the required one.
    pub(crate) fn is_as_asked(&self) -> Result<(), Unjudged> {
        match &self.asked.other_stack {
            Some(fault) if self.images.is_some() => Err(Unjudged::Fault(fault.clone())),
            Some(_) | None => Ok(()),
        }
    }
}

impl Fault {
    /// Makes the fault for a requirement of the rubric that the run did not measure.
    pub fn not_asked_then(detail: Text) -> Fault {
        Fault::new(FaultKind::Rubric, detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::correct::{service, with_services};

    /// Returns an observation of a stack whose `api` was measured, with or without images, judged by a rubric that requires one
    /// of `names`.
    fn asking(names: &[&str], images: bool) -> Observation {
        let mut seen = with_services(vec![service("back-end"), service("api")]);
        seen.images = images.then(Vec::new);
        if let Some(compose) = &mut seen.compose {
            compose.back_end = "api".to_owned();
        }
        seen.asking(Expectations {
            services: names.iter().map(|name| (*name).to_owned()).collect(),
            ..Expectations::default()
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
