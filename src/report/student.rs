use super::Report;
use super::visible::{NAME, visible};
use crate::batch::{Listed, Row};

/// Student whose submission a report is about.
#[derive(Clone, Copy, Debug)]
pub struct Student<'a> {
    /// Id, unique among the submissions.
    pub id: &'a str,
    /// Student's name, if known.
    pub name: Option<&'a str>,
    /// Student's group, if known.
    pub group: Option<&'a str>,
}

impl<'a> Student<'a> {
    /// Returns the student of a single submission, of whom only the submission's path is known.
    pub fn of(report: &'a Report) -> Student<'a> {
        Student {
            id: &report.submission,
            name: None,
            group: None,
        }
    }

    /// Returns the name followed by the id, or the id alone, on one line.
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
