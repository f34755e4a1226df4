//! `networks` of a service.

use super::context::Context;
use super::project::Attachment;
use super::yaml::{Node, Value};

/// The network that Compose makes for services that name none.
const IMPLICIT: &str = "default";

/// The networks that a service is on.
pub(super) fn attachments(service: &Node, context: &mut Context) -> Vec<Attachment> {
    if service.get("network_mode").is_some() {
        return without_networks(service, context);
    }
    let mut attachments = Vec::new();
    let node = service.get("networks");
    for item in node.map(Node::items).unwrap_or_default() {
        let name = item.scalar().unwrap_or_default();
        if attachments
            .iter()
            .any(|attachment: &Attachment| attachment.network == name)
        {
            let en = format!("`networks` names `{name}` twice");
            context.invalid(item.mark, en, format!("`networks` cite `{name}` deux fois"));
        } else if is_defined(&name, item, context) {
            attachments.push(Attachment {
                network: name,
                aliases: Vec::new(),
            });
        }
    }
    for entry in node.map(Node::entries).unwrap_or_default() {
        let at = Node {
            mark: entry.mark,
            value: Value::Null,
        };
        if is_defined(&entry.key, &at, context) {
            let aliases = entry
                .value
                .get("aliases")
                .map(Node::texts)
                .unwrap_or_default();
            attachments.push(Attachment {
                network: entry.key.clone(),
                aliases,
            });
        }
    }
    if attachments.is_empty() {
        attachments.push(Attachment {
            network: IMPLICIT.to_owned(),
            aliases: Vec::new(),
        });
    }
    attachments
}

fn is_defined(name: &str, at: &Node, context: &mut Context) -> bool {
    name == IMPLICIT || context.defines("networks", name, at.mark)
}

fn without_networks(service: &Node, context: &mut Context) -> Vec<Attachment> {
    if let Some(entry) = service.entry("networks") {
        let en = "`network_mode` and `networks` exclude each other".to_owned();
        context.invalid(
            entry.mark,
            en,
            "`network_mode` et `networks` s’excluent".to_owned(),
        );
    }
    Vec::new()
}
