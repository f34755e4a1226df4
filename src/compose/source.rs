//! Text of a file to which findings refer.

use softy_checks::model::Place;

/// Maximum length of a line of a snippet, in characters.
const SNIPPET: usize = 200;

/// Maximum length of a line whose characters are counted, in bytes: thousands of findings may refer to one line of a megabyte.
const MEASURED: usize = 4096;

/// A file of the submission, as text.
#[derive(Debug)]
pub(super) struct Source {
    /// Index of the file among all files of the project; its marks contain it.
    pub index: usize,
    /// Path from the submission's root.
    pub file: String,
    /// Complete text of the file.
    pub text: String,
    /// End of each line, in bytes; a line includes its line end.
    ends: Vec<usize>,
}

/// A position in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// The file's [`Source::index`].
    pub file: usize,
    /// Line, from 1; 0 if unknown.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Length in characters, beyond the end of the line for a value of several lines.
    pub width: u32,
}

/// Returns the ends of lines. YAML also accepts as line ends a lone carriage return and three characters outside ASCII.
fn ends(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let end = |(at, character): (usize, char)| match character {
        '\n' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(at + character.len_utf8()),
        '\r' if bytes.get(at + 1) != Some(&b'\n') => Some(at + 1),
        _ => None,
    };
    let mut ends: Vec<usize> = text.char_indices().filter_map(end).collect();
    if ends.last() != Some(&bytes.len()) {
        ends.push(bytes.len());
    }
    ends
}

impl Source {
    /// Returns a source from a file's index, path and text.
    pub fn new(index: usize, file: String, text: String) -> Source {
        let ends = ends(&text);
        Source {
            index,
            file,
            text,
            ends,
        }
    }

    /// Returns the place to show for a mark, or `None` if the mark has no position.
    pub fn place(&self, mark: Mark) -> Option<Place> {
        let index = usize::try_from(mark.line).ok()?.checked_sub(1)?;
        let line = self.line(index).unwrap_or_default();
        let length = if line.len() > MEASURED {
            SNIPPET
        } else {
            line.chars().count()
        };
        let rest = u32::try_from(length)
            .unwrap_or(u32::MAX)
            .saturating_sub(mark.column.saturating_sub(1));
        Some(Place {
            file: self.file.clone(),
            line: mark.line,
            column: mark.column,
            width: mark.width.min(rest).max(1),
            snippet: line.chars().take(SNIPPET).collect(),
        })
    }

    /// Returns the line, from 1, that contains a byte of the text.
    pub fn line_at(&self, offset: usize) -> u32 {
        let before = self.ends.partition_point(|end| *end <= offset);
        u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// Returns a line, counted from 0, without its line end.
    fn line(&self, index: usize) -> Option<&str> {
        let start = match index.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        let line = self.text.get(start..*self.ends.get(index)?)?;
        Some(line.trim_end_matches(['\r', '\n']))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_as_in_yaml() {
        let source = Source::new(0, "f".to_owned(), "a\rb\r\nc\nd".to_owned());
        let snippet = |line| {
            let mark = Mark {
                line,
                column: 1,
                width: 1,
                file: 0,
            };
            source.place(mark).unwrap().snippet
        };
        assert_eq!([1, 2, 3, 4].map(snippet), ["a", "b", "c", "d"]);
        assert_eq!(
            [0, 1, 2, 4, 5, 7].map(|at| source.line_at(at)),
            [1, 1, 2, 2, 3, 4]
        );
    }
}
