//! `ports` and `expose`.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::RangeInclusive;

use softy_checks::model::Text;
use softy_checks::observation::{Port, Published};

use super::context::Context;
use super::dangers::TOO_MANY_PORTS;
use super::project::PortMapping;
use super::source::Mark;
use super::yaml::{Node, Value};

/// Maximum number of ports of one service: the sandbox rewrites the published ones anyway.
const KEPT: usize = 1_000;

/// A range of ports, both ends included.
type Range = RangeInclusive<u16>;

/// The ports of one entry, each as the container's port and the host's.
type Pairs = Vec<(u16, Published)>;

/// An entry of `ports`.
#[derive(Debug, PartialEq, Eq)]
struct Mapping {
    pairs: Pairs,
    protocol: Protocol,
    /// Address of the host; `None` for all.
    address: Option<IpAddr>,
}

/// A host port that every container of a service requests, or a range of which it requests one.
#[derive(Clone, Debug)]
pub(super) struct HostPort {
    /// Port inside the container.
    pub target: u16,
    /// Range from which the engine may assign any port.
    pub range: Range,
    /// The protocol.
    pub protocol: Protocol,
    /// Address of the host; `None` for all.
    pub address: Option<IpAddr>,
    /// True if the entry is in the long form, a mapping.
    pub is_long: bool,
    /// Position of the entry.
    pub mark: Mark,
}

impl HostPort {
    /// Returns true if Compose v2 drops it, because another entry of the service in the same form means the same.
    pub fn repeats(&self, other: &HostPort) -> bool {
        let address = |port: &HostPort| port.address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        self.target == other.target
            && self.range == other.range
            && address(self) == address(other)
            && self.is_long == other.is_long
    }
}

/// The `ports` of a service.
#[derive(Default)]
pub(super) struct Ports {
    /// All ports, one per port of the container, for the checks.
    pub(super) seen: Vec<Port>,
    /// TCP ports for the sandbox; those with a fixed host port come first.
    pub(super) mappings: Vec<PortMapping>,
}

/// A transport protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Protocol {
    Tcp,
    Udp,
    Sctp,
}

/// Reads a service's `ports`.
pub(super) fn ports(service: &Node, path: &str, context: &mut Context) -> Ports {
    let mut ports = Ports::default();
    for node in service.get("ports").map(Node::items).unwrap_or_default() {
        let (seen, protocol) = entry(node, path, context);
        match protocol {
            Protocol::Tcp => ports.mappings.extend(seen.iter().map(mapping)),
            Protocol::Udp | Protocol::Sctp => {}
        }
        ports.seen.extend(seen);
        if ports.seen.len() > KEPT {
            let key = format!("{path}.ports");
            context.findings.refuse(&key, node.mark, &TOO_MANY_PORTS);
            break;
        }
    }
    ports
        .mappings
        .sort_by_key(|mapping| mapping.published.is_none());
    ports
}

fn entry(node: &Node, path: &str, context: &mut Context) -> (Vec<Port>, Protocol) {
    let Some(mapping) = mapping_of(node) else {
        let text = written(node);
        let en =
            format!("an entry of `{path}.ports` is no port mapping such as `8080:80`: `{text}`");
        let fr = format!(
            "une entrée de `{path}.ports` n’est pas une correspondance de ports comme `8080:80` : `{text}`"
        );
        context.invalid(node.mark, en, fr);
        return (Vec::new(), Protocol::Tcp);
    };
    let place = context.findings.place(node.mark);
    let port = |(target, published)| Port {
        target,
        published,
        place: place.clone(),
    };
    (
        mapping.pairs.into_iter().map(port).collect(),
        mapping.protocol,
    )
}

/// Returns the host ports that a container of a service requests by number. [`ports`] refuses services with too many.
pub(super) fn host_ports(service: &Node) -> Vec<HostPort> {
    let nodes = service.get("ports").map(Node::items).unwrap_or_default();
    let mappings = nodes
        .iter()
        .filter_map(|node| Some((node, mapping_of(node)?)));
    let ports = mappings.flat_map(|(node, mapping)| {
        let mark = node.get("published").unwrap_or(node).mark;
        let is_long = matches!(node.value, Value::Map(_));
        let (protocol, address) = (mapping.protocol, mapping.address);
        mapping
            .pairs
            .into_iter()
            .filter_map(move |(target, published)| {
                let range = match published {
                    Published::Random => return None,
                    Published::Fixed(port) => port..=port,
                    Published::Range(first, last) => first..=last,
                };
                Some(HostPort {
                    target,
                    range,
                    protocol,
                    address,
                    is_long,
                    mark,
                })
            })
    });
    ports.take(KEPT).collect()
}

fn mapping_of(node: &Node) -> Option<Mapping> {
    match &node.value {
        Value::Map(_) => long(node),
        Value::Text(_) | Value::Integer(_) | Value::Float(_) => {
            short(&node.scalar().unwrap_or_default())
        }
        Value::Null | Value::Bool(_) | Value::List(_) => None,
    }
}

/// Returns an entry of `ports` as one line.
fn written(node: &Node) -> String {
    let parts = node.entries().iter().map(|entry| {
        format!(
            "{}: {}",
            entry.key,
            entry.value.scalar().unwrap_or_default()
        )
    });
    node.scalar()
        .unwrap_or_else(|| parts.collect::<Vec<_>>().join(", "))
}

fn mapping(port: &Port) -> PortMapping {
    PortMapping {
        target: port.target,
        published: match port.published {
            Published::Fixed(published) => Some(published),
            Published::Range(first, _) => Some(first),
            Published::Random => None,
        },
    }
}

/// Returns the ports of `expose`. A port with a colon is kept, as Compose v2 does, and noted; any other invalid text is noted
/// and dropped.
pub(super) fn expose(service: &Node, context: &mut Context) -> Vec<u16> {
    let mut exposed = Vec::new();
    for node in service.get("expose").map(Node::items).unwrap_or_default() {
        let text = node.scalar().unwrap_or_default();
        let ports = text.split('/').next().unwrap_or_default();
        let inner = ports.rsplit(':').next().unwrap_or_default();
        let Some(range) = range(inner) else {
            context.findings.oddity(Text::new(
                format!("`expose` takes ports of the container: Compose v2 passes over `{text}`, v1 refuses it"),
                format!("`expose` attend des ports du conteneur : Compose v2 ignore `{text}`, v1 le refuse"),
            ));
            continue;
        };
        if ports.contains(':') {
            context.findings.oddity(Text::new(
                format!("`expose` publishes nothing, so `{text}` says no more than `{inner}`; Compose v1 refuses it"),
                format!("`expose` ne publie rien, donc `{text}` ne dit pas plus que `{inner}` ; Compose v1 le refuse"),
            ));
        }
        exposed.extend(range.take(KEPT.saturating_sub(exposed.len())));
    }
    exposed
}

/// Parses `[[address:][published]:]target[/protocol]`, with ranges.
fn short(text: &str) -> Option<Mapping> {
    let (ports, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let protocol = Protocol::read(protocol)?;
    let (before, target) = ports
        .rsplit_once(':')
        .map_or((None, ports), |(before, target)| (Some(before), target));
    let target = range(target)?;
    let (address, published) = match before {
        None => (None, ""),
        Some(before) => match before.rsplit_once(':') {
            Some((address, published)) => (Some(self::address(address)?), published),
            None => (None, before),
        },
    };
    let pairs = match published {
        "" => random(target),
        published => pair(target, range(published)?)?,
    };
    Some(Mapping {
        pairs,
        protocol,
        address,
    })
}

/// Reads a mapping with `target` and `published`.
fn long(node: &Node) -> Option<Mapping> {
    let target = range(&node.text("target")?)?;
    let protocol = node.text("protocol").unwrap_or_else(|| "tcp".to_owned());
    let protocol = Protocol::read(&protocol)?;
    let pairs = match node
        .text("published")
        .filter(|published| !published.is_empty())
    {
        None => random(target),
        Some(published) => pair(target, range(&published)?)?,
    };
    let address = node.text("host_ip").unwrap_or_default();
    Some(Mapping {
        pairs,
        protocol,
        address: address.parse().ok(),
    })
}

/// Returns the ports of a range, each with a host port that the engine chooses. Keeps one port more than [`KEPT`], so that too
/// many are noticed.
fn random(target: Range) -> Pairs {
    target
        .take(KEPT + 1)
        .map(|target| (target, Published::Random))
        .collect()
}

fn pair(target: Range, published: Range) -> Option<Pairs> {
    if published == (0..=0) {
        return Some(random(target));
    }
    if target.len() == 1 && published.len() > 1 {
        let range = Published::Range(*published.start(), *published.end());
        return Some(vec![(*target.start(), range)]);
    }
    if target.len() != published.len() {
        return None;
    }
    Some(
        target
            .zip(published.map(Published::Fixed))
            .take(KEPT + 1)
            .collect(),
    )
}

/// Parses `80` or `80-82`.
fn range(text: &str) -> Option<Range> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let port = |text: &str| {
        text.chars()
            .all(|character| character.is_ascii_digit())
            .then(|| text.parse().ok())
            .flatten()
    };
    let (first, last) = (port(first)?, port(last)?);
    (first <= last).then_some(first..=last)
}

fn address(text: &str) -> Option<IpAddr> {
    match text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
    {
        Some(inner) => inner.parse().map(IpAddr::V6).ok(),
        None => text.parse().map(IpAddr::V4).ok(),
    }
}

impl Protocol {
    fn read(text: &str) -> Option<Protocol> {
        match text.to_lowercase().as_str() {
            "tcp" => Some(Protocol::Tcp),
            "udp" => Some(Protocol::Udp),
            "sctp" => Some(Protocol::Sctp),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_form_is_read_in_full() {
        let random = Published::Random;
        let cases: [(&str, &[(u16, Published)]); 10] = [
            ("80", &[(80, random)]),
            ("8080:80", &[(80, Published::Fixed(8080))]),
            ("127.0.0.1:8080:80", &[(80, Published::Fixed(8080))]),
            ("127.0.0.1::80", &[(80, random)]),
            ("[::1]:8080:80", &[(80, Published::Fixed(8080))]),
            (
                "80-81:90-91/udp",
                &[(90, Published::Fixed(80)), (91, Published::Fixed(81))],
            ),
            ("8000-8002:80", &[(80, Published::Range(8000, 8002))]),
            ("80-81", &[(80, random), (81, random)]),
            ("0:80", &[(80, random)]),
            (":80", &[(80, random)]),
        ];
        for (text, ports) in cases {
            let read = short(text).map(|mapping| mapping.pairs);
            assert_eq!(read.as_deref(), Some(ports), "{text}");
        }
    }

    #[test]
    fn what_is_no_mapping_is_refused() {
        for text in [
            "",
            "a",
            "80:",
            "99999",
            "80:99999",
            "1-2:80-82",
            "x:80:80",
            "80/ftp",
            "82-80",
            "+80",
            "80:80:80",
            "::1:80:80",
        ] {
            assert_eq!(short(text), None, "{text}");
        }
    }
}
