//! `networks` of a service.

use softy_checks::model::Text;

use super::context::Context;
use super::project::Attachment;
use super::yaml::{Node, Value};

/// The engine's default bridge, on which containers have no DNS names.
const BRIDGE: &str = "bridge";

/// Keys that give a container an address that the file chooses.
const ADDRESSES: [&str; 3] = ["ipv4_address", "ipv6_address", "link_local_ips"];

/// The network that Compose creates for services that name none.
const IMPLICIT: &str = "default";

/// Returns the networks to which a service attaches.
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
                ..Attachment::default()
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
                interface: entry.value.text("interface_name"),
                is_nameless: false,
            });
        }
    }
    if attachments.is_empty() {
        attachments.push(Attachment {
            network: IMPLICIT.to_owned(),
            ..Attachment::default()
        });
    }
    attachments
}

/// Returns a fixed address of a service, which a second container of it cannot have.
pub(super) fn fixed_address(service: &Node) -> Option<&Node> {
    let networks = service.get("networks").map(Node::entries)?;
    let addresses = networks.iter().flat_map(|network| {
        let keys = ADDRESSES.iter().take(2);
        keys.filter_map(|key| network.value.get(key))
    });
    let mut given = addresses.filter(|node| node.scalar().is_some_and(|text| !text.is_empty()));
    given.next()
}

/// Notes that addresses that the file chooses are not applied.
pub(super) fn note_addresses(context: &mut Context) {
    let entries = |section| {
        context
            .root
            .get(section)
            .map(Node::entries)
            .unwrap_or_default()
    };
    let attached = entries("services")
        .iter()
        .filter_map(|service| service.value.get("networks"))
        .flat_map(Node::entries);
    let mut keys: Vec<&str> = ADDRESSES
        .into_iter()
        .filter(|key| {
            attached
                .clone()
                .any(|network| network.value.get(key).is_some())
        })
        .collect();
    if entries("networks")
        .iter()
        .any(|network| network.value.get("ipam").is_some())
    {
        keys.push("ipam");
    }
    for key in keys {
        context.findings.oddity(Text::new(
            format!("`{key}` is not carried out: the sandbox chooses addresses that no other run has"),
            format!("`{key}` n’est pas appliqué : le bac à sable choisit des adresses qu’aucune autre exécution n’utilise"),
        ));
    }
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
    match service.text("network_mode").unwrap_or_default().as_str() {
        "" | "default" | BRIDGE => vec![Attachment {
            network: BRIDGE.to_owned(),
            is_nameless: true,
            ..Attachment::default()
        }],
        _ => Vec::new(),
    }
}
