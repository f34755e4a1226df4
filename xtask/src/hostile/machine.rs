//! Resources on the engine and processes on the machine, with their owners.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use serde_json::Value;

use crate::engine::docker;
use crate::process;

/// Label of every resource that a run makes, with the run's id.
const RUN_LABEL: &str = "org.softy-check.run";

/// Label that identifies the process that made a resource.
const OWNER_LABEL: &str = "org.softy-check.owner";

/// Label of the builds' cache.
const CACHE_LABEL: &str = "org.softy-check.cache";

/// Time limit in seconds for a request to the engine, which may not answer at all.
const ANSWERS_WITHIN: &str = "60";

/// Kinds of resources, with the arguments that list them and the format that shows an id and a name.
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

/// A labelled resource on an engine.
pub struct Thing {
    /// Kind of resource, such as `network`.
    pub kind: &'static str,
    /// Id on the engine.
    pub id: String,
    /// Process of the run that made it, if the label names one.
    pub process: Option<u32>,
}

/// Returns every resource on the engine that a run has made. `engine` is the socket of an engine other than the user's.
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
        // An image that is removed between the two requests is not left.
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

/// Returns every resource on the user's engine as a kind, an id and a name, except the builds' cache and resources of live
/// runs.
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

/// Returns whether a process with this id is running on this machine.
pub fn runs(process: u32) -> bool {
    Path::new("/proc").join(process.to_string()).exists()
}

/// Returns every tag on the engine, with the id of its image.
pub fn tags() -> Result<HashMap<String, String>> {
    let mut listing = docker(["image", "ls", "--no-trunc", "--format"]);
    let listed = process::text(listing.arg("{{.Repository}}:{{.Tag}} {{.ID}}"))?;
    let tags = listed.lines().filter_map(|line| line.split_once(' '));
    Ok(tags
        .filter(|(tag, _)| !tag.contains("<none>"))
        .map(|(tag, id)| (tag.to_owned(), id.to_owned()))
        .collect())
}

/// Returns the processes of a group, and those in one of the containers with these ids.
pub fn processes(group: u32, containers: &[String]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        let path = entry.path();
        // A process that has ended meanwhile has no files.
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

/// Returns the process in the value of an [`OWNER_LABEL`].
pub fn process_of(owner: &str) -> Option<u32> {
    let owner: Value = serde_json::from_str(owner).ok()?;
    u32::try_from(owner["process"]["id"].as_u64()?).ok()
}

/// Returns the process that made an image. It inspects the image, because listings of images do not contain labels.
fn owner_of_image(engine: Option<&Path>, id: &str) -> Result<Option<u32>> {
    let format = format!("{{{{index .Config.Labels \"{OWNER_LABEL}\"}}}}");
    let mut inspection = command(engine);
    inspection.args(["image", "inspect", "--format", &format, id]);
    Ok(process_of(&process::text(&mut inspection)?))
}

/// Returns the group of a process: the third word after its name in `/proc/PID/stat`.
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
