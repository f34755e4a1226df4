//! Environment variables of containers, build arguments and labels.

use std::collections::{BTreeMap, BTreeSet};

use softy_checks::model::Text;
use softy_checks::observation::{Fault, Problem, ProblemKind};

use super::build::inside;
use super::context::Context;
use super::dangers::{OUTSIDE, TOO_MANY_FILES};
use super::dotenv::{self, Parsed, Scope};
use super::interpolation::{Variables, note_unset};
use super::paths::separators;
use super::source::{Mark, Source};
use super::yaml::{Node, Value};
use crate::submission::{ReadError, TASK_FOLDER};

/// Maximum number of files of variables that are read for one project; a file counts once for each service that names it.
const FILES: usize = 16;

/// Merges `environment` over `env_file`, sorted, each name once; unset variables have no value.
///
/// Versions of Compose disagree on the variables that the values of `env_file` may use. In 2.40, `.env` and `environment`
/// override the earlier files. In 2.26, the earlier files override `.env`, and `environment` is not used. The newer rule
/// applies here, and a note names the variables for which the two rules differ.
pub(super) fn environment(
    service: &Node,
    path: &str,
    context: &mut Context,
) -> Result<Vec<(String, Option<String>)>, Fault> {
    check_names(service.get("environment"), context);
    let mut given = pairs(service.get("environment"));
    for (name, value) in &mut given {
        if value.is_none() {
            *value = context.variables.get(name).cloned();
        }
    }
    let given_values = given.iter();
    let given_values: Variables = given_values
        .filter_map(|(name, value)| Some((name.clone(), value.clone()?)))
        .collect();
    let mut over = given_values.clone();
    over.extend(context.variables.clone());
    let mut of_files = given_values;
    let mut of_v2_26 = Variables::new();
    for file in service.get("env_file").map(files).unwrap_or_default() {
        let Some(file) = VariablesFile::read(file, path, "env_file", context)? else {
            continue;
        };
        let scope = Scope {
            over: &over,
            under: &of_files,
        };
        match file.parse(scope) {
            Ok(parsed) => {
                of_files.extend(parsed.pairs);
                note_unset(parsed.unset, &mut context.findings);
            }
            Err(problem) => context.findings.problem_elsewhere(*problem),
        }
        let mut over_in_v2_26 = context.variables.clone();
        over_in_v2_26.extend(of_v2_26.clone());
        let older = file.parse(Scope::over(&over_in_v2_26)).unwrap_or_default();
        of_v2_26.extend(older.pairs);
    }
    let mut variables: BTreeMap<String, Option<String>> = of_files
        .into_iter()
        .map(|(name, value)| (name, Some(value)))
        .collect();
    variables.extend(given.clone());
    if variables.contains_key("") {
        let node = service.get("env_file").or(service.get("environment"));
        let mark = node.map(|node| node.mark).unwrap_or_default();
        context.invalid(
            mark,
            "a variable has no name, which the engine refuses: each line of `environment` and `env_file` is `NAME=value`, the last one, too".to_owned(),
            "une variable n’a pas de nom, ce que le moteur refuse : chaque ligne de `environment` et de `env_file`, la dernière aussi, est `NOM=valeur`".to_owned(),
        );
    }
    of_v2_26.retain(|name, _| !given.contains_key(name));
    for (name, older) in &of_v2_26 {
        if let Some(Some(value)) = variables.get(name)
            && value != older
        {
            context.findings.oddity(Text::new(
                format!("Compose 2.40 makes `{name}` of `env_file` `{value}`, which counts here, and Compose 2.26 makes it `{older}`"),
                format!("pour Compose 2.40, la variable `{name}` de `env_file` vaut `{value}`, qui compte ici, et pour Compose 2.26 `{older}`"),
            ));
        }
    }
    Ok(variables.into_iter().collect())
}

/// Notes items of a list of variables whose name ends with white space: `A =b`. Compose checks only the last byte, which may be
/// the end of a letter.
fn check_names(node: Option<&Node>, context: &mut Context) {
    for item in node.map(Node::items).unwrap_or_default() {
        let text = item.scalar().unwrap_or_default();
        let name = text.split('=').next().unwrap_or_default();
        let last = name.bytes().last();
        if last.is_some_and(|byte| matches!(byte, b'\t'..=b'\r' | b' ' | 0x85 | 0xa0)) {
            let en = format!("the name `{name}` ends with a space: no space stands before the `=`");
            let fr =
                format!("le nom `{name}` finit par une espace : il n’en faut pas devant le `=`");
            context.invalid(item.mark, en, fr);
        }
    }
}

/// Sets the value of names without one in every service's `environment`, from the variables.
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

/// Returns the `args` or `labels` that have a value; a name without one takes its value from `.env`.
pub(super) fn valued(node: Option<&Node>, context: &Context) -> Vec<(String, String)> {
    let known = |name: &String| context.variables.get(name).cloned();
    let valued = pairs(node)
        .into_iter()
        .map(|(name, value)| (value.or_else(|| known(&name)), name));
    valued
        .filter_map(|(value, name)| Some((name, value?)))
        .collect()
}

/// Returns `labels`; a name without a value has an empty one.
pub(super) fn labels(node: Option<&Node>) -> Vec<(String, String)> {
    pairs(node)
        .into_iter()
        .map(|(name, value)| (name, value.unwrap_or_default()))
        .collect()
}

/// Merges `labels` over `label_file`, sorted, each name once.
pub(super) fn service_labels(
    service: &Node,
    path: &str,
    context: &mut Context,
) -> Result<Vec<(String, String)>, Fault> {
    let mut all = Variables::new();
    for file in service.get("label_file").map(files).unwrap_or_default() {
        let Some(file) = VariablesFile::read(file, path, "label_file", context)? else {
            continue;
        };
        match file.parse(Scope::over(&all)) {
            Ok(parsed) => {
                note_unset(parsed.unset, &mut context.findings);
                all.extend(parsed.pairs);
            }
            Err(problem) => context.findings.problem_elsewhere(*problem),
        }
    }
    all.extend(labels(service.get("labels")));
    Ok(all.into_iter().collect())
}

/// Reads a mapping or a list of `name=value`; the last of several values counts.
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

/// Returns the entries of `env_file` in any of its forms.
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

/// A file that `env_file` or `label_file` names.
struct VariablesFile {
    source: Source,
    is_raw: bool,
}

impl VariablesFile {
    /// Reads an entry of `env_file` or `label_file`. Returns `None` if the file does not exist, or if a finding explains why it
    /// is not read.
    fn read(
        file: &Node,
        path: &str,
        key: &str,
        context: &mut Context,
    ) -> Result<Option<VariablesFile>, Fault> {
        let name = file.text("path").or_else(|| file.scalar());
        let path = format!("{path}.{key}");
        let mark = file.get("path").unwrap_or(file).mark;
        let Some(located) = inside(TASK_FOLDER, &name.unwrap_or_default(), context)? else {
            context.findings.refuse(&path, mark, &OUTSIDE);
            return Ok(None);
        };
        context.env_files += 1;
        if context.env_files > FILES {
            context.findings.refuse(&path, mark, &TOO_MANY_FILES);
            return Ok(None);
        }
        let Some(bytes) = file_bytes(&located, key, file, mark, context)? else {
            return Ok(None);
        };
        let is_raw = file.text("format").as_deref() == Some("raw");
        let source = match is_raw {
            true => match String::from_utf8(bytes) {
                Ok(text) => Source::new(0, located, text),
                Err(_) => {
                    context.findings.problem_elsewhere(not_utf8(&located));
                    return Ok(None);
                }
            },
            false => source(located, &bytes),
        };
        Ok(Some(VariablesFile { source, is_raw }))
    }

    fn parse(&self, scope: Scope) -> Result<Parsed, Box<Problem>> {
        if !self.is_raw {
            return dotenv::parse(&self.source, scope);
        }
        Ok(Parsed {
            pairs: dotenv::raw(&self.source, scope.over)?,
            unset: BTreeSet::new(),
        })
    }
}

/// Reads the bytes of an entry of `env_file` or `label_file`. Returns `None` if an optional file does not exist, or if a
/// finding explains why the file is not read.
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
            let (how, comment) = separators(located);
            let en = format!("the `{key}` `{located}` is no file that can be read{how}");
            let fr =
                format!("`{located}`, donné par `{key}`, n’est pas un fichier lisible{comment}");
            context.invalid(mark, en, fr);
            Ok(None)
        }
    }
}

/// Decodes a file of variables. Compose accepts any bytes there, so comments may be in any encoding; invalid UTF-8 becomes
/// U+FFFD.
pub(super) fn source(file: String, bytes: &[u8]) -> Source {
    Source::new(0, file, String::from_utf8_lossy(bytes).into_owned())
}

fn not_utf8(file: &str) -> Problem {
    Problem {
        kind: ProblemKind::Unreadable,
        message: Text::new(
            format!("`{file}` is not UTF-8 text"),
            format!("`{file}` n’est pas du texte UTF-8"),
        ),
        place: None,
        also: None,
    }
}
