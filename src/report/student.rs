use super::Report;
use super::visible::{NAME, visible};
use crate::batch::{Listed, Row};

/// Whose submission a report is about.
#[derive(Clone, Copy, Debug)]
pub struct Student<'a> {
    /// Unique among the submissions.
    pub id: &'a str,
    /// Where it is known.
    pub name: Option<&'a str>,
    /// Where it is known.
    pub group: Option<&'a str>,
}

impl<'a> Student<'a> {
    /// The one of a submission that stands alone: its path is all that is known.
    pub fn of(report: &'a Report) -> Student<'a> {
        Student {
            id: &report.submission,
            name: None,
            group: None,
        }
    }

    /// The name with the id behind it, or the id alone, on one line.
    pub fn label(&self) -> String {
        let id = visible(self.id, NAME);
        match self.name {
            Some(name) if name != self.id => format!("{} ({id})", visible(name, NAME)),
            Some(_) | None => id,
        }
    }
}

impl<'a> From<&'a Listed> for Student<'a> {
    fn from(listed: &'a Listed) -> Student<'a> {
        Student {
            id: &listed.id,
            name: listed.name.as_deref(),
            group: listed.group.as_deref(),
        }
    }
}

impl<'a> From<&'a Row> for Student<'a> {
    fn from(row: &'a Row) -> Student<'a> {
        Student {
            id: &row.id,
            name: row.name.as_deref(),
            group: row.group.as_deref(),
        }
    }
}
