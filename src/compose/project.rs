//! What Compose would bring up, in the terms that the sandbox carries out.

use std::time::Duration;

/// A compose file, merged, interpolated and normalised; nothing in it leads out of the submission.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Project {
    /// The services that are started, in the order of the file.
    pub services: Vec<Service>,
    /// The names of the networks that services attach to.
    pub networks: Vec<String>,
    /// The names of the volumes that services mount.
    pub volumes: Vec<String>,
}

/// A service as Compose would start it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Service {
    /// Its name, which is also its DNS name.
    pub name: String,
    /// How its image is made; `None` when it has only an `image`.
    pub build: Option<Build>,
    /// `image`: where to find it, or what to call it beside `build`.
    pub image: Option<String>,
    /// `command`, replacing the image's; words.
    pub command: Option<Vec<String>>,
    /// `entrypoint`, replacing the image's; words.
    pub entrypoint: Option<Vec<String>>,
    /// Environment variables, `env_file` first, each name once.
    pub environment: Vec<(String, String)>,
    /// `working_dir`.
    pub working_dir: Option<String>,
    /// `user`.
    pub user: Option<String>,
    /// `hostname`.
    pub hostname: Option<String>,
    /// `container_name`: a DNS name here, never the container's real name.
    pub container_name: Option<String>,
    /// Ports of `expose`, inside the container.
    pub expose: Vec<u16>,
    /// The container's side of the TCP ones of `ports`, those with a published port on the host first.
    pub ports: Vec<PortMapping>,
    /// What must be up before it is started.
    pub depends_on: Vec<Dependency>,
    /// The networks that it is on.
    pub attachments: Vec<Attachment>,
    /// `links`: names under which other services are known to this one.
    pub links: Vec<Link>,
    /// What is mounted.
    pub mounts: Vec<Mount>,
    /// How many containers, when nothing scales it.
    pub replicas: u32,
    /// `init`.
    pub init: bool,
    /// `read_only`.
    pub read_only: bool,
    /// `tty`.
    pub tty: bool,
    /// `stdin_open`.
    pub stdin_open: bool,
    /// `labels`.
    pub labels: Vec<(String, String)>,
    /// `healthcheck`.
    pub healthcheck: Option<Healthcheck>,
}

/// How an image is made; paths are from the submission's root, with `/`, without `.` and `..`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Build {
    /// The folder whose files the build sees.
    pub context: String,
    /// The Dockerfile's path inside the context.
    pub dockerfile: String,
    /// The Dockerfile's text, from `dockerfile_inline`.
    pub inline: Option<String>,
    /// `args` that have a value.
    pub args: Vec<(String, String)>,
    /// `target`.
    pub target: Option<String>,
    /// `labels`.
    pub labels: Vec<(String, String)>,
}

/// A port of a container that the host's users reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortMapping {
    /// Inside the container.
    pub target: u16,
    /// On the host; `None` when the engine chooses.
    pub published: Option<u16>,
}

/// A service that must be up before another is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// That service.
    pub service: String,
    /// How far up.
    pub condition: Condition,
}

/// How far up a dependency must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Its containers are started.
    Started,
    /// Its health check passes.
    Healthy,
    /// It ended with status 0.
    Completed,
}

/// A network that a service is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The network's name in the file; `default` for the implicit one.
    pub network: String,
    /// Further DNS names on it.
    pub aliases: Vec<String>,
}

/// Another service under a name of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The service.
    pub service: String,
    /// The name.
    pub alias: String,
}

/// Something mounted into a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Absolute path inside the container.
    pub target: String,
    /// Whether the container may write to it.
    pub read_only: bool,
    /// What is mounted.
    pub source: MountSource,
}

/// What can be mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MountSource {
    /// A copy of a file or folder of the submission, by its path from the root; an empty folder where it does not exist, as Compose makes one.
    Submission(String),
    /// A named volume.
    Volume(String),
    /// A fresh volume without a name.
    Anonymous,
    /// Memory.
    Tmpfs,
}

impl Healthcheck {
    /// No health check, whatever the image has.
    pub fn none() -> Healthcheck {
        Healthcheck {
            test: vec!["NONE".to_owned()],
            interval: Duration::ZERO,
            timeout: Duration::ZERO,
            retries: 0,
            start_period: Duration::ZERO,
        }
    }
}

/// A health check, its timings within the sandbox's bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Healthcheck {
    /// The test, as the engine takes it: `["CMD", …]`, `["CMD-SHELL", …]` or `["NONE"]`; empty keeps the image's.
    pub test: Vec<String>,
    /// Between two tests.
    pub interval: Duration,
    /// For one test.
    pub timeout: Duration,
    /// Failures that make it unhealthy.
    pub retries: u32,
    /// At the start, when failures do not count.
    pub start_period: Duration,
}
