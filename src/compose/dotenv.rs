//! `.env` and `env_file`: variables, in general one per line.
//!
//! The rules are those of compose-go's `dotenv` package: `KEY=value` or `KEY: value`, optionally after `export`. A value is
//! bare, in single quotes (which can escape only the quote) or in double quotes (with escapes). A quoted value may span several
//! lines. The text after a closing quote on its line is read as the next variable.

use std::collections::BTreeSet;

use softy_checks::model::{Place, Text};
use softy_checks::observation::{Problem, ProblemKind};

use super::interpolation::{Unfilled, Variables, filled_in};
use super::source::{Mark, Source};

/// Maximum size of a file of variables, in bytes.
pub(super) const CAP: u64 = 64 * 1024;

/// Maximum total size of a file's values after interpolation, in bytes.
const GROWN: usize = 256 * 1024;

/// The parsed content of a file of variables.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    /// Variables in file order; a name may occur several times.
    pub pairs: Vec<(String, String)>,
    /// Variables that its values use and that are not set.
    pub unset: BTreeSet<String>,
}

/// The variables that the values of a file may use in addition to the file's own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'v> {
    /// Variables that override the file's own. A name without a value takes its value from them.
    pub over: &'v Variables,
    /// Variables that the file's own override.
    pub under: &'v Variables,
}

static NOTHING: Variables = Variables::new();

impl<'v> Scope<'v> {
    /// Returns a scope with only variables that override the file's own.
    pub fn over(over: &'v Variables) -> Scope<'v> {
        Scope {
            over,
            under: &NOTHING,
        }
    }
}

/// Parses the variables of a file.
pub(super) fn parse(source: &Source, scope: Scope) -> Result<Parsed, Box<Problem>> {
    let mut visible = scope.under.clone();
    visible.extend(scope.over.clone());
    let mut left = GROWN;
    let mut parsed = Parsed::default();
    let mut rest = source.text.trim_start_matches('\u{feff}');
    loop {
        let text = statement(rest);
        if text.is_empty() {
            return Ok(parsed);
        }
        let here = |trouble| problem(source, text, trouble);
        let (name, after) = name(text).map_err(here)?;
        let value = match after {
            After::Nothing(after) => {
                rest = after;
                scope.over.get(name).cloned()
            }
            After::Value(after) => {
                let (value, after) = value(after).map_err(here)?;
                rest = after;
                let value = match value {
                    Value::Plain(value) => value,
                    Value::Template(value) => {
                        let filled = filled_in(&value, &visible, left);
                        let (value, unset) =
                            filled.map_err(|unfilled| here(Trouble::Unfilled(unfilled)))?;
                        parsed.unset.extend(unset);
                        value
                    }
                };
                left = left
                    .checked_sub(value.len())
                    .ok_or_else(|| here(Trouble::Unfilled(Unfilled::TooLarge)))?;
                Some(value)
            }
        };
        if let Some(value) = value {
            if !scope.over.contains_key(name) {
                visible.insert(name.to_owned(), value.clone());
            }
            parsed.pairs.push((name.to_owned(), value));
        }
    }
}

/// Parses a file whose values are taken verbatim, including quotes and `$`. A name without a value takes its value from
/// `known`.
pub(super) fn raw(
    source: &Source,
    known: &Variables,
) -> Result<Vec<(String, String)>, Box<Problem>> {
    let mut pairs = Vec::new();
    let text = source.text.strip_prefix('\u{feff}');
    for line in text.unwrap_or(&source.text).split('\n') {
        let rest = line;
        let line = line.strip_suffix('\r').unwrap_or(line).trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = match line.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (line, known.get(line).cloned()),
        };
        if name.is_empty() || name.contains([' ', '\t']) {
            return Err(problem(source, rest, Trouble::Name));
        }
        pairs.extend(value.map(|value| (name.to_owned(), value)));
    }
    Ok(pairs)
}

/// The text after a name.
enum After<'t> {
    /// The text after the line: the name has no value of its own.
    Nothing(&'t str),
    /// The text that begins with the value.
    Value(&'t str),
}

enum Value {
    /// A literal value.
    Plain(String),
    /// A value with variables to interpolate.
    Template(String),
}

/// Skips leading white space and comments; returns the rest of the text.
fn statement(text: &str) -> &str {
    let mut text = text.trim_start();
    while text.starts_with('#') {
        text = text
            .split_once('\n')
            .map_or("", |(_, rest)| rest)
            .trim_start();
    }
    text
}

/// Splits off the name at the start of a text; returns it and the text after it.
fn name(text: &str) -> Result<(&str, After<'_>), Trouble> {
    let text = match text.strip_prefix("export") {
        Some(rest) if rest.starts_with(['\t', '\n', '\u{c}', '\r', ' ']) => {
            rest.trim_start_matches(is_space)
        }
        Some(_) | None => text,
    };
    let is_end = |character| matches!(character, '=' | ':' | '\n');
    let Some(end) = text.find(is_end) else {
        // Compose reads a name at the end of the file as the value of a variable without a name.
        check_name(text)?;
        return Ok(("", After::Value(text)));
    };
    let (name, after) = text.split_at(end);
    check_name(name)?;
    let name = name.trim_end();
    if name.contains(' ') {
        return Err(Trouble::Name);
    }
    let is_alone = after.starts_with('\n');
    let after = after
        .get(1..)
        .unwrap_or_default()
        .trim_start_matches(is_space);
    Ok(match is_alone {
        true => (name, After::Nothing(after)),
        false => (name, After::Value(after)),
    })
}

fn check_name(name: &str) -> Result<(), Trouble> {
    let may_be_part = |character: char| {
        is_space(character) || character.is_alphanumeric() || "_.-[]".contains(character)
    };
    match name.chars().all(may_be_part) {
        true => Ok(()),
        false => Err(Trouble::Name),
    }
}

/// Splits off the value at the start of a text; returns it and the text after it.
fn value(text: &str) -> Result<(Value, &str), Trouble> {
    if let Some(quoted) = text.strip_prefix('\'') {
        let (value, rest) = quoted_value(quoted, '\'')?;
        return Ok((Value::Plain(value), rest));
    }
    if let Some(quoted) = text.strip_prefix('"') {
        let (value, rest) = quoted_value(quoted, '"')?;
        return Ok((Value::Template(unescaped(&value)), rest));
    }
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    let bare = line.split_once(" #").map_or(line, |(bare, _)| bare);
    Ok((Value::Template(bare.trim_end().to_owned()), rest))
}

/// Splits off the text before a closing quote; returns it and the text after the quote. A quote after a backslash belongs to
/// the value.
fn quoted_value(text: &str, quote: char) -> Result<(String, &str), Trouble> {
    let mut value = String::new();
    let mut is_escaped = false;
    for (index, character) in text.char_indices() {
        if character == quote && !is_escaped {
            let rest = text.get(index + 1..).unwrap_or_default();
            return Ok((value, rest));
        }
        if character == '\\' && !is_escaped {
            is_escaped = true;
            continue;
        }
        if is_escaped && character != quote {
            value.push('\\');
        }
        is_escaped = false;
        value.push(character);
    }
    Err(Trouble::Quote)
}

/// Replaces the escapes of a text in double quotes. `\$` becomes `$$`, which interpolation turns into a literal dollar.
/// Everything that is not an escape is kept.
fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        let simple = match after.chars().next() {
            Some('a') => Some("\u{7}"),
            Some('b') => Some("\u{8}"),
            Some('f') => Some("\u{c}"),
            Some('n') => Some("\n"),
            Some('r') => Some("\r"),
            Some('t') => Some("\t"),
            Some('v') => Some("\u{b}"),
            Some('$') => Some("$$"),
            Some('"') => Some("\""),
            Some('\\') => Some("\\"),
            Some(_) | None => None,
        };
        rest = if let Some(simple) = simple {
            plain.push_str(simple);
            after.get(1..).unwrap_or_default()
        } else if let Some(after) = after.strip_prefix('0') {
            let digits = after.bytes().take(3).take_while(u8::is_ascii_digit);
            let (digits, rest) = after.split_at(digits.count());
            match u8::from_str_radix(digits, 8) {
                Ok(octet) if digits.len() == 3 => plain.push(char::from(octet)),
                // Compose drops the zero if the digits are not an octet.
                Ok(_) | Err(_) => plain.extend(["\\", digits]),
            }
            rest
        } else {
            plain.push('\\');
            after
        };
    }
    plain + rest
}

/// Returns true for white space that is not a line end, by compose-go's definition.
fn is_space(character: char) -> bool {
    matches!(
        character,
        '\t' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{85}' | '\u{a0}'
    )
}

enum Trouble {
    Name,
    Quote,
    Unfilled(Unfilled),
}

/// Returns a problem at the line with which the rest of a file begins.
fn problem(source: &Source, rest: &str, trouble: Trouble) -> Box<Problem> {
    let line = rest.lines().next().unwrap_or_default();
    let message = match trouble {
        Trouble::Name => Text::new(
            format!("`{}` does not read this line as `NAME=value`", source.file),
            format!(
                "cette ligne de `{}` n’est pas de la forme `NOM=valeur`",
                source.file
            ),
        ),
        Trouble::Quote => Text::fixed("a quote does not close", "un guillemet ne se ferme pas"),
        Trouble::Unfilled(unfilled) => unfilled.message(line),
    };
    let before = source.text.len().saturating_sub(rest.len());
    let mark = Mark {
        file: source.index,
        line: source.line_at(before),
        column: 1,
        width: u32::MAX,
    };
    let place: Option<Place> = source.place(mark);
    Box::new(Problem {
        kind: ProblemKind::InvalidValue,
        message,
        place,
        also: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Result<Vec<(String, String)>, Box<Problem>> {
        let source = Source::new(0, "task6/.env".to_owned(), text.to_owned());
        parse(&source, Scope::over(&NOTHING)).map(|parsed| parsed.pairs)
    }

    fn named(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }

    #[test]
    fn every_form_of_value_is_read() {
        let cases = [
            ("A=b", "b"),
            ("export A = b c # comment", "b c"),
            ("export\tA=b", "b"),
            ("A: b", "b"),
            ("A:=b", "=b"),
            ("A='$b \\n'", "$b \\n"),
            ("A='it\\'s'", "it's"),
            ("A='a\\\\'", "a\\\\"),
            ("A=\"x\\ny \\$z\"", "x\ny $z"),
            ("A=\"\\\\ \\\" \\d \\c\"", "\\ \" \\d \\c"),
            ("A=\"\\0101 \\0377 \\0777 \\01\"", "A ÿ \\777 \\1"),
            ("# first\n\nA=\"two\nlines\"\n", "two\nlines"),
            ("A=b#c", "b#c"),
            ("A=b\t#c", "b\t#c"),
            ("A= # c", "# c"),
            ("A=#c", "#c"),
            ("A=", ""),
            ("A=\n", ""),
            ("A=p$8", "p$8"),
            ("A=a$", "a$"),
            ("A=$$b", "$b"),
            ("A=${X:-d}", "d"),
            ("\u{feff}A=b\r\n", "b"),
            ("A=\"b\" # comment", "b"),
        ];
        for (text, value) in cases {
            assert_eq!(named(&pairs(text).unwrap()), [("A", value)], "{text}");
        }
    }

    #[test]
    fn what_follows_a_closing_quote_is_the_next_variable() {
        let two = pairs("A=\"1\" B='2'C=3\n").unwrap();
        assert_eq!(named(&two), [("A", "1"), ("B", "2"), ("C", "3")]);
        assert_eq!(named(&pairs("A=1 B=2").unwrap()), [("A", "1 B=2")]);
    }

    #[test]
    fn names_without_a_value_take_it_from_elsewhere() {
        let over = [("A".to_owned(), "over".to_owned())].into();
        let under = [("B".to_owned(), "under".to_owned())].into();
        let text = "A\nB\nC=$A$B\nA=own\nB=own\nD=$A$B$E\nexport\nF";
        let source = Source::new(0, "f".to_owned(), text.to_owned());
        let scope = Scope {
            over: &over,
            under: &under,
        };
        let Parsed { pairs, unset } = parse(&source, scope).unwrap();
        let expected = [
            ("A", "over"),
            ("C", "overunder"),
            ("A", "own"),
            ("B", "own"),
            ("D", "overown"),
            ("", "F"),
        ];
        assert_eq!(named(&pairs), expected);
        assert_eq!(unset, ["E".to_owned()].into());
    }

    #[test]
    fn later_values_use_earlier_ones() {
        let pairs = pairs("A=1\nB=${A}2\nUNSET\n").unwrap();
        assert_eq!(named(&pairs), [("A", "1"), ("B", "12")]);
    }

    #[test]
    fn values_that_double_end_early() {
        let doubling: String = (1..5_000)
            .map(|line| format!("A{line}=$A{0}$A{0}\n", line - 1))
            .collect();
        assert!(pairs(&format!("A0=xxxxxxxx\n{doubling}")).is_err());
    }

    #[test]
    fn trouble_has_a_line() {
        let place = pairs("A=1\nB=\"open\n").unwrap_err().place.unwrap();
        assert_eq!((place.line, place.snippet.as_str()), (2, "B=\"open"));
        for text in [
            "what is this\n",
            "A B=1",
            "A=${",
            "A=${B?c}",
            "A!=1",
            "A='b\\'",
            "1 2\n",
        ] {
            assert!(pairs(text).is_err(), "{text}");
        }
    }

    #[test]
    fn raw_files_are_taken_as_they_are() {
        let raw = |text: &str| {
            let source = Source::new(0, "f".to_owned(), text.to_owned());
            raw(&source, &[("B".to_owned(), "known".to_owned())].into())
        };
        let pairs = raw("\u{feff}A='$x' \"y\" \r\nB\nC\n # c\n D==\n").unwrap();
        assert_eq!(
            named(&pairs),
            [("A", "'$x' \"y\" "), ("B", "known"), ("D", "=")]
        );
        assert!(
            ["A B=1", "=1", "A =1"]
                .iter()
                .all(|text| raw(text).is_err())
        );
    }
}
