//! `build`.

use softy_checks::observation::{Fault, FileKind};

use super::context::Context;
use super::dangers::{OUTSIDE, REMOTE};
use super::environment::{labels, valued};
use super::project::Build;
use super::yaml::Node;
use crate::submission::{Kind, TASK_FOLDER};

/// How Compose knows a context that is not a folder.
const REMOTE_STARTS: [&str; 4] = ["git@", "github.com/", "git:", "ssh:"];

/// How a service's image is made; `None` when it has no `build`, or a finding says why it cannot be.
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
    if relative.contains("://")
        || REMOTE_STARTS
            .iter()
            .any(|start| relative.starts_with(start))
    {
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
    let within = match folder {
        "" => Some(located.as_str()),
        folder => located
            .strip_prefix(folder)
            .and_then(|rest| rest.strip_prefix('/')),
    };
    match within {
        Some(name) => Ok(name.to_owned()),
        None => {
            context.findings.unsupported(
                format!("{path}.build.dockerfile outside the context"),
                entry.mark,
            );
            Ok(default)
        }
    }
}

/// The path that a relative one means; `None` when it leads out of the submission, by words or by a link.
pub(super) fn inside(
    from: &str,
    relative: &str,
    context: &Context,
) -> Result<Option<String>, Fault> {
    if relative.starts_with(['/', '~']) || relative.contains('\\') {
        return Ok(None);
    }
    let Some(path) = context.submission.locate(from, relative) else {
        return Ok(None);
    };
    let leads_out = context.submission.kind(&path)? == Some(Kind::Other(FileKind::Symlink));
    Ok((!leads_out).then_some(path))
}
