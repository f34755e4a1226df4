//! `extra_hosts`: host names with fixed addresses.

use std::net::IpAddr;

use super::context::Context;
use super::dangers::names_the_host;
use super::yaml::{Entry, Node};

/// Returns the entries in the engine's format, `name:address`.
pub(super) fn extra_hosts(service: &Node, path: &str, context: &mut Context) -> Vec<String> {
    let Some(node) = service.get("extra_hosts") else {
        return Vec::new();
    };
    let mut hosts = Vec::new();
    for item in node.items() {
        let text = item.scalar().unwrap_or_default();
        let pair = text.split_once('=').or_else(|| text.split_once(':'));
        let (name, address) = pair.unwrap_or((&text, ""));
        hosts.extend(host(name, address, item, path, context));
    }
    for Entry { key, value, .. } in node.entries() {
        for address in value.texts() {
            hosts.extend(host(key, &address, value, path, context));
        }
    }
    hosts
}

fn host(name: &str, address: &str, at: &Node, path: &str, context: &mut Context) -> Option<String> {
    let inner = address
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    match inner.unwrap_or(address).parse::<IpAddr>() {
        _ if names_the_host(address) => None,
        Ok(address) if !name.is_empty() => Some(format!("{name}:{address}")),
        Ok(_) | Err(_) => {
            let en = format!(
                "an entry of `{path}.extra_hosts` is a name and an address such as `name:10.0.0.1`, not `{name}:{address}`"
            );
            let fr = format!(
                "une entrée de `{path}.extra_hosts` est un nom et une adresse comme `nom:10.0.0.1`, pas `{name}:{address}`"
            );
            context.invalid(at.mark, en, fr);
            None
        }
    }
}
