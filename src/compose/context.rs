//! State that every part of the translation needs.

use softy_checks::Expectations;
use softy_checks::model::Text;
use softy_checks::observation::ProblemKind;

use super::findings::Findings;
use super::interpolation::Variables;
use super::schema::LIKENESS;
use super::source::Mark;
use super::yaml::Node;
use crate::likeness::nearest;
use crate::submission::{Submission, TASK_FOLDER};

/// State of the translation of a project.
pub(super) struct Context<'a> {
    /// Submission that contains the files' paths.
    pub submission: &'a Submission,
    /// Variables of its `.env` files.
    pub variables: &'a Variables,
    /// Merged tree of all files, after interpolation.
    pub root: &'a Node,
    /// Folder of the first file.
    pub folder: &'a str,
    /// Names that the service of the API servers may have.
    pub asked: &'a Expectations,
    /// Name of that service, once the enabled services are known.
    pub back_end: &'a str,
    /// Number of entries of `env_file` and `label_file` that have been read.
    pub env_files: usize,
    /// Findings so far.
    pub findings: Findings,
}

/// A generation of Compose; each derives names in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// v1, in Python.
    First,
    /// v2, in Go.
    Second,
}

impl Version {
    /// Both generations.
    pub const ALL: [Version; 2] = [Version::First, Version::Second];

    /// Returns its name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Version::First => "v1",
            Version::Second => "v2",
        }
    }

    /// Returns the separator between the parts of a derived name.
    pub fn separator(self) -> char {
        match self {
            Version::First => '_',
            Version::Second => '-',
        }
    }
}

impl Context<'_> {
    /// Notes a value of the right type that is invalid.
    pub fn invalid(&mut self, mark: Mark, en: String, fr: String) {
        self.findings
            .problem(ProblemKind::InvalidValue, mark, Text::new(en, fr));
    }

    /// Returns the project name in a version of Compose; only v2 reads `name`.
    pub fn project_name(&self, version: Version) -> String {
        let variable = self.variables.get("COMPOSE_PROJECT_NAME").cloned();
        let name = match version {
            Version::First => None,
            Version::Second => self.root.text("name"),
        };
        let folder = self.folder.rsplit('/').next().unwrap_or_default();
        let folder = || match folder {
            "" => TASK_FOLDER.to_owned(),
            folder => folder.to_lowercase(),
        };
        let given = variable.filter(|name| !name.is_empty()).or(name);
        let name = given.unwrap_or_else(folder);
        let is_kept = |character: &char| {
            character.is_ascii_lowercase()
                || character.is_ascii_digit()
                || "_-".contains(*character)
        };
        name.chars().filter(is_kept).collect()
    }

    /// Returns true if a top-level section (`services`, `networks`, `volumes`, …) defines a name; notes an undefined one.
    pub fn defines(&mut self, section: &str, name: &str, mark: Mark) -> bool {
        let names = || {
            self.root
                .get(section)
                .map(Node::entries)
                .unwrap_or_default()
                .iter()
                .map(|entry| entry.key.as_str())
        };
        if names().any(|defined| defined == name) {
            return true;
        }
        if self.findings.has_enough_problems() {
            return false;
        }
        let near = nearest(name, names(), LIKENESS);
        let (en, fr) = match near {
            Some(near) => (
                format!("; is it meant to be `{near}`?"),
                format!(" ; s’agit-il de `{near}` ?"),
            ),
            None => (String::new(), String::new()),
        };
        self.findings.problem(
            ProblemKind::UndefinedName,
            mark,
            Text::new(
                format!("`{name}` is not defined under `{section}`{en}"),
                format!("`{name}` n’est pas défini sous `{section}`{fr}"),
            ),
        );
        false
    }
}
