//! `configs` and `secrets`: their definitions, and the ones that a service uses.

use softy_checks::observation::Fault;

use super::build::inside;
use super::context::Context;
use super::dangers::{NO_FILE, OUTSIDE};
use super::mounts::{is_no_file, placed_at};
use super::paths::separators;
use super::project::{InlineFile, Mount, MountSource, VolumeOptions};
use super::yaml::{Entry, Node};
use crate::submission::TASK_FOLDER;

/// Default permissions, the same as Compose's: read-only for all users.
const MODE: u32 = 0o444;

/// Sections of the file, each with the folder that contains its files in a container without `target`.
const SECTIONS: [(&str, &str); 2] = [("configs", "/"), ("secrets", "/run/secrets/")];

/// Source of a config's or secret's content.
enum Source {
    /// A file of the submission.
    File(String),
    /// A text in the compose file.
    Text(String),
    /// A variable.
    Variable(String),
}

/// All configs and secrets that a file defines.
#[derive(Default)]
pub(super) struct ResolvedFiles(Vec<(&'static str, String, Source)>);

/// The configs and secrets that a service uses: copies of files, and texts.
#[derive(Default)]
pub(super) struct Grants {
    pub(super) mounts: Vec<Mount>,
    pub(super) texts: Vec<InlineFile>,
}

/// Returns the configs and secrets that a file defines; an invalid one is a finding.
pub(super) fn granted(context: &mut Context) -> Result<ResolvedFiles, Fault> {
    let mut granted = ResolvedFiles::default();
    for (section, _) in SECTIONS {
        let root = context.root;
        for entry in root.get(section).map(Node::entries).unwrap_or_default() {
            if let Some(source) = source(section, entry, context)? {
                granted.0.push((section, entry.key.clone(), source));
            }
        }
    }
    Ok(granted)
}

fn source(section: &str, entry: &Entry, context: &mut Context) -> Result<Option<Source>, Fault> {
    let (name, node) = (&entry.key, &entry.value);
    let kinds = ["file", "content", "environment"];
    // A key without a value counts, too.
    let given: Vec<&Entry> = kinds.iter().filter_map(|kind| node.entry(kind)).collect();
    let is_elsewhere = ["external", "driver"]
        .iter()
        .any(|key| node.get(key).is_some());
    // For Compose, an empty variable name in `environment` means no source for a secret, and empty content for a config.
    let is_nothing = |given: &Entry| {
        let text = given.value.scalar().unwrap_or_default();
        section == "secrets" && given.key == "environment" && text.is_empty()
    };
    let given: Vec<&Entry> = match given.as_slice() {
        [alone] if is_nothing(alone) => Vec::new(),
        _ => given,
    };
    let [given] = given.as_slice() else {
        if !(given.is_empty() && is_elsewhere) {
            let en = format!("`{section}.{name}` takes one of `file`, `content`, `environment`");
            let fr = format!(
                "`{section}.{name}` attend `file`, `content` ou `environment`, un seul des trois"
            );
            context.invalid(entry.mark, en, fr);
        }
        return Ok(None);
    };
    let text = given.value.scalar().unwrap_or_default();
    match given.key.as_str() {
        "content" => Ok(Some(Source::Text(text))),
        "environment" => Ok(Some(Source::Variable(text))),
        _ => {
            let key = format!("{section}.{name}.file");
            let mark = given.value.mark;
            let Some(located) = inside(TASK_FOLDER, &text, context)? else {
                context.findings.refuse(&key, mark, &OUTSIDE);
                return Ok(None);
            };
            if is_no_file(context.submission.kind(&located)?) {
                context.findings.refuse(&key, mark, &NO_FILE);
                return Ok(None);
            }
            Ok(Some(Source::File(located)))
        }
    }
}

/// Returns the configs and secrets that a service uses.
pub(super) fn grants(
    service: &Node,
    path: &str,
    granted: &ResolvedFiles,
    context: &mut Context,
) -> Result<Grants, Fault> {
    let mut grants = Grants::default();
    for (section, folder) in SECTIONS {
        for item in service.get(section).map(Node::items).unwrap_or_default() {
            let name = item.text("source").or_else(|| item.scalar());
            let name = name.unwrap_or_default();
            if !context.defines(section, &name, item.mark) {
                continue;
            }
            let target = item.text("target").filter(|target| !target.is_empty());
            let target = target.unwrap_or_else(|| name.clone());
            let target = match target.starts_with('/') {
                true => target,
                false => format!("{folder}{target}"),
            };
            let path = format!("{path}.{section}");
            let Some(target) = placed_at(&target, item, &path, context) else {
                continue;
            };
            let found = granted
                .0
                .iter()
                .find(|(other, defined, _)| *other == section && *defined == name);
            match found.map(|(_, _, source)| source) {
                None => {}
                Some(Source::File(file)) => {
                    grants
                        .mounts
                        .extend(copy(file, target, item, &path, context)?);
                }
                Some(Source::Text(content)) => {
                    grants
                        .texts
                        .extend(placed(content, target, item, &path, context));
                }
                Some(Source::Variable(variable)) => {
                    let content = value(variable, &name, item, context);
                    let placed = |content: String| placed(&content, target, item, &path, context);
                    grants.texts.extend(content.and_then(placed));
                }
            }
        }
    }
    Ok(grants)
}

/// Copies a file, which keeps its own mode whatever `mode` requests, as with Compose's bind mounts.
fn copy(
    file: &str,
    target: String,
    item: &Node,
    path: &str,
    context: &mut Context,
) -> Result<Option<Mount>, Fault> {
    if mode(item, path, context).is_none() {
        return Ok(None);
    }
    if context.submission.kind(file)?.is_none() {
        let (how, comment) = separators(file);
        let en = format!("`{path}` asks for `{file}`, which is not there{how}");
        context.invalid(
            item.mark,
            en,
            format!("`{path}` demande `{file}`, qui n’existe pas{comment}"),
        );
        return Ok(None);
    }
    Ok(Some(Mount {
        target,
        read_only: true,
        source: MountSource::Submission(file.to_owned()),
        options: VolumeOptions::default(),
    }))
}

fn placed(
    content: &str,
    target: String,
    item: &Node,
    path: &str,
    context: &mut Context,
) -> Option<InlineFile> {
    let mode = mode(item, path, context)?;
    Some(InlineFile {
        target,
        content: content.to_owned(),
        mode,
        owned: item.get("uid").is_some() || item.get("gid").is_some(),
    })
}

/// Returns the requested permissions, or Compose's default; an invalid mode is a finding.
fn mode(item: &Node, path: &str, context: &mut Context) -> Option<u32> {
    let mode = match item.get("mode") {
        None => Some(MODE),
        Some(node) => permissions(node),
    };
    if mode.is_none() {
        let en = format!("`{path}` takes a `mode` such as `0440`");
        context.invalid(
            item.mark,
            en,
            format!("`{path}` attend un `mode` comme `0440`"),
        );
    }
    mode
}

/// Parses permissions: a number as it is, a text as octal digits.
fn permissions(node: &Node) -> Option<u32> {
    let text = node.scalar()?;
    let mode = match node.value {
        super::yaml::Value::Integer(_) => text.parse().ok(),
        _ => u32::from_str_radix(&text, 8).ok(),
    };
    mode.filter(|mode| *mode <= 0o7777)
}

/// Returns the value of a variable; an unset one is a finding.
fn value(variable: &str, name: &str, item: &Node, context: &mut Context) -> Option<String> {
    let value = context.variables.get(variable).cloned();
    if value.is_none() {
        let en = format!("`{name}` needs the variable `{variable}`, which is not set");
        let fr = format!("`{name}` a besoin de la variable `{variable}`, qui n’est pas définie");
        context.invalid(item.mark, en, fr);
    }
    value
}
