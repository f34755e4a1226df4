//! Merge of one tree over another, by Compose's rules.
//!
//! <https://github.com/compose-spec/compose-spec/blob/main/13-merge.md> contains the outline; the details that it omits were
//! tested.

use std::collections::HashMap;

use softy_checks::model::Text;
use softy_checks::observation::ProblemKind;

use super::findings::Findings;
use super::source::Mark;
use super::yaml::{Entry, Node, Tag, Value};

/// A rule for merging the values of a key. For keys without a rule, mappings are merged, lists are appended, and other values
/// are replaced.
#[derive(Clone, Copy)]
enum Rule {
    /// The second value replaces the first, even if it is null.
    Replaced,
    /// Lists of `name=value` and mappings, with one value per name.
    Pairs,
    /// Lists of `name=value` and mappings, with any number of values per name.
    Hosts,
    /// A folder, or a mapping with the folder under `context`.
    Build,
    /// A list of names, or a mapping from them to settings.
    Names(fn(Mark) -> Value),
    /// A list whose items each have an identifying text; the last item with the same text counts.
    Items(fn(&Node) -> Option<String>),
    /// The same as [`Rule::Items`], but a single item may stand alone.
    Alone(fn(&Node) -> Option<String>),
}

use Rule::{Alone, Build, Hosts, Items, Names, Pairs, Replaced};

/// Rules by path; `*` matches any key.
static RULES: &[(&[&str], Rule)] = &[
    (&["networks", "*", "labels"], Pairs),
    (&["services", "*", "annotations"], Pairs),
    (&["services", "*", "build"], Build),
    (&["services", "*", "build", "additional_contexts"], Pairs),
    (&["services", "*", "build", "args"], Pairs),
    (&["services", "*", "build", "extra_hosts"], Hosts),
    (&["services", "*", "build", "labels"], Pairs),
    (&["services", "*", "build", "tags"], Items(name)),
    (&["services", "*", "cap_add"], Items(name)),
    (&["services", "*", "cap_drop"], Items(name)),
    (&["services", "*", "command"], Replaced),
    (&["services", "*", "configs"], Items(config)),
    (&["services", "*", "depends_on"], Names(started)),
    (&["services", "*", "deploy", "labels"], Pairs),
    (&["services", "*", "devices"], Items(mount)),
    (&["services", "*", "dns"], Alone(name)),
    (&["services", "*", "dns_opt"], Items(name)),
    (&["services", "*", "dns_search"], Alone(name)),
    (&["services", "*", "entrypoint"], Replaced),
    (&["services", "*", "env_file"], Alone(env_file)),
    (&["services", "*", "environment"], Pairs),
    (&["services", "*", "expose"], Items(name)),
    (&["services", "*", "extra_hosts"], Hosts),
    (&["services", "*", "healthcheck", "test"], Replaced),
    (&["services", "*", "label_file"], Alone(name)),
    (&["services", "*", "labels"], Pairs),
    (&["services", "*", "links"], Items(name)),
    (&["services", "*", "networks"], Names(nothing)),
    (&["services", "*", "networks", "*", "aliases"], Items(name)),
    (&["services", "*", "ports"], Items(port)),
    (&["services", "*", "profiles"], Items(name)),
    (&["services", "*", "secrets"], Items(secret)),
    (&["services", "*", "sysctls"], Pairs),
    (&["services", "*", "tmpfs"], Alone(name)),
    (&["services", "*", "volumes"], Items(mount)),
    (&["volumes", "*", "labels"], Pairs),
];

/// Merges `over` over `base`; both are at `path`.
///
/// The tags of `over` are applied and stay in the result, for the merge over the next file; [`settle`] removes them.
pub(super) fn merge(base: Node, over: Node, path: &[&str], findings: &mut Findings) -> Node {
    let rule = rule(path);
    if matches!(rule, Some(Replaced)) {
        return over;
    }
    if over.value == Value::Null {
        return base;
    }
    let spread = |node| match rule {
        Some(rule) => rule.spread(node),
        None => node,
    };
    let (base, over) = match base.value {
        Value::Map(_) | Value::List(_) | Value::Text(_) => (spread(base), spread(over)),
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) => (base, over),
    };
    let value = match (base.value, over.value) {
        (Value::Map(below), Value::Map(above)) => Value::Map(entries(below, above, path, findings)),
        (Value::List(mut items), Value::List(further)) => {
            items.extend(further);
            Value::List(items)
        }
        (below @ (Value::Map(_) | Value::List(_)), _) => {
            refuse(over.mark, path, findings);
            below
        }
        (_, value) => value,
    };
    Node {
        mark: base.mark,
        value,
    }
}

/// Removes the entries with the tag `!reset`, and the tags.
pub(super) fn settle(node: &mut Node) {
    match &mut node.value {
        Value::Map(entries) => {
            entries.retain(|entry| entry.tag != Some(Tag::Reset));
            for entry in entries {
                entry.tag = None;
                settle(&mut entry.value);
            }
        }
        Value::List(items) => items.iter_mut().for_each(settle),
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) | Value::Text(_) => {}
    }
}

/// Keeps the last of the items with the same identifying text, at the position of the first.
pub(super) fn unify(node: &mut Node) {
    unify_below(node, &mut Vec::new());
}

/// Merges the entries of one mapping over those of another.
fn entries(
    below: Vec<Entry>,
    above: Vec<Entry>,
    path: &[&str],
    findings: &mut Findings,
) -> Vec<Entry> {
    let is_pairs = matches!(rule(path), Some(Pairs));
    let places = below.iter().enumerate();
    let places: HashMap<String, usize> = places
        .map(|(place, entry)| (entry.key.clone(), place))
        .collect();
    let mut merged: Vec<Option<Entry>> = below.into_iter().map(Some).collect();
    for entry in above {
        let place = places.get(&entry.key).and_then(|&at| merged.get_mut(at));
        let Some(place) = place else {
            merged.push(Some(entry));
            continue;
        };
        let is_whole = entry.tag.is_some() || is_pairs || entry.key.starts_with("x-");
        *place = match place.take() {
            Some(base) if !is_whole => Some(laid(base, entry, path, findings)),
            Some(_) | None => Some(entry),
        };
    }
    merged.into_iter().flatten().collect()
}

fn laid(base: Entry, over: Entry, path: &[&str], findings: &mut Findings) -> Entry {
    let path: Vec<&str> = path.iter().copied().chain([over.key.as_str()]).collect();
    let value = merge(base.value, over.value, &path, findings);
    Entry { value, ..base }
}

fn refuse(mark: Mark, path: &[&str], findings: &mut Findings) {
    let key = path.join(".");
    findings.problem(
        ProblemKind::WrongType,
        mark,
        Text::new(
            format!("`{key}` is of another type here than where it was first given, so the two cannot be merged"),
            format!("`{key}` n’est pas ici du même type que là où cette clé est d’abord donnée : les deux ne peuvent être fusionnées"),
        ),
    );
}

fn rule(path: &[&str]) -> Option<Rule> {
    let matches = |pattern: &[&str]| {
        pattern.len() == path.len()
            && pattern
                .iter()
                .zip(path)
                .all(|(part, key)| *part == "*" || part == key)
    };
    let (_, rule) = RULES.iter().find(|(pattern, _)| matches(pattern))?;
    Some(*rule)
}

impl Rule {
    /// Converts a value to the form of its key that can be merged; keeps it unchanged if its items do not allow that.
    fn spread(self, node: Node) -> Node {
        let mark = node.mark;
        let value = match (self, node.value) {
            (Pairs, Value::List(items)) => mapped(items, pair),
            (Pairs, value @ Value::Text(_)) => mapped(vec![Node { mark, value }], pair),
            (Names(asked), Value::List(items)) => {
                mapped(items, |text, mark| (text.to_owned(), asked(mark)))
            }
            (Hosts, Value::Map(entries)) => Value::List(entries.into_iter().map(host).collect()),
            (Build, value @ Value::Text(_)) => {
                Value::Map(vec![entry("context".to_owned(), Node { mark, value })])
            }
            (Alone(_), value @ (Value::Text(_) | Value::Integer(_))) => {
                Value::List(vec![Node { mark, value }])
            }
            (_, value) => value,
        };
        Node { mark, value }
    }
}

/// Converts a list of texts to a mapping; returns the list itself if an item is not a text.
fn mapped(items: Vec<Node>, read: impl Fn(&str, Mark) -> (String, Value)) -> Value {
    let mut entries: Vec<Entry> = Vec::new();
    let mut places = HashMap::new();
    for item in &items {
        let Some(text) = item.scalar() else {
            return Value::List(items);
        };
        let (key, value) = read(&text, item.mark);
        let mark = item.mark;
        let entry = entry(key.clone(), Node { mark, value });
        match places.get(&key).and_then(|&at: &usize| entries.get_mut(at)) {
            Some(place) => *place = entry,
            None => {
                places.insert(key, entries.len());
                entries.push(entry);
            }
        }
    }
    Value::Map(entries)
}

/// Returns an entry whose key has the position of its value.
pub(super) fn entry(key: String, value: Node) -> Entry {
    Entry {
        key,
        mark: value.mark,
        value,
        tag: None,
    }
}

fn pair(text: &str, _: Mark) -> (String, Value) {
    match text.split_once('=') {
        Some((name, value)) => (name.to_owned(), Value::Text(value.to_owned())),
        None => (text.to_owned(), Value::Null),
    }
}

fn host(entry: Entry) -> Node {
    let address = entry.value.scalar().unwrap_or_default();
    Node {
        mark: entry.mark,
        value: Value::Text(format!("{}={address}", entry.key)),
    }
}

/// Returns the settings of a service that `depends_on` names in a list.
fn started(mark: Mark) -> Value {
    let value = Value::Text("service_started".to_owned());
    Value::Map(vec![entry("condition".to_owned(), Node { mark, value })])
}

fn nothing(_: Mark) -> Value {
    Value::Null
}

fn unify_below(node: &mut Node, path: &mut Vec<String>) {
    match &mut node.value {
        Value::Map(entries) => {
            for entry in entries {
                path.push(entry.key.clone());
                unify_below(&mut entry.value, path);
                path.pop();
            }
        }
        Value::List(items) => {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            if let Some(Items(known_by) | Alone(known_by)) = rule(&path) {
                *items = unique(std::mem::take(items), known_by);
            }
        }
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) | Value::Text(_) => {}
    }
}

fn unique(items: Vec<Node>, known_by: fn(&Node) -> Option<String>) -> Vec<Node> {
    let mut kept: Vec<Node> = Vec::new();
    let mut places = HashMap::new();
    for item in items {
        let known = known_by(&item);
        let place = known.as_ref().and_then(|text| places.get(text));
        match place.and_then(|&at: &usize| kept.get_mut(at)) {
            Some(place) => *place = item,
            None => {
                places.extend(known.map(|text| (text, kept.len())));
                kept.push(item);
            }
        }
    }
    kept
}

/// Returns the part of a text before the `=`.
fn name(item: &Node) -> Option<String> {
    let text = item.scalar()?;
    let name = text.split('=').next().unwrap_or_default();
    Some(name.to_owned())
}

fn env_file(item: &Node) -> Option<String> {
    item.text("path").or_else(|| item.scalar())
}

/// Returns a mount's path inside the container.
fn mount(item: &Node) -> Option<String> {
    let Some(text) = item.scalar() else {
        return item.text("target");
    };
    let mut parts = text.split(':');
    let first = parts.next().unwrap_or_default();
    Some(parts.next().unwrap_or(first).to_owned())
}

fn secret(item: &Node) -> Option<String> {
    file_mount(item, "/run/secrets")
}

fn config(item: &Node) -> Option<String> {
    file_mount(item, "")
}

fn file_mount(item: &Node, folder: &str) -> Option<String> {
    let named = item.scalar().or_else(|| item.text("source"));
    item.text("target")
        .or_else(|| Some(format!("{folder}/{}", named?)))
}

/// Returns both ends of a port; ranges are not expanded.
fn port(item: &Node) -> Option<String> {
    let (address, published, target, protocol) = match item.scalar() {
        None => (
            item.text("host_ip"),
            item.text("published"),
            item.text("target")?,
            item.text("protocol"),
        ),
        Some(text) => {
            let (ports, protocol) = match text.split_once('/') {
                Some((ports, protocol)) => (ports, Some(protocol.to_owned())),
                None => (text.as_str(), None),
            };
            let mut parts = ports.rsplitn(3, ':').map(str::to_owned);
            let target = parts.next()?;
            let published = parts.next();
            (parts.next(), published, target, protocol)
        }
    };
    let address = address.unwrap_or_else(|| "0.0.0.0".to_owned());
    let published = published.unwrap_or_default();
    let protocol = protocol.unwrap_or_else(|| "tcp".to_owned());
    Some(format!("{address}:{published}:{target}/{protocol}"))
}
