//! Images, containers and replies.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::model::{Evidence, Place, Text};
use crate::wording::code;

/// The body that the exercise asks for.
const HELLO: &str = "Hello, World!";

/// A service's image, after it was built or looked up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// The service.
    pub service: String,
    /// What came of it.
    pub state: ImageState,
}

/// What came of an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImageState {
    /// Built or found.
    Ready,
    /// `build.context` is not a folder of the submission.
    ContextMissing {
        /// The path, from the submission's root.
        context: String,
    },
    /// The build's folder has no Dockerfile of the name it should have.
    DockerfileMissing {
        /// The path that was looked for, from the submission's root.
        dockerfile: String,
        /// Names in that folder that are nearly it.
        similar: Vec<String>,
        /// Whether it is a link that leads out of the folder that the image is built from.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        leads_out: bool,
    },
    /// The build ended with an error.
    BuildFailed {
        /// What the error says it is.
        failure: BuildFailure,
        /// The engine's last word on it.
        error: String,
        /// The instruction that failed, when known.
        place: Option<Place>,
        /// The last lines of the build.
        log: Evidence,
    },
    /// No build makes this image and no registry has it.
    NotFound {
        /// The reference, as in the file.
        reference: String,
        /// The engine's word on it.
        error: String,
    },
}

/// What a failed build says went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BuildFailure {
    /// The Dockerfile does not parse.
    Dockerfile,
    /// `COPY` or `ADD` of something that the build context does not have.
    SourceMissing {
        /// What was to be copied, when the engine names it.
        source: String,
    },
    /// pip refuses to install into Debian's or Ubuntu's own Python.
    ExternallyManaged,
    /// The base image of a `FROM` does not exist.
    BaseMissing {
        /// The image's name.
        reference: String,
        /// The well-known name that it was probably meant to be.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        similar: Option<String>,
    },
    /// A package manager knows no package of a name.
    PackageMissing {
        /// The program that was asked, such as `apt`.
        manager: String,
        /// The package's name.
        package: String,
    },
    /// The build did not end within its deadline.
    TimedOut {
        /// The deadline in seconds.
        seconds: u64,
    },
    /// The build context is over the sandbox's limits.
    ContextTooLarge {
        /// The bytes that it may have.
        bytes: u64,
        /// The files and folders that it may have.
        entries: u64,
    },
    /// A step took more than a build may have of something, and was ended.
    UsesTooMuch {
        /// Of what.
        resource: Resource,
        /// How much it may have: bytes, or a number of processes.
        limit: u64,
    },
    /// Another command that ended with an error.
    Command,
}

/// What a build has a share of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resource {
    /// Bytes on the engine's disk.
    Disk,
    /// Bytes of memory.
    Memory,
    /// Processes and threads at a time.
    Processes,
    /// Bytes printed.
    Output,
}

/// A stack after it was started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stack {
    /// Every container, in the order of the services, replicas by number.
    pub containers: Vec<Container>,
    /// The service that requests go through, when one publishes a port.
    pub proxy: Option<Proxy>,
}

impl Stack {
    /// The containers of one service.
    pub fn replicas<'a>(&'a self, service: &'a str) -> impl Iterator<Item = &'a Container> {
        self.containers
            .iter()
            .filter(move |container| container.service == service)
    }

    /// What a message calls a container: its service, with its number where there are several.
    pub fn label(&self, container: &Container) -> String {
        self.numbered(container, code(&container.service))
    }

    /// The last log lines of a container, when it wrote any.
    pub fn evidence(&self, container: &Container) -> Vec<Evidence> {
        if container.log.is_empty() {
            return Vec::new();
        }
        vec![Evidence {
            source: self.numbered(container, container.service.clone()),
            lines: container.log.clone(),
        }]
    }

    fn numbered(&self, container: &Container, service: String) -> String {
        match self.replicas(&container.service).count() {
            0 | 1 => service,
            _ => format!("{service} {}", container.number),
        }
    }
}

/// A container of the stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Container {
    /// The service.
    pub service: String,
    /// The replica's number, from 1.
    pub number: u32,
    /// What became of it.
    pub state: State,
    /// The addresses it listens on, such as `0.0.0.0:5252`; empty when unknown or none.
    pub listening: Vec<String>,
    /// Its last log lines.
    pub log: Vec<String>,
    /// What it runs, entry point first, as the engine has it; empty when unknown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// How many processes it may have, where it had as many while it listened nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all_processes: Option<u64>,
}

impl Container {
    /// Whether it listens, and nobody outside it can reach any of its addresses.
    pub fn listens_to_itself(&self) -> bool {
        let is_own = |address: &String| {
            let address: Result<SocketAddr, _> = address.parse();
            address.is_ok_and(|address| is_loopback(address.ip()))
        };
        !self.listening.is_empty() && self.listening.iter().all(is_own)
    }

    /// Whether it listens on a port at addresses of version 6 alone; `[::]` may stand for both versions.
    pub fn listens_to_version_6(&self, port: u16) -> bool {
        let addresses = self
            .listening
            .iter()
            .filter_map(|address| address.parse().ok());
        let mut at_port = addresses.filter(|address: &SocketAddr| address.port() == port);
        let first = at_port.next();
        first.is_some_and(|first| first.is_ipv6() && at_port.all(|address| address.is_ipv6()))
    }
}

/// Whether an address is the container's own, also where a version 4 address is written as one of version 6.
pub fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// What became of a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It runs, and listens where something must listen.
    Running,
    /// It runs but did not listen on any port in the time that it had.
    Silent {
        /// That time in seconds.
        seconds: u64,
    },
    /// It ended.
    Exited {
        /// Its exit status.
        status: i64,
    },
    /// The kernel ended it: over the sandbox's memory limit.
    OutOfMemory {
        /// The limit in bytes.
        limit: u64,
    },
    /// The sandbox ended it: over a limit.
    OverLimit {
        /// The limit.
        limit: Limit,
    },
    /// The engine could not start it.
    NotStarted {
        /// The engine's word on it.
        error: String,
    },
    /// It was not started: a service it depends on did not get as far as it had to.
    Waiting {
        /// That service.
        dependency: String,
    },
}

/// A limit that the sandbox itself sees to, where the kernel cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// What it may write to its own layer, and to each of its volumes.
    Disk {
        /// In bytes.
        bytes: u64,
    },
    /// Files that it may add to those of its image.
    Files {
        /// How many.
        count: u64,
    },
}

/// Where requests enter the stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proxy {
    /// The service.
    pub service: String,
    /// The port inside its container.
    pub port: u16,
}

/// What came back for one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The path that was asked for.
    pub path: String,
    /// What happened.
    pub outcome: Outcome,
    /// Where a redirection leads, as its `Location` has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

/// What can happen to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// An answer.
    Answered {
        /// HTTP status.
        status: u16,
        /// The body, cut at a bounded length.
        body: String,
    },
    /// Nobody listens.
    Refused,
    /// The connection was closed before an answer, or what came is not HTTP.
    Broken {
        /// The client's word on it.
        error: String,
    },
    /// No answer within the deadline.
    TimedOut {
        /// The deadline in seconds.
        seconds: u64,
    },
    /// An answer whose body is over the cap.
    TooLarge {
        /// The cap in bytes.
        limit: u64,
    },
}

impl Outcome {
    /// Whether it is the answer that the exercise asks for; white space around the body does not matter.
    pub fn is_hello(&self) -> bool {
        match self {
            Outcome::Answered { status, body } => *status == 200 && body.trim() == HELLO,
            Outcome::Refused
            | Outcome::Broken { .. }
            | Outcome::TimedOut { .. }
            | Outcome::TooLarge { .. } => false,
        }
    }

    /// The status that a limit on the rate of requests refuses one with, where this may be that: 429, or nginx's 503.
    pub fn refused(&self) -> Option<u16> {
        match self {
            Outcome::Answered { status, .. } => {
                Some(*status).filter(|status| matches!(status, 429 | 503))
            }
            Outcome::Refused
            | Outcome::Broken { .. }
            | Outcome::TimedOut { .. }
            | Outcome::TooLarge { .. } => None,
        }
    }

    /// What happened, in words.
    pub fn message(&self) -> Text {
        match self {
            Outcome::Answered { status, .. } => Text::new(
                format!("the answer has status {status}"),
                format!("la réponse a le statut {status}"),
            ),
            Outcome::Refused => Text::fixed(
                "nobody listens on the port",
                "personne n’écoute sur le port",
            ),
            Outcome::Broken { error } => Text::new(
                format!("the connection ended before an answer: {}", code(error)),
                format!(
                    "la connexion s’est terminée avant une réponse : {}",
                    code(error)
                ),
            ),
            Outcome::TimedOut { seconds } => Text::new(
                format!("no answer came within {seconds} s"),
                format!("aucune réponse n’est venue en {seconds} s"),
            ),
            Outcome::TooLarge { limit } => Text::new(
                format!("the answer is longer than {limit} bytes"),
                format!("la réponse dépasse {limit} octets"),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::correct::container;

    #[test]
    fn a_container_has_its_number_where_its_service_has_several() {
        let stack = Stack {
            containers: vec![
                container("back-end", 1),
                container("back-end", 2),
                container("proxy", 1),
            ],
            proxy: None,
        };
        let labels = stack.containers.iter().map(|one| stack.label(one));
        assert_eq!(
            labels.collect::<Vec<_>>(),
            ["`back-end` 1", "`back-end` 2", "`proxy`"]
        );
    }
}
