//! Stacks whose services share something: ports of the host, names, tags, networks, addresses and volumes, with capitals and
//! odd names. A seeded random generator makes each stack, and `up` starts it.

use softy_checks::observation::{Compose, Published};

use crate::cases::{Case, Chance, is_everything};
use crate::reference::Reference;
use crate::tally::Outcome;

/// Environment variable with the seed.
const SEED: &str = "SOFTY_CHECK_SEED";

/// Environment variable with the number of stacks.
const COUNT: &str = "SOFTY_CHECK_STACKS";

/// Default number of stacks, in a full comparison and in an ordinary test.
const STACKS: [usize; 2] = [60, 3];

/// First port, and the number of ports that each stack has for itself.
const PORTS: [usize; 2] = [20_000, 4];

/// Number of stacks after which ports and subnets are reused.
const ROUND: usize = 200;

/// Names of services besides the scaled one.
const NAMES: [&str; 10] = [
    "front-end",
    "proxy",
    "web",
    "db",
    "site",
    "a.b",
    "x--y",
    "FrontEnd",
    "front_",
    "_site",
];

/// Sources of a service's image.
const IMAGES: [&str; 6] = [
    "image: 'nginx:latest'",
    "image: 'nginx:latest'",
    "image: 'nginx:latest'",
    "build: ./one",
    "build: ./one\n    image: $UNIQUE-site",
    "build: ./one\n    image: $UNIQUE-site:V1",
];

/// Entries of `ports`; `P` to `T` are ports of the stack's own.
const PUBLISHED: [&str; 16] = [
    "'P:80'",
    "'P:81'",
    "'P:80/udp'",
    "'127.0.0.1:P:80'",
    "'127.0.0.2:P:80'",
    "'[::1]:P:80'",
    "'0.0.0.0:P:80'",
    "'P-Q:80'",
    "'Q-T:80'",
    "{target: 80, published: P}",
    "'Q:80'",
    "'R:80'",
    "'T:80'",
    "'R:90/udp'",
    "'Q-R:80-81'",
    "'80'",
];

/// Lines of a service about resources that exist once, or that only the engine interprets.
const LINES: [&str; 16] = [
    "container_name: $UNIQUE-web",
    "container_name: $UNIQUE-Web",
    "container_name: ${UNIQUE}_back-end_2",
    "scale: 0",
    "scale: 2",
    "networks: [n]",
    "networks: [n, m]",
    "networks: [m]",
    "networks: {n: {ipv4_address: S.9}}",
    "network_mode: none",
    "depends_on: [back-end]",
    "depends_on: {back-end: {condition: service_started}}",
    "volumes: ['data:/data']",
    "volumes: ['data:/data', 'other:/other']",
    "stop_signal: SIGQUIT",
    "hostname: Box_1",
];

/// Lines that always make `up` fail, except the last two.
const BAD_LINES: [&str; 7] = [
    "networks: {n: {ipv4_address: S.1}}",
    "stop_signal: word",
    "mem_limit: 5m",
    "logging: {driver: jsonfile}",
    "tmpfs: run",
    "network_mode: 'service:back-end'",
    "container_name: $UNIQUE-back-end-2",
];

/// Texts that no line of the scaled service may contain: its own name, and `none`, because `can-scale` does not check the ports
/// of a service without a network.
const NOT_OF_THE_SCALED: [&str; 2] = ["back-end", "none"];

/// One line in this many is a bad one.
const BAD: usize = 10;

/// Definitions of a network; `S` is a subnet of the stack's own.
const NETWORKS: [&str; 8] = [
    "{}",
    "{}",
    "{}",
    "{driver: bridge}",
    "{internal: true}",
    "{name: $UNIQUE-net}",
    "{ipam: {config: [{subnet: S.0/24}]}}",
    "{ipam: {config: [{subnet: S.0/24}]}}",
];

/// Definitions of a volume.
const VOLUMES: [&str; 4] = ["{}", "{}", "{name: $UNIQUE-data}", "{name: $UNIQUE-other}"];

/// Returns the requested number of stacks.
pub fn cases() -> Vec<Case> {
    let named = |name: &str| std::env::var(name).ok()?.parse().ok();
    let count = named(COUNT).unwrap_or(STACKS[usize::from(!is_everything())]);
    let seed = named(SEED).unwrap_or(6);
    let mut chance = Chance(u64::try_from(seed).unwrap_or_default());
    let cases = (0..count).map(|index| {
        let text = file(&mut chance, index);
        let name = text.replace('\n', "; ");
        Case::between(format!("between {seed}/{index}: {name}"), text)
    });
    cases.collect()
}

fn file(chance: &mut Chance, index: usize) -> String {
    let mut names = NAMES.to_vec();
    let mut services = vec![service("back-end", chance)];
    for _ in 0..1 + chance.below(2) {
        // The odd names are at the end, and less likely.
        let end = match chance.below(4) {
            0 => names.len(),
            _ => names.len() / 2,
        };
        let name = names.remove(chance.below(end));
        services.push(service(name, chance));
    }
    let of =
        |chance: &mut Chance, values: &[&'static str], bad: &'static str| match chance.below(BAD) {
            0 => bad,
            _ => values[chance.below(values.len())],
        };
    let text = format!(
        "services:\n{}networks:\n  n: {}\n  m: {}\nvolumes:\n  data: {}\n  other: {}\n",
        services.concat(),
        of(chance, &NETWORKS, "{driver: bridged}"),
        of(chance, &NETWORKS, "{name: default}"),
        of(chance, &VOLUMES, "{name: '$UNIQUE data'}"),
        of(chance, &VOLUMES, "{name: a}"),
    );
    let [first, each] = PORTS;
    let port = first + index % ROUND * each;
    let text = ["P", "Q", "R", "T"]
        .iter()
        .enumerate()
        .fold(text, |text, (at, mark)| numbered(&text, mark, port + at));
    text.replace(" S.", &format!(" 10.240.{}.", index % ROUND))
}

/// Replaces a mark between the delimiters of a `ports` entry by a number.
fn numbered(text: &str, mark: &str, number: usize) -> String {
    let mut text = text.to_owned();
    for start in ["'", ":", "-", " "] {
        for end in ["'", ":", "-", "}"] {
            text = text.replace(
                &format!("{start}{mark}{end}"),
                &format!("{start}{number}{end}"),
            );
        }
    }
    text
}

fn service(name: &str, chance: &mut Chance) -> String {
    let image = match chance.below(2 * BAD) {
        0 => [
            "image: 'nginx:$NOWHERE'",
            "build: ./one\n    image: $UNIQUE/Site",
        ][chance.below(2)],
        _ => IMAGES[chance.below(IMAGES.len())],
    };
    let mut text = format!("  {name}:\n    {image}\n");
    let many = match name {
        "back-end" => chance.below(4) / 3,
        _ => [0, 1, 1, 1, 1, 2][chance.below(6)],
    };
    let published: Vec<&str> = (0..many)
        .map(|_| PUBLISHED[chance.below(PUBLISHED.len())])
        .collect();
    if !published.is_empty() {
        text += &format!("    ports: [{}]\n", published.join(", "));
    }
    let mut keys: Vec<&str> = Vec::new();
    for _ in 0..[0, 0, 1, 1, 2][chance.below(5)] {
        let line = match chance.below(BAD) {
            0 => BAD_LINES[chance.below(BAD_LINES.len())],
            _ => LINES[chance.below(LINES.len())],
        };
        // `network_mode` and `networks` exclude each other; checking this needs no `up`.
        let key = match line.split(':').next().unwrap_or_default() {
            "network_mode" => "networks",
            key => key,
        };
        if !keys.contains(&key)
            && (name != "back-end" || !NOT_OF_THE_SCALED.iter().any(|word| line.contains(word)))
        {
            keys.push(key);
            text += &format!("    {line}\n");
        }
    }
    text
}

/// Returns the outcome of a stack: `up` must fail exactly when a finding or a note predicts it.
pub fn outcome(
    reference: &Reference,
    case: &Case,
    folder: &std::path::Path,
    seen: &Compose,
) -> Outcome {
    let words = seen
        .problems
        .first()
        .map(|problem| problem.message.en.to_string());
    let words = words.or_else(|| stops_scaling(seen).map(str::to_owned));
    let started = reference.started(folder, &case.project(), || ());
    match (words, started) {
        (None, Ok(())) => Outcome::Equal,
        (Some(_), Err(_)) => Outcome::RefusedByBoth,
        (Some(words), Ok(())) => Outcome::different("only this program refuses", words),
        (None, Err(_)) if is_noted(reference, seen) => Outcome::Noted,
        (None, Err(words)) => Outcome::different("Compose refuses", words),
    }
}

/// Returns the mistake that `can-scale` finds.
fn stops_scaling(seen: &Compose) -> Option<&'static str> {
    let back_end = seen.service(&seen.back_end)?;
    let mut ports = back_end.ports.iter();
    let is_fixed = ports.any(|port| matches!(port.published, Published::Fixed(_)));
    let is_named = back_end.container_name.is_some();
    (is_fixed || is_named || back_end.fixed_address.is_some())
        .then_some("back-end cannot be scaled")
}

/// Returns whether a note names the failing version, or states that the start order is random.
fn is_noted(reference: &Reference, seen: &Compose) -> bool {
    let signs: &[&str] = match reference.is_first() {
        true => &["v1", "20.10", "starts first"],
        false => &["v2", "2.40", "from 26", "starts first"],
    };
    let mut notes = seen.oddities.iter();
    notes.any(|note| signs.iter().any(|sign| note.en.contains(sign)))
}
