use colored::ColoredString;
use softy_checks::model::{Language, Text};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What a line starts with before its words: a mark and points, or as much space.
pub(super) const MARGIN: usize = 9;

/// Whom a report is written for: a language, and a width.
pub(super) struct Page {
    language: Language,
    columns: usize,
}

impl Page {
    /// A page of that width, within what can be read with ease.
    pub(super) fn new(language: Language, columns: usize) -> Page {
        Page {
            language,
            columns: columns.clamp(40, 100),
        }
    }

    /// The words in the page's language.
    pub(super) fn say<'a>(&self, text: &'a Text) -> &'a str {
        text.to(self.language)
    }

    /// One of two words.
    pub(super) fn word(&self, english: &'static str, french: &'static str) -> &'static str {
        match self.language {
            Language::English => english,
            Language::French => french,
        }
    }

    /// A duration, to a tenth of a second.
    pub(super) fn seconds(&self, seconds: f64) -> String {
        let decimal = format!("{seconds:.1} s");
        match self.language {
            Language::English => decimal,
            Language::French => decimal.replace('.', ","),
        }
    }

    /// Columns that are left beside `indent`; never so few that a word of a few letters does not fit.
    pub(super) fn room(&self, indent: usize) -> usize {
        self.columns.saturating_sub(indent).max(10)
    }

    /// `text` in lines that fit beside `indent`; the indentation is not part of them.
    pub(super) fn wrap(&self, indent: usize, text: &str) -> Vec<String> {
        let room = self.room(indent);
        let mut lines: Vec<String> = Vec::new();
        for word in words(text) {
            match lines.last_mut() {
                Some(line) if line.width() + 1 + word.width() <= room => {
                    line.push(' ');
                    line.push_str(&word);
                }
                Some(_) | None => lines.extend(split(&word, room)),
            }
        }
        lines
    }

    /// `text` inside the margin, behind `lead`.
    pub(super) fn paragraph(&self, lead: ColoredString, text: &str) -> Vec<String> {
        let indent = MARGIN + lead.input.width();
        hang(
            &format!("{:MARGIN$}{lead}", ""),
            indent,
            self.wrap(indent, text),
        )
    }
}

/// `lines` behind `lead`, all but the first indented.
pub(super) fn hang(lead: &str, indent: usize, lines: Vec<String>) -> Vec<String> {
    let mut lines = lines.into_iter();
    let first = lines.next().map(|line| format!("{lead}{line}"));
    let rest = lines.map(|line| format!("{:indent$}{line}", ""));
    first.into_iter().chain(rest).collect()
}

/// The words of a text; French `? ! : ; »` stay with the word before, `«` with the word after.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match words.last_mut() {
            Some(last) if word.starts_with(['?', '!', ':', ';', '»']) || last.ends_with('«') => {
                last.push(' ');
                last.push_str(word);
            }
            Some(_) | None => words.push(word.to_owned()),
        }
    }
    words
}

/// A word in pieces of at most `room` columns.
fn split(word: &str, room: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for character in word.chars() {
        let columns = character.width().unwrap_or(0);
        match pieces.last_mut() {
            Some(piece) if piece.width() + columns <= room => piece.push(character),
            Some(_) | None => pieces.push(character.to_string()),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrap(text: &str) -> Vec<String> {
        Page::new(Language::French, 40).wrap(10, text)
    }

    #[test]
    fn lines_break_between_words() {
        let text = "requests take turns between the two API servers";
        assert_eq!(
            wrap(text),
            ["requests take turns between", "the two API servers"]
        );
    }

    #[test]
    fn french_punctuation_never_begins_a_line() {
        let text = "chaque réplique répond-elle ok ? lisez";
        assert_eq!(wrap(text), ["chaque réplique répond-elle", "ok ? lisez"]);
        assert_eq!(
            wrap("12345678901234567890123456 « a »"),
            ["12345678901234567890123456", "« a »"]
        );
    }

    #[test]
    fn a_word_wider_than_the_page_is_split() {
        let words = "日".repeat(20);
        assert_eq!(wrap(&words), ["日".repeat(15), "日".repeat(5)]);
    }

    #[test]
    fn spaces_inside_a_line_are_kept() {
        assert_eq!(wrap("docker  compose"), ["docker  compose"]);
    }
}
