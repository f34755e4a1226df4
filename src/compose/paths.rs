//! Paths of a tree, converted to paths relative to the task's folder, whatever the folder of their file.

use softy_checks::observation::{Fault, FileKind};

use super::merge::entry;
use super::yaml::{Entry, Node, Value};
use crate::submission::{Kind, Submission, TASK_FOLDER};

/// Prefixes by which Compose recognises remote files.
const REMOTE_STARTS: [&str; 5] = ["git@", "github.com/", "git:", "ssh:", "oci:"];

/// Returns true if Compose would download a path.
pub(super) fn is_remote(path: &str) -> bool {
    path.contains("://") || REMOTE_STARTS.iter().any(|start| path.starts_with(start))
}

/// Resolves a path relative to the folder `from`, or returns `None` if it leaves the submission through `..` or a symbolic
/// link.
pub(super) fn inside(
    from: &str,
    relative: &str,
    submission: &Submission,
) -> Result<Option<String>, Fault> {
    if relative.starts_with(['/', '~']) || is_of_windows(relative) {
        return Ok(None);
    }
    let Some(path) = submission.locate(from, relative) else {
        return Ok(None);
    };
    let leads_out = submission.kind(&path)? == Some(Kind::Other(FileKind::Symlink));
    Ok((!leads_out).then_some(path))
}

/// Returns a hint for messages about a missing path that is written as on Windows, in English and French.
pub(super) fn separators(path: &str) -> (&'static str, &'static str) {
    match path.contains('\\') {
        true => (
            ": write `/` between folders, a backslash is a part of a name",
            " : écrivez `/` entre les dossiers, une barre oblique inverse fait partie du nom",
        ),
        false => ("", ""),
    }
}

/// Returns true if a path begins with a drive, as in `C:\x` or `C:/x`: Compose accepts any single letter as a drive.
pub(super) fn is_of_windows(path: &str) -> bool {
    let mut characters = path.chars();
    let first = characters.next();
    first.is_some_and(|first| first.is_ascii_alphabetic())
        && (characters.as_str().starts_with(":/") || characters.as_str().starts_with(":\\"))
}

/// Removes `.`, `..` and doubled `/` from an absolute path of a container, as Compose and the engine do.
pub(super) fn cleaned(path: &str) -> String {
    let mut names = Vec::new();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    format!("/{}", names.join("/"))
}

/// Returns the folder of a path of the submission.
pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Rewrites the paths of a file's tree that are relative to `folder`.
pub(super) fn rebase(root: &mut Node, folder: &str) {
    let Some(start) = start(folder) else {
        return;
    };
    for service in values(root.get_mut("services")) {
        if let Some(build) = service.get_mut("build") {
            rebase_build(build, &start);
        }
        each(service.get_mut("env_file"), &mut |item| {
            move_text(item.get_mut("path"), &start);
            move_text(Some(item), &start);
        });
        each(service.get_mut("label_file"), &mut |item| {
            move_text(Some(item), &start)
        });
        each(service.get_mut("volumes"), &mut |item| {
            rebase_mount(item, &start)
        });
    }
    for section in ["configs", "secrets"] {
        for definition in values(root.get_mut(section)) {
            move_text(definition.get_mut("file"), &start);
        }
    }
}

/// Sets the context of every `build` without one to the folder itself, as Compose does after the merge of a project's files.
pub(super) fn fill_in_contexts(root: &mut Node, folder: &str) {
    let Some(start) = start(folder) else {
        return;
    };
    for service in values(root.get_mut("services")) {
        let Some(build) = service.get_mut("build") else {
            continue;
        };
        let mark = build.mark;
        if build.get("context").is_some() {
            continue;
        }
        if let Value::Map(entries) = &mut build.value {
            let value = Value::Text(start.clone());
            entries.push(entry("context".to_owned(), Node { mark, value }));
        }
    }
}

/// Returns the relative path from the task's folder to another one, beginning with a dot, or `None` if they are equal.
fn start(folder: &str) -> Option<String> {
    if folder == TASK_FOLDER {
        return None;
    }
    let below = folder
        .strip_prefix(TASK_FOLDER)
        .and_then(|rest| rest.strip_prefix('/'));
    Some(match (below, folder) {
        (Some(below), _) => format!("./{below}"),
        (None, "") => "..".to_owned(),
        (None, folder) => format!("../{folder}"),
    })
}

fn rebase_build(build: &mut Node, start: &str) {
    move_text(build.get_mut("context"), start);
    for context in values(build.get_mut("additional_contexts")) {
        move_text(Some(context), start);
    }
    each(build.get_mut("additional_contexts"), &mut |item| {
        if let Value::Text(text) = &mut item.value
            && let Some((name, path)) = text.split_once('=')
        {
            *text = format!("{name}={}", moved(path, start));
        }
    });
    move_text(Some(build), start);
}

fn rebase_mount(mount: &mut Node, start: &str) {
    let is_bind = mount.text("type").as_deref() == Some("bind");
    if is_bind {
        move_text(mount.get_mut("source"), start);
    }
    if let Value::Text(text) = &mut mount.value
        && text.starts_with('.')
        && let Some((source, rest)) = text.split_once(':')
    {
        *text = format!("{}:{rest}", moved(source, start));
    }
}

fn move_text(node: Option<&mut Node>, start: &str) {
    if let Some(node) = node
        && let Value::Text(text) = &mut node.value
    {
        *text = moved(text, start);
    }
}

/// Converts a path to one relative to the task's folder; absolute paths, names of images and the like stay unchanged.
fn moved(path: &str, start: &str) -> String {
    if path.starts_with(['/', '~']) || path.contains(':') || is_remote(path) {
        return path.to_owned();
    }
    format!("{start}/{path}")
}

/// Returns the values of a mapping.
fn values(node: Option<&mut Node>) -> impl Iterator<Item = &mut Node> {
    let entries: &mut [Entry] = match node.map(|node| &mut node.value) {
        Some(Value::Map(entries)) => entries,
        Some(_) | None => &mut [],
    };
    entries.iter_mut().map(|entry| &mut entry.value)
}

/// Calls `look` for each item of a list, or for a single value in place of a list.
fn each(node: Option<&mut Node>, look: &mut dyn FnMut(&mut Node)) {
    match node {
        Some(Node {
            value: Value::List(items),
            ..
        }) => items.iter_mut().for_each(look),
        Some(node) => look(node),
        None => {}
    }
}
