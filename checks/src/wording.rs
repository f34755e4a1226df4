//! Formatting of observed text in messages: as code, of bounded length, without invisible characters.

/// Most characters of a name or an error that a message quotes.
const LONGEST: usize = 160;

/// Formats one name, line or error as code.
pub(crate) fn code(seen: &str) -> String {
    let seen = seen.trim_matches([' ', '\n']);
    let shown: String = seen.chars().take(LONGEST).map(quotable).collect();
    let more = if seen.chars().nth(LONGEST).is_some() {
        "…"
    } else {
        ""
    };
    format!("`{shown}{more}`")
}

/// Formats several names as code, separated by commas.
pub(crate) fn codes<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| code(name)).collect();
    names.join(", ")
}

/// Returns a visible symbol for an invisible character, and every other character unchanged.
pub(crate) fn visible(character: char) -> char {
    match character {
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(character)).unwrap_or('\u{fffd}'),
        '\x7f' => '␡',
        '\u{a0}' | '\u{2007}' | '\u{202f}' => '⍽',
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' => '◊',
        '\u{80}'..='\u{9f}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => '◊',
        other => other,
    }
}

fn quotable(character: char) -> char {
    match character {
        '`' => '\'',
        other => visible(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_made_visible() {
        assert_eq!(code("a\tb\u{1b}[31m\u{202e}"), "`a␉b␛[31m◊`");
    }

    #[test]
    fn a_backtick_does_not_end_the_code() {
        assert_eq!(code("`id`"), "`'id'`");
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(code(&"x".repeat(9_000)).chars().count(), LONGEST + 3);
    }

    #[test]
    fn names_stand_side_by_side() {
        assert_eq!(codes(&["a".to_owned(), "b".to_owned()]), "`a`, `b`");
    }
}
