//! YAML as a tree that knows where each key and value stands.

mod parser;
mod resolved;
mod scalar;
mod scanner;
mod slip;

use super::findings::Findings;
use super::source::{Mark, Source};

/// How deep values may be nested: far above what a compose file needs. A level takes some 40 kB of stack in a debug build.
const DEPTH: usize = 24;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    /// Where it is written, not where an alias repeats it.
    pub mark: Mark,
    /// The value.
    pub value: Value,
}

/// What YAML can say.
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
    /// Where the key stands.
    pub mark: Mark,
    /// The value.
    pub value: Node,
    /// What its tag asks for where it meets another value of the same key.
    pub tag: Option<Tag>,
}

/// A tag that means something to Compose, which passes over all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    /// `!reset`: the key is taken away, here and in the file below.
    Reset,
    /// `!override`: the value takes the place of the one below, instead of being merged into it.
    Override,
}

/// The trees of a file's documents; `None` when a finding says why there are none.
///
/// What go-yaml reads is read and what it refuses is refused: see [`scanner`] for the tokens, [`parser`] for the grammar,
/// [`resolved`] for anchors, merge keys and keys that occur twice, [`scalar`] for types.
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
    /// The value of a key; `None` when this is no mapping or has no such key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// A key and its value.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The keys and values of a mapping; none when it is something else.
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

    /// The value of a key, to change it.
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

    /// Takes a key out of a mapping.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        let Value::Map(entries) = &mut self.value else {
            return None;
        };
        let at = entries.iter().position(|entry| entry.key == key)?;
        Some(entries.remove(at).value)
    }

    /// The items of a list; none when it is something else.
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

    /// A scalar as Compose writes it where it wants a text; `None` for null, lists and mappings.
    pub fn scalar(&self) -> Option<String> {
        match &self.value {
            Value::Text(text) => Some(text.clone()),
            Value::Bool(flag) => Some(flag.to_string()),
            Value::Integer(number) => Some(number.to_string()),
            Value::Float(number) => Some(float(*number)),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// The scalar under a key.
    pub fn text(&self, key: &str) -> Option<String> {
        self.get(key)?.scalar()
    }

    /// Whether a key is there and says yes.
    pub fn flag(&self, key: &str) -> bool {
        let text = self.text(key).unwrap_or_default().to_lowercase();
        ["true", "yes", "y", "on"].contains(&text.as_str())
    }

    /// Whether `!reset` or `!override` is in it.
    fn has_tag(&self) -> bool {
        self.items().iter().any(Node::has_tag)
            || self
                .entries()
                .iter()
                .any(|entry| entry.tag.is_some() || entry.value.has_tag())
    }

    /// The scalars of a list, or a scalar alone as a list of one.
    pub fn texts(&self) -> Vec<String> {
        let alone = self.scalar().into_iter();
        alone
            .chain(self.items().iter().filter_map(Node::scalar))
            .collect()
    }
}

/// A number as Go prints it, which is what Compose does.
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
