//! `volumes` and `tmpfs` of a service.

use softy_checks::observation::{Fault, FileKind};

use super::build::inside;
use super::context::Context;
use super::dangers::{DRIVER, Danger, MOUNTED_IMAGE, NO_FILE, OUTSIDE};
use super::paths::{cleaned, is_of_windows};
use super::project::{Mount, MountSource, VolumeOptions};
use super::yaml::{Node, Value};
use crate::submission::{Kind, TASK_FOLDER};

/// Returns all mounts of a service.
pub(super) fn mounts(
    service: &Node,
    path: &str,
    context: &mut Context,
) -> Result<Vec<Mount>, Fault> {
    let mut mounts = Vec::new();
    for (index, node) in service
        .get("volumes")
        .map(Node::items)
        .unwrap_or_default()
        .iter()
        .enumerate()
    {
        let path = format!("{path}.volumes[{index}]");
        let mount = match &node.value {
            Value::Map(_) => long(node, &path, context)?,
            Value::Text(text) => short(node, text, &path, context)?,
            Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) | Value::List(_) => {
                None
            }
        };
        mounts.extend(mount.and_then(|mount| absolute(mount, node, &path, context)));
    }
    mounts.extend(tmpfs(service));
    Ok(mounts)
}

/// Reads `tmpfs`, whose entries are `target` or `target:options`.
fn tmpfs(service: &Node) -> Vec<Mount> {
    let texts = service.get("tmpfs").map(Node::texts).unwrap_or_default();
    let target = |text: &String| match text.split(':').next().unwrap_or_default() {
        target if target.starts_with('/') => cleaned(target),
        target => target.to_owned(),
    };
    let mount = |text| Mount {
        target: target(text),
        read_only: false,
        source: MountSource::Tmpfs,
        options: VolumeOptions::default(),
    };
    texts.iter().map(mount).collect()
}

/// Reads `[source:]target[:options]`.
fn short(
    node: &Node,
    text: &str,
    path: &str,
    context: &mut Context,
) -> Result<Option<Mount>, Fault> {
    if is_of_windows(text) {
        context.findings.refuse(path, node.mark, &OUTSIDE);
        return Ok(None);
    }
    let parts: Vec<&str> = text.split(':').collect();
    let (source, target, options) = match parts.as_slice() {
        [target] => (None, *target, ""),
        [source, target] => (Some(*source), *target, ""),
        [source, target, options] => (Some(*source), *target, *options),
        _ => {
            too_many_parts(node, text, path, context);
            return Ok(None);
        }
    };
    let options: Vec<&str> = options.split(',').collect();
    let source = match source {
        None => Some(MountSource::Anonymous),
        Some(source) if source.starts_with(['.', '/', '~']) => bind(node, source, path, context)?,
        Some(source) => volume(node, source, context),
    };
    Ok(source.map(|source| Mount {
        target: target.to_owned(),
        read_only: options.contains(&"ro"),
        source,
        options: VolumeOptions {
            is_empty: options.contains(&"nocopy"),
            subpath: None,
        },
    }))
}

fn long(node: &Node, path: &str, context: &mut Context) -> Result<Option<Mount>, Fault> {
    let source = node.get("source");
    let text = source.and_then(Node::scalar).unwrap_or_default();
    let at = source.unwrap_or(node);
    let kind = node.text("type").unwrap_or_default();
    let source = match (kind.as_str(), text.as_str()) {
        ("bind", "") => bind_without_source(node, path, context),
        ("bind", source) => bind(at, source, path, context)?,
        ("volume", "") => Some(MountSource::Anonymous),
        ("volume", source) => volume(at, source, context),
        ("tmpfs", _) => Some(MountSource::Tmpfs),
        ("image", _) => refused(at, path, &MOUNTED_IMAGE, context),
        ("npipe", _) => refused(at, path, &NO_FILE, context),
        ("cluster", _) => refused(at, path, &DRIVER, context),
        (kind, _) => other_kind(node, kind, path, context),
    };
    let target = node.text("target").unwrap_or_default();
    Ok(source.map(|source| Mount {
        target,
        read_only: node.flag("read_only"),
        source,
        options: options(node),
    }))
}

fn too_many_parts(node: &Node, text: &str, path: &str, context: &mut Context) {
    let en = format!("`{path}` has more parts than `source:target:options`: `{text}`");
    let fr = format!("`{path}` a plus de parties que `source:cible:options` : `{text}`");
    context.invalid(node.mark, en, fr);
}

fn bind_without_source(node: &Node, path: &str, context: &mut Context) -> Option<MountSource> {
    let en = format!("`{path}` is a bind without `source`");
    context.invalid(
        node.mark,
        en,
        format!("`{path}` est un montage `bind` sans `source`"),
    );
    None
}

fn options(node: &Node) -> VolumeOptions {
    let volume = node.get("volume");
    VolumeOptions {
        is_empty: volume.is_some_and(|volume| volume.flag("nocopy")),
        subpath: volume.and_then(|volume| volume.text("subpath")),
    }
}

fn refused(node: &Node, path: &str, danger: &Danger, context: &mut Context) -> Option<MountSource> {
    context.findings.refuse(path, node.mark, danger);
    None
}

/// Notes an unknown type of mount.
fn other_kind(node: &Node, kind: &str, path: &str, context: &mut Context) -> Option<MountSource> {
    let en = format!("`{path}.type` is `bind`, `volume` or `tmpfs`, not `{kind}`");
    context.invalid(
        node.mark,
        en,
        format!("`{path}.type` vaut `bind`, `volume` ou `tmpfs`, pas `{kind}`"),
    );
    None
}

/// Returns a mount of a copy of a file or folder of the submission; any other source is a finding.
fn bind(
    node: &Node,
    source: &str,
    path: &str,
    context: &mut Context,
) -> Result<Option<MountSource>, Fault> {
    let Some(located) = inside(TASK_FOLDER, source, context)? else {
        context.findings.refuse(path, node.mark, &OUTSIDE);
        return Ok(None);
    };
    if is_no_file(context.submission.kind(&located)?) {
        context.findings.refuse(path, node.mark, &NO_FILE);
        return Ok(None);
    }
    Ok(Some(MountSource::Submission(located)))
}

/// Returns true if a path is neither a file nor a folder; a missing one becomes a folder.
pub(super) fn is_no_file(kind: Option<Kind>) -> bool {
    match kind {
        None | Some(Kind::Regular { .. } | Kind::Other(FileKind::Directory)) => false,
        Some(Kind::Other(
            FileKind::Fifo | FileKind::Socket | FileKind::Device | FileKind::Symlink,
        )) => true,
    }
}

fn volume(node: &Node, name: &str, context: &mut Context) -> Option<MountSource> {
    let defined = context.defines("volumes", name, node.mark);
    defined.then(|| MountSource::Volume(name.to_owned()))
}

fn absolute(mount: Mount, node: &Node, path: &str, context: &mut Context) -> Option<Mount> {
    let target = &mount.target;
    if !target.starts_with('/') {
        let en =
            format!("`{path}` mounts at `{target}`, which is no absolute path of the container");
        let fr =
            format!("`{path}` monte sur `{target}`, qui n’est pas un chemin absolu du conteneur");
        context.invalid(node.mark, en, fr);
        return None;
    }
    let target = placed_at(target, node, path, context)?;
    Some(Mount { target, ..mount })
}

/// Returns the cleaned path of `target` inside the container; the root is a finding, because the engine mounts nothing there.
pub(super) fn placed_at(
    target: &str,
    node: &Node,
    path: &str,
    context: &mut Context,
) -> Option<String> {
    let cleaned = cleaned(target);
    if cleaned != "/" {
        return Some(cleaned);
    }
    let en = format!("`{path}` mounts at `{target}`, which is the container’s whole file system");
    let fr = format!("`{path}` monte sur `{target}`, tout le système de fichiers du conteneur");
    context.invalid(node.mark, en, fr);
    None
}
