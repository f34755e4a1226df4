//! Facts about a stack's containers from the engine, in terms independent of the program that made them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use assert_cmd::Command;
use serde_json::Value;

use crate::mounts;

/// Prefixes of labels that programs set, not the student.
const NOT_OF_THE_STUDENT: [&str; 4] = [
    "com.docker.compose.",
    "org.softy-check.",
    "desktop.docker.io",
    "compared",
];

/// Name of the project in the exercise.
const PROJECT: &str = "task6";

/// Networks of the engine itself, on which containers have no names.
const UNNAMED: [&str; 2] = ["bridge", "none"];

/// Prefix of the fact about a mount, before its target.
const MOUNT: &str = "mount ";

/// Deadline for the engine to list, inspect, copy or remove resources of a comparison.
const ANSWERS_WITHIN: Duration = Duration::from_secs(120);

/// Naming scheme of a stack's resources, by the program that made it.
pub enum Names {
    /// Compose, for a project of this name.
    Compose(String),
    /// The sandbox, for a project with these networks; it names them by their numbers.
    Sandbox(Vec<String>),
}

/// Containers of a stack with their facts, by service and number.
#[derive(Default)]
pub struct Stack(pub BTreeMap<(String, u64), BTreeMap<String, String>>);

impl Stack {
    /// Inspects the containers with a label. Also reads the paths at which the containers of `like` have mounts.
    pub fn labelled(label: &str, names: &Names, like: &Stack) -> Stack {
        let ids = docker(&[
            "ps",
            "--all",
            "--quiet",
            "--filter",
            &format!("label={label}"),
        ]);
        let ids: Vec<&str> = ids.split_whitespace().collect();
        if ids.is_empty() {
            return Stack::default();
        }
        let all = docker(&[["inspect"].as_slice(), &ids].concat());
        let all: Vec<Value> = serde_json::from_str(&all).expect("the engine answers in JSON");
        let links = links(&all, names);
        let containers = all.iter().map(|container| {
            let identity = identity(container, names);
            let like = like.0.get(&identity);
            let facts = facts(container, names, &links, like);
            (identity, facts)
        });
        Stack(containers.collect())
    }

    /// Returns the differences from another stack, one line each.
    pub fn differences(&self, other: &Stack) -> Vec<String> {
        let containers: BTreeSet<_> = self.0.keys().chain(other.0.keys()).collect();
        let mut differences = Vec::new();
        for container @ (service, number) in containers {
            match (self.0.get(container), other.0.get(container)) {
                (Some(one), Some(other)) => {
                    let facts: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
                    for fact in facts {
                        let (one, other) = (one.get(fact), other.get(fact));
                        if one != other {
                            let word = |value: Option<&String>| {
                                value.map_or("nothing", String::as_str).to_owned()
                            };
                            differences.push(format!(
                                "{service} {number}: {fact}: Compose {}, here {}",
                                word(one),
                                word(other)
                            ));
                        }
                    }
                }
                (Some(_), None) => differences.push(format!("{service} {number} is missing here")),
                (None, _) => differences.push(format!("{service} {number} is here only")),
            }
        }
        differences
    }
}

/// Returns the output of the engine's command-line client.
pub fn docker(arguments: &[&str]) -> String {
    String::from_utf8_lossy(&docker_bytes(arguments)).into_owned()
}

/// Returns the same output as [`docker`], but as bytes; empty if the command fails, for example because a resource does not
/// exist.
///
/// # Panics
///
/// If the engine does not answer in time.
pub fn docker_bytes(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("docker")
        .args(arguments)
        .timeout(ANSWERS_WITHIN)
        .output()
        .expect("the engine's command is there");
    let ended = output.status.code();
    assert!(ended.is_some(), "no answer to {arguments:?}");
    output.stdout
}

fn facts(
    container: &Value,
    names: &Names,
    links: &BTreeMap<(String, String), BTreeSet<String>>,
    like: Option<&BTreeMap<String, String>>,
) -> BTreeMap<String, String> {
    let (config, host) = (&container["Config"], &container["HostConfig"]);
    let words = [&[container["Path"].clone()], list(&container["Args"])].concat();
    let id = text(&container["Id"]);
    let hostname = text(&config["Hostname"]);
    let mut facts = BTreeMap::from([
        ("words", Value::from(words).to_string()),
        ("environment", sorted(list(&config["Env"]))),
        ("working folder", text(&config["WorkingDir"])),
        ("user", text(&config["User"])),
        (
            "host name",
            match is_short(&hostname, &id) {
                true => String::new(),
                false => hostname,
            },
        ),
        ("domain name", text(&config["Domainname"])),
        ("terminal", config["Tty"].to_string()),
        ("stdin", config["OpenStdin"].to_string()),
        ("labels", labels(&config["Labels"])),
        ("health check", config["Healthcheck"]["Test"].to_string()),
        ("init", host["Init"].as_bool().unwrap_or(false).to_string()),
        ("read-only", host["ReadonlyRootfs"].to_string()),
        ("hosts", sorted(list(&host["ExtraHosts"]))),
    ])
    .into_iter()
    .map(|(fact, value)| (fact.to_owned(), value))
    .collect::<BTreeMap<_, _>>();
    for (port, word) in ports(config, host) {
        facts.insert(format!("port {port}"), word);
    }
    for (network, own) in networks(container, names, links) {
        facts.insert(format!("names on {network}"), format!("{own:?}"));
    }
    for (target, mounted) in mounts::mounts(container, names) {
        facts.insert(format!("{MOUNT}{target}"), mounted);
    }
    let targets = like
        .into_iter()
        .flatten()
        .filter_map(|(fact, _)| fact.strip_prefix(MOUNT));
    for target in targets {
        let fact = facts.entry(format!("{MOUNT}{target}"));
        fact.or_insert_with(|| mounts::unmounted(&id, target));
    }
    facts
}

/// Returns the service and the number of a container.
fn identity(container: &Value, names: &Names) -> (String, u64) {
    let labels = &container["Config"]["Labels"];
    let (service, number) = match names {
        Names::Compose(_) => (
            text(&labels["com.docker.compose.service"]),
            text(&labels["com.docker.compose.container-number"]),
        ),
        Names::Sandbox(_) => {
            let name = text(&container["Name"]);
            let name = of_run(&name);
            let (service, number) = name.rsplit_once('-').unwrap_or_default();
            (service.to_owned(), number.to_owned())
        }
    };
    (service, number.parse().unwrap_or_default())
}

/// Returns the name of a volume in the compose file.
pub fn written(name: &str, names: &Names) -> String {
    match names {
        Names::Compose(project) => name
            .strip_prefix(&format!("{project}_"))
            .unwrap_or(name)
            .to_owned(),
        Names::Sandbox(_) => of_run(name).to_owned(),
    }
}

/// Returns the name of a network in the compose file.
fn network_written(name: &str, names: &Names) -> String {
    let Names::Sandbox(networks) = names else {
        return written(name, names);
    };
    let number: Option<usize> = of_run(name).parse().ok();
    let network = number.and_then(|number| networks.get(number.checked_sub(1)?));
    network.map_or(name, String::as_str).to_owned()
}

/// Returns the rest of `softy-check-<run>-…`; any other name unchanged.
fn of_run(name: &str) -> &str {
    let name = name.trim_start_matches('/');
    let rest = name.strip_prefix("softy-check-");
    rest.and_then(|rest| rest.split_once('-'))
        .map_or(name, |(_, rest)| rest)
}

/// Returns the networks of a container, each with its DNS names there.
fn networks(
    container: &Value,
    names: &Names,
    links: &BTreeMap<(String, String), BTreeSet<String>>,
) -> BTreeMap<String, BTreeSet<String>> {
    let id = text(&container["Id"]);
    let full = text(&container["Name"]).trim_start_matches('/').to_owned();
    let entries = container["NetworkSettings"]["Networks"].as_object();
    let named = entries.into_iter().flatten().map(|(network, endpoint)| {
        if UNNAMED.contains(&network.as_str()) {
            return (network.clone(), BTreeSet::new());
        }
        let network = network_written(network, names);
        let aliases = list(&endpoint["Aliases"]).iter().map(text);
        let mut own: BTreeSet<String> = aliases.filter(|alias| !is_short(alias, &id)).collect();
        if let Names::Compose(project) = names {
            own.remove(&full);
            let (service, number) = identity(container, names);
            match full.strip_prefix(project.as_str()) {
                // The styles of both versions.
                Some(_) => own.extend([
                    format!("{PROJECT}-{service}-{number}"),
                    format!("{PROJECT}_{service}_{number}"),
                ]),
                None => drop(own.insert(full.clone())),
            }
        }
        let linked = links.get(&(full.clone(), network.clone()));
        own.extend(linked.into_iter().flatten().cloned());
        (network, own)
    });
    named.collect()
}

/// Returns the aliases that links set, by the linked container's name and the network.
fn links(all: &[Value], names: &Names) -> BTreeMap<(String, String), BTreeSet<String>> {
    let mut links: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for container in all {
        let entries = container["NetworkSettings"]["Networks"].as_object();
        for (network, endpoint) in entries.into_iter().flatten() {
            for link in list(&endpoint["Links"]).iter().map(text) {
                let Some((linked, alias)) = link.split_once(':') else {
                    continue;
                };
                let key = (linked.to_owned(), network_written(network, names));
                if alias != linked {
                    links.entry(key).or_default().insert(alias.to_owned());
                }
            }
        }
    }
    links
}

/// Returns the ports of a container, each published or exposed.
fn ports(config: &Value, host: &Value) -> BTreeMap<String, String> {
    let published = |port: &String| !host["PortBindings"][port].is_null();
    let ports = config["ExposedPorts"].as_object().into_iter().flatten();
    let ports = ports.map(|(port, _)| {
        let word = if published(port) {
            "published"
        } else {
            "exposed"
        };
        // Compose v2 passes the file's text on; the engine treats a port without a protocol as TCP.
        let protocol = if port.contains('/') { "" } else { "/tcp" };
        (format!("{port}{protocol}"), word.to_owned())
    });
    ports.collect()
}

fn labels(labels: &Value) -> String {
    let student = |name: &String| {
        !NOT_OF_THE_STUDENT
            .iter()
            .any(|other| name.starts_with(other))
    };
    let labels = labels.as_object().into_iter().flatten();
    let labels: BTreeMap<&String, &Value> = labels.filter(|(name, _)| student(name)).collect();
    format!("{labels:?}")
}

/// Returns whether a name is the first twelve digits of an id: the engine sets such names itself.
fn is_short(name: &str, id: &str) -> bool {
    name.len() == 12 && id.starts_with(name)
}

fn sorted(texts: &[Value]) -> String {
    let mut texts: Vec<String> = texts.iter().map(text).collect();
    texts.sort();
    format!("{texts:?}")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
