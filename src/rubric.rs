//! Rubric of a course: points, strictness, and options of the stack. Late penalties belong to the learning platform, because
//! the checker does not know the time of submission.

mod file;
mod printed;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use softy_checks::model::{Check, Text};
use softy_checks::observation::{BaseImage, Fault, Observation};
use softy_checks::{Expectations, TASK6};

use crate::sandbox::ImageOverride;

pub use printed::printed;

/// Maximum size of a rubric in bytes; the default one has about two thousand.
const FILE_BYTES: u64 = 64 << 10;

/// Requirements on a submission and their points, with the keys of the rubric's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Rubric {
    /// Sum of the points of all checks.
    pub out_of: u32,
    /// Points needed to pass, if the course has a pass mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass_mark: Option<u32>,
    /// Points of each check, by its id; a check with 0 points is advice.
    pub points: BTreeMap<String, u32>,
    /// Options of the answer file.
    pub answer: Answer,
    /// Options of the stack.
    pub stack: Stack,
    /// Image overrides: the image in a submission, and the one to use instead.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub base_images: BTreeMap<String, String>,
}

/// Strictness towards the answer file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Answer {
    /// True if further lines besides the command are a mistake.
    pub line_alone: bool,
    /// True if an equivalent command is also correct.
    pub equivalent_commands: bool,
}

/// Options of the stack under test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Stack {
    /// Allowed names of the API servers' service, in order: the first name that the Compose file has identifies it.
    #[serde(default = "service_names", skip_serializing_if = "are_usual")]
    pub service_names: Vec<String>,
    /// Number of replicas for `scales-further`, from 3 to 5.
    pub replicas: u32,
    /// True if builds and the stack may reach the internet.
    pub egress: bool,
}

/// Error of a file that is not a rubric.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.message().en)]
pub enum RubricError {
    /// The file cannot be read.
    Unreadable {
        /// Path of the file.
        path: PathBuf,
        /// Error of the operating system.
        error: io::Error,
    },
    /// The file is too large, or not UTF-8 text.
    NoText {
        /// Path of the file.
        path: PathBuf,
        /// Reason why it is not a rubric.
        reason: Text,
    },
    /// The content of the file is not valid.
    Wrong {
        /// Path of the file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// Description of the error.
        reason: Text,
    },
}

impl RubricError {
    /// Returns a description of the error with its place.
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
            replicas: Expectations::default().replicas,
            egress: false,
        }
    }
}

fn service_names() -> Vec<String> {
    Expectations::default().services
}

fn are_usual(names: &[String]) -> bool {
    *names == service_names()
}

impl Rubric {
    /// Reads a rubric from a file; missing keys have their default values.
    ///
    /// # Errors
    /// When the file is not a rubric, with the place of the error.
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

    /// Returns the rubric in a file, or the default rubric without a path.
    ///
    /// # Errors
    /// When the file is not a rubric.
    pub fn of(path: Option<&PathBuf>) -> Result<Rubric, RubricError> {
        path.map_or_else(|| Ok(Rubric::default()), |path| Rubric::read(path))
    }

    /// Returns the points that a passed check earns.
    pub fn worth(&self, check: &Check) -> u32 {
        self.points.get(check.id).copied().unwrap_or(check.points)
    }

    /// Returns the image overrides.
    pub fn bases(&self) -> Vec<ImageOverride> {
        let base = |(named, taken): (&String, &String)| ImageOverride {
            named: named.clone(),
            taken: taken.clone(),
        };
        self.base_images.iter().map(base).collect()
    }

    /// Returns the requirements on a submission that is not observed yet.
    pub fn asked(&self) -> Expectations {
        Expectations {
            line_alone: self.answer.line_alone,
            equivalent_commands: self.answer.equivalent_commands,
            services: self.stack.service_names.clone(),
            replicas: self.stack.replicas,
            other_stack: None,
        }
    }

    /// Adds the requirements of this rubric to an observation. If the observation lacks data for them, the result is a fault
    /// and not a mistake.
    pub fn ask(&self, seen: Observation) -> Observation {
        let other_stack = self.other_stack(&seen).map(Fault::not_asked_then);
        seen.asking(Expectations {
            other_stack,
            ..self.asked()
        })
    }

    /// Returns the reason why the observed stack is not the one that this rubric requires. A stack with more than the rubric
    /// requires gives no reason, because the command line can open the stack and override images, too.
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
        let is_other = |(image, base): &(&BaseImage, &ImageOverride)| {
            base.is_named(&image.reference) && image.taken.as_ref() != Some(&base.taken)
        };
        let (_, ImageOverride { named, taken }) = pairs.find(is_other)?;
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

/// Returns the line and the column of a byte of `text`, each from 1.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let (_, last) = before.rsplit_once('\n').unwrap_or(("", before));
    (before.matches('\n').count() + 1, last.chars().count() + 1)
}

#[cfg(test)]
mod tests;
