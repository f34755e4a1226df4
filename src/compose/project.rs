//! The project that Compose would start, in the sandbox's terms.

use std::time::Duration;

/// Capabilities of every container's root user: all that nginx, Flask and package managers' files need.
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

/// Maximum number of containers of one service, other than those that the measurement starts.
pub const MOST_REPLICAS: u32 = 4;

/// A compose file, merged, interpolated and normalised; all its paths are inside the submission.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Project {
    /// Started services, in file order.
    pub services: Vec<Service>,
    /// Names of the networks to which services attach.
    pub networks: Vec<String>,
    /// Names of the volumes that services mount.
    pub volumes: Vec<String>,
    /// Name of the service of the API servers, which is scaled and measured.
    pub back_end: String,
}

impl Project {
    /// Returns the service of the API servers, if it exists.
    pub fn back_end(&self) -> Option<&Service> {
        let mut services = self.services.iter();
        services.find(|service| service.name == self.back_end)
    }

    /// Returns this project with one more service for each image of a `pre_start` hook, named after the hook.
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

    /// Returns true if an image or a container may use the file at `path`, a path from the submission's root.
    pub fn uses(&self, path: &str) -> bool {
        self.services.iter().any(|service| {
            let builds = service.build.iter().any(|build| build.uses(path));
            builds || service.mounts.iter().any(|mount| mount.uses(path))
        })
    }
}

/// Returns true if `path` is `folder` or is inside it.
fn is_in(path: &str, folder: &str) -> bool {
    let rest = path.strip_prefix(folder);
    rest.is_some_and(|rest| folder.is_empty() || rest.is_empty() || rest.starts_with('/'))
}

/// A service as Compose would start it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Service {
    /// The service's name, which is also its DNS name.
    pub name: String,
    /// Build of its image; `None` if it has only an `image`.
    pub build: Option<Build>,
    /// `image`: the image to run, or the name of the built image beside `build`.
    pub image: Option<String>,
    /// `command` in words, which replaces the image's.
    pub command: Option<Vec<String>>,
    /// `entrypoint` in words, which replaces the image's.
    pub entrypoint: Option<Vec<String>>,
    /// Environment variables, `env_file` first, each name once; a name without a value unsets the image's variable.
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
    /// TCP ports of `ports`; those with a fixed host port come first.
    pub ports: Vec<PortMapping>,
    /// Services that it waits for before its start.
    pub depends_on: Vec<Dependency>,
    /// Networks to which it attaches.
    pub attachments: Vec<Attachment>,
    /// True if `ipv4_address` or `ipv6_address` gives it an address that a second container cannot have.
    pub has_fixed_address: bool,
    /// `network_mode`, if it names a namespace rather than a network.
    pub network: Namespace,
    /// `pid`.
    pub pid: Namespace,
    /// `ipc`.
    pub ipc: Namespace,
    /// `extra_hosts`, each `name:address`.
    pub extra_hosts: Vec<String>,
    /// `links`: further names of other services, for this one.
    pub links: Vec<Link>,
    /// Mounts of each container.
    pub mounts: Vec<Mount>,
    /// Services whose mounts this one also has.
    pub volumes_from: Vec<VolumesFrom>,
    /// Texts of `configs` and `secrets`.
    pub texts: Vec<InlineFile>,
    /// `pre_start`.
    pub pre_start: Vec<Hook>,
    /// `post_start`.
    pub post_start: Vec<Hook>,
    /// Number of containers that the file requests.
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
    /// Returns the name of one of its `pre_start` hooks; no service can have such a name.
    pub fn hook_name(&self, index: usize) -> String {
        format!("{}.pre_start[{index}]", self.name)
    }

    /// Returns true if its containers share a namespace or volumes with another service's, which must be created first.
    pub fn shares_with_others(&self) -> bool {
        let namespaces = [&self.network, &self.pid, &self.ipc];
        let shares = namespaces
            .iter()
            .any(|namespace| namespace.service().is_some());
        shares || !self.volumes_from.is_empty()
    }
}

/// The build of an image. Paths start at the submission's root, with `/`, without `.` and `..`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Build {
    /// Folder whose files are the build context.
    pub context: String,
    /// Path of the Dockerfile relative to the context; with `..` if it is outside.
    pub dockerfile: String,
    /// Text of the Dockerfile, from `dockerfile_inline`.
    pub inline: Option<String>,
    /// `additional_contexts`: names and contexts.
    pub contexts: Vec<(String, NamedContext)>,
    /// `args` that have a value.
    pub args: Vec<(String, String)>,
    /// `target`.
    pub target: Option<String>,
    /// `labels`.
    pub labels: Vec<(String, String)>,
}

impl Build {
    /// Returns true if the build may use a file. The Dockerfile and its `.dockerignore` may be outside the context, so any file
    /// with such a name counts.
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

/// A further context of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedContext {
    /// A folder of the submission, by its path from the root.
    Folder(String),
    /// An image of a registry.
    Image(String),
}

/// A port of a container that is published on the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortMapping {
    /// Port inside the container.
    pub target: u16,
    /// Port on the host; `None` if the engine chooses it.
    pub published: Option<u16>,
}

/// A service that another one waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// The service that must be ready.
    pub service: String,
    /// State in which it is ready.
    pub condition: Condition,
}

/// A state for which a dependent service waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Its containers are started.
    Started,
    /// Its health check passes.
    Healthy,
    /// It ended with exit code 0.
    Completed,
}

/// A namespace of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Namespace {
    /// The container's own namespace, the engine's default.
    #[default]
    Own,
    /// One of the engine's named kinds: `none`, `private`, `shareable`.
    Kind(String),
    /// The namespace of a service's first container.
    Of(String),
}

impl Namespace {
    /// Returns the service that owns the namespace, if it is another one.
    pub fn service(&self) -> Option<&String> {
        match self {
            Namespace::Of(service) => Some(service),
            Namespace::Own | Namespace::Kind(_) => None,
        }
    }
}

/// A service whose mounts another one also has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumesFrom {
    /// The service with the mounts.
    pub service: String,
    /// True if the other service may only read them.
    pub read_only: bool,
}

/// A text that a container has as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InlineFile {
    /// Absolute path inside the container.
    pub target: String,
    /// Complete content of the file.
    pub content: String,
    /// Permissions.
    pub mode: u32,
    /// True if the file belongs to the container's user, false if it belongs to root.
    pub owned: bool,
}

/// A command that runs after a container's start, inside it, or before the first container's start, in a container of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hook {
    /// The command in words.
    pub command: Vec<String>,
    /// Image of the hook's own container, if it differs from the service's.
    pub image: Option<String>,
    /// User that runs the command, if it differs from the container's.
    pub user: Option<String>,
    /// Working directory, if it differs from the container's.
    pub working_dir: Option<String>,
    /// Variables in addition to the container's.
    pub environment: Vec<(String, String)>,
}

/// A network to which a service attaches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachment {
    /// Network's name in the file; `default` for the implicit one.
    pub network: String,
    /// Further DNS names on it.
    pub aliases: Vec<String>,
    /// True if the service has no DNS name there, as on the engine's default bridge.
    pub is_nameless: bool,
    /// `interface_name`.
    pub interface: Option<String>,
}

/// Another service under an alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The linked service.
    pub service: String,
    /// The alias.
    pub alias: String,
}

/// A mount of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Absolute path inside the container.
    pub target: String,
    /// True if the container may only read it.
    pub read_only: bool,
    /// Source of the mount.
    pub source: MountSource,
    /// Options of a volume.
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

/// Options of a mounted volume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VolumeOptions {
    /// `nocopy`: the volume does not start with the image's files at its path.
    pub is_empty: bool,
    /// Folder of the volume that is mounted, if it is not the whole volume.
    pub subpath: Option<String>,
}

/// A source of a mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MountSource {
    /// A copy of a file or folder of the submission, by its path from the root; a missing one becomes an empty folder, as in
    /// Compose.
    Submission(String),
    /// A named volume.
    Volume(String),
    /// A new volume without a name.
    Anonymous,
    /// A file system in memory.
    Tmpfs,
}

impl Healthcheck {
    /// Returns a health check that disables the image's.
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

/// A health check whose timings are within the sandbox's bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Healthcheck {
    /// Test in the engine's format: `["CMD", …]`, `["CMD-SHELL", …]` or `["NONE"]`; empty keeps the image's.
    pub test: Vec<String>,
    /// Time between two tests.
    pub interval: Duration,
    /// Timeout of one test.
    pub timeout: Duration,
    /// Number of failures in a row that make it unhealthy.
    pub retries: u32,
    /// Time after the start during which failures do not count.
    pub start_period: Duration,
}
