//! Characters of a line, before it is split into words.

use std::ops::Range;

use super::deviation::Deviation;
use super::mistakes::{BYTE_ORDER_MARK, CRLF, OTHER_SPELLING, SPACES, TYPOGRAPHIC_CHARACTERS};
use crate::command_line::Glyph;
use crate::model::Text;
use crate::wording::codes;

/// Converts a line to plain characters: replaces a word processor's hyphens, quotes and spaces, and removes invisible
/// characters.
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

/// Returns the deviations in the characters of a line.
pub(super) fn deviations(line: &str) -> Vec<Deviation> {
    let characters: Vec<char> = line.chars().collect();
    let start = usize::from(line.starts_with('\u{feff}'));
    let end = characters.len() - usize::from(line.ends_with('\r'));
    let places = |like: fn(char) -> bool| places(&characters, start..end, like);
    let blank = places(|character| character.is_ascii_whitespace());
    let odd = |place: &Range<usize>| is_odd(&characters, place, start..end);
    let deviations = [
        (&BYTE_ORDER_MARK, BOM, marks(0..start)),
        (&CRLF, RETURN, marks(end..characters.len())),
        (
            &TYPOGRAPHIC_CHARACTERS,
            typography(line),
            places(is_typographic),
        ),
        (&SPACES, BLANKS, blank.into_iter().filter(odd).collect()),
        (
            &OTHER_SPELLING,
            CONTINUED,
            places(|character| character == '\n'),
        ),
    ];
    deviations
        .into_iter()
        .filter(|(_, _, marks)| !marks.is_empty())
        .map(|(mistake, message, marks)| Deviation {
            mistake,
            message,
            marks,
        })
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

const BLANKS: Text = Text::fixed(
    "expected one space between two words and none around them, found other white space",
    "attendu : un espace entre deux mots et aucun autour ; trouvé : d’autres blancs",
);

const CONTINUED: Text = Text::fixed(
    "the command goes on over several lines",
    "la commande continue sur plusieurs lignes",
);

/// Returns the message that names the typographic characters of a line; `⍽` and `◊` replace those that are invisible.
fn typography(line: &str) -> Text {
    let mut found: Vec<String> = line
        .chars()
        .filter(|&character| is_typographic(character))
        .map(String::from)
        .collect();
    found.sort_unstable();
    found.dedup();
    let found = codes(&found);
    Text::new(
        format!("expected plain hyphens, quotes and spaces, found {found}"),
        format!("attendu : des tirets, guillemets et espaces simples ; trouvé : {found}"),
    )
}

/// Returns no mark for an empty place.
fn marks(place: Range<usize>) -> Vec<Range<usize>> {
    if place.is_empty() {
        Vec::new()
    } else {
        vec![place]
    }
}

/// Returns whether white space is anything but one space between two words. A line that continues is reported separately.
fn is_odd(line: &[char], place: &Range<usize>, within: Range<usize>) -> bool {
    let blank = line.get(place.clone()).unwrap_or_default();
    let is_outside = place.start == within.start || place.end == within.end;
    !blank.contains(&'\n') && (is_outside || blank != [' '])
}

/// Returns the sequences of characters for which `like` is true.
fn places(line: &[char], within: Range<usize>, like: fn(char) -> bool) -> Vec<Range<usize>> {
    let mut places: Vec<Range<usize>> = Vec::new();
    for at in within.filter(|&at| line.get(at).copied().is_some_and(like)) {
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

/// Returns whether a dash before `next` replaced two: an option of several letters follows, and no second dash.
fn is_long_option(next: &[char]) -> bool {
    matches!(next, [first, second, ..] if first.is_alphabetic() && second.is_alphabetic())
}
