//! Translation of all services, and the checks that compare them.

use softy_checks::model::Text;
use softy_checks::observation::{self, Fault, ProblemKind};

use super::conflicts::{self, Started};
use super::context::Context;
use super::dangers::{TOO_MANY_CONTAINERS, TOO_MANY_NETWORKS};
use super::dependencies::check_cycles;
use super::engine;
use super::grants::granted;
use super::images;
use super::networks::note_addresses;
use super::project::{Link, MOST_REPLICAS, MountSource, Project, Service};
use super::service::{check_container_name, is_enabled, service};
use super::source::Mark;
use super::yaml::{Entry, Node};
use crate::sandbox::limits;
use crate::submission::Kind;

/// Maximum number of services that are translated; a stack has fewer containers.
const MOST: usize = 100;

/// Number of containers of the measured service at the end of the measurement.
const MEASURED: u32 = 5;

/// Sections whose names Compose validates; a network may have any name.
const NAMED: [&str; 4] = ["services", "volumes", "configs", "secrets"];

/// Returns the services that are started: their observations for the checks, and the project for the sandbox.
pub(super) fn services(
    context: &mut Context,
) -> Result<(Vec<observation::Service>, Project), Fault> {
    check_names(context);
    let entries = context
        .root
        .get("services")
        .map(Node::entries)
        .unwrap_or_default();
    for entry in entries {
        check_container_name(&entry.value, context);
    }
    let (enabled, disabled): (Vec<&Entry>, Vec<&Entry>) = entries
        .iter()
        .partition(|entry| is_enabled(&entry.value, context));
    note_disabled(&disabled, context);
    let is_enabled = |name: &str| enabled.iter().any(|entry| entry.key == name);
    context.back_end = context.asked.service(is_enabled);
    if let Some(entry) = enabled.get(MOST) {
        context
            .findings
            .refuse("services", entry.mark, &TOO_MANY_CONTAINERS);
        return Ok((Vec::new(), Project::default()));
    }
    let granted = granted(context)?;
    note_addresses(context);
    let (mut seen, mut services, mut marks) = (Vec::new(), Vec::new(), Vec::new());
    for entry in &enabled {
        let (summary, service) = service(entry, &granted, context)?;
        seen.push(summary);
        services.push(service);
        marks.push(entry.mark);
    }
    let back_end = context.back_end;
    let started = Started::all(&enabled, &services, back_end);
    conflicts::check_ports(&started, context);
    conflicts::check_names(&started, context);
    images::check_names(&started, context);
    engine::check(&started, context);
    check_any(&services, context);
    check_enabled(&services, &marks, context);
    check_cycles(&services, &marks, context);
    check_containers(&services, &marks, context);
    check_networks(&services, &marks, context);
    share_files(&mut services, context)?;
    Ok((seen, project(services, context)))
}

fn project(mut services: Vec<Service>, context: &Context) -> Project {
    name_linked(&mut services);
    let mut networks = Vec::new();
    let mut volumes = Vec::new();
    for service in &services {
        for attachment in &service.attachments {
            remember(&attachment.network, &mut networks);
        }
        for mount in &service.mounts {
            match &mount.source {
                MountSource::Volume(name) => remember(name, &mut volumes),
                MountSource::Submission(_) | MountSource::Anonymous | MountSource::Tmpfs => {}
            }
        }
    }
    Project {
        services,
        networks,
        volumes,
        back_end: context.back_end.to_owned(),
    }
}

/// Adds to every service the single files that the services of its `volumes_from` mount. Each container has its own copy of
/// these files; the engine itself shares the volumes.
fn share_files(services: &mut [Service], context: &Context) -> Result<(), Fault> {
    let mut shared = Vec::new();
    for (index, service) in services.iter().enumerate() {
        for other in &service.volumes_from {
            let mounts = services
                .iter()
                .filter(|service| service.name == other.service)
                .flat_map(|service| &service.mounts);
            for mount in mounts {
                if let MountSource::Submission(path) = &mount.source
                    && let Some(Kind::Regular { .. }) = context.submission.kind(path)?
                {
                    shared.push((index, mount.clone()));
                }
            }
        }
    }
    for (index, mount) in shared {
        if let Some(service) = services.get_mut(index) {
            service.mounts.push(mount);
        }
    }
    Ok(())
}

/// Adds a link's alias to the linked service, on each network that both services share.
fn name_linked(services: &mut [Service]) {
    let networks = |service: &Service| -> Vec<String> {
        let attachments = service.attachments.iter();
        attachments
            .map(|attachment| attachment.network.clone())
            .collect()
    };
    let links: Vec<(Link, Vec<String>)> = services
        .iter()
        .flat_map(|service| {
            let links = service.links.iter().cloned();
            links.map(|link| (link, networks(service)))
        })
        .filter(|(link, _)| link.alias != link.service)
        .collect();
    for (link, networks) in links {
        let linked = services
            .iter_mut()
            .filter(|service| service.name == link.service)
            .flat_map(|service| &mut service.attachments)
            .filter(|attachment| networks.contains(&attachment.network));
        for attachment in linked {
            remember(&link.alias, &mut attachment.aliases);
        }
    }
}

fn remember(name: &str, names: &mut Vec<String>) {
    if !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}

fn note_disabled(disabled: &[&Entry], context: &mut Context) {
    for entry in disabled {
        let name = &entry.key;
        context.findings.oddity(Text::new(
            format!("`{name}` is not started: none of its `profiles` is on"),
            format!("`{name}` n’est pas démarré : aucun de ses `profiles` n’est actif"),
        ));
    }
}

/// Notes names in the file that Compose would refuse, including those that no service uses.
fn check_names(context: &mut Context) {
    let root = context.root;
    for section in NAMED {
        for entry in root.get(section).map(Node::entries).unwrap_or_default() {
            let name = &entry.key;
            let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
            if !name.is_empty() && name.bytes().all(is_good) {
                continue;
            }
            let en = format!(
                "a name under `{section}` must be made of letters, digits, `.`, `_` and `-`: `{name}`"
            );
            let fr = format!(
                "un nom sous `{section}` doit être fait de lettres, de chiffres, de `.`, `_` et `-` : `{name}`"
            );
            context.invalid(entry.mark, en, fr);
        }
    }
}

fn check_any(services: &[Service], context: &mut Context) {
    if !services.is_empty() {
        return;
    }
    let mark = context
        .root
        .entry("services")
        .map(|entry| entry.mark)
        .unwrap_or_default();
    context.findings.problem(
        ProblemKind::InvalidValue,
        mark,
        Text::fixed(
            "the file starts no service",
            "le fichier ne démarre aucun service",
        ),
    );
}

/// Refuses a stack with too many containers, at the first service that exceeds the limit.
fn check_containers(services: &[Service], marks: &[Mark], context: &mut Context) {
    let mut containers: u32 = 0;
    for (service, mark) in services.iter().zip(marks) {
        containers += match service.name == context.back_end {
            true => MEASURED,
            false => service.replicas.min(MOST_REPLICAS),
        };
        if containers > limits::CONTAINERS {
            let findings = &mut context.findings;
            findings.refuse("services", *mark, &TOO_MANY_CONTAINERS);
            return;
        }
    }
}

/// Refuses a stack with too many networks, at the first service that exceeds the limit.
fn check_networks(services: &[Service], marks: &[Mark], context: &mut Context) {
    let mut networks = Vec::new();
    for (service, mark) in services.iter().zip(marks) {
        for attachment in &service.attachments {
            remember(&attachment.network, &mut networks);
        }
        if networks.len() > limits::NETWORKS {
            let findings = &mut context.findings;
            findings.refuse("networks", *mark, &TOO_MANY_NETWORKS);
            return;
        }
    }
}

/// Notes services that depend on a service whose profiles disable it.
fn check_enabled(services: &[Service], marks: &[Mark], context: &mut Context) {
    let is_started = |name: &String| services.iter().any(|service| service.name == *name);
    for (service, mark) in services.iter().zip(marks) {
        for dependency in service
            .depends_on
            .iter()
            .filter(|dependency| !is_started(&dependency.service))
        {
            let (name, other) = (&service.name, &dependency.service);
            let en = format!("`{name}` waits for `{other}`, which none of its `profiles` starts");
            context.invalid(
                *mark,
                en,
                format!("`{name}` attend `{other}`, qu’aucun de ses `profiles` ne démarre"),
            );
        }
    }
}
