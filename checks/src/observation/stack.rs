//! Images, containers and replies.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::model::{Evidence, Place, Text};
use crate::wording::code;

/// Body that the exercise requires.
const HELLO: &str = "Hello, World!";

/// A service's image after its build or pull.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// Service of the image.
    pub service: String,
    /// Result.
    pub state: ImageState,
}

/// Result of a build or pull.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImageState {
    /// Built or found.
    Ready,
    /// `build.context` is not a folder of the submission.
    ContextMissing {
        /// Path from the submission's root.
        context: String,
    },
    /// The folder of the build has no Dockerfile of the expected name.
    DockerfileMissing {
        /// Expected path, from the submission's root.
        dockerfile: String,
        /// Similar names in that folder.
        similar: Vec<String>,
        /// True if it is a link that points out of the folder that the image is built from.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        leads_out: bool,
    },
    /// The build ended with an error.
    BuildFailed {
        /// Kind of failure, by the error message.
        failure: BuildFailure,
        /// Last error message of the engine.
        error: String,
        /// Instruction that failed, if known.
        place: Option<Place>,
        /// Last lines of the build.
        log: Evidence,
    },
    /// No build makes this image and no registry has it.
    NotFound {
        /// Reference of the image in the compose file.
        reference: String,
        /// Error message of the engine.
        error: String,
    },
}

/// Kind of failure of a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BuildFailure {
    /// The Dockerfile does not parse.
    Dockerfile,
    /// `COPY` or `ADD` of a path that the build context does not have.
    SourceMissing {
        /// Path to copy, if the engine reports it.
        source: String,
    },
    /// pip refuses to install into Debian's or Ubuntu's own Python.
    ExternallyManaged,
    /// The base image of a `FROM` does not exist.
    BaseMissing {
        /// Name of the image.
        reference: String,
        /// Well-known name that was probably meant.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        similar: Option<String>,
    },
    /// A package manager does not know a package.
    PackageMissing {
        /// Package manager, such as `apt`.
        manager: String,
        /// Name of the package.
        package: String,
    },
    /// The build did not end within its deadline.
    TimedOut {
        /// Deadline in seconds.
        seconds: u64,
    },
    /// The build context is over the sandbox's limits.
    ContextTooLarge {
        /// Allowed number of bytes.
        bytes: u64,
        /// Allowed number of files and folders.
        entries: u64,
    },
    /// A step exceeded a resource limit of the build, and was killed.
    UsesTooMuch {
        /// Resource that the step exceeded.
        resource: Resource,
        /// Limit: bytes, or a number of processes.
        limit: u64,
    },
    /// Another command failed.
    Command,
}

/// Resource that is limited for a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resource {
    /// Bytes on the engine's disk.
    Disk,
    /// Bytes of memory.
    Memory,
    /// Number of simultaneous processes and threads.
    Processes,
    /// Bytes of output.
    Output,
}

/// A stack after it was started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stack {
    /// Every container, in the order of the services, with replicas by number.
    pub containers: Vec<Container>,
    /// Service that receives the requests, if one publishes a port.
    pub proxy: Option<Proxy>,
}

impl Stack {
    /// Returns the containers of one service.
    pub fn replicas<'a>(&'a self, service: &'a str) -> impl Iterator<Item = &'a Container> {
        self.containers
            .iter()
            .filter(move |container| container.service == service)
    }

    /// Returns the name of a container in messages: its service, with its number if there are several.
    pub fn label(&self, container: &Container) -> String {
        self.numbered(container, code(&container.service))
    }

    /// Returns the last log lines of a container, if it wrote any.
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
    /// Service of the container.
    pub service: String,
    /// Number of the replica, from 1.
    pub number: u32,
    /// State of the container.
    pub state: State,
    /// Addresses that it listens on, such as `0.0.0.0:5252`; empty if unknown or none.
    pub listening: Vec<String>,
    /// Last log lines.
    pub log: Vec<String>,
    /// Command that it runs, entry point first, as the engine reports it; empty if unknown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// Limit on its processes, if it had reached that number while it listened on no port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all_processes: Option<u64>,
}

impl Container {
    /// Returns whether it listens on loopback addresses only, so that no other container can reach it.
    pub fn listens_to_itself(&self) -> bool {
        let is_own = |address: &String| {
            let address: Result<SocketAddr, _> = address.parse();
            address.is_ok_and(|address| is_loopback(address.ip()))
        };
        !self.listening.is_empty() && self.listening.iter().all(is_own)
    }

    /// Returns whether it listens on a port at IPv6 addresses only; `[::]` may accept both versions.
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

/// Returns whether an address is a loopback address, also if an IPv4 address is written as IPv6.
pub fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// State of a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It runs, and listens if its service must listen.
    Running,
    /// It runs but did not listen on any port before the deadline.
    Silent {
        /// Deadline in seconds.
        seconds: u64,
    },
    /// It exited.
    Exited {
        /// Exit status.
        status: i64,
    },
    /// The kernel killed it: it exceeded the sandbox's memory limit.
    OutOfMemory {
        /// Limit in bytes.
        limit: u64,
    },
    /// The sandbox killed it: it exceeded a limit.
    OverLimit {
        /// Limit that it exceeded.
        limit: Limit,
    },
    /// The engine could not start it.
    NotStarted {
        /// Error message of the engine.
        error: String,
    },
    /// It was not started: a service that it depends on did not reach the required state.
    Waiting {
        /// Service that it depends on.
        dependency: String,
    },
}

/// A limit that the sandbox itself enforces, because the kernel cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// Limit on its own layer, and on each of its volumes.
    Disk {
        /// Limit in bytes.
        bytes: u64,
    },
    /// Limit on files in addition to those of its image.
    Files {
        /// Number of files.
        count: u64,
    },
}

/// Entry of requests into the stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proxy {
    /// Service of the proxy.
    pub service: String,
    /// Port inside its container.
    pub port: u16,
}

/// Result of one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Path of the request.
    pub path: String,
    /// Outcome of the request.
    pub outcome: Outcome,
    /// Target of a redirection, as in its `Location`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

/// Outcome of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// An answer.
    Answered {
        /// HTTP status.
        status: u16,
        /// Body, cut at a bounded length.
        body: String,
    },
    /// No program listens on the port.
    Refused,
    /// The connection was closed before an answer, or the answer is not HTTP.
    Broken {
        /// Error message of the client.
        error: String,
    },
    /// No answer within the deadline.
    TimedOut {
        /// Deadline in seconds.
        seconds: u64,
    },
    /// An answer whose body is over the size limit.
    TooLarge {
        /// Limit in bytes.
        limit: u64,
    },
}

impl Outcome {
    /// Returns whether it is the answer that the exercise requires; white space around the body does not matter.
    pub fn is_hello(&self) -> bool {
        match self {
            Outcome::Answered { status, body } => *status == 200 && body.trim() == HELLO,
            Outcome::Refused
            | Outcome::Broken { .. }
            | Outcome::TimedOut { .. }
            | Outcome::TooLarge { .. } => false,
        }
    }

    /// Returns the status, if a limit on the request rate can have refused the request with it: 429, or nginx's 503.
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

    /// Returns the outcome in words.
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
