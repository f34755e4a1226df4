//! One way in which a line differs from the command.

use std::ops::Range;

use super::mistakes;
use crate::command_line::Word;
use crate::model::{Mistake, Text};

/// One way in which a line differs from the command.
#[derive(Clone, Debug)]
pub(super) struct Deviation {
    /// What kind.
    pub mistake: &'static Mistake,
    /// The facts.
    pub message: Text,
    /// Where in the line, in characters from 0.
    pub marks: Vec<Range<usize>>,
}

impl Deviation {
    /// A difference at one place.
    pub fn at(mistake: &'static Mistake, span: Range<usize>, en: String, fr: String) -> Deviation {
        Deviation {
            mistake,
            message: Text::new(en, fr),
            marks: vec![span],
        }
    }

    /// A word that means the same but is not written the same.
    pub fn spelling(word: &Word, expected: &str, found: &str) -> Deviation {
        Deviation::at(
            &mistakes::OTHER_SPELLING,
            word.span.clone(),
            format!("expected `{expected}`, found {found}"),
            format!("attendu : `{expected}` ; trouvé : {found}"),
        )
    }

    /// Where it stands among the others: the most telling first.
    pub fn rank(&self) -> Option<usize> {
        let code = self.mistake.code;
        mistakes::ALL
            .iter()
            .position(|mistake| mistake.code == code)
    }
}
