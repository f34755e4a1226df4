//! Body of the request that creates a container: the service of the compose file, within the run's limits.

use std::collections::HashMap;
use std::time::Duration;

use bollard::models::{
    ContainerCreateBody, EndpointSettings, HealthConfig, HostConfig, HostConfigLogConfig,
    PortBinding, ResourcesUlimits,
};

use crate::compose::project::{CAPABILITIES, Healthcheck, Service};
use crate::sandbox::{Egress, ReadyImage, Sandbox, StackNetworks, limits};

/// Name that Compose gives the project, from the folder's.
const PROJECT: &str = "task6";

/// Options for unknown names: a closed network has no server that answers, and the C library's defaults would wait 10 s.
const RESOLVER_OPTIONS: [&str; 2] = ["timeout:2", "attempts:1"];

/// DNS server for outside names in a closed stack: an address at which nothing listens in a container. Without it, some engines
/// forward such names to the resolver of their own machine (CVE-2024-29018).
const NOBODY: &str = "127.0.0.1";

/// Option of an endpoint that names its interface, on engines that support it.
const INTERFACE: &str = "com.docker.network.endpoint.ifname";

/// Kernel limits of every process: open files, bytes of one file, and no core dumps, which would stay on disks.
const KERNEL_LIMITS: [(&str, i64); 3] = [
    ("nofile", limits::OPEN_FILES),
    ("fsize", limits::FILE_BYTES),
    ("core", 0),
];

impl Sandbox {
    pub(super) fn body(
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
            env: Some(service.environment.iter().map(variable).collect()),
            working_dir: service.working_dir.clone(),
            user: service.user.clone(),
            hostname: service.hostname.clone(),
            domainname: service.domainname.clone(),
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

/// Formats a variable for the engine: a bare name removes the image's variable.
fn variable((name, value): &(String, Option<String>)) -> String {
    match value {
        Some(value) => format!("{name}={value}"),
        None => name.clone(),
    }
}

/// Returns the configuration with the run's limits, which nothing in the student's file can raise.
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
        ulimits: Some(KERNEL_LIMITS.map(ulimit).to_vec()),
        shm_size: Some(limits::SHARED_MEMORY),
        log_config: Some(HostConfigLogConfig {
            typ: Some("json-file".to_owned()),
            config: Some(HashMap::from([
                ("max-size".to_owned(), limits::LOG_SIZE.to_owned()),
                ("max-file".to_owned(), limits::LOG_FILES.to_owned()),
            ])),
        }),
        cap_drop: Some(vec!["ALL".to_owned()]),
        cap_add: Some(CAPABILITIES.map(str::to_owned).to_vec()),
        security_opt: Some(vec!["no-new-privileges".to_owned()]),
        dns_options: Some(RESOLVER_OPTIONS.map(str::to_owned).to_vec()),
        init: service.init.then_some(true),
        extra_hosts: Some(service.extra_hosts.clone()),
        readonly_rootfs: Some(
            service.read_only && service.mounts.is_empty() && service.texts.is_empty(),
        ),
        port_bindings: publish.map(loopback),
        ..HostConfig::default()
    }
}

fn ulimit((name, most): (&str, i64)) -> ResourcesUlimits {
    ResourcesUlimits {
        name: Some(name.to_owned()),
        soft: Some(most),
        hard: Some(most),
    }
}

/// Returns the networks of a container, by the engine's names, with the DNS names that Compose gives the container there, in
/// the styles of both its versions.
pub(super) fn attachments(
    service: &Service,
    number: u32,
    reachable: &StackNetworks,
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
        let interface = attachment.interface.clone();
        let endpoint = EndpointSettings {
            aliases: (!attachment.is_nameless).then_some(aliases),
            driver_opts: interface.map(|name| HashMap::from([(INTERFACE.to_owned(), name)])),
            ..EndpointSettings::default()
        };
        Some((network.clone(), endpoint))
    });
    let way_in = reachable.way_in.iter().filter(|_| published);
    attached
        .chain(way_in.map(|network| (network.clone(), EndpointSettings::default())))
        .collect()
}

/// Returns the servers that the engine asks for names outside of the stack; `None` for the engine's own choice.
pub(super) fn resolvers(egress: Egress) -> Option<Vec<String>> {
    match egress {
        Egress::Closed => Some(vec![NOBODY.to_owned()]),
        Egress::Open => None,
    }
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

/// Returns the ports of a container: those of the compose file, then those of the image.
pub(super) fn ports(service: &Service, image: &ReadyImage) -> Vec<u16> {
    let mapped = service.ports.iter().map(|port| port.target);
    let mut ports: Vec<u16> = mapped
        .chain(service.expose.iter().copied())
        .chain(image.exposed.iter().copied())
        .collect();
    let mut seen = std::collections::HashSet::new();
    ports.retain(|port| seen.insert(*port));
    ports
}
