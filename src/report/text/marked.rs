use colored::Colorize;
use unicode_width::UnicodeWidthStr;

use super::super::visible::glyph;

/// Maximum number of characters shown of a line.
const LINE: usize = 400;

/// Line of untrusted text, parts of which are underlined.
pub(in crate::report) struct Marked {
    cells: Vec<Cell>,
}

/// Displayed form of one character.
struct Cell {
    glyph: String,
    is_marked: bool,
}

impl Marked {
    /// Returns `text` with the characters in `marks` underlined. Each mark is a range from start to end; an empty range marks
    /// the position before its start.
    pub(in crate::report) fn new(text: &str, marks: &[(usize, usize)]) -> Marked {
        let mut glyphs: Vec<String> = text.chars().take(LINE).map(glyph).collect();
        if text.chars().nth(LINE).is_some() {
            glyphs.push("…".to_owned());
        } else if is_marked(marks, glyphs.len()) {
            glyphs.push(" ".to_owned());
        }
        let cells = glyphs.into_iter().enumerate().map(|(index, glyph)| Cell {
            glyph,
            is_marked: is_marked(marks, index),
        });
        Marked {
            cells: cells.collect(),
        }
    }

    /// Returns the text in lines of at most `room` columns, each followed by a line of carets if a part of it is underlined.
    pub(super) fn lines(&self, room: usize) -> Vec<String> {
        let rows = self.rows(room).into_iter();
        rows.flat_map(|row| std::iter::once(text(row)).chain(carets(row)))
            .collect()
    }

    /// Returns the text in pieces, each with a flag that is true if the piece is underlined.
    pub(in crate::report) fn runs(&self) -> Vec<(String, bool)> {
        let runs = self
            .cells
            .chunk_by(|one, next| one.is_marked == next.is_marked);
        runs.map(|run| {
            let text = run.iter().map(|cell| cell.glyph.as_str()).collect();
            (text, run.iter().any(|cell| cell.is_marked))
        })
        .collect()
    }

    /// Returns the whole text.
    pub(super) fn whole(&self) -> String {
        self.cells.iter().map(|cell| cell.glyph.as_str()).collect()
    }

    /// Returns the position of the first underlined character, counted from 1, and the underlined text that begins there.
    pub(super) fn meant(&self) -> Option<(usize, String)> {
        let first = self.cells.iter().position(|cell| cell.is_marked)?;
        let meant = self.cells.iter().skip(first);
        let meant = meant.take_while(|cell| cell.is_marked);
        Some((first + 1, meant.map(|cell| cell.glyph.as_str()).collect()))
    }

    fn rows(&self, room: usize) -> Vec<&[Cell]> {
        let mut rows = Vec::new();
        let mut rest = self.cells.as_slice();
        while !rest.is_empty() {
            let (row, more) = rest.split_at(fitting(rest, room));
            rows.push(row);
            rest = more;
        }
        if rows.is_empty() {
            rows.push(rest);
        }
        rows
    }
}

fn is_marked(marks: &[(usize, usize)], index: usize) -> bool {
    marks
        .iter()
        .any(|&(start, end)| start <= index && index < end.max(start.saturating_add(1)))
}

/// Returns the number of cells that fit into `room` columns, at least one.
fn fitting(cells: &[Cell], room: usize) -> usize {
    let widths = cells.iter().scan(0, |columns, cell| {
        *columns += cell.glyph.width();
        Some(*columns)
    });
    widths.take_while(|&columns| columns <= room).count().max(1)
}

fn text(row: &[Cell]) -> String {
    let runs = row.chunk_by(|one, next| one.is_marked == next.is_marked);
    let painted = runs.map(|run| {
        let text: String = run.iter().map(|cell| cell.glyph.as_str()).collect();
        if run.iter().any(|cell| cell.is_marked) {
            return text.red().to_string();
        }
        text
    });
    painted.collect()
}

fn carets(row: &[Cell]) -> Option<String> {
    let last = row.iter().rposition(|cell| cell.is_marked)?;
    let below = row.iter().take(last + 1).map(|cell| {
        let sign = if cell.is_marked { "^" } else { " " };
        sign.repeat(cell.glyph.width())
    });
    let carets: String = below.collect();
    Some(carets.red().bold().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::without_colours;

    fn lines(text: &str, marks: &[(usize, usize)], room: usize) -> Vec<String> {
        without_colours(|| Marked::new(text, marks).lines(room))
    }

    #[test]
    fn what_differs_is_underlined() {
        assert_eq!(
            lines("--scale backend=2", &[(8, 15)], 40),
            ["--scale backend=2", "        ^^^^^^^"]
        );
    }

    #[test]
    fn a_missing_end_is_marked_behind_the_text() {
        assert_eq!(lines("up", &[(2, 2)], 40), ["up ", "  ^"]);
    }

    #[test]
    fn carets_are_as_wide_as_what_they_mark() {
        assert_eq!(lines("日\t本x", &[(1, 3)], 40), ["日\\t本x", "  ^^^^"]);
    }

    #[test]
    fn carets_follow_their_part_of_a_long_line() {
        assert_eq!(lines("abcdefgh", &[(5, 6)], 4), ["abcd", "efgh", " ^"]);
    }

    #[test]
    fn marks_outside_the_text_mark_nothing() {
        assert_eq!(lines("ab", &[(7, usize::MAX)], 4), ["ab"]);
        assert_eq!(lines("", &[], 4), [""]);
    }

    #[test]
    fn a_long_line_is_cut() {
        assert_eq!(lines(&"x".repeat(500), &[], 1000), ["x".repeat(400) + "…"]);
    }
}
