//! Parser that splits a line as a shell would, and keeps the place of each character in the line.

use std::ops::Range;

/// A character with its place in the line, in characters from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Glyph {
    /// The character itself.
    pub character: char,
    /// Place in the line.
    pub at: usize,
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// A word.
    Word(Word),
    /// An operator that connects commands: `&&`, `|`, `;`, `>`, `$(`, a backtick…
    Operator(Word),
    /// Text after a `#`.
    Comment(Word),
}

/// A sequence of characters that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// Its characters, without the quotes and backslashes that the shell removes.
    pub glyphs: Vec<Glyph>,
    /// Its range in the line, quotes and backslashes included.
    pub span: Range<usize>,
}

impl Word {
    /// Returns the word as a program receives it.
    pub fn text(&self) -> String {
        text(&self.glyphs)
    }

    /// Returns the places of the quotes and backslashes that the shell removes.
    pub fn quotes(&self) -> impl Iterator<Item = usize> {
        let is_kept = |at: &usize| {
            self.glyphs
                .binary_search_by_key(at, |glyph| glyph.at)
                .is_ok()
        };
        self.span.clone().filter(move |at| !is_kept(at))
    }
}

/// Returns the characters as text.
pub(crate) fn text(glyphs: &[Glyph]) -> String {
    glyphs.iter().map(|glyph| glyph.character).collect()
}

/// Returns the range of some characters in the line; an empty range at `end` if there are none.
pub(crate) fn span(glyphs: &[Glyph], end: usize) -> Range<usize> {
    match (glyphs.first(), glyphs.last()) {
        (Some(first), Some(last)) => first.at..last.at + 1,
        (Some(_) | None, _) => end..end,
    }
}

/// Splits a line into tokens.
pub(crate) fn tokens(line: &[Glyph]) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = line;
    while let [first, after @ ..] = rest {
        let (token, length) = match (first.character, operator(rest)) {
            (blank, _) if blank.is_whitespace() => (None, 1),
            ('\\', _) if goes_on(after) => (None, 2),
            ('#', _) => (Some(Token::Comment(plain(after, first.at))), rest.len()),
            (_, 0) => word(rest),
            (_, length) => (
                Some(Token::Operator(plain(&rest[..length], first.at))),
                length,
            ),
        };
        tokens.extend(token);
        rest = rest.get(length..).unwrap_or_default();
    }
    tokens
}

/// Returns whether a newline follows a backslash, so that the line continues after it.
fn goes_on(glyphs: &[Glyph]) -> bool {
    glyphs.first().is_some_and(|glyph| glyph.character == '\n')
}

/// Makes a word from characters of which the shell removes none, with a range from `start` on.
fn plain(glyphs: &[Glyph], start: usize) -> Word {
    let end = span(glyphs, start + 1).end;
    Word {
        glyphs: glyphs.to_vec(),
        span: start..end,
    }
}

/// Returns the length of the operator that `glyphs` begins with; 0 if there is none.
fn operator(glyphs: &[Glyph]) -> usize {
    let character = |index: usize| glyphs.get(index).map(|glyph| glyph.character);
    match (character(0), character(1)) {
        (Some('$'), Some('(')) => 2,
        (Some('&' | '|' | '>' | '<'), second) if second == character(0) => 2,
        (Some('&' | '|' | ';' | '>' | '<' | '(' | ')' | '`'), _) => 1,
        (Some(_) | None, _) => 0,
    }
}

/// Returns the word that `glyphs` begins with, and its length in the line.
fn word(glyphs: &[Glyph]) -> (Option<Token>, usize) {
    let mut kept = Vec::new();
    let mut quote = None;
    let mut length = 0;
    while let Some(glyph) = glyphs.get(length) {
        match (glyph.character, quote) {
            (character, Some(open)) if character == open => quote = None,
            ('"' | '\'', None) => quote = Some(glyph.character),
            ('\\', None | Some('"')) => {
                length += 1;
                let rest = glyphs.get(length..).unwrap_or_default();
                kept.extend(rest.first().filter(|_| !goes_on(rest)));
            }
            (character, None) if character.is_whitespace() => break,
            (_, None) if operator(&glyphs[length..]) > 0 => break,
            (_, None | Some(_)) => kept.push(*glyph),
        }
        length += 1;
    }
    let taken = &glyphs[..length.min(glyphs.len())];
    let word = Word {
        glyphs: kept,
        span: span(taken, 0),
    };
    (Some(Token::Word(word)), length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(line: &str) -> Vec<String> {
        let glyphs: Vec<Glyph> = line
            .chars()
            .enumerate()
            .map(|(at, character)| Glyph { character, at })
            .collect();
        let part = |token: &Token| match token {
            Token::Word(word) => format!("{} {:?}", word.text(), word.span),
            Token::Operator(word) => format!("operator {} {:?}", word.text(), word.span),
            Token::Comment(word) => format!("comment{} {:?}", word.text(), word.span),
        };
        tokens(&glyphs).iter().map(part).collect()
    }

    #[test]
    fn words_are_separated_by_white_space() {
        assert_eq!(parts("  up\t--scale "), ["up 2..4", "--scale 5..12"]);
        assert!(parts(" ").is_empty());
    }

    #[test]
    fn quotes_and_backslashes_are_taken_away() {
        assert_eq!(parts("a\" b\"'c' d\\ e"), ["a bc 0..8", "d e 9..13"]);
        assert_eq!(parts("\"open"), ["open 0..5"]);
        assert_eq!(parts("end\\"), ["end 0..4"]);
        assert_eq!(parts("\\up"), ["up 0..3"]);
    }

    #[test]
    fn a_backslash_at_the_end_goes_on() {
        assert_eq!(parts("a \\\n b"), ["a 0..1", "b 5..6"]);
        assert_eq!(parts("a\\\nb"), ["ab 0..4"]);
    }

    #[test]
    fn operators_stand_alone() {
        assert_eq!(
            parts("a&&b > c"),
            [
                "a 0..1",
                "operator && 1..3",
                "b 3..4",
                "operator > 5..6",
                "c 7..8"
            ]
        );
        assert_eq!(
            parts("$(a)`"),
            [
                "operator $( 0..2",
                "a 2..3",
                "operator ) 3..4",
                "operator ` 4..5"
            ]
        );
    }

    #[test]
    fn a_comment_takes_the_rest_of_the_line() {
        assert_eq!(parts("a#b # c d"), ["a#b 0..3", "comment c d 4..9"]);
        assert_eq!(parts("#"), ["comment 0..1"]);
    }

    #[test]
    fn a_dollar_sign_alone_is_a_word() {
        assert_eq!(parts("$ a"), ["$ 0..1", "a 2..3"]);
    }
}
