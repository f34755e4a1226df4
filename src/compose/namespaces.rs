//! `network_mode`, `pid`, `ipc` and `volumes_from`: namespaces and volumes shared with another container of the stack.

use super::context::Context;
use super::project::{Namespace, VolumesFrom};
use super::yaml::Node;

/// Returns the namespace that a key of a service names, or the container's own if the key is missing or refused.
pub(super) fn namespace(service: &Node, key: &str, context: &mut Context) -> Namespace {
    let Some(node) = service.get(key) else {
        return Namespace::Own;
    };
    let text = node.scalar().unwrap_or_default();
    match text.strip_prefix("service:") {
        Some(name) if context.defines("services", name, node.mark) => {
            Namespace::Of(name.to_owned())
        }
        Some(_) => Namespace::Own,
        None if ["none", "private", "shareable"].contains(&text.as_str()) => Namespace::Kind(text),
        None => Namespace::Own,
    }
}

/// Reads `volumes_from`, whose entries are `service` or `service:ro`.
pub(super) fn volumes_from(service: &Node, context: &mut Context) -> Vec<VolumesFrom> {
    let mut volumes = Vec::new();
    let node = service.get("volumes_from");
    for item in node.map(Node::items).unwrap_or_default() {
        let text = item.scalar().unwrap_or_default();
        let (name, mode) = text.split_once(':').unwrap_or((&text, "rw"));
        if name != "container" && context.defines("services", name, item.mark) {
            volumes.push(VolumesFrom {
                service: name.to_owned(),
                read_only: mode == "ro",
            });
        }
    }
    volumes
}
