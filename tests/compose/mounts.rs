//! Mounts of a container, and the files in them.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;

use serde_json::Value;
use tar::Archive;

use crate::facts::{Names, docker_bytes, written};

/// Returns the mounts of a container by target, each with its kind and the files in it.
///
/// The sandbox copies a bind of a single file instead of mounting it, so only the content shows it.
pub fn mounts(container: &Value, names: &Names) -> BTreeMap<String, String> {
    let id = container["Id"].as_str().unwrap_or_default();
    let mounted = container["Mounts"].as_array().into_iter().flatten();
    let mut mounts: BTreeMap<String, String> = mounted
        .map(|mount| {
            let target = mount["Destination"].as_str().unwrap_or_default();
            let kind = kind(mount, names);
            let lies = match kind.as_str() {
                "memory" => String::new(),
                _ => files(id, target),
            };
            (target.to_owned(), format!("{kind} {lies}"))
        })
        .collect();
    let memory = container["HostConfig"]["Tmpfs"].as_object();
    for (target, _) in memory.into_iter().flatten() {
        mounts.insert(target.clone(), "memory ".to_owned());
    }
    mounts
}

/// Returns the files at a path without a mount.
pub fn unmounted(id: &str, target: &str) -> String {
    format!("own {}", files(id, target))
}

fn kind(mount: &Value, names: &Names) -> String {
    let name = mount["Name"].as_str().unwrap_or_default();
    let access = match mount["RW"].as_bool() {
        Some(false) => "read-only ",
        Some(true) | None => "",
    };
    match mount["Type"].as_str() {
        Some("tmpfs") => "memory".to_owned(),
        Some("volume") if !is_anonymous(name) => format!("{access}{}", written(name, names)),
        Some(_) | None => format!("{access}own"),
    }
}

/// Returns whether a volume has no name of its own: the engine gives it one of 64 hexadecimal digits.
fn is_anonymous(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Returns the files of a container at a path: each with its permissions and a short hash of its content.
fn files(id: &str, path: &str) -> String {
    let bytes = docker_bytes(&["cp", &format!("{id}:{path}"), "-"]);
    let mut archive = Archive::new(bytes.as_slice());
    let mut files = BTreeMap::new();
    for entry in archive.entries().into_iter().flatten() {
        let mut entry = entry.expect("an archive of the engine can be read");
        let mut contents = Vec::new();
        entry
            .read_to_end(&mut contents)
            .expect("an archive of the engine can be read");
        let header = entry.header();
        let path = entry.path().map(|path| path.display().to_string());
        let mut hasher = DefaultHasher::new();
        contents.hash(&mut hasher);
        let rights = header.mode().unwrap_or_default() & 0o7777;
        let digits = hasher.finish() & 0xFFFF;
        files.insert(path.unwrap_or_default(), format!("{rights:o}/{digits:04x}"));
    }
    if files.len() > 8 {
        let mut hasher = DefaultHasher::new();
        files.hash(&mut hasher);
        return format!("{} files {:04x}", files.len(), hasher.finish() & 0xFFFF);
    }
    format!("{files:?}")
}
