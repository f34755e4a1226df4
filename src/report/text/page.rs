use colored::{ColoredString, Colorize};
use softy_checks::model::{Language, Text};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::super::colon;

/// Columns before the text of a line: a sign and points, or spaces.
const MARGIN: usize = 9;

/// Layout of a report: its language, and either a width or the format for a screen reader.
pub struct Page {
    language: Language,
    /// Width in columns. `None` for a screen reader: one line per sentence, and words instead of signs, positions and colours.
    columns: Option<usize>,
}

impl Page {
    /// Returns a page of that width, limited to 40 to 100 columns so that it is easy to read.
    pub fn new(language: Language, columns: usize) -> Page {
        Page {
            language,
            columns: Some(columns.clamp(40, 100)),
        }
    }

    /// Returns a page for a screen reader.
    pub fn plain(language: Language) -> Page {
        Page {
            language,
            columns: None,
        }
    }

    /// Returns true if the page is for a screen reader.
    pub(super) fn is_plain(&self) -> bool {
        self.columns.is_none()
    }

    /// Returns the number of columns before the text of a line.
    pub(super) fn margin(&self) -> usize {
        match self.columns {
            Some(_) => MARGIN,
            None => 0,
        }
    }

    /// Returns `sign`, or `word` on a page for a screen reader.
    pub(super) fn sign(&self, sign: ColoredString, word: &Text) -> ColoredString {
        match self.columns {
            Some(_) => sign,
            None => self.say(word).normal(),
        }
    }

    /// Returns the text in the page's language.
    pub(super) fn say<'a>(&self, text: &'a Text) -> &'a str {
        text.to(self.language)
    }

    /// Returns the colon of the page's language.
    pub(super) fn colon(&self) -> &'static str {
        colon(self.language)
    }

    /// Returns the page's language.
    pub(super) fn language(&self) -> Language {
        self.language
    }

    /// Returns the word of the page's language.
    pub(super) fn word(&self, english: &'static str, french: &'static str) -> &'static str {
        match self.language {
            Language::English => english,
            Language::French => french,
        }
    }

    /// Returns a duration to a tenth of a second, with its unit.
    pub(super) fn seconds(&self, seconds: f64) -> String {
        let decimal = format!("{seconds:.1} s");
        match self.language {
            Language::English => decimal,
            Language::French => decimal.replace('.', ","),
        }
    }

    /// Returns the number of columns to the right of `indent`, at least ten so that short words fit.
    pub(super) fn room(&self, indent: usize) -> usize {
        let columns = self.columns.unwrap_or(usize::MAX);
        columns.saturating_sub(indent).max(10)
    }

    /// Wraps `text` into lines that fit to the right of `indent`; the lines do not contain the indentation.
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

    /// Returns a sentence as an item of a list.
    pub(super) fn item(&self, text: &str) -> Vec<String> {
        match self.columns {
            Some(_) => hang("· ", 2, self.wrap(2, text)),
            None => self.wrap(0, text),
        }
    }

    /// Returns `text` after the margin and `lead`.
    pub(super) fn paragraph(&self, lead: ColoredString, text: &str) -> Vec<String> {
        let margin = self.margin();
        let indent = margin + lead.input.width();
        hang(
            &format!("{:margin$}{lead}", ""),
            indent,
            self.wrap(indent, text),
        )
    }
}

/// Puts `lead` before the first of `lines`, and indents the others.
pub(super) fn hang(lead: &str, indent: usize, lines: Vec<String>) -> Vec<String> {
    let mut lines = lines.into_iter();
    let first = lines.next().map(|line| format!("{lead}{line}"));
    let rest = lines.map(|line| format!("{:indent$}{line}", ""));
    first.into_iter().chain(rest).collect()
}

/// Splits a text into words. French `? ! : ; »` stay with the word before, `«` with the word after.
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

/// Splits a word into pieces of at most `room` columns.
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
