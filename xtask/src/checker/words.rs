//! Characters that no output of the program may contain.

/// Describes the first forbidden part of an output: bytes that are not UTF-8, or a character that controls a terminal or
/// changes the reading direction.
pub fn forbidden(bytes: &[u8]) -> Option<String> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Some("bytes that are no UTF-8".to_owned());
    };
    let obeyed = |character: &char| {
        (character.is_control() && *character != '\n') || turns_direction(*character)
    };
    let found = text.chars().find(obeyed)?;
    Some(format!("the character U+{:04X}", u32::from(found)))
}

fn turns_direction(character: char) -> bool {
    matches!(character, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_may_have_lines_and_accents() {
        assert_eq!(forbidden("élève\n✓ 5/5".as_bytes()), None);
    }

    #[test]
    fn what_a_terminal_obeys_is_found() {
        for text in ["\u{1b}[31m", "one\rtwo", "\u{9b}31m", "a\u{202e}b", "\0"] {
            assert!(forbidden(text.as_bytes()).is_some(), "{text:?}");
        }
        assert!(forbidden(&[0xff]).is_some());
    }
}
