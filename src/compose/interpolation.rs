//! `${VARIABLE}` in values, as Compose fills it in.

use std::collections::{BTreeMap, BTreeSet};

use softy_checks::model::Text;
use softy_checks::observation::ProblemKind;

use super::findings::Findings;
use super::yaml::{Node, Value};

/// Characters that all values of a file may grow to, and how deep a default may hold another variable.
const SIZE: usize = 4 * 1024 * 1024;
const DEPTH: usize = 16;

/// Unset variables that are noted: as many as anybody reads.
const NOTED: usize = 50;

/// The variables that a compose file can use: those of `.env` alone, since the checker's own environment is nobody's
/// business.
pub(crate) type Variables = BTreeMap<String, String>;

/// Why a value cannot be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unfilled {
    /// A `$` that begins nothing.
    Malformed,
    /// `${VARIABLE:?words}` of a variable without value.
    Required { name: String, words: String },
    /// Over the bounds of this module.
    TooLarge,
}

/// Fills in every value below `node`; keys stay as they are.
pub(super) fn interpolate(node: &mut Node, variables: &Variables, findings: &mut Findings) {
    let mut filler = Filler {
        variables,
        unset: BTreeSet::new(),
        left: SIZE,
    };
    filler.fill_in(node, findings);
    for name in filler.unset {
        findings.oddity(Text::new(
            format!("the variable `{name}` is not set: Compose puts nothing in its place"),
            format!("la variable `{name}` n’est pas définie : Compose ne met rien à sa place"),
        ));
    }
}

/// One text filled in to at most `size` bytes, unset variables being empty.
pub(crate) fn filled(text: &str, variables: &Variables, size: usize) -> Result<String, Unfilled> {
    let mut filler = Filler {
        variables,
        unset: BTreeSet::new(),
        left: size,
    };
    filler.text(text, DEPTH)
}

struct Filler<'a> {
    variables: &'a Variables,
    unset: BTreeSet<String>,
    left: usize,
}

impl Filler<'_> {
    fn fill_in(&mut self, node: &mut Node, findings: &mut Findings) {
        match &mut node.value {
            Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) => {}
            Value::List(items) => items
                .iter_mut()
                .for_each(|item| self.fill_in(item, findings)),
            Value::Map(entries) => entries
                .iter_mut()
                .for_each(|entry| self.fill_in(&mut entry.value, findings)),
            Value::Text(text) if text.contains('$') => match self.text(text, DEPTH) {
                Ok(filled) => *text = filled,
                Err(unfilled) => {
                    findings.problem(ProblemKind::InvalidValue, node.mark, unfilled.message(text))
                }
            },
            Value::Text(_) => {}
        }
    }

    fn text(&mut self, text: &str, depth: usize) -> Result<String, Unfilled> {
        let depth = depth.checked_sub(1).ok_or(Unfilled::TooLarge)?;
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            self.push(&mut filled, before)?;
            rest = self.variable(after, depth, &mut filled)?;
        }
        self.push(&mut filled, rest)?;
        Ok(filled)
    }

    /// Fills in what follows a `$`, and gives what comes after it.
    fn variable<'t>(
        &mut self,
        after: &'t str,
        depth: usize,
        filled: &mut String,
    ) -> Result<&'t str, Unfilled> {
        if let Some(rest) = after.strip_prefix('$') {
            self.push(filled, "$")?;
            return Ok(rest);
        }
        if let Some(braced) = after.strip_prefix('{') {
            let end = closing_brace(braced).ok_or(Unfilled::Malformed)?;
            let (inside, rest) = braced.split_at(end);
            self.braced(inside, depth, filled)?;
            return Ok(rest.strip_prefix('}').unwrap_or(rest));
        }
        let (name, rest) = split_name(after).ok_or(Unfilled::Malformed)?;
        self.value(name, filled)?;
        Ok(rest)
    }

    /// Fills in what stands between braces: a name, and what to do where it has a value or none.
    fn braced(&mut self, inside: &str, depth: usize, filled: &mut String) -> Result<(), Unfilled> {
        let (name, operator) = split_name(inside).ok_or(Unfilled::Malformed)?;
        if operator.is_empty() {
            return self.value(name, filled);
        }
        let set = self.variables.get(name).map(String::as_str);
        let (set, operator) = match operator.strip_prefix(':') {
            Some(operator) => (set.filter(|value| !value.is_empty()), operator),
            None => (set, operator),
        };
        let mut operator = operator.chars();
        let value = match (operator.next(), set) {
            (Some('-' | '?'), Some(value)) => return self.push(filled, value),
            (Some('+'), None) => return Ok(()),
            (Some('-'), None) | (Some('+'), Some(_)) => self.text(operator.as_str(), depth)?,
            (Some('?'), None) => {
                let words = self.text(operator.as_str(), depth)?;
                return Err(Unfilled::Required {
                    name: name.to_owned(),
                    words,
                });
            }
            (_, _) => return Err(Unfilled::Malformed),
        };
        self.push(filled, &value)
    }

    fn value(&mut self, name: &str, filled: &mut String) -> Result<(), Unfilled> {
        match self.variables.get(name) {
            Some(value) => self.push(filled, value),
            None if self.unset.len() < NOTED => {
                self.unset.insert(name.to_owned());
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn push(&mut self, filled: &mut String, text: &str) -> Result<(), Unfilled> {
        self.left = self
            .left
            .checked_sub(text.len())
            .ok_or(Unfilled::TooLarge)?;
        filled.push_str(text);
        Ok(())
    }
}

impl Unfilled {
    /// The facts, about the text that could not be filled in.
    pub fn message(&self, text: &str) -> Text {
        match self {
            Unfilled::Malformed => Text::new(
                format!("a `$` in `{text}` begins no variable: write `$$` for the sign itself"),
                format!(
                    "un `$` de `{text}` n’introduit pas de variable : écrivez `$$` pour le signe lui-même"
                ),
            ),
            Unfilled::Required { name, words } => Text::new(
                format!("the variable `{name}` must be set: {words}"),
                format!("la variable `{name}` doit être définie : {words}"),
            ),
            Unfilled::TooLarge => Text::fixed(
                "with its variables filled in, the file is too large",
                "une fois ses variables remplacées, le fichier est trop gros",
            ),
        }
    }
}

/// Where the brace closes that was opened before `text`, variables inside it having braces of their own.
fn closing_brace(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    let mut before = ' ';
    for (index, character) in text.char_indices() {
        match character {
            '{' if before == '$' => open += 1,
            '}' if open == 0 => return Some(index),
            '}' => open -= 1,
            _ => {}
        }
        before = character;
    }
    None
}

/// A variable's name at the start of a text, and the rest.
fn split_name(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|character: char| !character.is_ascii_alphanumeric() && character != '_');
    let (name, rest) = text.split_at(end.unwrap_or(text.len()));
    let first = name.chars().next()?;
    (!first.is_ascii_digit()).then_some((name, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(text: &str) -> Result<String, Unfilled> {
        let pairs = [("SET", "value"), ("EMPTY", "")];
        filled(
            text,
            &pairs
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            SIZE,
        )
    }

    #[test]
    fn every_form_of_compose_is_filled_in() {
        let cases = [
            ("$SET-${SET}", "value-value"),
            ("${UNSET}|$UNSET", "|"),
            ("$$SET $${SET}", "$SET ${SET}"),
            ("${UNSET:-a}${UNSET-b}", "ab"),
            ("${EMPTY:-a}${EMPTY-b}", "a"),
            ("${SET:+a}${UNSET:+b}${EMPTY+c}", "ac"),
            ("${UNSET:-${SET}}", "value"),
            ("${UNSET:-${OTHER:-a}}b", "ab"),
            ("${SET:?why}", "value"),
            ("${UNSET:-{}}", "{}"),
        ];
        for (text, expected) in cases {
            assert_eq!(fill(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_compose_refuses_is_refused() {
        for text in ["$", "a$ b", "${", "${}", "${SET", "$1", "${SET!x}", "${1}"] {
            assert_eq!(fill(text), Err(Unfilled::Malformed), "{text}");
        }
        let required = Unfilled::Required {
            name: "EMPTY".to_owned(),
            words: "why".to_owned(),
        };
        assert_eq!(fill("${EMPTY:?why}"), Err(required));
        let deep = "${A:-".repeat(1000) + &"}".repeat(1000);
        assert_eq!(fill(&deep), Err(Unfilled::TooLarge));
    }
}
