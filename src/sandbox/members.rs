//! The containers of a stack.

use bollard::errors::Error;
use bollard::models::{
    ContainerCreateBody, ContainerState, EndpointSettings, HealthConfig, HostConfig,
    HostConfigLogConfig, NetworkConnectRequest, NetworkingConfig, PortBinding, ResourcesUlimits,
};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, ListContainersOptionsBuilder, RestartContainerOptionsBuilder,
    WaitContainerOptionsBuilder,
};
use futures_util::StreamExt;
use softy_checks::observation::{Fault, State};
use std::collections::HashMap;
use std::time::Duration;

use super::engine::{fault, message, ours};
use super::{Reachable, ReadyImage, Sandbox, limits};
use crate::compose::project::{Healthcheck, Service};
use crate::submission::Submission;

/// What a stack may do as root inside its container: all that nginx, Flask and their package managers' files need.
const CAPABILITIES: [&str; 8] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "NET_BIND_SERVICE",
    "SETGID",
    "SETUID",
];

/// The name that Compose gives the project, from the folder's.
const PROJECT: &str = "task6";

/// The exit status of a process that was ended by SIGKILL. Process 1 cannot get that signal from inside its container, and
/// before the removal nobody sends it from outside: it was the kernel, whether or not the engine noticed.
const KILLED: i64 = 137;

/// How resolvers in the stack wait for a name that nobody knows: a closed network has no server to ask, and the C
/// library's defaults would wait 10 s.
const RESOLVER_OPTIONS: [&str; 2] = ["timeout:2", "attempts:1"];

/// One container of a stack.
#[derive(Clone, Debug)]
pub struct Member {
    /// The service.
    pub service: String,
    /// The replica's number, from 1.
    pub number: u32,
    /// The TCP ports that it is expected to listen on, the likeliest first.
    pub ports: Vec<u16>,
    pub(super) id: String,
}

impl Member {
    /// Whether both are the same container.
    pub fn is(&self, other: &Member) -> bool {
        self.id == other.id
    }
}

/// How a container ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With an exit status.
    Exited(i64),
    /// By the kernel, over its memory limit.
    OutOfMemory,
}

impl From<Ended> for State {
    fn from(ended: Ended) -> State {
        match ended {
            Ended::Exited(status) => State::Exited { status },
            Ended::OutOfMemory => State::OutOfMemory {
                limit: limits::MEMORY.unsigned_abs(),
            },
        }
    }
}

impl Sandbox {
    /// Creates the `number`-th container of a service, ready to be started; the engine's word when the submission is why it cannot.
    ///
    /// `publish` is the port to publish where the proxy is reached through the loopback.
    ///
    /// # Errors
    /// A fault when the engine is why it cannot.
    pub async fn create(
        &self,
        submission: &Submission,
        service: &Service,
        number: u32,
        image: &ReadyImage,
        reachable: &Reachable,
        publish: Option<u16>,
    ) -> Result<Result<Member, String>, Fault> {
        let (mounts, uploads) = self.mounts(submission, service)?;
        let attachments = attachments(service, number, reachable, publish.is_some());
        let mut body = self.body(service, image, publish);
        if let (Some(host), Some((network, endpoint))) =
            (&mut body.host_config, attachments.first())
        {
            host.mounts = Some(mounts);
            host.network_mode = Some(network.clone());
            let endpoints = HashMap::from([(network.clone(), endpoint.clone())]);
            body.networking_config = Some(NetworkingConfig {
                endpoints_config: Some(endpoints),
            });
        }
        let id = match self.create_named(service, number, body).await? {
            Ok(id) => id,
            Err(words) => return Ok(Err(words)),
        };
        for (network, endpoint) in attachments.into_iter().skip(1) {
            let request = NetworkConnectRequest {
                container: id.clone(),
                endpoint_config: Some(endpoint),
            };
            self.docker
                .connect_network(&network, request)
                .await
                .map_err(fault)?;
        }
        for upload in uploads {
            if let Err(words) = self.upload(&id, upload).await? {
                return Ok(Err(words));
            }
        }
        Ok(Ok(Member {
            service: service.name.clone(),
            number,
            ports: ports(service, image),
            id,
        }))
    }

    /// Starts a container; the engine's word when the submission is why it cannot.
    ///
    /// # Errors
    /// A fault when the engine is why it cannot.
    pub async fn start(&self, member: &Member) -> Result<Result<(), String>, Fault> {
        match self.docker.start_container(&member.id, None).await {
            Ok(()) => Ok(Ok(())),
            Err(error) => refused(error).map(Err),
        }
    }

    /// Waits until a container has ended.
    ///
    /// # Errors
    /// A fault when the engine does not say.
    pub async fn ended(&self, member: &Member) -> Result<Ended, Fault> {
        let options = WaitContainerOptionsBuilder::new()
            .condition("not-running")
            .build();
        let mut waiting = self.docker.wait_container(&member.id, Some(options));
        match waiting.next().await {
            Some(Ok(_) | Err(Error::DockerContainerWaitError { .. })) | None => {}
            Some(Err(error)) => return Err(fault(error)),
        }
        let state = self.state(member).await?;
        if state.oom_killed == Some(true) || state.exit_code == Some(KILLED) {
            return Ok(Ended::OutOfMemory);
        }
        Ok(Ended::Exited(state.exit_code.unwrap_or_default()))
    }

    /// Waits until a container's health check passes; false when it ends or turns unhealthy instead.
    ///
    /// # Errors
    /// A fault when the engine does not say.
    pub async fn healthy(&self, member: &Member) -> Result<bool, Fault> {
        const BETWEEN_LOOKS: Duration = Duration::from_millis(100);
        loop {
            let state = self.state(member).await?;
            let health = state
                .health
                .and_then(|health| health.status)
                .map(|status| status.to_string());
            match health.as_deref() {
                Some("healthy") => return Ok(true),
                Some("unhealthy") | None => return Ok(false),
                Some(_) if state.running == Some(true) => tokio::time::sleep(BETWEEN_LOOKS).await,
                Some(_) => return Ok(false),
            }
        }
    }

    /// Ends a container and starts it again, at once.
    ///
    /// # Errors
    /// A fault when the engine does not.
    pub async fn restart(&self, member: &Member) -> Result<(), Fault> {
        let options = RestartContainerOptionsBuilder::new().t(0).build();
        self.docker
            .restart_container(&member.id, Some(options))
            .await
            .map_err(fault)
    }

    /// The members that run no more.
    ///
    /// # Errors
    /// A fault when the engine does not say.
    pub async fn fallen<'a>(&self, members: &'a [Member]) -> Result<Vec<&'a Member>, Fault> {
        let mut filter = self.filter();
        filter.insert("status".to_owned(), vec!["running".to_owned()]);
        let options = ListContainersOptionsBuilder::new().filters(&filter).build();
        let running = self
            .docker
            .list_containers(Some(options))
            .await
            .map_err(fault)?;
        let runs = |member: &&Member| {
            !running
                .iter()
                .any(|container| container.id.as_deref() == Some(&member.id))
        };
        Ok(members.iter().filter(runs).collect())
    }

    async fn state(&self, member: &Member) -> Result<ContainerState, Fault> {
        let container = self.docker.inspect_container(&member.id, None).await;
        Ok(container.map_err(fault)?.state.unwrap_or_default())
    }

    async fn create_named(
        &self,
        service: &Service,
        number: u32,
        body: ContainerCreateBody,
    ) -> Result<Result<String, String>, Fault> {
        let name = format!("softy-check-{}-{}-{number}", self.run, service.name);
        let options = CreateContainerOptionsBuilder::new().name(&name).build();
        let docker = self.docker.clone();
        let created = self.make(async move { docker.create_container(Some(options), body).await });
        match created.await? {
            Ok(created) => Ok(Ok(created.id)),
            Err(error) => refused(error).map(Err),
        }
    }

    fn body(
        &self,
        service: &Service,
        image: &ReadyImage,
        publish: Option<u16>,
    ) -> ContainerCreateBody {
        let mut labels: HashMap<String, String> = service.labels.iter().cloned().collect();
        labels.extend(self.labels());
        let exposed = service
            .expose
            .iter()
            .chain(&publish)
            .map(|port| format!("{port}/tcp"));
        ContainerCreateBody {
            image: Some(image.reference.clone()),
            cmd: service.command.clone(),
            entrypoint: service.entrypoint.clone(),
            env: Some(
                service
                    .environment
                    .iter()
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect(),
            ),
            working_dir: service.working_dir.clone(),
            user: service.user.clone(),
            hostname: service.hostname.clone(),
            tty: Some(service.tty),
            open_stdin: Some(service.stdin_open),
            labels: Some(labels),
            exposed_ports: Some(exposed.collect()),
            healthcheck: service.healthcheck.as_ref().map(health),
            host_config: Some(host(service, publish)),
            ..ContainerCreateBody::default()
        }
    }
}

/// The run's limits; nothing of the student's file can raise them.
fn host(service: &Service, publish: Option<u16>) -> HostConfig {
    let loopback = |port: u16| {
        let binding = PortBinding {
            host_ip: Some("127.0.0.1".to_owned()),
            host_port: Some(String::new()),
        };
        HashMap::from([(format!("{port}/tcp"), Some(vec![binding]))])
    };
    HostConfig {
        memory: Some(limits::MEMORY),
        memory_swap: Some(limits::MEMORY),
        nano_cpus: Some(limits::NANO_CPUS),
        pids_limit: Some(limits::PIDS),
        ulimits: Some(vec![ResourcesUlimits {
            name: Some("nofile".to_owned()),
            soft: Some(limits::OPEN_FILES),
            hard: Some(limits::OPEN_FILES),
        }]),
        shm_size: Some(limits::SHARED_MEMORY),
        log_config: Some(HostConfigLogConfig {
            typ: Some("json-file".to_owned()),
            config: Some(HashMap::from([
                ("max-size".to_owned(), limits::LOG_SIZE.to_owned()),
                ("max-file".to_owned(), "1".to_owned()),
            ])),
        }),
        cap_drop: Some(vec!["ALL".to_owned()]),
        cap_add: Some(CAPABILITIES.map(str::to_owned).to_vec()),
        security_opt: Some(vec!["no-new-privileges".to_owned()]),
        dns_options: Some(RESOLVER_OPTIONS.map(str::to_owned).to_vec()),
        init: service.init.then_some(true),
        readonly_rootfs: Some(service.read_only && service.mounts.is_empty()),
        port_bindings: publish.map(loopback),
        ..HostConfig::default()
    }
}

/// The networks of a container by the engine's names, with the DNS names that Compose gives it there, in the styles of
/// both its versions.
fn attachments(
    service: &Service,
    number: u32,
    reachable: &Reachable,
    published: bool,
) -> Vec<(String, EndpointSettings)> {
    let name = &service.name;
    let own = match &service.container_name {
        Some(name) => vec![name.clone()],
        None => vec![
            format!("{PROJECT}-{name}-{number}"),
            format!("{PROJECT}_{name}_{number}"),
        ],
    };
    let attached = service.attachments.iter().filter_map(|attachment| {
        let (_, network) = reachable
            .networks
            .iter()
            .find(|(name, _)| *name == attachment.network)?;
        let aliases = own
            .iter()
            .chain([name])
            .chain(&attachment.aliases)
            .cloned()
            .collect();
        let endpoint = EndpointSettings {
            aliases: Some(aliases),
            ..EndpointSettings::default()
        };
        Some((network.clone(), endpoint))
    });
    let way_in = reachable.way_in.iter().filter(|_| published);
    attached
        .chain(way_in.map(|network| (network.clone(), EndpointSettings::default())))
        .collect()
}

fn health(check: &Healthcheck) -> HealthConfig {
    let nanoseconds = |duration: Duration| i64::try_from(duration.as_nanos()).ok();
    HealthConfig {
        test: Some(check.test.clone()),
        interval: nanoseconds(check.interval),
        timeout: nanoseconds(check.timeout),
        retries: Some(check.retries.into()),
        start_period: nanoseconds(check.start_period),
        ..HealthConfig::default()
    }
}

/// The ports that the file names before those that the image names.
fn ports(service: &Service, image: &ReadyImage) -> Vec<u16> {
    let mapped = service.ports.iter().map(|port| port.target);
    let mut ports: Vec<u16> = mapped
        .chain(service.expose.iter().copied())
        .chain(image.exposed.iter().copied())
        .collect();
    let mut seen = std::collections::HashSet::new();
    ports.retain(|port| seen.insert(*port));
    ports
}

/// The engine's word on a container that cannot be what the submission asks for; a fault for everything else.
fn refused(error: Error) -> Result<String, Fault> {
    const SIGNS: [&str; 10] = [
        "OCI runtime create failed",
        "unable to start container process",
        "executable file not found",
        "no command specified",
        "No command specified",
        "unable to find user",
        "no such file or directory",
        "not a directory",
        "invalid mount",
        "Duplicate mount point",
    ];
    let words = message(&error);
    let answered = matches!(error, Error::DockerResponseServerError { .. });
    let theirs = answered && ours(&words).is_none();
    if theirs && SIGNS.iter().any(|sign| words.contains(sign)) {
        // What stands before names the layers of the engine that handed the message on.
        let last = words.rsplit("unable to start container process: ").next();
        return Ok(last.unwrap_or(&words).to_owned());
    }
    Err(fault(error))
}
