//! Variables of containers, build arguments and labels.

use softy_checks::model::Text;
use softy_checks::observation::{Fault, Problem, ProblemKind};

use super::context::Context;
use super::dangers;
use super::dotenv;
use super::interpolation::Variables;
use super::source::Source;
use super::yaml::{Node, Value};
use crate::submission::{ReadError, TASK_FOLDER};

/// `environment` over `env_file`, each name once.
pub(super) fn environment(
    service: &Node,
    path: &str,
    context: &mut Context,
) -> Result<Vec<(String, String)>, Fault> {
    let mut variables = Vec::new();
    for file in service.get("env_file").map(files).unwrap_or_default() {
        read_file(file, path, &mut variables, context)?;
    }
    for (name, value) in pairs(service.get("environment")) {
        variables.retain(|(other, _)| *other != name);
        let value = value.or_else(|| context.variables.get(&name).cloned());
        variables.extend(value.map(|value| (name, value)));
    }
    Ok(variables)
}

/// `args` or `labels` that have a value; a name alone takes it from `.env`.
pub(super) fn valued(node: Option<&Node>, context: &Context) -> Vec<(String, String)> {
    let known = |name: &String| context.variables.get(name).cloned();
    let valued = pairs(node)
        .into_iter()
        .map(|(name, value)| (value.or_else(|| known(&name)), name));
    valued
        .filter_map(|(value, name)| Some((name, value?)))
        .collect()
}

/// `labels`, a name alone being an empty one.
pub(super) fn labels(node: Option<&Node>) -> Vec<(String, String)> {
    pairs(node)
        .into_iter()
        .map(|(name, value)| (name, value.unwrap_or_default()))
        .collect()
}

/// A mapping, or a list of `name=value`; the last of several values counts.
fn pairs(node: Option<&Node>) -> Vec<(String, Option<String>)> {
    let Some(node) = node else {
        return Vec::new();
    };
    let mapped = node
        .entries()
        .iter()
        .map(|entry| (entry.key.clone(), entry.value.scalar()));
    let listed =
        node.items()
            .iter()
            .filter_map(Node::scalar)
            .map(|item| match item.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (item, None),
            });
    let mut pairs: Vec<(String, Option<String>)> = Vec::new();
    for (name, value) in mapped.chain(listed) {
        pairs.retain(|(other, _)| *other != name);
        pairs.push((name, value));
    }
    pairs
}

/// The entries of `env_file`, whatever its form.
fn files(node: &Node) -> Vec<&Node> {
    match &node.value {
        Value::List(items) => items.iter().collect(),
        Value::Text(_)
        | Value::Null
        | Value::Bool(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Map(_) => vec![node],
    }
}

fn read_file(
    file: &Node,
    path: &str,
    variables: &mut Vec<(String, String)>,
    context: &mut Context,
) -> Result<(), Fault> {
    let mark = file.get("path").unwrap_or(file).mark;
    let name = file
        .text("path")
        .or_else(|| file.scalar())
        .unwrap_or_default();
    let located = (!name.starts_with(['/', '~']))
        .then(|| context.submission.locate(TASK_FOLDER, &name))
        .flatten();
    let Some(located) = located else {
        context
            .findings
            .refuse(&format!("{path}.env_file"), mark, &dangers::OUTSIDE);
        return Ok(());
    };
    let bytes = match context.submission.read(&located, dotenv::CAP) {
        Ok(bytes) => bytes,
        Err(ReadError::Fault(fault)) => return Err(fault),
        Err(ReadError::Missing) if file.get("required").is_some() && !file.flag("required") => {
            return Ok(());
        }
        Err(ReadError::NotRegular(softy_checks::observation::FileKind::Symlink)) => {
            context
                .findings
                .refuse(&format!("{path}.env_file"), mark, &dangers::OUTSIDE);
            return Ok(());
        }
        Err(ReadError::Missing | ReadError::NotRegular(_) | ReadError::TooLarge { .. }) => {
            let en = format!("the `env_file` `{located}` is no file that can be read");
            context.invalid(
                mark,
                en,
                format!("l’`env_file` `{located}` n’est pas un fichier lisible"),
            );
            return Ok(());
        }
    };
    let mut known = context.variables.clone();
    known.extend(variables.iter().cloned());
    match pairs_of(located, bytes, &known) {
        Ok(pairs) => {
            for (name, value) in pairs {
                variables.retain(|(other, _)| *other != name);
                variables.push((name, value));
            }
        }
        Err(problem) => context.findings.problem_elsewhere(problem),
    }
    Ok(())
}

/// The variables of a file's bytes.
pub(super) fn pairs_of(
    file: String,
    bytes: Vec<u8>,
    known: &Variables,
) -> Result<Vec<(String, String)>, Problem> {
    let text = String::from_utf8(bytes).map_err(|_| Problem {
        kind: ProblemKind::Unreadable,
        message: Text::new(
            format!("`{file}` is not UTF-8 text"),
            format!("`{file}` n’est pas du texte UTF-8"),
        ),
        place: None,
    })?;
    dotenv::parse(&Source { file, text }, known)
}
