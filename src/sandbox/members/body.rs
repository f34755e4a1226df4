//! What a container is, as the engine takes it: what the file says, within the run's limits.

use std::collections::HashMap;
use std::time::Duration;

use bollard::models::{
    ContainerCreateBody, EndpointSettings, HealthConfig, HostConfig, HostConfigLogConfig,
    PortBinding, ResourcesUlimits,
};

use crate::compose::project::{CAPABILITIES, Healthcheck, Service};
use crate::sandbox::{Egress, Reachable, ReadyImage, Sandbox, limits};

/// The name that Compose gives the project, from the folder's.
const PROJECT: &str = "task6";

/// How resolvers in the stack wait for a name that nobody knows: a closed network has no server to ask, and the C
/// library's defaults would wait 10 s.
const RESOLVER_OPTIONS: [&str; 2] = ["timeout:2", "attempts:1"];

/// Who is asked for names of outside in a closed stack: nobody, as nothing listens there in a container. Without it, some
/// engines hand such names on to the resolver of their own machine (CVE-2024-29018).
const NOBODY: &str = "127.0.0.1";

/// The option of an endpoint that names its interface, on engines that know it.
const INTERFACE: &str = "com.docker.network.endpoint.ifname";

/// What the kernel holds every process to: open files, bytes of one file, and no memory dumps, which would lie about on disks.
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

/// A variable as the engine takes it: a bare name takes the image's away.
fn variable((name, value): &(String, Option<String>)) -> String {
    match value {
        Some(value) => format!("{name}={value}"),
        None => name.clone(),
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

/// The networks of a container by the engine's names, with the DNS names that Compose gives it there, in the styles of
/// both its versions.
pub(super) fn attachments(
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

/// The servers that the engine asks for names that are none of the stack; its own choice when `None`.
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

/// The ports that the file names before those that the image names.
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
