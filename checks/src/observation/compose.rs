//! The compose file as Compose would read it, and what of it the sandbox refuses.

use serde::{Deserialize, Serialize};

use crate::asked::BACK_END;
use crate::model::{Place, Text};

/// What the compose files of `task6` say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compose {
    /// The files that Compose would read, in its order; empty when there is none.
    pub files: Vec<String>,
    /// Files that look meant as compose files but that Compose does not look for.
    pub misnamed: Vec<String>,
    /// Why Compose would not accept the files.
    pub problems: Vec<Problem>,
    /// What Compose would accept and the sandbox does not.
    pub refusals: Vec<Refusal>,
    /// What is odd but accepted.
    pub oddities: Vec<Text>,
    /// The services, in the order of the file; empty when there are problems.
    pub services: Vec<Service>,
    /// The name of the service of the API servers, whether or not there is one.
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
    /// The service of that name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name == name)
    }

    /// The service of the API servers, where the file's services are known and one of them is.
    pub fn back_end(&self) -> Option<&Service> {
        self.service(&self.back_end)
    }

    /// Whether Compose starts `service` after `other`, directly or through services between them.
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

/// Why Compose refuses a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What kind of problem.
    pub kind: ProblemKind,
    /// The facts.
    pub message: Text,
    /// Where, when it has a place.
    pub place: Option<Place>,
    /// The other side of a conflict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub also: Option<Box<Place>>,
}

/// Kinds of reasons for which Compose refuses a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// No regular file, over the size cap, or not UTF-8.
    Unreadable,
    /// Not YAML, or YAML over the depth and alias caps.
    Syntax,
    /// The same key twice in one mapping.
    DuplicateKey,
    /// A key that the specification does not have.
    UnknownKey,
    /// A value of another type than the key takes.
    WrongType,
    /// A value of the right type that means nothing.
    InvalidValue,
    /// A name of a service, network, volume, secret or config that is not defined.
    UndefinedName,
    /// A port of the host that two containers ask for.
    HostPortTaken,
    /// A name that two containers have.
    ContainerNameTaken,
    /// A text that is no name of an image.
    ImageNameInvalid,
    /// A name under which two different images are built.
    ImageNameTaken,
    /// A value that Compose takes and the engine refuses.
    EngineRefuses,
}

/// Something that the sandbox does not do for a stranger's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The key, with its path (`services.proxy.privileged`).
    pub key: String,
    /// The danger, in one sentence.
    pub danger: Text,
    /// What to write instead.
    pub instead: Text,
    /// Where.
    pub place: Option<Place>,
}

/// What the checks want to know of a service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Where its name stands.
    pub place: Option<Place>,
    /// `container_name` and where it stands.
    pub container_name: Option<(String, Option<Place>)>,
    /// An address of a network that is given to its containers, and where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed_address: Option<(String, Option<Place>)>,
    /// Its `ports`.
    pub ports: Vec<Port>,
    /// The names in its `depends_on` and `links`.
    pub depends_on: Vec<String>,
    /// Whether it has `build`.
    pub builds: bool,
    /// Its `image`.
    pub image: Option<String>,
}

/// One entry of `ports`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    /// The port inside the container.
    pub target: u16,
    /// The port on the host.
    pub published: Published,
    /// Where.
    pub place: Option<Place>,
}

/// The host's side of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Published {
    /// Chosen by the engine.
    Random,
    /// One port: a second container cannot have it.
    Fixed(u16),
    /// Any of a range, first and last.
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
