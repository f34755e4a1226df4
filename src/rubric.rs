//! What a course makes of the exercise: points, strictness, what the stack is given. Late penalties are the learning
//! platform's to take: nothing here knows when work was handed in.

mod file;
mod printed;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use softy_checks::model::{Check, Text};
use softy_checks::observation::{BaseImage, Fault, Observation};
use softy_checks::{Asked, TASK6};

use crate::sandbox::Base;

pub use printed::printed;

/// Bytes of a rubric; the usual one has two thousand.
const FILE_BYTES: u64 = 64 << 10;

/// What is asked of a submission and what it is worth, by the words of its file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Rubric {
    /// What the points of all checks add up to.
    pub out_of: u32,
    /// The points that are enough, where a course says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass_mark: Option<u32>,
    /// What each check is worth, by its id; 0 is advice.
    pub points: BTreeMap<String, u32>,
    /// The answer file.
    pub answer: Answer,
    /// The stack.
    pub stack: Stack,
    /// Images that are taken instead of those that submissions name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub base_images: BTreeMap<String, String>,
}

/// How strictly the answer file is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Answer {
    /// Whether other lines beside the command are a mistake.
    pub line_alone: bool,
    /// Whether a command that does the same is as good.
    pub equivalent_commands: bool,
}

/// What the stack is tried with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Stack {
    /// The names that the service of the API servers may have; the first that a compose file has is that service.
    #[serde(default = "service_names", skip_serializing_if = "are_usual")]
    pub service_names: Vec<String>,
    /// Replicas that `scales-further` tries, from 3 to 5.
    pub replicas: u32,
    /// Whether builds and stack reach the internet.
    pub egress: bool,
}

/// Why a file is no rubric.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.message().en)]
pub enum RubricError {
    /// It cannot be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's word on it.
        error: io::Error,
    },
    /// It has no place in a file of this size or kind.
    NoText {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        reason: Text,
    },
    /// Something in it is wrong.
    Wrong {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What is wrong.
        reason: Text,
    },
}

impl RubricError {
    /// What is wrong and where.
    pub fn message(&self) -> Text {
        match self {
            RubricError::Unreadable { path, error } => {
                let path = path.display();
                Text::new(
                    format!("the rubric `{path}` cannot be read ({error})"),
                    format!("le barème `{path}` ne peut pas être lu ({error})"),
                )
            }
            RubricError::NoText { path, reason } => {
                let path = path.display();
                Text::new(
                    format!("`{path}` is no rubric: {}", reason.en),
                    format!("`{path}` n’est pas un barème : {}", reason.fr),
                )
            }
            RubricError::Wrong {
                path,
                line,
                column,
                reason,
            } => {
                let path = path.display();
                Text::new(
                    format!("`{path}`, line {line}, column {column}: {}", reason.en),
                    format!("`{path}`, ligne {line}, colonne {column} : {}", reason.fr),
                )
            }
        }
    }
}

impl Default for Rubric {
    fn default() -> Rubric {
        let points = TASK6
            .iter()
            .map(|check| (check.id.to_owned(), check.points));
        Rubric {
            out_of: TASK6.iter().map(|check| check.points).sum(),
            pass_mark: None,
            points: points.collect(),
            answer: Answer::default(),
            stack: Stack::default(),
            base_images: BTreeMap::new(),
        }
    }
}

impl Default for Stack {
    fn default() -> Stack {
        Stack {
            service_names: service_names(),
            replicas: Asked::default().replicas,
            egress: false,
        }
    }
}

fn service_names() -> Vec<String> {
    Asked::default().services
}

fn are_usual(names: &[String]) -> bool {
    *names == service_names()
}

impl Rubric {
    /// Reads a file; what it leaves out is as usual.
    ///
    /// # Errors
    /// When it is no rubric, with the place of what is wrong.
    pub fn read(path: &Path) -> Result<Rubric, RubricError> {
        let text = text(path)?;
        file::parse(&text).map_err(|wrong| {
            let (line, column) = place(&text, wrong.at);
            RubricError::Wrong {
                path: path.to_owned(),
                line,
                column,
                reason: wrong.reason,
            }
        })
    }

    /// The rubric in a file, or the usual one.
    ///
    /// # Errors
    /// When the file is no rubric.
    pub fn of(path: Option<&PathBuf>) -> Result<Rubric, RubricError> {
        path.map_or_else(|| Ok(Rubric::default()), |path| Rubric::read(path))
    }

    /// What passing a check is worth.
    pub fn worth(&self, check: &Check) -> u32 {
        self.points.get(check.id).copied().unwrap_or(check.points)
    }

    /// The images that are taken instead of others.
    pub fn bases(&self) -> Vec<Base> {
        let base = |(named, taken): (&String, &String)| Base {
            named: named.clone(),
            taken: taken.clone(),
        };
        self.base_images.iter().map(base).collect()
    }

    /// What is asked of a submission that is yet to be looked at.
    pub fn asked(&self) -> Asked {
        Asked {
            line_alone: self.answer.line_alone,
            equivalent_commands: self.answer.equivalent_commands,
            services: self.stack.service_names.clone(),
            replicas: self.stack.replicas,
            other_stack: None,
        }
    }

    /// What was seen, with what is asked of it: what was not looked at as it is asked now is a fault and no mistake.
    pub fn ask(&self, seen: Observation) -> Observation {
        let other_stack = self.other_stack(&seen).map(Fault::not_asked_then);
        seen.asking(Asked {
            other_stack,
            ..self.asked()
        })
    }

    /// Why the stack that was seen is another than would be tried by this rubric. One that was given more than the rubric
    /// gives is none: the command line can open a stack and replace images, too.
    fn other_stack(&self, seen: &Observation) -> Option<Text> {
        let sandbox = seen.sandbox.as_ref();
        if self.stack.egress && !sandbox.is_some_and(|sandbox| sandbox.egress) {
            return Some(Text::fixed(
                "the stack was closed, the rubric opens it (`egress`)",
                "la pile était fermée, le barème l’ouvre (`egress`)",
            ));
        }
        if !self.base_images.is_empty() && sandbox.is_none() {
            return Some(Text::fixed(
                "the recording does not say which images were taken",
                "l’enregistrement ne dit pas quelles images ont été prises",
            ));
        }
        let images = sandbox.into_iter().flat_map(|sandbox| &sandbox.base_images);
        let bases = self.bases();
        let mut pairs = images.flat_map(|image| bases.iter().map(move |base| (image, base)));
        let is_other = |(image, base): &(&BaseImage, &Base)| {
            base.is_named(&image.reference) && image.taken.as_ref() != Some(&base.taken)
        };
        let (_, Base { named, taken }) = pairs.find(is_other)?;
        Some(Text::new(
            format!("the rubric takes `{taken}` instead of `{named}`, which was not taken"),
            format!("le barème prend `{taken}` au lieu de `{named}`, ce qui n’a pas été fait"),
        ))
    }
}

fn text(path: &Path) -> Result<String, RubricError> {
    let unreadable = |error| RubricError::Unreadable {
        path: path.to_owned(),
        error,
    };
    let no_text = |reason| RubricError::NoText {
        path: path.to_owned(),
        reason,
    };
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    let read = file.take(FILE_BYTES + 1).read_to_end(&mut bytes);
    if read.map_err(unreadable)? as u64 > FILE_BYTES {
        let reason = Text::fixed("it has more than 64 KiB", "il dépasse 64 Kio");
        return Err(no_text(reason));
    }
    let reason = Text::fixed("it is not text in UTF-8", "ce n’est pas du texte en UTF-8");
    String::from_utf8(bytes).map_err(|_| no_text(reason))
}

/// Line and column of a byte of `text`, each from 1.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let (_, last) = before.rsplit_once('\n').unwrap_or(("", before));
    (before.matches('\n').count() + 1, last.chars().count() + 1)
}

#[cfg(test)]
mod tests;
