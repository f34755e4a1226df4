//! Translation of one service: its observation for the checks, and its definition for the sandbox.

use softy_checks::model::Text;
use softy_checks::observation::{self, Fault};

use super::build::build;
use super::command::words;
use super::conflicts::publishes;
use super::context::Context;
use super::dependencies::{dependencies, links};
use super::environment::{environment, service_labels};
use super::grants::{ResolvedFiles, grants};
use super::healthcheck::healthcheck;
use super::hooks::{post_start, pre_start};
use super::hosts::extra_hosts;
use super::mounts::mounts;
use super::namespaces::{namespace, volumes_from};
use super::networks::{attachments, fixed_address};
use super::ports::{expose, ports};
use super::project::{MOST_REPLICAS, Namespace, Service};
use super::yaml::{Entry, Node};

/// Translates a service of the file.
pub(super) fn service(
    entry: &Entry,
    granted: &ResolvedFiles,
    context: &mut Context,
) -> Result<(observation::Service, Service), Fault> {
    let (name, node) = (&entry.key, &entry.value);
    let path = format!("services.{name}");
    check_image(entry, context);
    let ports = ports(node, &path, context);
    let links = links(node, context);
    let [network, pid, ipc] =
        ["network_mode", "pid", "ipc"].map(|key| namespace(node, key, context));
    let volumes_from = volumes_from(node, context);
    let implied = links.iter().map(|link| &link.service);
    let implied = implied.chain(
        [&network, &pid, &ipc]
            .into_iter()
            .filter_map(Namespace::service),
    );
    let implied = implied.chain(volumes_from.iter().map(|volumes| &volumes.service));
    let implied: Vec<String> = implied.cloned().collect();
    let grants = grants(node, &path, granted, context)?;
    let mut mounts = mounts(node, &path, context)?;
    mounts.extend(grants.mounts);
    let service = Service {
        name: name.clone(),
        build: build(node, &path, context)?,
        image: image(node),
        command: words(node.get("command"), &mut context.findings),
        entrypoint: words(node.get("entrypoint"), &mut context.findings),
        environment: environment(node, &path, context)?,
        working_dir: node.text("working_dir"),
        user: node.text("user"),
        hostname: node.text("hostname"),
        container_name: node.text("container_name"),
        expose: expose(node, context),
        ports: ports.mappings,
        depends_on: dependencies(node, &implied, context),
        has_fixed_address: fixed_address(node).is_some(),
        network,
        pid,
        ipc,
        extra_hosts: extra_hosts(node, &path, context),
        volumes_from,
        texts: grants.texts,
        pre_start: pre_start(node, &path, context),
        post_start: post_start(node, &path, context),
        domainname: node.text("domainname"),
        attachments: attachments(node, context),
        links,
        mounts,
        replicas: replicas(entry, context),
        init: node.flag("init"),
        read_only: node.flag("read_only"),
        tty: node.flag("tty"),
        stdin_open: node.flag("stdin_open"),
        labels: service_labels(node, &path, context)?,
        healthcheck: healthcheck(node, &path, context),
    };
    Ok((summary(entry, &service, ports.seen, context), service))
}

/// Returns true if a service has no profiles, or if one of them is enabled.
pub(super) fn is_enabled(service: &Node, context: &Context) -> bool {
    let profiles = service.get("profiles").map(Node::texts).unwrap_or_default();
    let enabled = context
        .variables
        .get("COMPOSE_PROFILES")
        .map(String::as_str)
        .unwrap_or_default();
    let is_on = |profile: &String| {
        enabled
            .split(',')
            .any(|on| on == "*" || on.trim() == profile)
    };
    profiles.is_empty() || profiles.iter().any(is_on)
}

fn summary(
    entry: &Entry,
    service: &Service,
    ports: Vec<observation::Port>,
    context: &Context,
) -> observation::Service {
    let named = entry.value.get("container_name");
    let place = |node: &Node| context.findings.place(node.mark);
    let container_name = named.and_then(|node| Some((node.scalar()?, place(node))));
    let address = fixed_address(&entry.value);
    let fixed_address = address.and_then(|node| Some((node.scalar()?, place(node))));
    let published = match publishes(service, context) {
        true => ports,
        false => Vec::new(),
    };
    observation::Service {
        name: service.name.clone(),
        place: context.findings.place(entry.mark),
        container_name,
        fixed_address,
        ports: published,
        depends_on: service
            .depends_on
            .iter()
            .map(|dependency| dependency.service.clone())
            .collect(),
        builds: entry.value.get("build").is_some(),
        image: service.image.clone(),
    }
}

fn image(service: &Node) -> Option<String> {
    service.text("image").filter(|image| !image.is_empty())
}

fn check_image(entry: &Entry, context: &mut Context) {
    let node = &entry.value;
    if image(node).is_some() || node.get("build").is_some() || node.get("provider").is_some() {
        return;
    }
    let name = &entry.key;
    let en = format!("`{name}` has neither `image` nor `build`");
    context.invalid(
        entry.mark,
        en,
        format!("`{name}` n’a ni `image` ni `build`"),
    );
}

/// Notes a `container_name` that Compose would refuse, also for a service that is not started.
pub(super) fn check_container_name(service: &Node, context: &mut Context) {
    let Some(node) = service.get("container_name") else {
        return;
    };
    let name = node.scalar().unwrap_or_default();
    let is_good = |character: char| character.is_ascii_alphanumeric() || "_.-".contains(character);
    if name.len() > 1 && name.chars().all(is_good) && !name.starts_with(['_', '.', '-']) {
        return;
    }
    let en = format!(
        "a container’s name must be made of two or more letters, digits, `.`, `_` and `-`: `{name}`"
    );
    let fr = format!(
        "le nom d’un conteneur doit être fait d’au moins deux lettres, chiffres, `.`, `_` ou `-` : `{name}`"
    );
    context.invalid(node.mark, en, fr);
}

/// Returns `scale`, `deploy.replicas` or 1, in this order.
fn replicas(entry: &Entry, context: &mut Context) -> u32 {
    let node = &entry.value;
    let scale = node.get("scale");
    let deployed = node.get("deploy").and_then(|deploy| deploy.get("replicas"));
    let Some(asked) = scale.or(deployed) else {
        return 1;
    };
    let text = asked.scalar().unwrap_or_default();
    let Ok(replicas) = text.parse() else {
        let en = format!("a number of replicas cannot be less than 0: `{text}`");
        context.invalid(
            asked.mark,
            en,
            format!("un nombre de répliques ne peut pas être inférieur à 0 : `{text}`"),
        );
        return 1;
    };
    if let (Some(scale), Some(deployed)) = (scale, deployed)
        && scale.scalar() != deployed.scalar()
    {
        let en = "`scale` and `deploy.replicas` say different numbers".to_owned();
        context.invalid(
            scale.mark,
            en,
            "`scale` et `deploy.replicas` donnent des nombres différents".to_owned(),
        );
    }
    if replicas > 1
        && let Some(named) = node.entry("container_name")
    {
        let name = &entry.key;
        let en = format!(
            "`{name}` has a `container_name` and {replicas} replicas, which cannot share a name"
        );
        let fr = format!(
            "`{name}` a un `container_name` et {replicas} répliques, qui ne peuvent pas partager un nom"
        );
        context.invalid(named.mark, en, fr);
    }
    note_replicas(&entry.key, replicas, context);
    replicas
}

/// Notes a number of replicas above the sandbox's maximum; the measurement sets the number for the service that it counts.
fn note_replicas(name: &str, replicas: u32, context: &mut Context) {
    if replicas <= MOST_REPLICAS || name == context.back_end {
        return;
    }
    context.findings.oddity(Text::new(
        format!(
            "`{name}` asks for {replicas} containers: the sandbox starts {MOST_REPLICAS} of them"
        ),
        format!(
            "`{name}` demande {replicas} conteneurs : le bac à sable en démarre {MOST_REPLICAS}"
        ),
    ));
}
