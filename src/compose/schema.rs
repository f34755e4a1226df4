//! Validation of a tree against the table of keys.

use softy_checks::model::Text;
use softy_checks::observation::ProblemKind;

use super::findings::Findings;
use super::formats;
use super::keys::{Decision, Key, Type};
use super::yaml::{Entry, Node, Value};
use crate::likeness::nearest;

/// Minimum similarity of two names, from 0 to 1, for one to count as a typing mistake in the other.
pub(super) const LIKENESS: f64 = 0.8;

/// Notes unknown keys, values of a wrong type, and refused values at and below `node`; `path` is the node's path.
pub(super) fn check(node: &Node, takes: &Type, path: &str, findings: &mut Findings) {
    match (takes, &node.value) {
        (Type::List(item), Value::List(items)) => {
            for (index, node) in items.iter().enumerate() {
                check(node, item, &format!("{path}[{index}]"), findings);
            }
        }
        (Type::Named(each), Value::Map(entries)) => {
            for entry in entries {
                if entry.key.is_empty() {
                    without_name(entry, path, findings);
                }
                check(&entry.value, each, &joined(path, &entry.key), findings);
            }
        }
        (Type::Section(keys), Value::Map(entries)) => {
            entries
                .iter()
                .for_each(|entry| check_entry(entry, keys, path, findings));
        }
        (Type::Either(types), value) => match types.iter().find(|takes| fits(takes, value)) {
            Some(takes) => check(node, takes, path, findings),
            None => wrong_type(node, takes, path, findings),
        },
        (Type::StringFormat(form), Value::Text(text)) => {
            formats::check(text, form, path, node.mark, findings);
        }
        (takes, value) if fits(takes, value) => {}
        (takes, _) => wrong_type(node, takes, path, findings),
    }
}

fn without_name(entry: &Entry, path: &str, findings: &mut Findings) {
    findings.problem(
        ProblemKind::InvalidValue,
        entry.mark,
        Text::new(
            format!("a key of `{path}` is an empty text"),
            format!("une clé de `{path}` est un texte vide"),
        ),
    );
}

fn check_entry(entry: &Entry, keys: &[Key], path: &str, findings: &mut Findings) {
    if entry.key.starts_with("x-") {
        return;
    }
    let Some(key) = keys.iter().find(|key| key.name == entry.key) else {
        return unknown(entry, keys, path, findings);
    };
    let path = joined(path, &entry.key);
    check(&entry.value, &key.takes, &path, findings);
    let mark = entry.mark;
    match &key.decision {
        Decision::Carried | Decision::Rewritten => {}
        Decision::Refused(danger) if asks_for_something(&entry.value) => {
            findings.refuse(&path, mark, danger)
        }
        Decision::Refused(_) => {}
        Decision::Screened(is_dangerous, danger)
            if asks_for_something(&entry.value) && holds(&entry.value, *is_dangerous) =>
        {
            findings.refuse(&path, mark, danger);
        }
        Decision::Screened(..) => {}
    }
}

/// Returns true if a value has the shape of a type; its content is not checked.
fn fits(takes: &Type, value: &Value) -> bool {
    match takes {
        Type::Any => true,
        Type::Null => matches!(value, Value::Null),
        Type::Bool => is_bool(value),
        Type::Integer => is_integer(value),
        Type::Count => is_integer(value) && !is_negative(value),
        Type::Number => is_number(value),
        Type::Text | Type::StringFormat(_) => matches!(value, Value::Text(_)),
        Type::List(_) => matches!(value, Value::List(_)),
        Type::Named(_) | Type::Section(_) => matches!(value, Value::Map(_)),
        Type::Either(types) => types.iter().any(|takes| fits(takes, value)),
    }
}

/// Returns true for a bool, or a text that Compose converts to one.
fn is_bool(value: &Value) -> bool {
    let words = ["true", "false", "yes", "no", "y", "n", "on", "off"];
    match value {
        Value::Bool(_) => true,
        Value::Text(text) => words.contains(&text.to_lowercase().as_str()),
        Value::Null | Value::Integer(_) | Value::Float(_) | Value::List(_) | Value::Map(_) => false,
    }
}

/// Returns true for an integer, or a text that Compose converts to one.
fn is_integer(value: &Value) -> bool {
    match value {
        Value::Integer(_) => true,
        Value::Float(number) => number.fract() == 0.0,
        Value::Text(text) => text.parse::<i64>().is_ok(),
        Value::Null | Value::Bool(_) | Value::List(_) | Value::Map(_) => false,
    }
}

fn is_negative(value: &Value) -> bool {
    match value {
        Value::Integer(number) => *number < 0,
        Value::Float(number) => *number < 0.0,
        Value::Text(text) => text.starts_with('-'),
        Value::Null | Value::Bool(_) | Value::List(_) | Value::Map(_) => false,
    }
}

fn is_number(value: &Value) -> bool {
    match value {
        Value::Integer(_) | Value::Float(_) => true,
        Value::Text(text) => text.parse::<f64>().is_ok(),
        Value::Null | Value::Bool(_) | Value::List(_) | Value::Map(_) => false,
    }
}

fn asks_for_something(value: &Node) -> bool {
    match &value.value {
        Value::Null | Value::Bool(false) => false,
        Value::Text(text) => {
            !["", "false", "no", "n", "off"].contains(&text.to_lowercase().as_str())
        }
        Value::List(items) => !items.is_empty(),
        Value::Map(entries) => !entries.is_empty(),
        Value::Bool(true) | Value::Integer(_) | Value::Float(_) => true,
    }
}

/// Returns true if a scalar in a value is dangerous.
fn holds(value: &Node, is_dangerous: fn(&str) -> bool) -> bool {
    let below = value
        .entries()
        .iter()
        .map(|entry| &entry.value)
        .chain(value.items());
    value.scalar().is_some_and(|text| is_dangerous(&text))
        || below.into_iter().any(|node| holds(node, is_dangerous))
}

fn unknown(entry: &Entry, keys: &[Key], path: &str, findings: &mut Findings) {
    if findings.has_enough_problems() {
        return;
    }
    let key = &entry.key;
    let near = nearest(key, keys.iter().map(|key| key.name), LIKENESS);
    let meant = |words: &str| {
        near.map(|name| format!("{words} `{name}`?"))
            .unwrap_or_default()
    };
    let (place, lieu) = match path {
        "" => (
            "at the top of the file".to_owned(),
            "au premier niveau du fichier".to_owned(),
        ),
        path => (format!("in `{path}`"), format!("dans `{path}`")),
    };
    findings.problem(
        ProblemKind::UnknownKey,
        entry.mark,
        Text::new(
            format!(
                "Compose has no key `{key}` {place}{}",
                meant("; is it meant to be")
            ),
            format!(
                "Compose n’a pas de clé `{key}` {lieu}{}",
                meant(" ; s’agit-il de").replace('?', " ?")
            ),
        ),
    );
}

fn wrong_type(node: &Node, takes: &Type, path: &str, findings: &mut Findings) {
    let (expected, attendu) = described(takes);
    let (seen, vu) = described_value(&node.value);
    let (name, nom) = match path {
        "" => ("the file".to_owned(), "le fichier".to_owned()),
        path => (format!("`{path}`"), format!("`{path}`")),
    };
    findings.problem(
        ProblemKind::WrongType,
        node.mark,
        Text::new(
            format!("{name} takes {expected}, not {seen}"),
            format!("{nom} attend {attendu}, pas {vu}"),
        ),
    );
}

fn described(takes: &Type) -> (String, String) {
    let (en, fr) = match takes {
        Type::StringFormat(form) => return (form.name.en.to_string(), form.name.fr.to_string()),
        Type::Any => ("anything", "n’importe quoi"),
        Type::Null => ("nothing", "rien"),
        Type::Bool => ("`true` or `false`", "`true` ou `false`"),
        Type::Integer => ("a whole number", "un nombre entier"),
        Type::Count => ("a whole number from 0", "un nombre entier à partir de 0"),
        Type::Number => ("a number", "un nombre"),
        Type::Text => ("a text", "un texte"),
        Type::List(_) => ("a list", "une liste"),
        Type::Named(_) | Type::Section(_) => ("a block of keys", "un bloc de clés"),
        Type::Either(types) => {
            let (en, fr): (Vec<String>, Vec<String>) = types.iter().map(described).unzip();
            return (en.join(" or "), fr.join(" ou "));
        }
    };
    (en.to_owned(), fr.to_owned())
}

fn described_value(value: &Value) -> (&'static str, &'static str) {
    match value {
        Value::Null => ("nothing", "rien"),
        Value::Bool(_) => ("`true` or `false`", "`true` ou `false`"),
        Value::Integer(_) | Value::Float(_) => ("a number", "un nombre"),
        Value::Text(_) => ("a text", "un texte"),
        Value::List(_) => ("a list", "une liste"),
        Value::Map(_) => ("a block of keys", "un bloc de clés"),
    }
}

fn joined(path: &str, key: &str) -> String {
    match path {
        "" => key.to_owned(),
        path => format!("{path}.{key}"),
    }
}
