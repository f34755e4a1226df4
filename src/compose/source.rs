//! The text of a file that findings point into.

use softy_checks::model::Place;

/// A line of a snippet is cut here, in characters.
const SNIPPET: usize = 200;

/// A file of the submission, as text.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// Path from the submission's root.
    pub file: String,
    /// All of it.
    pub text: String,
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
    /// The place to show for a mark; `None` when the mark is nowhere.
    pub fn place(&self, mark: Mark) -> Option<Place> {
        let index = usize::try_from(mark.line).ok()?.checked_sub(1)?;
        let line = self.text.lines().nth(index).unwrap_or_default();
        let rest = u32::try_from(line.chars().count()).unwrap_or(u32::MAX);
        let rest = rest.saturating_sub(mark.column.saturating_sub(1));
        Some(Place {
            file: self.file.clone(),
            line: mark.line,
            column: mark.column,
            width: mark.width.min(rest).max(1),
            snippet: line.chars().take(SNIPPET).collect(),
        })
    }
}
