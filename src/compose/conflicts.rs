//! Resources that two containers of a stack request and only one can have: ports of the host and container names.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use softy_checks::model::Text;
use softy_checks::observation::ProblemKind;

use super::context::{Context, Version};
use super::ports::{HostPort, Protocol, host_ports};
use super::project::{Condition, Namespace, Service};
use super::source::Mark;
use super::yaml::Entry;

/// Number of containers of the API servers' service that the exercise starts.
const SCALED: u32 = 2;

/// Maximum number of host ports that are compared with each other. A stack that requests more is refused, or is not a
/// student's.
const MOST_DEMANDS: usize = 2_000;

/// Maximum number of port ranges that are compared with all ports.
const MOST_RANGES: usize = 32;

/// Network drivers on which the engine publishes no ports.
const UNPUBLISHED: [&str; 4] = ["none", "null", "macvlan", "ipvlan"];

/// A service that is started.
pub(super) struct Started<'a> {
    /// The service's entry in the file.
    pub entry: &'a Entry,
    /// The service's translation for the sandbox.
    pub service: &'a Service,
    /// Number of its containers after `up --scale back-end=2`.
    pub containers: u32,
}

impl<'a> Started<'a> {
    /// Returns the services of a stack, each with its entry.
    pub fn all(entries: &[&'a Entry], services: &'a [Service], back_end: &str) -> Vec<Started<'a>> {
        let pairs = entries.iter().zip(services);
        let started = pairs.map(|(entry, service)| Started {
            entry,
            service,
            containers: match service.name == back_end {
                true => SCALED,
                false => service.replicas,
            },
        });
        started.collect()
    }

    fn name(&self) -> &str {
        &self.service.name
    }
}

/// A port of the host that each container of a service requests.
struct Demand<'a> {
    of: &'a Started<'a>,
    port: HostPort,
}

/// Notes host ports that more containers request than can have them. A single API server service that has a fixed port and is
/// scaled to two is the subject of `can-scale`.
pub(super) fn check_ports(started: &[Started], context: &mut Context) {
    let demands: Vec<Demand> = started
        .iter()
        .filter(|of| of.containers > 0 && publishes(of.service, context))
        .flat_map(|of| {
            host_ports(&of.entry.value)
                .into_iter()
                .map(move |port| Demand { of, port })
        })
        .take(MOST_DEMANDS)
        .collect();
    let ended = Ended::of(started);
    check_fixed(&demands, &ended, context);
    check_ranges(&demands, &ended, context);
}

/// Returns true if the engine publishes a service's ports, for which the service needs a network of its own that is not
/// internal and whose driver publishes ports.
pub(super) fn publishes(service: &Service, context: &Context) -> bool {
    let networks = context.root.get("networks");
    let is_outward = |name: &str| {
        let network = networks.and_then(|networks| networks.get(name));
        network.is_none_or(|network| {
            let driver = network.text("driver").unwrap_or_default();
            !network.flag("internal") && !UNPUBLISHED.contains(&driver.as_str())
        })
    };
    let mut attachments = service.attachments.iter();
    service.network == Namespace::Own
        && attachments.any(|attachment| attachment.is_nameless || is_outward(&attachment.network))
}

/// Notes fixed ports that two containers request.
fn check_fixed<'a>(demands: &[Demand<'a>], ended: &Ended<'a>, context: &mut Context) {
    let mut earlier: HashMap<(Protocol, u16), Vec<&Demand<'a>>> = HashMap::new();
    let mut told: Vec<(Mark, Option<Mark>)> = Vec::new();
    for demand in demands.iter().filter(|demand| demand.is_fixed()) {
        if context.findings.has_enough_problems() {
            return;
        }
        let number = *demand.port.range.start();
        let same = earlier.entry((demand.port.protocol, number)).or_default();
        if demand.of.containers > 1 && demand.of.name() != context.back_end {
            let at = (demand.port.mark, None);
            if !told.contains(&at) {
                told.push(at);
                several(demand, number, context);
            }
        }
        let taken = same.iter().find(|other| other.excludes(demand, ended));
        if let Some(other) = taken {
            let at = (demand.port.mark, Some(other.port.mark));
            if !told.contains(&at) {
                told.push(at);
                both(other, demand, number, context);
            }
        }
        same.push(demand);
    }
}

fn several(demand: &Demand, number: u16, context: &mut Context) {
    let (name, containers) = (demand.of.name(), demand.of.containers);
    let en = format!(
        "each of the {containers} containers of `{name}` asks for port {number} of the host: `port is already allocated`, says Docker"
    );
    let fr = format!(
        "chacun des {containers} conteneurs de `{name}` demande le port {number} de l’hôte : `port is already allocated`, répond Docker"
    );
    context.findings.conflict(
        ProblemKind::HostPortTaken,
        demand.port.mark,
        None,
        Text::new(en, fr),
    );
}

fn both(one: &Demand, other: &Demand, number: u16, context: &mut Context) {
    let (first, second) = (one.of.name(), other.of.name());
    let (en, fr) = match first == second {
        true => (
            format!("`{first}` asks twice for port {number} of the host"),
            format!("`{first}` demande deux fois le port {number} de l’hôte"),
        ),
        false => (
            format!("`{first}` and `{second}` both ask for port {number} of the host"),
            format!("`{first}` et `{second}` demandent tous deux le port {number} de l’hôte"),
        ),
    };
    context.findings.conflict(
        ProblemKind::HostPortTaken,
        other.port.mark,
        Some(one.port.mark),
        Text::new(
            format!("{en}: `port is already allocated`, says Docker"),
            format!("{fr} : `port is already allocated`, répond Docker"),
        ),
    );
}

/// Notes ranges with fewer ports than containers that need one of them, and ranges that another service may exhaust first.
fn check_ranges<'a>(demands: &[Demand<'a>], ended: &Ended<'a>, context: &mut Context) {
    let mut told: Vec<Mark> = Vec::new();
    let ranges = demands.iter().filter(|demand| !demand.is_fixed());
    for range in ranges.take(MOST_RANGES) {
        if context.findings.has_enough_problems() || told.contains(&range.port.mark) {
            continue;
        }
        told.push(range.port.mark);
        let rivals: Vec<&Demand<'a>> = demands
            .iter()
            .filter(|other| other.excludes(range, ended))
            .collect();
        let mut inside: Vec<&Demand<'a>> = vec![range];
        for other in rivals.iter().filter(|other| other.is_within(range)) {
            if inside.iter().all(|demand| demand.excludes(other, ended)) {
                inside.push(other);
            }
        }
        let needed: u32 = inside.iter().map(|demand| demand.of.containers).sum();
        let size = u32::try_from(range.port.range.len()).unwrap_or(u32::MAX);
        if needed > size {
            emptied(&inside, needed, context);
        } else if let Some(fixed) = rivals.iter().find(|other| other.is_fixed()) {
            may_be_first(range, fixed, context);
        }
    }
}

fn emptied(inside: &[&Demand], needed: u32, context: &mut Context) {
    let Some(range) = inside.first() else {
        return;
    };
    let mut names: Vec<String> = Vec::new();
    for demand in inside {
        let name = format!("`{}`", demand.of.name());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let names = names.join(", ");
    let (first, last) = (range.port.range.start(), range.port.range.end());
    let (en, fr) = (
        format!("{needed} containers of {names} need a port of {first}-{last} of the host"),
        format!("{needed} conteneurs de {names} demandent un port de {first}-{last} de l’hôte"),
    );
    context.findings.conflict(
        ProblemKind::HostPortTaken,
        range.port.mark,
        inside.get(1).map(|another| another.port.mark),
        Text::new(
            format!("{en}: `all ports are allocated`, says Docker"),
            format!("{fr} : `all ports are allocated`, répond Docker"),
        ),
    );
}

fn may_be_first(range: &Demand, fixed: &Demand, context: &mut Context) {
    let (name, other) = (range.of.name(), fixed.of.name());
    let (first, last) = (range.port.range.start(), range.port.range.end());
    let number = fixed.port.range.start();
    context.findings.oddity(Text::new(
        format!("`{name}` may be given any port of {first}-{last}, also {number}, which `{other}` asks for: whichever starts first has it"),
        format!("`{name}` peut recevoir n’importe quel port de {first}-{last}, même {number}, que demande `{other}` : le premier démarré l’obtient"),
    ));
}

impl<'a> Demand<'a> {
    fn is_fixed(&self) -> bool {
        self.port.range.len() == 1
    }

    /// Returns true if the other demand's range contains this one's.
    fn is_within(&self, other: &Demand) -> bool {
        let (inner, outer) = (&self.port.range, &other.port.range);
        outer.contains(inner.start()) && outer.contains(inner.end())
    }

    /// Returns true if no port can be assigned to both demands.
    fn excludes(&self, other: &Demand<'a>, ended: &Ended<'a>) -> bool {
        let (one, two) = (&self.port, &other.port);
        let is_same_service = self.of.name() == other.of.name();
        let is_repeated = is_same_service && one.repeats(two);
        one.protocol == two.protocol
            && one.range.start() <= two.range.end()
            && two.range.start() <= one.range.end()
            && overlap(one.address, two.address)
            && !is_repeated
            && !ended.parts(self.of.name(), other.of.name())
    }
}

/// Returns true if two addresses of the host share their ports; `None` means every address.
fn overlap(one: Option<IpAddr>, other: Option<IpAddr>) -> bool {
    let (Some(one), Some(other)) = (one, other) else {
        return true;
    };
    let is_any = one.is_unspecified() || other.is_unspecified();
    one == other || (is_any && one.is_ipv4() == other.is_ipv4())
}

/// Pairs of services of which the first has ended before the second starts, which frees its ports and addresses.
pub(super) struct Ended<'a>(HashSet<(&'a str, &'a str)>);

impl<'a> Ended<'a> {
    /// Returns the pairs of a stack.
    pub fn of(started: &'a [Started]) -> Ended<'a> {
        let mut pairs = HashSet::new();
        for first in started {
            let first = first.name();
            let waits = |of: &&Started| {
                let mut dependencies = of.service.depends_on.iter();
                dependencies.any(|dependency| {
                    dependency.service == first && dependency.condition == Condition::Completed
                })
            };
            let mut after: HashSet<&str> =
                started.iter().filter(waits).map(Started::name).collect();
            let mut known = 0;
            while known < after.len() {
                known = after.len();
                for of in started {
                    let mut dependencies = of.service.depends_on.iter();
                    if dependencies.any(|dependency| after.contains(dependency.service.as_str())) {
                        after.insert(of.name());
                    }
                }
            }
            pairs.extend(after.into_iter().map(|last| (first, last)));
        }
        Ended(pairs)
    }

    /// Returns true if containers of the two services never run at the same time.
    pub fn parts(&self, one: &'a str, other: &'a str) -> bool {
        self.0.contains(&(one, other)) || self.0.contains(&(other, one))
    }
}

/// Notes container names that two containers have.
pub(super) fn check_names(started: &[Started], context: &mut Context) {
    let mut named: Vec<(&Started, String, Mark)> = Vec::new();
    for service in started {
        let Some(node) = service.entry.value.get("container_name") else {
            continue;
        };
        let name = node.scalar().unwrap_or_default();
        if name.is_empty() {
            continue;
        }
        match named.iter().find(|(_, other, _)| *other == name) {
            Some((other, _, mark)) if other.containers > 0 && service.containers > 0 => {
                same_name(other, service, &name, (*mark, node.mark), context);
            }
            Some((other, ..)) => note_same_name(other, service, &name, context),
            None => {}
        }
        check_derived(service, &name, started, context);
        named.push((service, name, node.mark));
    }
}

fn same_name(
    one: &Started,
    other: &Started,
    name: &str,
    marks: (Mark, Mark),
    context: &mut Context,
) {
    let (first, second) = (one.name(), other.name());
    let said = format!("`Conflict. The container name \"/{name}\" is already in use`");
    let en = format!("`{first}` and `{second}` both call their container `{name}`: {said}");
    let fr = format!(
        "`{first}` et `{second}` donnent tous deux à leur conteneur le nom `{name}` : {said}"
    );
    context.findings.conflict(
        ProblemKind::ContainerNameTaken,
        marks.1,
        Some(marks.0),
        Text::new(format!("{en}, says Docker"), format!("{fr}, répond Docker")),
    );
}

fn note_same_name(one: &Started, other: &Started, name: &str, context: &mut Context) {
    let (first, second) = (one.name(), other.name());
    context.findings.oddity(Text::new(
        format!("`{first}` and `{second}` share the container name `{name}`: Compose 2.40 refuses it, also where one of them has no container"),
        format!("`{first}` et `{second}` partagent le nom de conteneur `{name}` : Compose 2.40 le refuse, même si l’un des deux n’a aucun conteneur"),
    ));
}

/// Notes a name that Compose itself gives to a container of another service; v1 and v2 derive different names.
fn check_derived(service: &Started, name: &str, started: &[Started], context: &mut Context) {
    if service.containers == 0 {
        return;
    }
    let nameless = started
        .iter()
        .filter(|other| other.name() != service.name() && other.service.container_name.is_none());
    for other in nameless {
        for version in Version::ALL {
            let (project, separator) = (context.project_name(version), version.separator());
            let prefix = format!("{project}{separator}{}{separator}", other.name());
            let number = name.strip_prefix(&prefix);
            let number = number.and_then(|number| number.parse::<u32>().ok());
            let Some(1..) = number.filter(|number| *number <= other.containers) else {
                continue;
            };
            let (first, second, version) = (service.name(), other.name(), version.name());
            context.findings.oddity(Text::new(
                format!("`{first}` takes the name `{name}`, which Compose {version} gives to a container of `{second}`: with it, `up` ends in a conflict"),
                format!("`{first}` prend le nom `{name}`, que Compose {version} donne à un conteneur de `{second}` : avec lui, `up` finit par un conflit"),
            ));
        }
    }
}
