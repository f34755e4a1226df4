//! What is on the engine and among the machine's processes, and whose it is.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use serde_json::Value;

use crate::engine::docker;
use crate::process;

/// The label of everything that a run makes, with the run's id.
const RUN_LABEL: &str = "org.softy-check.run";

/// The label that tells the process that made it.
const OWNER_LABEL: &str = "org.softy-check.owner";

/// The label of what builds leave as their cache.
const CACHE_LABEL: &str = "org.softy-check.cache";

/// Seconds in which an engine tells what it has, if it answers at all.
const ANSWERS_WITHIN: &str = "60";

/// What an engine has, with the words that list it and those that show an id and a name.
const KINDS: [(&str, &[&str], &str); 4] = [
    (
        "container",
        &["container", "ls", "--all"],
        "{{.ID}} {{.Names}}",
    ),
    ("network", &["network", "ls"], "{{.ID}} {{.Name}}"),
    ("volume", &["volume", "ls"], "{{.Name}}"),
    ("image", &["image", "ls"], "{{.ID}} {{.Repository}}"),
];

/// A labelled thing on an engine.
pub struct Thing {
    /// What it is, such as `network`.
    pub kind: &'static str,
    /// The engine's id.
    pub id: String,
    /// The process of the run that made it, where the label tells.
    pub process: Option<u32>,
}

/// Everything on the engine that a run has made. `engine` is the socket of another one than the user's.
pub fn things(engine: Option<&Path>) -> Result<Vec<Thing>> {
    let mut things = Vec::new();
    let filter = format!("label={RUN_LABEL}");
    let owner = format!("{{{{.Label \"{OWNER_LABEL}\"}}}}");
    for (kind, list, id) in [
        (
            "container",
            ["container", "ls", "--all"].as_slice(),
            "{{.ID}}",
        ),
        ("network", &["network", "ls"], "{{.ID}}"),
        ("volume", &["volume", "ls"], "{{.Name}}"),
    ] {
        let mut listing = command(engine);
        let format = format!("{id}\t{owner}");
        listing.args(list);
        listing.args(["--filter", &filter, "--format", &format]);
        for line in process::text(&mut listing)?.lines() {
            let (id, owner) = line.split_once('\t').unwrap_or((line, ""));
            things.push(Thing {
                kind,
                id: id.to_owned(),
                process: process_of(owner),
            });
        }
    }
    let mut listing = command(engine);
    listing.args(["image", "ls", "--all", "--quiet", "--filter", &filter]);
    for id in process::text(&mut listing)?.lines() {
        // What goes away between the two questions is not left.
        if let Ok(process) = owner_of_image(engine, id) {
            things.push(Thing {
                kind: "image",
                id: id.to_owned(),
                process,
            });
        }
    }
    Ok(things)
}

/// Everything on the user's engine, each a kind, an id and a name, without the builds' cache and what a run has made that goes on.
pub fn everything() -> Result<BTreeSet<String>> {
    let list = |filter: Option<&str>| -> Result<BTreeSet<String>> {
        let mut all = BTreeSet::new();
        for (kind, list, format) in KINDS {
            let mut listing = command(None);
            listing.args(list).args(["--format", format]);
            listing.args(filter.iter().flat_map(|filter| ["--filter", *filter]));
            let listed = process::text(&mut listing)?;
            all.extend(listed.lines().map(|thing| format!("{kind} {thing}")));
        }
        Ok(all)
    };
    let cached = list(Some(&format!("label={CACHE_LABEL}")))?;
    let others = things(None)?.into_iter();
    let others = others.filter(|thing| thing.process.is_some_and(runs));
    let others: Vec<String> = others
        .map(|thing| format!("{} {}", thing.kind, thing.id))
        .collect();
    let is_other = |thing: &String| others.iter().any(|other| thing.starts_with(other));
    let mut all = list(None)?;
    all.retain(|thing| !cached.contains(thing) && !is_other(thing));
    Ok(all)
}

/// Whether a process of this number runs on this machine.
pub fn runs(process: u32) -> bool {
    Path::new("/proc").join(process.to_string()).exists()
}

/// Every tag of the engine and the image that it names.
pub fn tags() -> Result<HashMap<String, String>> {
    let mut listing = docker(["image", "ls", "--no-trunc", "--format"]);
    let listed = process::text(listing.arg("{{.Repository}}:{{.Tag}} {{.ID}}"))?;
    let tags = listed.lines().filter_map(|line| line.split_once(' '));
    Ok(tags
        .filter(|(tag, _)| !tag.contains("<none>"))
        .map(|(tag, id)| (tag.to_owned(), id.to_owned()))
        .collect())
}

/// The processes of a group, and those in one of the containers with these ids.
pub fn processes(group: u32, containers: &[String]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        let path = entry.path();
        // A process that ends meanwhile has no files any more.
        let text = |name: &str| fs::read_to_string(path.join(name)).unwrap_or_default();
        let is_inside = || {
            let groups = text("cgroup");
            containers.iter().any(|id| groups.contains(id.as_str()))
        };
        if group_of(&text("stat")) == Some(group) || is_inside() {
            let name = text("comm");
            found.push(format!("{} {}", entry.file_name().display(), name.trim()));
        }
    }
    Ok(found)
}

/// The process that a label of [`OWNER_LABEL`] tells of.
pub fn process_of(owner: &str) -> Option<u32> {
    let owner: Value = serde_json::from_str(owner).ok()?;
    u32::try_from(owner["process"]["id"].as_u64()?).ok()
}

/// Listings of images do not tell labels.
fn owner_of_image(engine: Option<&Path>, id: &str) -> Result<Option<u32>> {
    let format = format!("{{{{index .Config.Labels \"{OWNER_LABEL}\"}}}}");
    let mut inspection = command(engine);
    inspection.args(["image", "inspect", "--format", &format, id]);
    Ok(process_of(&process::text(&mut inspection)?))
}

/// The group of a process, the third word behind its name in `/proc/PID/stat`.
fn group_of(stat: &str) -> Option<u32> {
    let (_, behind) = stat.rsplit_once(')')?;
    behind.split_whitespace().nth(2)?.parse().ok()
}

fn command(engine: Option<&Path>) -> Command {
    let mut command = Command::new("timeout");
    command.args([ANSWERS_WITHIN, "docker"]);
    if let Some(socket) = engine {
        command.env("DOCKER_HOST", format!("unix://{}", socket.display()));
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_tells_its_group() {
        assert_eq!(group_of("12 (a) b) S 1 34 34 0"), Some(34));
        assert_eq!(group_of(""), None);
    }

    #[test]
    fn an_owner_tells_its_process() {
        let owner = r#"{"began":1,"process":{"boot":"b","namespace":"n","id":42,"started":7}}"#;
        assert_eq!(process_of(owner), Some(42));
        assert_eq!(process_of("<no value>"), None);
    }
}
