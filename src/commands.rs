//! The subcommands, one file each.

mod clean;
mod explain;
mod interruption;
mod output;
mod replay;
mod rubric;
mod schema;
mod task6;

use std::io;
use std::path::PathBuf;

use softy_checks::TASK6;
use softy_checks::model::Text;
use softy_checks::observation::Fault;

use crate::cli::{Cli, Command};
use crate::report::ExitStatus;
use crate::rubric::RubricError;
use crate::sandbox::ReplacedTwice;
use crate::submission::OpenError;

/// Why a command ended without a report.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The path given is no submission.
    #[error(transparent)]
    Submission(#[from] OpenError),
    /// An id that no check has.
    #[error("there is no check `{id}`: the checks are {}", ids())]
    UnknownCheck {
        /// The id.
        id: String,
    },
    /// A word that is neither the id of a check nor the code of a mistake.
    #[error("there is no check and no code `{word}`{}; `softy-check explain` lists all", meant(*.nearest))]
    UnknownWord {
        /// The word.
        word: String,
        /// The known word that is most like it.
        nearest: Option<&'static str>,
    },
    /// An image that two others are to be taken instead of.
    #[error(transparent)]
    Bases(#[from] ReplacedTwice),
    /// A file that is no rubric.
    #[error(transparent)]
    Rubric(#[from] RubricError),
    /// A file that is no recording of this release.
    #[error("`{path}` is no recording that this release can read: {reason}")]
    Recording {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file that could not be written.
    #[error("`{path}` could not be written ({error})")]
    Output {
        /// The file.
        path: PathBuf,
        /// The system's word on it.
        error: io::Error,
    },
    /// The engine's trouble.
    #[error("{}", .0.detail)]
    Engine(Fault),
    /// The system's own trouble.
    #[error("{0}")]
    System(#[from] io::Error),
    /// Interrupted from the keyboard, or ended by the system, after what was started has been removed.
    #[error("interrupted")]
    Interrupted,
}

impl CommandError {
    /// What the process ends with.
    pub fn exit_status(&self) -> ExitStatus {
        match self {
            CommandError::Submission(_)
            | CommandError::UnknownCheck { .. }
            | CommandError::UnknownWord { .. }
            | CommandError::Bases(_)
            | CommandError::Rubric(_)
            | CommandError::Recording { .. } => ExitStatus::WrongUsage,
            CommandError::Output { .. } | CommandError::Engine(_) | CommandError::System(_) => {
                ExitStatus::CouldNotGrade
            }
            CommandError::Interrupted => ExitStatus::Interrupted,
        }
    }
}

/// Carries out a command line.
///
/// # Errors
/// What kept it from a report.
pub fn run(cli: &Cli) -> Result<ExitStatus, CommandError> {
    match &cli.command {
        Command::Task6(arguments) => task6::run(arguments),
        Command::Replay(arguments) => replay::run(arguments),
        Command::Clean(arguments) => clean::run(arguments),
        Command::Rubric(arguments) => rubric::run(arguments),
        Command::Explain(arguments) => explain::run(arguments),
        Command::Schema => schema::run(),
    }
}

fn ids() -> String {
    let ids: Vec<String> = TASK6
        .iter()
        .map(|check| format!("`{}`", check.id))
        .collect();
    ids.join(", ")
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| {
        format!(", the nearest is `{nearest}`")
    })
}

fn check_ids(ids: &[String]) -> Result<(), CommandError> {
    match ids
        .iter()
        .find(|id| !TASK6.iter().any(|check| check.id == **id))
    {
        Some(id) => Err(CommandError::UnknownCheck { id: id.clone() }),
        None => Ok(()),
    }
}

/// What a reader of stderr is told at an interrupt.
const REMOVING: Text = Text::fixed(
    "removing what was started, one moment",
    "suppression de ce qui a été démarré, un instant",
);
