//! Stacks started by Compose and by the program: their start order and name resolution.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use softy_check::compose::project::Project;

use crate::facts::{docker, docker_bytes, text};
use crate::fixture;
use crate::reference::Reference;

/// Compose files, in which `SAY` is replaced by an image and a command that prints facts about its container.
pub const CASES: [(&str, &str); 6] = [
    (
        "no order",
        "services:\n  proxy: {SAY, ports: ['80']}\n  back-end: {SAY}\n  front-end: {SAY}\n  db: {SAY}\n",
    ),
    (
        "depends_on",
        "services:\n  proxy: {SAY, ports: ['80'], depends_on: [back-end, front-end]}\n  back-end: {SAY, depends_on: [db]}\n  \
         front-end: {SAY, depends_on: {back-end: {condition: service_started}}}\n  db: {SAY}\n",
    ),
    (
        "conditions",
        "services:\n  proxy: {SAY, ports: ['80'], depends_on: {back-end: {condition: service_started}}}\n  \
         back-end: {SAY, depends_on: {db: {condition: service_healthy}, front-end: {condition: service_completed_successfully}}}\n  \
         front-end: {image: 'nginx:latest', command: [sh, -c, 'echo started $$(date +%s%N); sleep 1']}\n  \
         db: {SAY, healthcheck: {test: [CMD, 'true'], interval: 1s}}\n",
    ),
    (
        "links and names",
        "services:\n  proxy: {SAY, ports: ['80'], links: [back-end, 'db:database']}\n  back-end: {SAY, hostname: api}\n  \
         front-end: {SAY, container_name: site-UNIQUE}\n  db: {SAY, hostname: box, domainname: example.org}\n",
    ),
    (
        "networks and aliases",
        "services:\n  proxy: {SAY, ports: ['80'], networks: {front: {aliases: [www]}, back: }}\n  \
         back-end: {SAY, networks: {back: {aliases: [api, database]}}}\n  front-end: {SAY, networks: [front]}\n  \
         db: {SAY, networks: {back: {aliases: [database]}}}\nnetworks: {front: , back: }\n",
    ),
    (
        "namespaces",
        "services:\n  proxy: {SAY, ports: ['80'], depends_on: [back-end]}\n  back-end: {SAY}\n  \
         front-end: {SAY, network_mode: 'service:db'}\n  db: {SAY, depends_on: [back-end]}\n",
    ),
];

/// Names that every container resolves.
const NAMES: &str =
    "proxy back-end front-end db api www database site-UNIQUE box box.example.org nowhere";

/// Image and command of a container that waits 5 s before it resolves names, so that all containers have been started.
const SAY: &str = "image: 'nginx:latest', command: [sh, -c, 'echo started $$(date +%s%N) $$(hostname -i); sleep 5; \
     for name in NAMES; do echo name $$name $$(getent ahostsv4 $$name | cut -d\" \" -f1 | sort -u); done; echo done; \
     exec nginx -g \"daemon off;\"']";

/// Maximum time from the start of a stack until every container has printed everything.
const SAID_WITHIN: Duration = Duration::from_secs(60);

/// Output lines of a stack's containers, by service and number.
pub type Said = BTreeMap<(String, u64), Vec<String>>;

/// Returns the compose file of a case; `unique` must be unique on the engine.
pub fn file(case: &str, unique: &str) -> String {
    let file = case.replace("SAY", SAY).replace("NAMES", NAMES);
    file.replace("UNIQUE", unique)
}

/// Starts the stack with Compose, and returns the output of its containers.
///
/// # Errors
/// Its error text if it fails.
pub fn of_compose(reference: &Reference, folder: &Path, project: &str) -> Result<Said, String> {
    reference.started(folder, project, || {
        let started = Instant::now();
        loop {
            let (said, is_all) = said(project);
            if is_all || started.elapsed() > SAID_WITHIN {
                return said;
            }
            sleep(Duration::from_millis(200));
        }
    })
}

/// Returns the output of a project's containers so far, and true if none of them has more to print.
fn said(project: &str) -> (Said, bool) {
    let label = format!("label=com.docker.compose.project={project}");
    let ids = docker(&["ps", "--all", "--quiet", "--filter", &label]);
    let mut is_all = true;
    let containers = ids.split_whitespace().filter_map(|id| {
        let inspected: Value = serde_json::from_slice(&docker_bytes(&["inspect", id])).ok()?;
        let labels = &inspected[0]["Config"]["Labels"];
        let number = text(&labels["com.docker.compose.container-number"]);
        let service = text(&labels["com.docker.compose.service"]);
        let log = docker(&["logs", id]);
        let lines = log.lines().filter(|line| tells(line));
        let lines: Vec<String> = lines.map(str::to_owned).collect();
        let runs = inspected[0]["State"]["Running"] == true;
        is_all &= !runs || lines.last().is_some_and(|line| line == "done");
        Some(((service, number.parse().ok()?), lines))
    });
    let said = containers.collect();
    (said, is_all)
}

/// Starts the stack with the program, and returns the output of its containers.
pub fn of_program(folder: &Path) -> Said {
    let answer = folder.join("task6/2-api-servers.txt");
    std::fs::write(answer, "docker-compose up --scale back-end=2\n")
        .expect("a file can be written");
    let output = Command::new(env!("CARGO_BIN_EXE_softy-check"))
        .args(["task6", "--format", "json"])
        .arg(folder)
        .output()
        .expect("the program runs");
    let report: Value = serde_json::from_str(&fixture::stdout(&output)).unwrap_or_default();
    let containers = report["observation"]["stack"]["containers"].as_array();
    let containers = containers.into_iter().flatten().map(|container| {
        let log = container["log"].as_array().into_iter().flatten().map(text);
        let service = text(&container["service"]);
        let number = container["number"].as_u64().unwrap_or_default();
        ((service, number), log.filter(|line| tells(line)).collect())
    });
    containers.collect()
}

fn tells(line: &str) -> bool {
    ["started ", "name ", "done"]
        .iter()
        .any(|start| line.starts_with(start))
}

/// Returns the differences between two stacks of one project, one line each.
pub fn differences(project: &Project, theirs: &Said, ours: &Said) -> Vec<String> {
    let mut differences = Vec::new();
    let (their_containers, our_containers) = (containers(theirs), containers(ours));
    if their_containers != our_containers {
        differences.push(format!(
            "containers: Compose {their_containers:?}, here {our_containers:?}"
        ));
    }
    for (who, said) in [("Compose", theirs), ("here", ours)] {
        let early = early(project, said).into_iter();
        differences.extend(early.map(|words| format!("{who}: {words}")));
    }
    let (theirs, ours) = (names(theirs), names(ours));
    for (container, name) in theirs.keys().chain(ours.keys()).collect::<BTreeSet<_>>() {
        let key = (container.clone(), name.clone());
        let (one, other) = (theirs.get(&key), ours.get(&key));
        if one != other {
            differences.push(format!(
                "`{name}` in {container}: Compose {one:?}, here {other:?}"
            ));
        }
    }
    differences
}

fn containers(said: &Said) -> Vec<String> {
    let names = said
        .keys()
        .map(|(service, number)| format!("{service} {number}"));
    names.collect()
}

/// Returns the containers that were started before a dependency of their service.
fn early(project: &Project, said: &Said) -> Vec<String> {
    let started = |service: &str| -> Vec<u64> {
        let own = said.iter().filter(|((name, _), _)| name == service);
        let moments = own.filter_map(|(_, lines)| {
            let words = lines.first()?.strip_prefix("started ")?;
            words.split(' ').next()?.parse().ok()
        });
        moments.collect()
    };
    let mut early = Vec::new();
    for service in &project.services {
        for dependency in &service.depends_on {
            let first = started(&service.name).into_iter().min();
            let last = started(&dependency.service).into_iter().max();
            if first.is_none() || first < last {
                early.push(format!("{} before {}", service.name, dependency.service));
            }
        }
    }
    early
}

/// Returns the services that each name resolves to, by the container that resolves it and the name.
fn names(said: &Said) -> BTreeMap<(String, String), BTreeSet<String>> {
    let mut owners = BTreeMap::new();
    for ((service, _), lines) in said {
        let own = lines.first().and_then(|line| line.strip_prefix("started "));
        for address in own.into_iter().flat_map(|own| own.split(' ').skip(1)) {
            owners.insert(address, service.as_str());
        }
    }
    let mut names = BTreeMap::new();
    for ((service, number), lines) in said {
        for line in lines.iter().filter_map(|line| line.strip_prefix("name ")) {
            let mut words = line.split(' ');
            let name = words.next().unwrap_or_default();
            // A container's own names may resolve to its loopback or to one of its networks.
            let leads = words.map(|address| owners.get(address).unwrap_or(&address).to_string());
            names.insert(
                (format!("{service} {number}"), name.to_owned()),
                leads.collect(),
            );
        }
    }
    names
}
