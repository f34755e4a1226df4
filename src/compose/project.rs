//! What Compose would bring up, in the terms that the sandbox carries out.

use std::time::Duration;

/// What every container may do as root: all that nginx, Flask and their package managers' files need.
pub const CAPABILITIES: [&str; 8] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "NET_BIND_SERVICE",
    "SETGID",
    "SETUID",
];

/// Containers of one service, other than those that the measurement asks for.
pub const MOST_REPLICAS: u32 = 4;

/// A compose file, merged, interpolated and normalised; nothing in it leads out of the submission.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Project {
    /// The services that are started, in the order of the file.
    pub services: Vec<Service>,
    /// The names of the networks that services attach to.
    pub networks: Vec<String>,
    /// The names of the volumes that services mount.
    pub volumes: Vec<String>,
    /// The name of the service of the API servers, which is scaled and measured.
    pub back_end: String,
}

impl Project {
    /// The service of the API servers, where there is one.
    pub fn back_end(&self) -> Option<&Service> {
        let mut services = self.services.iter();
        services.find(|service| service.name == self.back_end)
    }

    /// The same with a service for each image that only a hook of `pre_start` needs, named after the hook.
    pub fn with_images_of_hooks(&self) -> Project {
        let hooks = self.services.iter().flat_map(|service| {
            let hooks = service.pre_start.iter().enumerate();
            hooks.filter_map(|(index, hook)| {
                Some(Service {
                    name: service.hook_name(index),
                    image: Some(hook.image.clone()?),
                    ..Service::default()
                })
            })
        });
        Project {
            services: self.services.iter().cloned().chain(hooks).collect(),
            ..self.clone()
        }
    }

    /// Whether an image or a container is made from the file at `path`, from the submission's root; in doubt it is.
    pub fn uses(&self, path: &str) -> bool {
        self.services.iter().any(|service| {
            let builds = service.build.iter().any(|build| build.uses(path));
            builds || service.mounts.iter().any(|mount| mount.uses(path))
        })
    }
}

/// Whether `path` is `folder` or in it.
fn is_in(path: &str, folder: &str) -> bool {
    let rest = path.strip_prefix(folder);
    rest.is_some_and(|rest| folder.is_empty() || rest.is_empty() || rest.starts_with('/'))
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
    /// Environment variables, `env_file` first, each name once; one without a value takes the image's away.
    pub environment: Vec<(String, Option<String>)>,
    /// `working_dir`.
    pub working_dir: Option<String>,
    /// `user`.
    pub user: Option<String>,
    /// `hostname`.
    pub hostname: Option<String>,
    /// `domainname`.
    pub domainname: Option<String>,
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
    /// Whether `ipv4_address` or `ipv6_address` gives it an address that a second container cannot have.
    pub has_fixed_address: bool,
    /// `network_mode`, where it is not a matter of networks.
    pub network: Namespace,
    /// `pid`.
    pub pid: Namespace,
    /// `ipc`.
    pub ipc: Namespace,
    /// `extra_hosts`, each `name:address`.
    pub extra_hosts: Vec<String>,
    /// `links`: names under which other services are known to this one.
    pub links: Vec<Link>,
    /// What is mounted.
    pub mounts: Vec<Mount>,
    /// Services whose mounts this one has, too.
    pub volumes_from: Vec<VolumesFrom>,
    /// Texts of `configs` and `secrets`.
    pub texts: Vec<Placed>,
    /// `pre_start`.
    pub pre_start: Vec<Hook>,
    /// `post_start`.
    pub post_start: Vec<Hook>,
    /// How many containers the file asks for.
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

impl Service {
    /// The name of one of its hooks of `pre_start`, which is no service's.
    pub fn hook_name(&self, index: usize) -> String {
        format!("{}.pre_start[{index}]", self.name)
    }

    /// Whether its containers share something with those of another service, which must be made before.
    pub fn shares_with_others(&self) -> bool {
        let namespaces = [&self.network, &self.pid, &self.ipc];
        let shares = namespaces
            .iter()
            .any(|namespace| namespace.service().is_some());
        shares || !self.volumes_from.is_empty()
    }
}

/// How an image is made; paths are from the submission's root, with `/`, without `.` and `..`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Build {
    /// The folder whose files the build sees.
    pub context: String,
    /// The Dockerfile's path from the context, which it may be outside of: then with `..`.
    pub dockerfile: String,
    /// The Dockerfile's text, from `dockerfile_inline`.
    pub inline: Option<String>,
    /// `additional_contexts`: names with what they stand for.
    pub contexts: Vec<(String, NamedContext)>,
    /// `args` that have a value.
    pub args: Vec<(String, String)>,
    /// `target`.
    pub target: Option<String>,
    /// `labels`.
    pub labels: Vec<(String, String)>,
}

impl Build {
    /// The Dockerfile may be outside of the context, and so may its `.dockerignore`: there any file of such a name counts.
    fn uses(&self, path: &str) -> bool {
        let file = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let mut folders = self
            .contexts
            .iter()
            .filter_map(|(_, context)| match context {
                NamedContext::Folder(folder) => Some(folder),
                NamedContext::Image(_) => None,
            });
        is_in(path, &self.context)
            || folders.any(|folder| is_in(path, folder))
            || file(path).starts_with(&file(&self.dockerfile))
    }
}

/// What a build knows by a name of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedContext {
    /// A folder of the submission, by its path from the root.
    Folder(String),
    /// An image of a registry.
    Image(String),
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

/// A namespace of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Namespace {
    /// The container's own, as the engine gives it.
    #[default]
    Own,
    /// One of the kinds that the engine has words for: `none`, `private`, `shareable`.
    Kind(String),
    /// That of the first container of a service.
    Of(String),
}

impl Namespace {
    /// The service whose it is.
    pub fn service(&self) -> Option<&String> {
        match self {
            Namespace::Of(service) => Some(service),
            Namespace::Own | Namespace::Kind(_) => None,
        }
    }
}

/// A service whose mounts another has, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumesFrom {
    /// That service.
    pub service: String,
    /// Whether the other may write to them.
    pub read_only: bool,
}

/// A text that a container has as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Absolute path inside the container.
    pub target: String,
    /// All of it.
    pub content: String,
    /// Permissions.
    pub mode: u32,
    /// Whether it belongs to the container's user, rather than to root.
    pub owned: bool,
}

/// A command that is run once a container has started, inside it, or before the first one starts, in a container of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hook {
    /// Words.
    pub command: Vec<String>,
    /// The image of the container of its own, where that is not the service's.
    pub image: Option<String>,
    /// Who runs it, where that is not the container's user.
    pub user: Option<String>,
    /// Where, where that is not the container's folder.
    pub working_dir: Option<String>,
    /// Variables beside the container's.
    pub environment: Vec<(String, String)>,
}

/// A network that a service is on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachment {
    /// The network's name in the file; `default` for the implicit one.
    pub network: String,
    /// Further DNS names on it.
    pub aliases: Vec<String>,
    /// Whether it is there without any name, as on the engine's default bridge.
    pub is_nameless: bool,
    /// `interface_name`.
    pub interface: Option<String>,
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
    /// For volumes.
    pub options: VolumeOptions,
}

impl Mount {
    fn uses(&self, path: &str) -> bool {
        match &self.source {
            MountSource::Submission(mounted) => is_in(path, mounted),
            MountSource::Volume(_) | MountSource::Anonymous | MountSource::Tmpfs => false,
        }
    }
}

/// How a volume is mounted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VolumeOptions {
    /// `nocopy`: it does not begin with what the image has at its place.
    pub is_empty: bool,
    /// The folder of it that is mounted, where that is not all of it.
    pub subpath: Option<String>,
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
