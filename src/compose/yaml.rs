//! YAML as a tree that contains the position of each key and value.

mod parser;
mod resolved;
mod scalar;
mod scanner;
mod slip;

use super::findings::Findings;
use super::source::{Mark, Source};

/// Maximum nesting of values: far above the needs of a compose file. A level uses about 40 kB of stack in a debug build.
const DEPTH: usize = 24;

/// A value and its position.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    /// Position of the value itself, not of an alias that repeats it.
    pub mark: Mark,
    /// The value.
    pub value: Value,
}

/// A YAML value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key of a mapping and its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    /// The key, which must be a text.
    pub key: String,
    /// Position of the key.
    pub mark: Mark,
    /// The value.
    pub value: Node,
    /// Tag that determines the merge with another value of the same key.
    pub tag: Option<Tag>,
}

/// A tag that Compose supports; it ignores all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    /// `!reset`: removes the key, here and in the file below.
    Reset,
    /// `!override`: the value replaces the one below, instead of being merged into it.
    Override,
}

/// Parses the trees of a file's documents; returns `None` if a finding explains why it cannot.
///
/// The parser accepts and refuses the same files as go-yaml. See [`scanner`] for the tokens, [`parser`] for the grammar,
/// [`resolved`] for anchors, merge keys and duplicate keys, [`scalar`] for types.
pub(super) fn parse(source: &Source, findings: &mut Findings) -> Option<Vec<Node>> {
    let tokens = scanner::tokens(&source.text);
    let tree = tokens.and_then(parser::tree);
    let documents = tree.and_then(|tree| resolved::documents(&tree, source.index));
    match documents {
        Ok(documents) => {
            if documents.iter().any(Node::has_tag) {
                findings.unknown_to_v1("`!reset`, `!override`", "`!reset`, `!override`");
            }
            Some(documents)
        }
        Err(slip) => {
            slip.report(source, findings);
            None
        }
    }
}

impl Node {
    /// Returns the value of a key, or `None` if this is not a mapping or has no such key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// Returns a key and its value.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// Returns the keys and values of a mapping; a value of another type has none.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            Value::Null
            | Value::Bool(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::Text(_)
            | Value::List(_) => &[],
        }
    }

    /// Returns the value of a key for modification.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        match &mut self.value {
            Value::Map(entries) => entries
                .iter_mut()
                .find(|entry| entry.key == key)
                .map(|entry| &mut entry.value),
            Value::Null
            | Value::Bool(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::Text(_)
            | Value::List(_) => None,
        }
    }

    /// Removes a key from a mapping and returns its value.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        let Value::Map(entries) = &mut self.value else {
            return None;
        };
        let at = entries.iter().position(|entry| entry.key == key)?;
        Some(entries.remove(at).value)
    }

    /// Returns the items of a list; a value of another type has none.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            Value::Null
            | Value::Bool(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::Text(_)
            | Value::Map(_) => &[],
        }
    }

    /// Returns a scalar as Compose converts it to a text, or `None` for null, lists and mappings.
    pub fn scalar(&self) -> Option<String> {
        match &self.value {
            Value::Text(text) => Some(text.clone()),
            Value::Bool(flag) => Some(flag.to_string()),
            Value::Integer(number) => Some(number.to_string()),
            Value::Float(number) => Some(float(*number)),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// Returns the scalar value of a key.
    pub fn text(&self, key: &str) -> Option<String> {
        self.get(key)?.scalar()
    }

    /// Returns true if a key exists and is true.
    pub fn flag(&self, key: &str) -> bool {
        let text = self.text(key).unwrap_or_default().to_lowercase();
        ["true", "yes", "y", "on"].contains(&text.as_str())
    }

    /// Returns true if the node contains `!reset` or `!override`.
    fn has_tag(&self) -> bool {
        self.items().iter().any(Node::has_tag)
            || self
                .entries()
                .iter()
                .any(|entry| entry.tag.is_some() || entry.value.has_tag())
    }

    /// Returns the scalars of a list, or a single scalar as a list of one.
    pub fn texts(&self) -> Vec<String> {
        let alone = self.scalar().into_iter();
        alone
            .chain(self.items().iter().filter_map(Node::scalar))
            .collect()
    }
}

/// Formats a number as Go and therefore Compose print it.
fn float(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    match scientific.split_once('e') {
        Some((digits, exponent))
            if !exponent
                .parse()
                .is_ok_and(|exponent: i32| (-4..6).contains(&exponent)) =>
        {
            let (sign, exponent) = match exponent.strip_prefix('-') {
                Some(exponent) => ('-', exponent),
                None => ('+', exponent),
            };
            format!("{digits}e{sign}{exponent:0>2}")
        }
        Some(_) | None => number.to_string(),
    }
}

#[cfg(test)]
mod tests;
