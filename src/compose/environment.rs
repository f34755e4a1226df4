//! Variables of containers, build arguments and labels.

use std::collections::BTreeMap;

use softy_checks::model::Text;
use softy_checks::observation::{Fault, Problem, ProblemKind};

use super::build::inside;
use super::context::Context;
use super::dangers::{OUTSIDE, TOO_MANY_FILES};
use super::dotenv;
use super::interpolation::Variables;
use super::source::{Mark, Source};
use super::yaml::{Node, Value};
use crate::submission::{ReadError, TASK_FOLDER};

/// Files of variables that are read for one compose file, each service's counted.
const FILES: usize = 16;

/// `environment` over `env_file`, sorted, each name once; without a value those that nobody gives one.
pub(super) fn environment(
    service: &Node,
    path: &str,
    context: &mut Context,
) -> Result<Vec<(String, Option<String>)>, Fault> {
    let mut of_files = Variables::new();
    for file in service.get("env_file").map(files).unwrap_or_default() {
        of_files.extend(file_variables(file, path, "env_file", &of_files, context)?);
    }
    let of_files = of_files
        .into_iter()
        .map(|(name, value)| (name, Some(value)));
    let mut variables: BTreeMap<String, Option<String>> = of_files.collect();
    for (name, value) in pairs(service.get("environment")) {
        let value = value.or_else(|| context.variables.get(&name).cloned());
        variables.insert(name, value);
    }
    Ok(variables.into_iter().collect())
}

/// Gives the names of `environment` that stand alone the value that a variable has, in every service.
pub(super) fn fill_in_names(root: &mut Node, variables: &Variables) {
    let Some(Value::Map(services)) = root.get_mut("services").map(|node| &mut node.value) else {
        return;
    };
    for service in services {
        match service
            .value
            .get_mut("environment")
            .map(|node| &mut node.value)
        {
            Some(Value::Map(entries)) => {
                for entry in entries {
                    if entry.value.value == Value::Null
                        && let Some(value) = variables.get(&entry.key)
                    {
                        entry.value.value = Value::Text(value.clone());
                    }
                }
            }
            Some(Value::List(items)) => {
                for item in items {
                    if let Value::Text(name) = &mut item.value
                        && let Some(value) = variables.get(name.as_str())
                    {
                        *name = format!("{name}={value}");
                    }
                }
            }
            Some(_) | None => {}
        }
    }
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

/// `labels` over `label_file`, sorted, each name once.
pub(super) fn service_labels(
    service: &Node,
    path: &str,
    context: &mut Context,
) -> Result<Vec<(String, String)>, Fault> {
    let mut all = Variables::new();
    for file in service.get("label_file").map(files).unwrap_or_default() {
        all.extend(file_variables(file, path, "label_file", &all, context)?);
    }
    all.extend(labels(service.get("labels")));
    Ok(all.into_iter().collect())
}

/// A mapping, or a list of `name=value`; the last of several values counts.
fn pairs(node: Option<&Node>) -> BTreeMap<String, Option<String>> {
    let Some(node) = node else {
        return BTreeMap::new();
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
    mapped.chain(listed).collect()
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

/// The variables of an entry of `env_file` or `label_file`, whose values may use those of the entries before it.
fn file_variables(
    file: &Node,
    path: &str,
    key: &str,
    before: &Variables,
    context: &mut Context,
) -> Result<Vec<(String, String)>, Fault> {
    let name = file.text("path").or_else(|| file.scalar());
    let path = format!("{path}.{key}");
    let mark = file.get("path").unwrap_or(file).mark;
    let Some(located) = inside(TASK_FOLDER, &name.unwrap_or_default(), context)? else {
        context.findings.refuse(&path, mark, &OUTSIDE);
        return Ok(Vec::new());
    };
    context.env_files += 1;
    if context.env_files > FILES {
        context.findings.refuse(&path, mark, &TOO_MANY_FILES);
        return Ok(Vec::new());
    }
    let Some(bytes) = file_bytes(&located, key, file, mark, context)? else {
        return Ok(Vec::new());
    };
    let mut known = context.variables.clone();
    known.extend(before.clone());
    let pairs = match file.text("format").as_deref() {
        Some("raw") => raw_pairs(located, bytes, &known),
        Some(_) | None => pairs_of(located, bytes, &known),
    };
    Ok(pairs.unwrap_or_else(|problem| {
        context.findings.problem_elsewhere(problem);
        Vec::new()
    }))
}

/// The bytes of an entry of `env_file` or `label_file`; `None` when it is not there, or a finding says why it is not read.
fn file_bytes(
    located: &str,
    key: &str,
    file: &Node,
    mark: Mark,
    context: &mut Context,
) -> Result<Option<Vec<u8>>, Fault> {
    let optional = file.get("required").is_some() && !file.flag("required");
    match context.submission.read(located, dotenv::CAP) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(ReadError::Fault(fault)) => Err(fault),
        Err(ReadError::Missing) if optional => Ok(None),
        Err(ReadError::Missing | ReadError::NotRegular(_) | ReadError::TooLarge { .. }) => {
            let en = format!("the `{key}` `{located}` is no file that can be read");
            let fr = format!("`{located}`, donné par `{key}`, n’est pas un fichier lisible");
            context.invalid(mark, en, fr);
            Ok(None)
        }
    }
}

/// The variables of a file's bytes.
pub(super) fn pairs_of(
    file: String,
    bytes: Vec<u8>,
    known: &Variables,
) -> Result<Vec<(String, String)>, Problem> {
    let text = text_of(&file, bytes)?;
    dotenv::parse(&Source::new(0, file, text), known)
}

/// The variables of a file in the format `raw`.
fn raw_pairs(
    file: String,
    bytes: Vec<u8>,
    known: &Variables,
) -> Result<Vec<(String, String)>, Problem> {
    Ok(dotenv::raw(&text_of(&file, bytes)?, known))
}

fn text_of(file: &str, bytes: Vec<u8>) -> Result<String, Problem> {
    String::from_utf8(bytes).map_err(|_| Problem {
        kind: ProblemKind::Unreadable,
        message: Text::new(
            format!("`{file}` is not UTF-8 text"),
            format!("`{file}` n’est pas du texte UTF-8"),
        ),
        place: None,
    })
}
