//! The text of a file that findings point into.

use softy_checks::model::Place;

/// A line of a snippet is cut here, in characters.
const SNIPPET: usize = 200;

/// Lines over this many bytes are not measured: thousands of findings may point into one line of a megabyte.
const MEASURED: usize = 4096;

/// A file of the submission, as text.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// Path from the submission's root.
    pub file: String,
    /// All of it.
    pub text: String,
    /// Where each line ends, in bytes; the line end itself belongs to the line.
    ends: Vec<usize>,
}

/// Where something stands in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// Line, from 1; 0 when unknown.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Length in characters, over the end of the line when it goes on.
    pub width: u32,
}

impl Source {
    /// The text of a file.
    pub fn new(file: String, text: String) -> Source {
        let mut end = 0;
        let ends = text.split_inclusive('\n').map(|line| {
            end += line.len();
            end
        });
        let ends = ends.collect();
        Source { file, text, ends }
    }

    /// The place to show for a mark; `None` when the mark is nowhere.
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

    /// A line, counted from 0, without its end.
    fn line(&self, index: usize) -> Option<&str> {
        let start = match index.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        let line = self.text.get(start..*self.ends.get(index)?)?;
        Some(line.trim_end_matches(['\r', '\n']))
    }
}
