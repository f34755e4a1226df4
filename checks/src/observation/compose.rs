//! The compose file as Compose reads it, with the parts that the sandbox refuses.

use serde::{Deserialize, Serialize};

use crate::expectations::BACK_END;
use crate::model::{Place, Text};

/// Content of the compose files of `task6`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compose {
    /// Files that Compose would read, in its order; empty if there are none.
    pub files: Vec<String>,
    /// Files with names like those of compose files, which Compose does not search for.
    pub misnamed: Vec<String>,
    /// Reasons why Compose would reject the files.
    pub problems: Vec<Problem>,
    /// Entries that Compose would accept and the sandbox refuses.
    pub refusals: Vec<Refusal>,
    /// Unusual but accepted entries.
    pub oddities: Vec<Text>,
    /// Services, in the order of the file; empty if there are problems.
    pub services: Vec<Service>,
    /// Name of the API servers' service, even if the file has no such service.
    #[serde(default = "back_end", skip_serializing_if = "is_back_end")]
    pub back_end: String,
}

fn back_end() -> String {
    BACK_END.to_owned()
}

fn is_back_end(name: &str) -> bool {
    name == BACK_END
}

impl Default for Compose {
    fn default() -> Compose {
        Compose {
            files: Vec::new(),
            misnamed: Vec::new(),
            problems: Vec::new(),
            refusals: Vec::new(),
            oddities: Vec::new(),
            services: Vec::new(),
            back_end: back_end(),
        }
    }
}

impl Compose {
    /// Returns the service of this name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name == name)
    }

    /// Returns the API servers' service, if the file's services are known and one of them is it.
    pub fn back_end(&self) -> Option<&Service> {
        self.service(&self.back_end)
    }

    /// Returns whether Compose starts `service` after `other`, directly or through services between them.
    pub fn starts_after(&self, service: &str, other: &str) -> bool {
        let mut reached = vec![service];
        let mut next = 0;
        while let Some(service) = reached.get(next).and_then(|name| self.service(name)) {
            for name in service.depends_on.iter().map(String::as_str) {
                if self.service(name).is_some() && !reached.contains(&name) {
                    reached.push(name);
                }
            }
            next += 1;
        }
        reached.get(1..).is_some_and(|after| after.contains(&other))
    }
}

/// Reason why Compose rejects a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Kind of problem.
    pub kind: ProblemKind,
    /// Facts of the problem.
    pub message: Text,
    /// Place of the problem, if it has one.
    pub place: Option<Place>,
    /// Second place of a conflict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub also: Option<Box<Place>>,
}

/// Kinds of problems for which Compose rejects a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// Not a regular file, over the size limit, or not UTF-8.
    Unreadable,
    /// Not YAML, or YAML over the limits on depth and aliases.
    Syntax,
    /// A key that appears twice in one mapping.
    DuplicateKey,
    /// A key that the specification does not have.
    UnknownKey,
    /// A value of another type than the key takes.
    WrongType,
    /// A value of the right type without a valid meaning.
    InvalidValue,
    /// A name of a service, network, volume, secret or config that is not defined.
    UndefinedName,
    /// A port of the host that two containers request.
    HostPortTaken,
    /// A name that two containers have.
    ContainerNameTaken,
    /// A text that is not a valid image name.
    ImageNameInvalid,
    /// A name under which two different images are built.
    ImageNameTaken,
    /// A value that Compose accepts and the engine refuses.
    EngineRefuses,
}

/// An entry that the sandbox refuses in an untrusted file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Key, with its path (`services.proxy.privileged`).
    pub key: String,
    /// Danger, in one sentence.
    pub danger: Text,
    /// Replacement for the entry.
    pub instead: Text,
    /// Place of the entry.
    pub place: Option<Place>,
}

/// Properties of a service that the checks need.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// Name of the service.
    pub name: String,
    /// Place of its name.
    pub place: Option<Place>,
    /// Value and place of `container_name`.
    pub container_name: Option<(String, Option<Place>)>,
    /// Address in a network that the file assigns to its containers, with its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed_address: Option<(String, Option<Place>)>,
    /// Entries of `ports`; empty if the engine publishes no port of this service.
    pub ports: Vec<Port>,
    /// Names in `depends_on` and `links`.
    pub depends_on: Vec<String>,
    /// True if it has `build`.
    pub builds: bool,
    /// Value of `image`.
    pub image: Option<String>,
}

/// One entry of `ports`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    /// Port inside the container.
    pub target: u16,
    /// Port on the host.
    pub published: Published,
    /// Place of the entry.
    pub place: Option<Place>,
}

/// Port of the host for a container's port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Published {
    /// A port that the engine chooses.
    Random,
    /// One port: a second container cannot have it.
    Fixed(u16),
    /// Any port of a range, first and last.
    Range(u16, u16),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::correct::{compose, service};

    fn depending(name: &str, depends_on: &[&str]) -> Service {
        Service {
            depends_on: depends_on.iter().map(|name| (*name).to_owned()).collect(),
            ..service(name)
        }
    }

    #[test]
    fn a_recording_names_the_service_only_where_it_is_another() {
        for (back_end, is_named) in [(BACK_END, false), ("api", true)] {
            let seen = Compose {
                back_end: back_end.to_owned(),
                ..compose()
            };
            let recorded = serde_json::to_string(&seen).unwrap();
            assert_eq!(recorded.contains("back_end"), is_named);
            assert_eq!(serde_json::from_str::<Compose>(&recorded).unwrap(), seen);
        }
    }

    #[test]
    fn a_service_starts_after_what_the_services_that_it_names_start_after() {
        let seen = Compose {
            services: vec![
                depending("proxy", &["unknown", "front-end"]),
                depending("front-end", &["proxy", "back-end"]),
                service("back-end"),
            ],
            ..compose()
        };
        assert!(seen.starts_after("proxy", "front-end"));
        assert!(seen.starts_after("proxy", "back-end"));
        assert!(!seen.starts_after("proxy", "unknown"));
        assert!(!seen.starts_after("back-end", "proxy"));
    }
}
