//! `.env` and `env_file`: variables, one a line.
//!
//! The rules are those of compose-go's `dotenv` package: `KEY=value` or `KEY: value`, `export` before it, values bare,
//! in single quotes (kept as they are) or in double quotes (with escapes), over several lines where quoted.

use softy_checks::model::{Place, Text};
use softy_checks::observation::{Problem, ProblemKind};

use super::interpolation::{Unfilled, Variables, filled};
use super::source::{Mark, Source};

/// What a file of variables may measure, in bytes.
pub(super) const CAP: u64 = 64 * 1024;

/// What the values of a file may grow to when they use each other, in bytes.
const GROWN: usize = 256 * 1024;

/// The variables of a file, in its order; `known` are those that its values may use beside its own.
pub(super) fn parse(source: &Source, known: &Variables) -> Result<Vec<(String, String)>, Problem> {
    let mut known = known.clone();
    let mut left = GROWN;
    let mut pairs = Vec::new();
    let mut rest = source.text.trim_start_matches('\u{feff}');
    while let Some(assignment) = next_assignment(rest, source, &known, left)? {
        rest = assignment.rest;
        if let Some(value) = assignment
            .value
            .or_else(|| known.get(&assignment.name).cloned())
        {
            left = left.saturating_sub(value.len());
            known.insert(assignment.name.clone(), value.clone());
            pairs.push((assignment.name, value));
        }
    }
    Ok(pairs)
}

/// The variables of a file whose values are taken as they are, quotes and `$` included; a name alone takes its value from
/// `known`.
pub(super) fn raw(text: &str, known: &Variables) -> Vec<(String, String)> {
    let lines = text.trim_start_matches('\u{feff}').lines();
    let lines = lines
        .map(str::trim_start)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let pair = |line: &str| match line.split_once('=') {
        Some((name, value)) => Some((name.to_owned(), value.to_owned())),
        None => Some((line.to_owned(), known.get(line)?.clone())),
    };
    lines.filter_map(pair).collect()
}

struct Assignment<'t> {
    name: String,
    /// `None` when the line is a name alone, which takes its value from elsewhere.
    value: Option<String>,
    rest: &'t str,
}

fn next_assignment<'t>(
    text: &'t str,
    source: &Source,
    known: &Variables,
    left: usize,
) -> Result<Option<Assignment<'t>>, Problem> {
    let mut text = text.trim_start();
    while text.starts_with('#') {
        text = text
            .split_once('\n')
            .map_or("", |(_, rest)| rest)
            .trim_start();
    }
    if text.is_empty() {
        return Ok(None);
    }
    let here = |kind| problem(source, text, kind);
    let start = text.strip_prefix("export ").map_or(text, str::trim_start);
    let end = start.find(['=', ':', '\n']).unwrap_or(start.len());
    let (name, after) = start.split_at(end);
    let name = name.trim();
    if name.is_empty()
        || !name
            .chars()
            .all(|character| character.is_alphanumeric() || "_.-[]".contains(character))
    {
        return Err(here(Trouble::Name));
    }
    let name = name.to_owned();
    let Some(after) = after.strip_prefix(['=', ':']) else {
        return Ok(Some(Assignment {
            name,
            value: None,
            rest: after,
        }));
    };
    let (value, rest) = value(after, known, left).map_err(here)?;
    Ok(Some(Assignment {
        name,
        value: Some(value),
        rest,
    }))
}

/// The value at the start of a text, and what comes after it.
fn value<'t>(text: &'t str, known: &Variables, left: usize) -> Result<(String, &'t str), Trouble> {
    let text = text.trim_start_matches([' ', '\t']);
    if let Some(quoted) = text.strip_prefix('\'') {
        let (value, rest) = quoted.split_once('\'').ok_or(Trouble::Quote)?;
        return Ok((value.to_owned(), rest_of_line(rest)));
    }
    if let Some(quoted) = text.strip_prefix('"') {
        let end = closing_quote(quoted).ok_or(Trouble::Quote)?;
        let (value, rest) = quoted.split_at(end);
        let value = filled(&unescaped(value), known, left).map_err(Trouble::Unfilled)?;
        return Ok((value, rest_of_line(rest.get(1..).unwrap_or_default())));
    }
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    let bare = match line.starts_with('#') {
        true => "",
        false => line.split_once(" #").map_or(line, |(bare, _)| bare),
    };
    let value = filled(bare.trim(), known, left).map_err(Trouble::Unfilled)?;
    Ok((value, rest))
}

fn rest_of_line(text: &str) -> &str {
    text.split_once('\n').map_or("", |(_, rest)| rest)
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (index, character) in text.char_indices() {
        match character {
            '"' if !escaped => return Some(index),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    None
}

/// A text in double quotes without its escapes; `\$` becomes `$$`, which stays a dollar when variables are filled in.
fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            plain.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => plain.push('\n'),
            Some('r') => plain.push('\r'),
            Some('t') => plain.push('\t'),
            Some('$') => plain.push_str("$$"),
            Some(other @ ('"' | '\\')) => plain.push(other),
            Some(other) => plain.extend(['\\', other]),
            None => plain.push('\\'),
        }
    }
    plain
}

enum Trouble {
    Name,
    Quote,
    Unfilled(Unfilled),
}

/// The trouble with the line that the rest of a file begins with.
fn problem(source: &Source, rest: &str, trouble: Trouble) -> Problem {
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
    Problem {
        kind: ProblemKind::InvalidValue,
        message,
        place,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Result<Vec<(String, String)>, Problem> {
        let source = Source::new(0, "task6/.env".to_owned(), text.to_owned());
        parse(&source, &Variables::new())
    }

    #[test]
    fn every_form_of_value_is_read() {
        let cases = [
            ("A=b", "b"),
            ("export A = b c # comment", "b c"),
            ("A: b", "b"),
            ("A='$b \\n'", "$b \\n"),
            ("A=\"x\\ny \\$z\"", "x\ny $z"),
            ("# first\n\nA=\"two\nlines\"\n", "two\nlines"),
            ("A=b#c", "b#c"),
            ("A=", ""),
            ("A=${X:-d}", "d"),
            ("\u{feff}A=b\r\n", "b"),
        ];
        for (text, value) in cases {
            assert_eq!(
                pairs(text).unwrap(),
                [("A".to_owned(), value.to_owned())],
                "{text}"
            );
        }
    }

    #[test]
    fn later_values_use_earlier_ones() {
        let pairs = pairs("A=1\nB=${A}2\nUNSET\n").unwrap();
        assert_eq!(
            pairs,
            [
                ("A".to_owned(), "1".to_owned()),
                ("B".to_owned(), "12".to_owned())
            ]
        );
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
        assert!(pairs("what is this").is_err());
    }
}
