//! A difference between a line and the command.

use std::ops::Range;

use super::mistakes;
use crate::command_line::Word;
use crate::model::{Mistake, Text};

/// A difference between a line and the command.
#[derive(Clone, Debug)]
pub(super) struct Deviation {
    /// Kind of the difference.
    pub mistake: &'static Mistake,
    /// Facts of the difference.
    pub message: Text,
    /// Places in the line, in characters from 0.
    pub marks: Vec<Range<usize>>,
}

impl Deviation {
    /// Returns a deviation at one place.
    pub fn at(mistake: &'static Mistake, span: Range<usize>, en: String, fr: String) -> Deviation {
        Deviation {
            mistake,
            message: Text::new(en, fr),
            marks: vec![span],
        }
    }

    /// Returns a deviation for a word with the right meaning and another spelling.
    pub fn spelling(word: &Word, expected: &str, found: &str) -> Deviation {
        Deviation::at(
            &mistakes::OTHER_SPELLING,
            word.span.clone(),
            format!("expected `{expected}`, found {found}"),
            format!("attendu : `{expected}` ; trouvé : {found}"),
        )
    }

    /// Returns its position in the order of importance: the most informative mistake first.
    pub fn rank(&self) -> Option<usize> {
        let code = self.mistake.code;
        mistakes::ALL
            .iter()
            .position(|mistake| mistake.code == code)
    }
}
