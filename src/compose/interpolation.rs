//! Interpolation of `${VARIABLE}` in values, as Compose does it.

use std::collections::{BTreeMap, BTreeSet};

use softy_checks::model::Text;
use softy_checks::observation::ProblemKind;

use super::findings::Findings;
use super::yaml::{Node, Value};

/// Maximum total size of a file's values after interpolation, in bytes, and maximum nesting of variables in defaults.
const SIZE: usize = 4 * 1024 * 1024;
const DEPTH: usize = 16;

/// Maximum number of unset variables that are noted.
const NOTED: usize = 50;

/// The variables that a compose file can use: only those of `.env` files. The checker's own environment is private.
pub(crate) type Variables = BTreeMap<String, String>;

/// Reason for which a value cannot be interpolated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unfilled {
    /// A `${` that begins no variable.
    Malformed,
    /// `${VARIABLE:?words}` with an unset variable.
    Required { name: String, words: String },
    /// A result beyond the limits of this module.
    TooLarge,
}

/// Interpolates every value below `node`; keys stay unchanged.
pub(super) fn interpolate(node: &mut Node, variables: &Variables, findings: &mut Findings) {
    let mut filler = Filler::new(variables, SIZE);
    filler.fill_in(node, findings);
    filler.note(findings);
}

/// Interpolates a text to at most `size` bytes; unset variables are empty.
pub(crate) fn filled(text: &str, variables: &Variables, size: usize) -> Result<String, Unfilled> {
    Filler::new(variables, size).text(text, DEPTH)
}

/// Interpolates a text to at most `size` bytes; also returns its unset variables.
pub(super) fn filled_in(
    text: &str,
    variables: &Variables,
    size: usize,
) -> Result<(String, BTreeSet<String>), Unfilled> {
    let mut filler = Filler::new(variables, size);
    let filled = filler.text(text, DEPTH)?;
    Ok((filled, filler.unset))
}

/// Notes unset variables.
pub(super) fn note_unset(names: BTreeSet<String>, findings: &mut Findings) {
    for name in names {
        findings.oddity(Text::new(
            format!("the variable `{name}` is not set: Compose puts nothing in its place"),
            format!("la variable `{name}` n’est pas définie : Compose ne met rien à sa place"),
        ));
    }
}

/// Interpolation of several texts, and the notes about them.
struct Filler<'a> {
    variables: &'a Variables,
    /// Variables that were used and are not set.
    unset: BTreeSet<String>,
    /// Texts that Compose v1 refuses or interprets differently.
    unlike_v1: BTreeSet<String>,
    left: usize,
}

/// A variable in braces with an operator: `${A:-word}`.
struct Braced<'t> {
    name: &'t str,
    /// True if an empty value counts as unset: with `:` before the operator.
    or_empty: bool,
    operator: char,
    word: &'t str,
}

impl<'a> Filler<'a> {
    /// Returns a filler that writes at most `size` bytes.
    fn new(variables: &'a Variables, size: usize) -> Filler<'a> {
        Filler {
            variables,
            unset: BTreeSet::new(),
            unlike_v1: BTreeSet::new(),
            left: size,
        }
    }

    /// Notes unset variables, and texts that versions of Compose interpret differently.
    fn note(self, findings: &mut Findings) {
        note_unset(self.unset, findings);
        for text in self.unlike_v1 {
            findings.oddity(Text::new(
                format!("Compose v1 refuses or reads differently the variables of `{text}`"),
                format!("Compose v1 refuse les variables de `{text}`, ou les lit autrement"),
            ));
        }
    }

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
                Ok(filled) => {
                    if is_unlike_v1(text) && self.unlike_v1.len() < NOTED {
                        self.unlike_v1.insert(text.clone());
                    }
                    *text = filled;
                }
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

    /// Interpolates the text after a `$` and returns the rest. A `$` that begins no variable is a literal dollar.
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
        if let Some(inside) = after.strip_prefix('{') {
            let (name, rest) = split_name(inside).ok_or(Unfilled::Malformed)?;
            if let Some(rest) = rest.strip_prefix('}') {
                self.value(name, filled)?;
                return Ok(rest);
            }
            let (braced, rest) = braced(name, rest).ok_or(Unfilled::Malformed)?;
            self.braced(&braced, depth, filled)?;
            return Ok(rest);
        }
        let Some((name, rest)) = split_name(after) else {
            self.push(filled, "$")?;
            return Ok(after);
        };
        self.value(name, filled)?;
        Ok(rest)
    }

    /// Interpolates a variable with an operator. Its word is interpolated even if it is unused, so a mistake in it counts.
    fn braced(
        &mut self,
        braced: &Braced,
        depth: usize,
        filled: &mut String,
    ) -> Result<(), Unfilled> {
        let word = self.text(braced.word, depth)?;
        let set = self.variables.get(braced.name).map(String::as_str);
        let set = set.filter(|value| !braced.or_empty || !value.is_empty());
        match (braced.operator, set) {
            ('-' | '?', Some(value)) => self.push(filled, value),
            ('-', None) | ('+', Some(_)) => self.push(filled, &word),
            ('?', None) => Err(Unfilled::Required {
                name: braced.name.to_owned(),
                words: word,
            }),
            (_, _) => Ok(()),
        }
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
    /// Returns the message about a text that could not be interpolated.
    pub fn message(&self, text: &str) -> Text {
        match self {
            Unfilled::Malformed => Text::new(
                format!(
                    "a `${{` in `{text}` begins no variable: close it with `}}`, or write `$$` for the sign itself"
                ),
                format!(
                    "un `${{` de `{text}` n’introduit pas de variable : fermez-le par `}}`, ou écrivez `$$` pour le signe lui-même"
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

/// Parses the operator and the word after a name in braces, and returns them with the text after the closing brace. Returns
/// `None` if no brace closes them on their line.
fn braced<'t>(name: &'t str, rest: &'t str) -> Option<(Braced<'t>, &'t str)> {
    let (or_empty, rest) = match rest.strip_prefix(':') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let operator = rest.chars().next()?;
    let word = rest.strip_prefix(['-', '+', '?'])?;
    let (word, rest) = word.split_at(closing_brace(word)?);
    let braced = Braced {
        name,
        or_empty,
        operator,
        word,
    };
    Some((braced, rest.strip_prefix('}').unwrap_or(rest)))
}

/// Returns the position of the closing brace, for a brace that was opened before `text` on the same line. As in Compose, every
/// brace counts, including one without a `$`, and the character after an opening brace is skipped. If the braces do not match,
/// the last one of the line closes.
fn closing_brace(text: &str) -> Option<usize> {
    let mut open = 1_usize;
    let mut last = None;
    let mut passed_over = false;
    for (index, byte) in text.bytes().enumerate() {
        if byte == b'\n' {
            break;
        }
        if byte == b'}' {
            last = Some(index);
        }
        match byte {
            _ if passed_over => passed_over = false,
            b'{' => {
                open += 1;
                passed_over = true;
            }
            b'}' => {
                open -= 1;
                if open == 0 {
                    break;
                }
            }
            _ => {}
        }
    }
    last
}

/// Splits off a variable's name at the start of a text. Compose ignores case in its pattern, which therefore accepts two
/// characters outside ASCII: the long s and the Kelvin sign.
fn split_name(text: &str) -> Option<(&str, &str)> {
    let is_part = |character: char| {
        character.is_ascii_alphanumeric() || matches!(character, '_' | '\u{17f}' | '\u{212a}')
    };
    let end = text.find(|character: char| !is_part(character));
    let (name, rest) = text.split_at(end.unwrap_or(text.len()));
    let first = name.chars().next()?;
    (!first.is_ascii_digit()).then_some((name, rest))
}

/// Returns true if Compose v1 refuses or interprets differently the variables of a text that v2 accepts: a `$` that begins no
/// variable, the operator `+`, a brace in a default.
fn is_unlike_v1(text: &str) -> bool {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('$') {
        rest = after;
        if let Some(after) = after.strip_prefix('$') {
            rest = after;
        } else if let Some(inside) = after.strip_prefix('{') {
            let Some((name, operator)) = split_name(inside) else {
                return true;
            };
            if operator.starts_with('}') {
                continue;
            }
            match braced(name, operator) {
                Some((braced, after))
                    if braced.operator != '+' && !braced.word.contains(['{', '}']) =>
                {
                    rest = after;
                }
                Some(_) | None => return true,
            }
        } else if split_name(after).is_none() {
            return true;
        }
    }
    false
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
            ("${SET:+a}${UNSET:+b}${EMPTY+c}${EMPTY:+d}", "ac"),
            ("${UNSET:-${SET}}", "value"),
            ("${UNSET:-${OTHER:-a}}b", "ab"),
            ("${SET:?why}${EMPTY?why}", "value"),
            ("${UNSET:-{}}", "{}"),
            ("${UNSET:-{x}}y", "{x}y"),
            ("${UNSET:-a}b}", "ab}"),
            ("${UNSET:-{a}b", "{ab"),
            ("$", "$"),
            ("a$ b$1$-", "a$ b$1$-"),
            ("${ſ:-a}", "a"),
        ];
        for (text, expected) in cases {
            assert_eq!(fill(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_compose_refuses_is_refused() {
        let malformed = [
            "${",
            "${}",
            "${SET",
            "${SET!x}",
            "${1}",
            "${SET:-a\n}",
            "${SET:-${}}",
            "${ SET}",
        ];
        for text in malformed {
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

    #[test]
    fn unset_variables_are_those_that_compose_warns_of() {
        let variables = [("SET".to_owned(), "value".to_owned())].into();
        let unset = |text: &str| {
            let mut filler = Filler::new(&variables, SIZE);
            filler.text(text, DEPTH).unwrap();
            filler.unset.into_iter().collect::<Vec<String>>()
        };
        assert_eq!(
            unset("${A:-a} ${B} $C ${D:-${E}} ${SET:-$F}"),
            ["B", "C", "E", "F"]
        );
        assert!(unset("${A+a}${A-}$$A$8$SET").is_empty());
    }

    #[test]
    fn what_v1_reads_differently_is_noted() {
        let unlike = ["$8", "a$", "${A+a}", "${A:-${B}}", "$A ${B:-{}}"];
        let alike = ["$A", "${A}", "${A:-b} ${A?c}", "$$8", "a"];
        assert!(unlike.iter().all(|text| is_unlike_v1(text)));
        assert!(!alike.iter().any(|text| is_unlike_v1(text)));
    }
}
