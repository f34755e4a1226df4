//! Untrusted text for a terminal: characters that do not show are spelt out.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Maximum width of a message or a hint, in columns.
pub(super) const MESSAGE: usize = 600;

/// Maximum width of a name, an id or a path, in columns.
pub(super) const NAME: usize = 200;

/// Returns `text` on one line, with control characters and invisible marks spelt out. Cuts it at `limit` columns.
pub(crate) fn visible(text: &str, limit: usize) -> String {
    let mut left = limit;
    let mut shown = String::new();
    for glyph in text.chars().map(glyph) {
        let Some(rest) = left.checked_sub(glyph.width()) else {
            return shown + "…";
        };
        left = rest;
        shown.push_str(&glyph);
    }
    shown
}

/// Removes the escape sequences that only set colours: Flask writes them even without a terminal.
pub(super) fn without_colours(line: &str) -> String {
    let mut parts = line.split("\x1b[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let parameters = part
            .trim_start_matches(|character: char| character.is_ascii_digit() || character == ';');
        match parameters.strip_prefix('m') {
            Some(rest) => plain.push_str(rest),
            None => plain.extend(["\x1b[", part]),
        }
    }
    plain
}

/// Returns the character if a terminal draws it, or else spells it out as Rust does (`\n`, `\x1b`, `\u{202e}`).
pub(super) fn glyph(character: char) -> String {
    if !is_invisible(character) {
        return character.to_string();
    }
    match character {
        '\n' | '\r' | '\t' => character.escape_default().to_string(),
        '\0'..='\x7f' => format!("\\x{:02x}", u32::from(character)),
        _ => character.escape_unicode().to_string(),
    }
}

/// Returns true if a terminal interprets the character, draws nothing for it, or combines it with its neighbours.
pub(super) fn is_invisible(character: char) -> bool {
    let is_blank = matches!(
        character,
        '\u{ad}' | '\u{115f}' | '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}'
    );
    is_blank || character.width().is_none_or(|columns| columns == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_stays_as_it_is() {
        let text = "réplique n° 2 : 日本語 🙂\u{a0}!";
        assert_eq!(visible(text, 100), text);
    }

    #[test]
    fn escape_sequences_are_spelt_out() {
        assert_eq!(visible("\x1b[31mred\x07", 100), "\\x1b[31mred\\x07");
        assert_eq!(visible("\u{9b}2J", 100), "\\u{9b}2J");
        assert_eq!(visible("a\r\n\tb\0", 100), "a\\r\\n\\tb\\x00");
    }

    #[test]
    fn colours_are_taken_out_and_nothing_else() {
        assert_eq!(without_colours("\x1b[31m\x1b[1mred\x1b[0m [1m"), "red [1m");
        assert_eq!(without_colours("\x1b[2J\x1b[38;5;1mx"), "\x1b[2Jx");
    }

    #[test]
    fn bidirectional_and_invisible_marks_are_spelt_out() {
        let marks = "\u{202e}\u{2066}\u{200b}\u{feff}\u{ad}\u{2028}\u{301}\u{e0041}";
        let shown = "\\u{202e}\\u{2066}\\u{200b}\\u{feff}\\u{ad}\\u{2028}\\u{301}\\u{e0041}";
        assert_eq!(visible(marks, 100), shown);
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(visible("abcdef", 5), "abcde…");
        assert_eq!(visible("abcde", 5), "abcde");
        assert_eq!(visible("ab\x1bc", 5), "ab…");
        assert_eq!(visible("日本語", 5), "日本…");
    }
}
