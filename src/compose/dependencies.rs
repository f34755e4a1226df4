//! `depends_on` and `links`: the order in which services start.

use super::context::Context;
use super::project::{Condition, Dependency, Link, Service};
use super::service::is_enabled;
use super::source::Mark;
use super::yaml::{Entry, Node};

/// Returns the dependencies of `depends_on`, then those that `links`, shared namespaces and shared volumes imply.
pub(super) fn dependencies(
    service: &Node,
    implied: &[String],
    context: &mut Context,
) -> Vec<Dependency> {
    let mut dependencies = Vec::new();
    let node = service.get("depends_on");
    for item in node.map(Node::items).unwrap_or_default() {
        let service = item.scalar().unwrap_or_default();
        if dependencies
            .iter()
            .any(|dependency: &Dependency| dependency.service == service)
        {
            let en = format!("`depends_on` names `{service}` twice");
            let fr = format!("`depends_on` cite `{service}` deux fois");
            context.invalid(item.mark, en, fr);
        } else if context.defines("services", &service, item.mark) {
            dependencies.push(Dependency {
                service,
                condition: Condition::Started,
            });
        }
    }
    for entry in node.map(Node::entries).unwrap_or_default() {
        dependencies.extend(conditional(entry, context));
    }
    for service in implied {
        if dependencies
            .iter()
            .all(|dependency| dependency.service != *service)
        {
            dependencies.push(Dependency {
                service: service.clone(),
                condition: Condition::Started,
            });
        }
    }
    dependencies
}

/// Reads `links`, whose entries are `service` or `service:alias`.
pub(super) fn links(service: &Node, context: &mut Context) -> Vec<Link> {
    let mut links = Vec::new();
    for item in service.get("links").map(Node::items).unwrap_or_default() {
        let text = item.scalar().unwrap_or_default();
        let (service, alias) = text.split_once(':').unwrap_or((&text, &text));
        if context.defines("services", service, item.mark) {
            links.push(Link {
                service: service.to_owned(),
                alias: alias.to_owned(),
            });
        }
    }
    links
}

fn conditional(entry: &Entry, context: &mut Context) -> Option<Dependency> {
    let (service, node) = (entry.key.clone(), &entry.value);
    if !context.defines("services", &service, entry.mark) {
        return None;
    }
    if is_optional(node) && is_disabled(&service, context) {
        return None;
    }
    let condition = match node.text("condition").unwrap_or_default().as_str() {
        "service_started" => Condition::Started,
        "service_healthy" => Condition::Healthy,
        "service_completed_successfully" => Condition::Completed,
        other => {
            let known = "`service_started`, `service_healthy`, `service_completed_successfully`";
            let en = format!("`condition` of `{service}` is one of {known}, not `{other}`");
            let fr = format!("`condition` de `{service}` vaut {known}, pas `{other}`");
            context.invalid(entry.mark, en, fr);
            return None;
        }
    };
    Some(Dependency { service, condition })
}

fn is_optional(dependency: &Node) -> bool {
    dependency.get("required").is_some() && !dependency.flag("required")
}

fn is_disabled(service: &str, context: &Context) -> bool {
    let services = context.root.get("services");
    let service = services.and_then(|services| services.get(service));
    service.is_some_and(|service| !is_enabled(service, context))
}

/// Notes services that wait for each other; `marks` are the positions of the services' names.
pub(super) fn check_cycles(services: &[Service], marks: &[Mark], context: &mut Context) {
    let mut done = vec![false; services.len()];
    for start in 0..services.len() {
        let mut path = Vec::new();
        if let Some(cycle) = cycle(start, services, &mut done, &mut path) {
            let name = |index: &usize| {
                services
                    .get(*index)
                    .map(|service| format!("`{}`", service.name))
            };
            let names: Vec<String> = cycle.iter().filter_map(name).collect();
            let names = names.join(" → ");
            let mark = marks.get(start).copied().unwrap_or_default();
            let en = format!("services wait for each other: {names}");
            context.invalid(
                mark,
                en,
                format!("des services s’attendent l’un l’autre : {names}"),
            );
            return;
        }
    }
}

/// Returns the first path from a service back to itself, through services that are not yet known to be free of cycles.
fn cycle(
    index: usize,
    services: &[Service],
    done: &mut [bool],
    path: &mut Vec<usize>,
) -> Option<Vec<usize>> {
    if let Some(start) = path.iter().position(|&before| before == index) {
        let mut cycle = path.split_off(start);
        cycle.push(index);
        return Some(cycle);
    }
    if done.get(index).copied().unwrap_or(true) {
        return None;
    }
    path.push(index);
    for dependency in services
        .get(index)
        .map(|service| service.depends_on.as_slice())
        .unwrap_or_default()
    {
        let next = services
            .iter()
            .position(|service| service.name == dependency.service);
        let found = next.and_then(|next| cycle(next, services, done, path));
        if found.is_some() {
            return found;
        }
    }
    path.pop();
    if let Some(done) = done.get_mut(index) {
        *done = true;
    }
    None
}
