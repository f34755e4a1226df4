use colored::{ColoredString, Colorize};
use softy_checks::model::{Language, Text};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::super::colon;

/// What a line starts with before its words: a mark and points, or as much space.
const MARGIN: usize = 9;

/// Whom a report is written for: a language, and a width, or a screen reader.
pub struct Page {
    language: Language,
    /// `None` where each sentence is a line, and words stand for what others see by signs, places and colours.
    columns: Option<usize>,
}

impl Page {
    /// A page of that width, within what can be read with ease.
    pub fn new(language: Language, columns: usize) -> Page {
        Page {
            language,
            columns: Some(columns.clamp(40, 100)),
        }
    }

    /// A page that is read aloud.
    pub fn plain(language: Language) -> Page {
        Page {
            language,
            columns: None,
        }
    }

    /// Whether it is read aloud.
    pub(super) fn is_plain(&self) -> bool {
        self.columns.is_none()
    }

    /// Columns of what a line starts with before its words.
    pub(super) fn margin(&self) -> usize {
        match self.columns {
            Some(_) => MARGIN,
            None => 0,
        }
    }

    /// `sign`, or the word for it where the page is read aloud.
    pub(super) fn sign(&self, sign: ColoredString, word: &Text) -> ColoredString {
        match self.columns {
            Some(_) => sign,
            None => self.say(word).normal(),
        }
    }

    /// The words in the page's language.
    pub(super) fn say<'a>(&self, text: &'a Text) -> &'a str {
        text.to(self.language)
    }

    /// The colon of its language.
    pub(super) fn colon(&self) -> &'static str {
        colon(self.language)
    }

    /// The language that it is written in.
    pub(super) fn language(&self) -> Language {
        self.language
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
        let columns = self.columns.unwrap_or(usize::MAX);
        columns.saturating_sub(indent).max(10)
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

    /// A sentence that is one of several.
    pub(super) fn item(&self, text: &str) -> Vec<String> {
        match self.columns {
            Some(_) => hang("· ", 2, self.wrap(2, text)),
            None => self.wrap(0, text),
        }
    }

    /// `text` inside the margin, behind `lead`.
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
