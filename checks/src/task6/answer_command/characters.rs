//! The characters of a line, before it is taken apart into words.

use std::ops::Range;

use super::deviation::Deviation;
use super::mistakes::{BYTE_ORDER_MARK, CRLF, SPACES, TYPOGRAPHIC_CHARACTERS};
use crate::command_line::Glyph;
use crate::model::{Mistake, Text};

/// The line in plain characters: what a word processor made of hyphens, quotes and spaces is taken back, what cannot
/// be seen is dropped.
pub(super) fn plain(line: &str) -> Vec<Glyph> {
    let characters: Vec<char> = line.chars().collect();
    let mut glyphs: Vec<Glyph> = Vec::with_capacity(characters.len());
    for (at, &character) in characters.iter().enumerate() {
        let begins = glyphs
            .last()
            .is_none_or(|glyph| glyph.character.is_whitespace());
        let next = characters.get(at + 1..).unwrap_or_default();
        let plain = match character {
            '“' | '”' | '„' => "\"",
            '‘' | '’' => "'",
            dash if is_dash(dash) && begins && is_long_option(next) => "--",
            dash if is_dash(dash) => "-",
            hidden if is_hidden(hidden) => "",
            other => {
                glyphs.push(Glyph {
                    character: other,
                    at,
                });
                continue;
            }
        };
        glyphs.extend(plain.chars().map(|character| Glyph { character, at }));
    }
    glyphs
}

/// What is wrong with the characters of a line.
pub(super) fn deviations(line: &str) -> Vec<Deviation> {
    let characters: Vec<char> = line.chars().collect();
    let start = usize::from(line.starts_with('\u{feff}'));
    let end = characters.len() - usize::from(line.ends_with('\r'));
    let inner = characters.get(start..end).unwrap_or_default();
    let within = |place: Range<usize>| place.start + start..place.end + start;
    let typographic = places(inner, |&character| is_typographic(character));
    [
        found(
            &BYTE_ORDER_MARK,
            BOM,
            (start > 0).then_some(0..1).into_iter().collect(),
        ),
        found(
            &CRLF,
            RETURN,
            (end < characters.len())
                .then_some(end..end + 1)
                .into_iter()
                .collect(),
        ),
        found(
            &TYPOGRAPHIC_CHARACTERS,
            TYPOGRAPHY,
            typographic.into_iter().map(within).collect(),
        ),
        found(
            &SPACES,
            BLANKS,
            spaces(inner).into_iter().map(within).collect(),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

const BOM: Text = Text::fixed(
    "the line begins with a byte order mark, three bytes that cannot be seen",
    "la ligne commence par une marque d’ordre des octets (BOM), trois octets invisibles",
);

const RETURN: Text = Text::fixed(
    "the line ends with a carriage return (`\\r`) before its newline",
    "la ligne finit par un retour chariot (`\\r`) avant la nouvelle ligne",
);

const TYPOGRAPHY: Text = Text::fixed(
    "the line has characters that look like hyphens, quotes or spaces, or cannot be seen, and are others",
    "la ligne a des caractères qui ressemblent à des tirets, des guillemets ou des espaces, ou qui sont invisibles, et en sont d’autres",
);

const BLANKS: Text = Text::fixed(
    "expected one space between two words and none around them, found others",
    "attendu : une espace entre deux mots et aucune autour ; trouvé : d’autres blancs",
);

fn found(mistake: &'static Mistake, message: Text, marks: Vec<Range<usize>>) -> Option<Deviation> {
    (!marks.is_empty()).then_some(Deviation {
        mistake,
        message,
        marks,
    })
}

/// The places of what is not one space between two words.
fn spaces(line: &[char]) -> Vec<Range<usize>> {
    let wrong = |place: &Range<usize>| {
        place.start == 0 || place.end == line.len() || line.get(place.clone()) != Some(&[' '])
    };
    places(line, |character| character.is_ascii_whitespace())
        .into_iter()
        .filter(wrong)
        .collect()
}

/// The runs of characters that are `like` this.
fn places(line: &[char], like: fn(&char) -> bool) -> Vec<Range<usize>> {
    let mut places: Vec<Range<usize>> = Vec::new();
    for (at, _) in line
        .iter()
        .enumerate()
        .filter(|(_, character)| like(character))
    {
        match places.last_mut() {
            Some(place) if place.end == at => place.end += 1,
            Some(_) | None => places.push(at..at + 1),
        }
    }
    places
}

fn is_typographic(character: char) -> bool {
    let is_quote = matches!(character, '“' | '”' | '„' | '‘' | '’');
    let is_blank = character.is_whitespace() && !character.is_ascii_whitespace();
    is_quote || is_blank || is_dash(character) || is_hidden(character)
}

fn is_dash(character: char) -> bool {
    matches!(
        character,
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{ff0d}'
    )
}

fn is_hidden(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Whether a dash before this stood for two: an option of several letters follows, and no second dash.
fn is_long_option(next: &[char]) -> bool {
    matches!(next, [first, second, ..] if first.is_alphabetic() && second.is_alphabetic())
}
