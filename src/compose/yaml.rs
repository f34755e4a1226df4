//! YAML as a tree that knows where each key and value stands.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Error, Location, Spanned};
use softy_checks::model::Text;
use softy_checks::observation::ProblemKind;

use super::findings::Findings;
use super::source::Mark;

/// Bounds of what is read: far above what a compose file needs, far below what a bomb needs. A level of depth takes
/// some 40 kB of stack in a debug build.
const DEPTH: usize = 24;
const NODES: usize = 20_000;
const ALIASES: usize = 1_000;
const SCALARS: usize = 4 * 1024 * 1024;

/// Keys over this length, in bytes, are refused: YAML itself has this bound for keys that are not marked by `?`.
const KEY: usize = 1024;

/// A message of the parser is cut here, in characters.
const MESSAGE: usize = 300;

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
    Integer(i64),
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
}

/// The tree of a file; `None` when a finding says why there is none.
pub(super) fn parse(text: &str, findings: &mut Findings) -> Option<Node> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: DEPTH,
            flow_nesting_limit: DEPTH,
            max_nodes: NODES,
            max_aliases: ALIASES,
            max_events: 4 * NODES,
            max_recorded_anchor_events: 4 * NODES,
            max_total_scalar_bytes: SCALARS,
            max_merge_keys: ALIASES,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 4 * NODES,
        },
        // Compose reads `yes` and `on` as texts.
        strict_booleans: true,
        legacy_octal_numbers: true,
        // `!reset` and `!override` mean something to Compose.
        reject_unsupported_tags: true,
        non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::AsString,
    };
    match serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options) {
        Ok(raw) => node(raw, findings),
        Err(error) => {
            report(error.without_snippet(), findings);
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
    let scientific = format!("{number:e}");
    match scientific.split_once('e') {
        Some((digits, exponent))
            if !exponent
                .parse()
                .is_ok_and(|exponent: i32| (-4..21).contains(&exponent)) =>
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

/// The tree as the parser gives it, keys being of any type.
enum Raw {
    Scalar(Value),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Raw>, Spanned<Raw>)>),
}

struct RawVisitor;

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Raw, E> {
        Ok(Raw::Scalar(Value::Bool(flag)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Raw, E> {
        Ok(Raw::Scalar(Value::Integer(number)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Raw, E> {
        let value = i64::try_from(number).map_or(Value::Float(number as f64), Value::Integer);
        Ok(Raw::Scalar(value))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Raw, E> {
        Ok(Raw::Scalar(Value::Float(number)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Scalar(Value::Text(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Raw, E> {
        Ok(Raw::Scalar(Value::Text(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

/// The node of a raw one; `None` when a key in it is no text, which becomes a finding.
fn node(raw: Spanned<Raw>, findings: &mut Findings) -> Option<Node> {
    let mark = mark(raw.defined);
    let value = match raw.value {
        Raw::Scalar(value) => value,
        Raw::List(items) => {
            let items: Option<Vec<Node>> =
                items.into_iter().map(|item| node(item, findings)).collect();
            Value::List(items?)
        }
        Raw::Map(entries) => {
            let entries: Option<Vec<Entry>> = entries
                .into_iter()
                .map(|(key, value)| entry(key, value, findings))
                .collect();
            Value::Map(entries?)
        }
    };
    Some(Node { mark, value })
}

fn entry(key: Spanned<Raw>, value: Spanned<Raw>, findings: &mut Findings) -> Option<Entry> {
    let mark = mark(key.defined);
    if let Raw::Scalar(Value::Text(key)) = key.value
        && key.len() <= KEY
    {
        let value = node(value, findings)?;
        return Some(Entry { key, mark, value });
    }
    findings.problem(
        ProblemKind::WrongType,
        mark,
        Text::fixed(
            "a key is not a short text: write `- ` before it where a list is meant, else put it in quotes",
            "une clé n’est pas un texte court : écrivez `- ` devant s’il s’agit d’une liste, sinon mettez-la entre guillemets",
        ),
    );
    None
}

fn mark(location: Location) -> Mark {
    let number = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    Mark {
        line: number(location.line()),
        column: number(location.column()),
        width: number(location.span().len()),
    }
}

fn report(error: &Error, findings: &mut Findings) {
    let mark = error.location().map(mark).unwrap_or_default();
    match error {
        Error::DuplicateMappingKey { key, .. } => {
            let key = key.as_deref().unwrap_or("?");
            findings.problem(
                ProblemKind::DuplicateKey,
                mark,
                Text::new(
                    format!("the key `{key}` stands twice in the same mapping"),
                    format!("la clé `{key}` figure deux fois dans le même bloc"),
                ),
            );
        }
        Error::MultipleDocuments { .. } => {
            findings.unsupported("several YAML documents in one file".to_owned(), mark)
        }
        Error::UnsupportedTag { tag, .. } => {
            findings.unsupported(format!("the YAML tag {tag}"), mark)
        }
        Error::Budget { .. } | Error::RecursiveReferencesRequireWeakTypes { .. } => findings
            .problem(
                ProblemKind::Syntax,
                mark,
                Text::fixed(
                    "the file is too deep, or too large with its aliases filled in",
                    "le fichier est trop profond, ou trop grand une fois ses alias remplacés",
                ),
            ),
        error => {
            let words: String = error.to_string().chars().take(MESSAGE).collect();
            // The place is shown beside the message.
            let words = words.split(" at line ").next().unwrap_or_default();
            let words = words.replace('\n', " ").replace('`', "'");
            findings.problem(
                ProblemKind::Syntax,
                mark,
                Text::new(
                    format!("this is not YAML: `{words}`"),
                    format!("ce n’est pas du YAML : `{words}`"),
                ),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::compose::source::Source;

    fn parsed(text: &str) -> Result<Node, ProblemKind> {
        let source = Source::new("f".to_owned(), text.to_owned());
        let mut findings = Findings::new(&source);
        let start = Instant::now();
        let node = parse(text, &mut findings);
        assert!(start.elapsed() < Duration::from_secs(1));
        node.ok_or_else(|| findings.into_compose().problems[0].kind)
    }

    #[test]
    fn keys_and_values_know_their_place() {
        let tree = parsed("a:\n  bc: yes\n").unwrap();
        let entry = tree.get("a").unwrap().entry("bc").unwrap().clone();
        assert_eq!(
            entry.mark,
            Mark {
                line: 2,
                column: 3,
                width: 2
            }
        );
        assert_eq!(
            entry.value.mark,
            Mark {
                line: 2,
                column: 7,
                width: 3
            }
        );
        assert_eq!(entry.value.value, Value::Text("yes".to_owned()));
    }

    #[test]
    fn anchors_and_merge_keys_are_resolved() {
        let tree = parsed("x: &x {a: 1, b: 2}\ny:\n  <<: *x\n  b: 3\n").unwrap();
        let y = tree.get("y").unwrap();
        assert_eq!(
            (y.text("a"), y.text("b")),
            (Some("1".to_owned()), Some("3".to_owned()))
        );
        assert_eq!(y.get("a").unwrap().mark.line, 1);
    }

    #[test]
    fn a_duplicate_key_is_told_from_bad_syntax() {
        assert_eq!(parsed("a: 1\na: 2\n"), Err(ProblemKind::DuplicateKey));
        assert_eq!(parsed("a: [1\n"), Err(ProblemKind::Syntax));
        assert_eq!(parsed("a:\n\tb: 1\n"), Err(ProblemKind::Syntax));
        assert_eq!(parsed("a: b\0c\n"), Err(ProblemKind::Syntax));
        assert_eq!(parsed("80: x\n"), Err(ProblemKind::WrongType));
    }

    #[test]
    fn numbers_are_printed_as_go_does() {
        let printed = [1.5, 1.1, 1000.0, 1e100, 1e-7, -0.0].map(float);
        assert_eq!(printed, ["1.5", "1.1", "1000", "1e+100", "1e-07", "-0"]);
    }

    #[test]
    fn bombs_end_early() {
        let mut aliases = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..10 {
            let item = format!("*a{}", level - 1);
            aliases += &format!("a{level}: &a{level} [{}]\n", [item.as_str(); 9].join(", "));
        }
        assert_eq!(parsed(&aliases), Err(ProblemKind::Syntax));
        assert_eq!(parsed(&"[".repeat(100_000)), Err(ProblemKind::Syntax));
        assert_eq!(parsed(&"- ".repeat(100_000)), Err(ProblemKind::Syntax));
        assert_eq!(
            parsed(&"a: 1\n".repeat(200_000)),
            Err(ProblemKind::DuplicateKey)
        );
        assert_eq!(parsed(&"- 1\n".repeat(250_000)), Err(ProblemKind::Syntax));
        let long = format!(
            "a: &a {}\nb: [{}]\n",
            "x".repeat(500_000),
            ["*a"; 900].join(", ")
        );
        assert_eq!(parsed(&long), Err(ProblemKind::Syntax));
        assert_eq!(parsed("a: &a [*a]\n"), Err(ProblemKind::Syntax));
    }
}
