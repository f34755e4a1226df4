//! YAML as a tree that knows where each key and value stands.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::MergeKeyPolicy;
use serde_saphyr::{Error, Location, Spanned, Tagged};
use softy_checks::model::Text;
use softy_checks::observation::ProblemKind;

use super::findings::Findings;
use super::source::{Mark, Source};

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

/// The trees of a file's documents, empty ones left out; `None` when a finding says why there are none.
pub(super) fn parse(source: &Source, findings: &mut Findings) -> Option<Vec<Node>> {
    let mut options = serde_saphyr::options! {
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
        non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::AsString,
    };
    // Merging takes any number of `<<`; as the ordinary key that it is for Compose v2, the second is one too many.
    if source.text.matches("<<").nth(1).is_some() {
        options.merge_keys = MergeKeyPolicy::AsOrdinary;
        let ordinary =
            serde_saphyr::from_multiple_with_options::<Spanned<Raw>>(&source.text, options.clone());
        if let Err(error) = ordinary
            && matches!(error.without_snippet(), Error::DuplicateMappingKey { .. })
        {
            report(error.without_snippet(), source, findings);
            return None;
        }
        options.merge_keys = MergeKeyPolicy::Merge;
    }
    match serde_saphyr::from_multiple_with_options::<Spanned<Raw>>(&source.text, options) {
        Ok(documents) => documents
            .into_iter()
            .map(|raw| node(raw, source, findings))
            .collect(),
        Err(error) => {
            report(error.without_snippet(), source, findings);
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
    List(Vec<Laid>),
    Map(Vec<(Spanned<Raw>, Laid)>),
}

/// A value, where it stands, and its tag.
type Laid = Tagged<Spanned<Raw>>;

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
        Ok(Raw::Scalar(Value::Integer(number.into())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Raw, E> {
        Ok(Raw::Scalar(Value::Integer(number.into())))
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
fn node(raw: Spanned<Raw>, source: &Source, findings: &mut Findings) -> Option<Node> {
    let mark = mark(raw.defined, source);
    let value = match raw.value {
        Raw::Scalar(value) => value,
        Raw::List(items) => {
            let kept = items
                .into_iter()
                .filter(|Tagged(_, tag)| Tag::read(tag) != Some(Tag::Reset));
            let items: Option<Vec<Node>> = kept
                .map(|Tagged(item, _)| node(item, source, findings))
                .collect();
            Value::List(items?)
        }
        Raw::Map(entries) => {
            let entries: Option<Vec<Entry>> = entries
                .into_iter()
                .map(|(key, value)| entry(key, value, source, findings))
                .collect();
            Value::Map(entries?)
        }
    };
    Some(Node { mark, value })
}

fn entry(
    key: Spanned<Raw>,
    Tagged(value, tag): Laid,
    source: &Source,
    findings: &mut Findings,
) -> Option<Entry> {
    let mark = mark(key.defined, source);
    if let Raw::Scalar(Value::Text(key)) = key.value
        && key.len() <= KEY
    {
        let value = node(value, source, findings)?;
        let tag = Tag::read(&tag);
        if tag.is_some() {
            findings.unknown_to_v1("`!reset`, `!override`", "`!reset`, `!override`");
        }
        return Some(Entry {
            key,
            mark,
            value,
            tag,
        });
    }
    findings.problem(
        ProblemKind::WrongType,
        mark,
        Text::fixed(
            "a key is not a short text: is a list meant here?",
            "une clé n’est pas un texte court : s’agit-il d’une liste ?",
        ),
    );
    None
}

fn mark(location: Location, source: &Source) -> Mark {
    let number = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    Mark {
        file: source.index,
        line: number(location.line()),
        column: number(location.column()),
        width: number(location.span().len()),
    }
}

impl Tag {
    fn read(tag: &Option<String>) -> Option<Tag> {
        match tag.as_deref() {
            Some("!reset") => Some(Tag::Reset),
            Some("!override") => Some(Tag::Override),
            Some(_) | None => None,
        }
    }
}

fn report(error: &Error, source: &Source, findings: &mut Findings) {
    let location = error.location();
    let mark = location
        .map(|location| mark(location, source))
        .unwrap_or_default();
    match error {
        Error::DuplicateMappingKey { key, .. } => {
            let key = key.as_deref().unwrap_or("?");
            findings.oddity(Text::new(
                format!("Compose v2 refuses the second `{key}`, v1 takes it in place of the first"),
                format!("Compose v2 refuse la seconde clé `{key}`, v1 la prend à la place de la première"),
            ));
            findings.problem(
                ProblemKind::DuplicateKey,
                mark,
                Text::new(
                    format!("the key `{key}` stands twice in the same block"),
                    format!("la clé `{key}` figure deux fois dans le même bloc"),
                ),
            );
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
mod tests;
