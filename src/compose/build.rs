//! `build`.

use softy_checks::observation::Fault;

use super::context::Context;
use super::dangers::{IMAGE_OF_ANOTHER, OUTSIDE, REMOTE};
use super::environment::{labels, valued};
use super::paths;
use super::project::{Build, NamedContext};
use super::yaml::Node;
use crate::submission::TASK_FOLDER;

/// Prefixes by which Compose recognises a context that is not a folder.
const REMOTE_STARTS: [&str; 4] = ["git@", "github.com/", "git:", "ssh:"];

/// Translates a service's `build`. Returns `None` if the service has none, or if a finding explains why it is impossible.
pub(super) fn build(
    service: &Node,
    path: &str,
    context: &mut Context,
) -> Result<Option<Build>, Fault> {
    let Some(node) = service.get("build") else {
        return Ok(None);
    };
    let folder = node.get("context");
    let mark = folder.unwrap_or(node).mark;
    let relative = folder
        .unwrap_or(node)
        .scalar()
        .unwrap_or_else(|| ".".to_owned());
    let key = format!("{path}.build.context");
    if is_remote(&relative) {
        context.findings.refuse(&key, mark, &REMOTE);
        return Ok(None);
    }
    let located = inside(TASK_FOLDER, &relative, context)?;
    let Some(folder) = located else {
        context.findings.refuse(&key, mark, &OUTSIDE);
        return Ok(None);
    };
    Ok(Some(Build {
        dockerfile: dockerfile(node, &folder, path, context)?,
        context: folder,
        inline: node.text("dockerfile_inline"),
        contexts: contexts(node, path, context)?,
        args: valued(node.get("args"), context),
        target: node.text("target"),
        labels: labels(node.get("labels")),
    }))
}

fn dockerfile(
    node: &Node,
    folder: &str,
    path: &str,
    context: &mut Context,
) -> Result<String, Fault> {
    let default = "Dockerfile".to_owned();
    let Some(entry) = node.entry("dockerfile") else {
        return Ok(default);
    };
    let (mark, name) = (entry.value.mark, entry.value.scalar().unwrap_or_default());
    if node.get("dockerfile_inline").is_some() {
        let en = format!("`{path}.build` has both `dockerfile` and `dockerfile_inline`");
        context.invalid(
            mark,
            en,
            format!("`{path}.build` a à la fois `dockerfile` et `dockerfile_inline`"),
        );
        return Ok(default);
    }
    let Some(located) = inside(folder, &name, context)? else {
        context
            .findings
            .refuse(&format!("{path}.build.dockerfile"), mark, &OUTSIDE);
        return Ok(default);
    };
    Ok(relative(folder, &located))
}

/// Returns the relative path from a folder to a path; both start at the submission's root.
fn relative(folder: &str, path: &str) -> String {
    let from: Vec<&str> = folder.split('/').filter(|name| !name.is_empty()).collect();
    let to: Vec<&str> = path.split('/').collect();
    let common = from
        .iter()
        .zip(&to)
        .take_while(|(one, other)| one == other)
        .count();
    let up = from.iter().skip(common).map(|_| "..");
    let down = to.iter().skip(common).copied();
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// Reads `additional_contexts`; notes each one from outside the submission.
fn contexts(
    node: &Node,
    path: &str,
    context: &mut Context,
) -> Result<Vec<(String, NamedContext)>, Fault> {
    let Some(given) = node.get("additional_contexts") else {
        return Ok(Vec::new());
    };
    let key = format!("{path}.build.additional_contexts");
    let mut contexts = Vec::new();
    for (name, value) in valued(Some(given), context) {
        if let Some(image) = value.strip_prefix("docker-image://") {
            contexts.push((name, NamedContext::Image(image.to_owned())));
            continue;
        }
        let danger = match &value {
            value if value.starts_with("service:") => &IMAGE_OF_ANOTHER,
            value if is_remote(value) => &REMOTE,
            value => match inside(TASK_FOLDER, value, context)? {
                Some(folder) => {
                    contexts.push((name, NamedContext::Folder(folder)));
                    continue;
                }
                None => &OUTSIDE,
            },
        };
        context.findings.refuse(&key, given.mark, danger);
    }
    Ok(contexts)
}

fn is_remote(value: &str) -> bool {
    value.contains("://") || REMOTE_STARTS.iter().any(|start| value.starts_with(start))
}

/// Resolves a relative path, or returns `None` if it leaves the submission through `..` or a symbolic link.
pub(super) fn inside(
    from: &str,
    relative: &str,
    context: &Context,
) -> Result<Option<String>, Fault> {
    paths::inside(from, relative, context.submission)
}
