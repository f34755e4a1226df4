//! Paths of a tree, told from the folder of the task wherever the file that has them stands.

use softy_checks::observation::{Fault, FileKind};

use super::merge::entry;
use super::yaml::{Entry, Node, Value};
use crate::submission::{Kind, Submission, TASK_FOLDER};

/// How Compose knows what is fetched from elsewhere.
const REMOTE_STARTS: [&str; 5] = ["git@", "github.com/", "git:", "ssh:", "oci:"];

/// Whether a path is fetched from elsewhere.
pub(super) fn is_remote(path: &str) -> bool {
    path.contains("://") || REMOTE_STARTS.iter().any(|start| path.starts_with(start))
}

/// The path that a relative one means in the folder `from`; `None` when it leads out of the submission, by words or by a
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

/// Returns what a message about a missing path adds where it is written as on Windows, in English and French.
pub(super) fn separators(path: &str) -> (&'static str, &'static str) {
    match path.contains('\\') {
        true => (
            ": write `/` between folders, a backslash is a part of a name",
            " : écrivez `/` entre les dossiers, une barre oblique inverse fait partie du nom",
        ),
        false => ("", ""),
    }
}

/// Returns whether a path begins with a drive, as in `C:\x` or `C:/x`: Compose takes any single letter for one.
pub(super) fn is_of_windows(path: &str) -> bool {
    let mut characters = path.chars();
    let first = characters.next();
    first.is_some_and(|first| first.is_ascii_alphabetic())
        && (characters.as_str().starts_with(":/") || characters.as_str().starts_with(":\\"))
}

/// An absolute path of a container without `.`, `..` and doubled `/`, as Compose and the engine clean it.
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

/// The folder that a path of the submission stands in.
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

/// Gives every `build` without `context` the folder itself, as Compose does once a project's files are laid over each
/// other.
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

/// The way from the task's folder to another one, beginning with a dot; `None` when they are the same.
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

/// A path told from the task's folder; absolute ones, names of images and the like stay as they are.
fn moved(path: &str, start: &str) -> String {
    if path.starts_with(['/', '~']) || path.contains(':') || is_remote(path) {
        return path.to_owned();
    }
    format!("{start}/{path}")
}

/// The values of a mapping.
fn values(node: Option<&mut Node>) -> impl Iterator<Item = &mut Node> {
    let entries: &mut [Entry] = match node.map(|node| &mut node.value) {
        Some(Value::Map(entries)) => entries,
        Some(_) | None => &mut [],
    };
    entries.iter_mut().map(|entry| &mut entry.value)
}

/// Looks at the items of a list, or at what stands in its place.
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
