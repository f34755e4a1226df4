//! Stacks whose services share something: ports of the host, names, tags, networks, addresses and volumes, with capitals and odd
//! names. Each is chosen by chance from a seed and asked with `up`.

use softy_checks::observation::{Compose, Published};

use crate::cases::{Case, Chance, is_everything};
use crate::reference::Reference;
use crate::tally::Outcome;

/// What names the seed.
const SEED: &str = "SOFTY_CHECK_SEED";

/// What names the number of stacks.
const COUNT: &str = "SOFTY_CHECK_STACKS";

/// Stacks where nothing names a number, in a comparison of everything and in an ordinary test.
const STACKS: [usize; 2] = [60, 3];

/// The first port that is asked for, and how many each stack has for itself.
const PORTS: [usize; 2] = [20_000, 4];

/// Stacks after which ports and subnets are used again.
const ROUND: usize = 200;

/// Names of services; the first one is scaled to two.
const NAMES: [&str; 8] = [
    "back-end",
    "front-end",
    "proxy",
    "FrontEnd",
    "front_",
    "_site",
    "a.b",
    "x--y",
];

/// Where an image comes from.
const IMAGES: [&str; 9] = [
    "image: 'nginx:latest'",
    "image: 'nginx:latest'",
    "image: 'nginx:latest'",
    "image: 'nginx:latest'",
    "image: 'nginx:$NOWHERE'",
    "build: ./one",
    "build: ./one",
    "build: ./one\n    image: $UNIQUE-site",
    "build: ./one\n    image: $UNIQUE-Site",
];

/// Entries of `ports`, in which `P` and `Q` are ports of the stack's own.
const PUBLISHED: [&str; 12] = [
    "'P:80'",
    "'P:80'",
    "'P:81'",
    "'P:80/udp'",
    "'127.0.0.1:P:80'",
    "'127.0.0.2:P:80'",
    "'[::1]:P:80'",
    "'0.0.0.0:P:80'",
    "'P-Q:80'",
    "{target: 80, published: P}",
    "'Q:80'",
    "'80'",
];

/// Lines of a service that say something of a thing that there is once, or that only the engine reads.
const LINES: [&str; 20] = [
    "container_name: $UNIQUE-web",
    "container_name: $UNIQUE-web",
    "container_name: $UNIQUE-Web",
    "container_name: $UNIQUE-back-end-2",
    "container_name: ${UNIQUE}_back-end_2",
    "scale: 0",
    "scale: 2",
    "networks: [n]",
    "networks: [n, m]",
    "networks: {n: {ipv4_address: S.9}}",
    "networks: {n: {ipv4_address: S.1}}",
    "network_mode: none",
    "network_mode: bridge",
    "volumes: ['data:/data']",
    "volumes: ['data:/data', 'other:/other']",
    "stop_signal: SIGQUIT",
    "stop_signal: word",
    "mem_limit: 5m",
    "logging: {driver: jsonfile}",
    "hostname: Box_1",
];

/// What a network of the file says, in which `S` is a subnet of the stack's own.
const NETWORKS: [&str; 9] = [
    "{}",
    "{}",
    "{}",
    "{driver: bridge}",
    "{driver: bridged}",
    "{internal: true}",
    "{name: $UNIQUE-net}",
    "{ipam: {config: [{subnet: S.0/24}]}}",
    "{ipam: {config: [{subnet: S.0/24}]}}",
];

/// What a volume of the file says.
const VOLUMES: [&str; 5] = [
    "{}",
    "{}",
    "{name: $UNIQUE-data}",
    "{name: $UNIQUE-data}",
    "{name: '$UNIQUE data'}",
];

/// All stacks that are asked for.
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
    let services: Vec<String> = (0..2 + chance.below(2))
        .map(|number| {
            let name = match number {
                0 if chance.below(3) > 0 => names.remove(0),
                _ => names.remove(chance.below(names.len())),
            };
            service(name, chance)
        })
        .collect();
    let of = |chance: &mut Chance, values: &[&'static str]| values[chance.below(values.len())];
    let text = format!(
        "services:\n{}networks:\n  n: {}\n  m: {}\nvolumes:\n  data: {}\n  other: {}\n",
        services.concat(),
        of(chance, &NETWORKS),
        of(chance, &NETWORKS),
        of(chance, &VOLUMES),
        of(chance, &VOLUMES),
    );
    let [first, each] = PORTS;
    let port = first + index % ROUND * each;
    let numbered = |text: String, mark: &str, number: usize| {
        let ends =
            ["'", ":", "-", "}"].map(|end| (format!("{mark}{end}"), format!("{number}{end}")));
        ends.into_iter().fold(text, |text, (from, to)| {
            ["'", ":", "-", " "].iter().fold(text, |text, start| {
                text.replace(&format!("{start}{from}"), &format!("{start}{to}"))
            })
        })
    };
    let text = numbered(numbered(text, "P", port), "Q", port + 1);
    text.replace(" S.", &format!(" 10.240.{}.", index % ROUND))
}

fn service(name: &str, chance: &mut Chance) -> String {
    let mut text = format!("  {name}:\n    {}\n", IMAGES[chance.below(IMAGES.len())]);
    let published: Vec<&str> = (0..[0, 1, 1, 1, 2][chance.below(5)])
        .map(|_| PUBLISHED[chance.below(PUBLISHED.len())])
        .collect();
    if !published.is_empty() {
        text += &format!("    ports: [{}]\n", published.join(", "));
    }
    let mut keys: Vec<&str> = Vec::new();
    for _ in 0..chance.below(3) {
        let line = LINES[chance.below(LINES.len())];
        // `network_mode` and `networks` exclude each other, which needs no `up`.
        let key = match line.split(':').next().unwrap_or_default() {
            "network_mode" => "networks",
            key => key,
        };
        if !keys.contains(&key) {
            keys.push(key);
            text += &format!("    {line}\n");
        }
    }
    text
}

/// What comes of a stack: whether `up` fails where a finding or a note says so, and only there.
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

/// What `can-scale` finds.
fn stops_scaling(seen: &Compose) -> Option<&'static str> {
    let back_end = seen.service(&seen.back_end)?;
    let mut ports = back_end.ports.iter();
    let is_fixed = ports.any(|port| matches!(port.published, Published::Fixed(_)));
    let is_named = back_end.container_name.is_some();
    (is_fixed || is_named || back_end.fixed_address.is_some())
        .then_some("back-end cannot be scaled")
}

/// Whether a note names the version that fails, or says that chance decides.
fn is_noted(reference: &Reference, seen: &Compose) -> bool {
    let signs: &[&str] = match reference.is_first() {
        true => &["v1", "20.10", "starts first"],
        false => &["v2", "2.40", "from 26", "starts first"],
    };
    let mut notes = seen.oddities.iter();
    notes.any(|note| signs.iter().any(|sign| note.en.contains(sign)))
}
