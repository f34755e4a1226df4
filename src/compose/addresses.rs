//! Networks that the engine cannot create and addresses that it cannot assign: drivers, names, subnets, fixed addresses.

use std::net::IpAddr;

use softy_checks::model::Text;
use softy_checks::observation::ProblemKind;

use super::conflicts::{Ended, Started};
use super::context::Context;
use super::engine::refused;
use super::source::Mark;
use super::yaml::{Entry, Node};

/// Network drivers of engines; a driver that some machines lack counts as available.
const DRIVERS: [&str; 6] = ["", "bridge", "host", "overlay", "macvlan", "ipvlan"];

/// Names of the engine's own networks.
const PREDEFINED: [&str; 3] = ["bridge", "host", "none"];

const OVERLAP: &str = "Pool overlaps with other one on this address space";

/// A block of addresses in CIDR notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Subnet {
    address: IpAddr,
    length: u8,
}

/// A subnet that the file configures for a network.
struct Given<'a> {
    network: &'a str,
    subnet: Subnet,
    gateway: Option<IpAddr>,
    mark: Mark,
}

/// Notes used networks that the engine cannot create, and addresses on them that it cannot assign.
pub(super) fn check(started: &[Started], context: &mut Context) {
    let root = context.root;
    let is_used = |name: &str| {
        started.iter().any(|of| {
            let mut attachments = of.service.attachments.iter();
            attachments.any(|one| !one.is_nameless && one.network == name)
        })
    };
    let networks = root.get("networks").map(Node::entries).unwrap_or_default();
    let used: Vec<&Entry> = networks
        .iter()
        .filter(|entry| is_used(&entry.key) && entry.value.get("external").is_none())
        .collect();
    let mut given = Vec::new();
    for entry in &used {
        check_driver(entry, context);
        check_name(entry, &used, context);
        let own = subnets(entry, context);
        given.extend(own);
    }
    check_overlaps(&given, context);
    check_fixed(started, &given, context);
}

fn check_driver(network: &Entry, context: &mut Context) {
    let key = format!("networks.{}", network.key);
    let ipam = network
        .value
        .get("ipam")
        .and_then(|ipam| ipam.get("driver"));
    let drivers = [
        (network.value.get("driver"), "driver", DRIVERS.as_slice()),
        (ipam, "ipam.driver", &["", "default", "null"]),
    ];
    for (node, name, known) in drivers {
        let Some(node) = node else {
            continue;
        };
        let driver = node.scalar().unwrap_or_default();
        let said = match (name, driver.as_str()) {
            ("driver", "null") => "only one instance of \"null\" network is allowed".to_owned(),
            (_, driver) if known.contains(&driver) => continue,
            (_, driver) => format!("plugin \"{driver}\" not found"),
        };
        refused(&format!("{key}.{name}"), &driver, &said, node.mark, context);
    }
}

fn check_name(network: &Entry, used: &[&Entry], context: &mut Context) {
    let Some(node) = network.value.get("name") else {
        return;
    };
    let name = node.scalar().unwrap_or_default();
    let said = match name.as_str() {
        "" => "invalid name".to_owned(),
        "default" => "operation is not permitted on predefined default network".to_owned(),
        name if PREDEFINED.contains(&name) => {
            format!("network {name} was found but has incorrect label")
        }
        name => {
            let same = used.iter().find(|other| {
                other.key != network.key && other.value.text("name").as_deref() == Some(name)
            });
            if let Some(other) = same {
                let (one, other) = (&network.key, &other.key);
                context.findings.oddity(Text::new(
                    format!("the networks `{one}` and `{other}` have the name `{name}`: Compose v2 refuses the second, v1 takes both for one"),
                    format!("les réseaux `{one}` et `{other}` ont le nom `{name}` : Compose v2 refuse le second, v1 les prend pour un seul"),
                ));
            }
            return;
        }
    };
    let key = format!("networks.{}.name", network.key);
    refused(&key, &name, &said, node.mark, context);
}

/// Returns the subnets of a network; notes those that are invalid.
fn subnets<'a>(network: &'a Entry, context: &mut Context) -> Vec<Given<'a>> {
    let key = format!("networks.{}.ipam.config", network.key);
    let config = network
        .value
        .get("ipam")
        .and_then(|ipam| ipam.get("config"));
    let mut given: Vec<Given> = Vec::new();
    for item in config.map(Node::items).unwrap_or_default() {
        let at = |key: &str| item.get(key).map_or(item.mark, |node| node.mark);
        let value = |key: &str| item.text(key).filter(|text| !text.is_empty());
        let text = value("subnet").unwrap_or_default();
        let Some(subnet) = Subnet::read(&text) else {
            if !text.is_empty() || value("gateway").is_some() || value("ip_range").is_some() {
                let said = format!("invalid subnet {text}: invalid CIDR block notation");
                refused(
                    &format!("{key}.subnet"),
                    &text,
                    &said,
                    at("subnet"),
                    context,
                );
            }
            continue;
        };
        if subnet.first() != subnet.address {
            note_bits(&text, subnet, context);
        }
        let gateway = value("gateway");
        let address: Option<IpAddr> = gateway.as_deref().and_then(|text| text.parse().ok());
        if let Some(gateway) = &gateway {
            let said = match address {
                None => format!("invalid gateway {gateway}"),
                Some(address) if !subnet.contains(address) => format!(
                    "invalid gateway {gateway}: parent subnet {text} doesn't contain this address"
                ),
                Some(_) => String::new(),
            };
            if !said.is_empty() {
                refused(
                    &format!("{key}.gateway"),
                    gateway,
                    &said,
                    at("gateway"),
                    context,
                );
            }
        }
        if let Some(range) = value("ip_range")
            && Subnet::read(&range).is_none()
        {
            let said = format!("invalid ip-range {range}: invalid CIDR block notation");
            refused(
                &format!("{key}.ip_range"),
                &range,
                &said,
                at("ip_range"),
                context,
            );
        }
        given.push(Given {
            network: &network.key,
            subnet,
            gateway: address,
            mark: at("subnet"),
        });
    }
    given
}

fn note_bits(text: &str, subnet: Subnet, context: &mut Context) {
    let (first, length) = (subnet.first(), subnet.length);
    context.findings.oddity(Text::new(
        format!("the subnet `{text}` begins at `{first}/{length}`: engines from 26 refuse any other spelling"),
        format!("le sous-réseau `{text}` commence à `{first}/{length}` : les moteurs à partir de 26 refusent toute autre écriture"),
    ));
}

fn check_overlaps(given: &[Given], context: &mut Context) {
    for (index, one) in given.iter().enumerate() {
        let mut earlier = given.iter().take(index);
        let Some(other) = earlier.find(|other| one.subnet.overlaps(other.subnet)) else {
            continue;
        };
        let (first, second) = (other.network, one.network);
        let (en, fr) = match first == second {
            true => (
                format!("two subnets of the network `{first}` have addresses in common"),
                format!("deux sous-réseaux du réseau `{first}` ont des adresses en commun"),
            ),
            false => (
                format!("the networks `{first}` and `{second}` have addresses in common"),
                format!("les réseaux `{first}` et `{second}` ont des adresses en commun"),
            ),
        };
        context.findings.conflict(
            ProblemKind::EngineRefuses,
            one.mark,
            Some(other.mark),
            Text::new(
                format!("{en}: `{OVERLAP}`, says Docker"),
                format!("{fr} : `{OVERLAP}`, répond Docker"),
            ),
        );
    }
}

/// Notes fixed IPv4 addresses of services that lie outside their network, or that another container already has.
fn check_fixed(started: &[Started], given: &[Given], context: &mut Context) {
    let ended = Ended::of(started);
    let mut had: Vec<(&Started, &str, IpAddr, Mark)> = Vec::new();
    for of in started.iter().filter(|of| of.containers > 0) {
        let networks = of.entry.value.get("networks");
        for attachment in networks.map(Node::entries).unwrap_or_default() {
            let Some(node) = attachment.value.get("ipv4_address") else {
                continue;
            };
            let text = node.scalar().unwrap_or_default();
            let key = format!(
                "services.{}.networks.{}.ipv4_address",
                of.entry.key, attachment.key
            );
            if text.is_empty() {
                continue;
            }
            let mut own = given.iter().filter(|given| given.network == attachment.key);
            let address: Option<IpAddr> = text.parse().ok();
            let said = match address {
                None => format!("invalid IPv4 address: {text}"),
                Some(address) => match own.clone().find(|given| given.subnet.contains(address)) {
                    None if own.next().is_none() => "user specified IP address is supported only when connecting to networks with user configured subnets".to_owned(),
                    None => format!("no configured subnet contains IP address {text}"),
                    Some(given) if given.is_taken(address) => "Address already in use".to_owned(),
                    Some(_) => String::new(),
                },
            };
            if !said.is_empty() {
                refused(&key, &text, &said, node.mark, context);
            }
            let Some(address) = address.filter(|_| said.is_empty()) else {
                continue;
            };
            let name = |of: &Started| of.service.name.clone();
            let other = had.iter().find(|(other, network, taken, _)| {
                *network == attachment.key
                    && *taken == address
                    && !ended.parts(&other.service.name, &of.service.name)
            });
            if let Some((other, _, _, mark)) = other {
                let (first, second) = (name(other), name(of));
                let said = "`Address already in use`";
                context.findings.conflict(
                    ProblemKind::EngineRefuses,
                    node.mark,
                    Some(*mark),
                    Text::new(
                        format!("`{first}` and `{second}` have the same address `{text}`: {said}, says Docker"),
                        format!("`{first}` et `{second}` ont la même adresse `{text}` : {said}, répond Docker"),
                    ),
                );
            }
            had.push((of, &attachment.key, address, node.mark));
        }
    }
}

impl Given<'_> {
    /// Returns true if no container can have an address: the network's own, its gateway's, and the broadcast address.
    fn is_taken(&self, address: IpAddr) -> bool {
        let first = self.subnet.first();
        let gateway = self.gateway.or_else(|| offset(first, 1));
        address == first || gateway == Some(address) || self.subnet.last() == address
    }
}

impl Subnet {
    /// Parses `ADDRESS/LENGTH`.
    fn read(text: &str) -> Option<Subnet> {
        let (address, length) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let is_number = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
        let length: u8 = is_number.then(|| length.parse().ok()).flatten()?;
        (length <= bits(address)).then_some(Subnet { address, length })
    }

    fn mask(self) -> u128 {
        let rest = u32::from(bits(self.address) - self.length);
        u128::MAX.checked_shl(rest).unwrap_or_default()
    }

    fn first(self) -> IpAddr {
        from_number(number(self.address) & self.mask(), self.address)
    }

    fn last(self) -> IpAddr {
        from_number(number(self.address) | !self.mask(), self.address)
    }

    fn contains(self, address: IpAddr) -> bool {
        address.is_ipv4() == self.address.is_ipv4()
            && number(address) & self.mask() == number(self.address) & self.mask()
    }

    fn overlaps(self, other: Subnet) -> bool {
        self.contains(other.first()) || other.contains(self.first())
    }
}

fn bits(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

/// Converts a number to an address of the same family as `like`; drops the bits that do not fit.
fn from_number(number: u128, like: IpAddr) -> IpAddr {
    match like {
        IpAddr::V4(_) => {
            let number = u32::try_from(number & u128::from(u32::MAX)).unwrap_or_default();
            IpAddr::V4(number.into())
        }
        IpAddr::V6(_) => IpAddr::V6(number.into()),
    }
}

fn offset(address: IpAddr, by: u128) -> Option<IpAddr> {
    Some(from_number(number(address).checked_add(by)?, address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subnets_are_read_as_cidr_blocks() {
        let subnet = Subnet::read("10.1.2.3/24").unwrap();
        let of = |text: &str| -> IpAddr { text.parse().unwrap() };
        assert_eq!(
            (subnet.first(), subnet.last()),
            (of("10.1.2.0"), of("10.1.2.255"))
        );
        assert!(subnet.contains(of("10.1.2.9")) && !subnet.contains(of("10.1.3.0")));
        assert!(!subnet.contains(of("::a01:209")));
        let whole = Subnet::read("0.0.0.0/0").unwrap();
        assert!(whole.overlaps(subnet) && subnet.overlaps(whole));
        assert_eq!(Subnet::read("fd00::/64").unwrap().first(), of("fd00::"));
        for text in [
            "",
            "10.1.2.0",
            "10.1.2.0/33",
            "word",
            "10.1.2/8",
            "10.1.2.0/+8",
        ] {
            assert_eq!(Subnet::read(text), None, "{text}");
        }
    }
}
