//! The subcommands, one file each.

mod batch;
mod clean;
mod completions;
mod doctor;
mod explain;
mod grading;
mod interruption;
mod man;
mod output;
mod replay;
mod report;
mod rubric;
mod schema;
mod task6;
mod welcome;

use std::io;
use std::path::PathBuf;

use softy_checks::TASK6;
use softy_checks::model::Text;
use softy_checks::observation::Fault;

use crate::batch::RosterError;
use crate::cli::{Cli, Command};
use crate::report::ExitStatus;
use crate::rubric::RubricError;
use crate::sandbox::{Endpoint, EndpointError, ReplacedTwice, advice};
use crate::submission::OpenError;

/// Why a command ended without a report.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The path given is no submission.
    #[error(transparent)]
    Submission(#[from] OpenError),
    /// No path was given, and the current folder is no submission.
    #[error(
        "the current folder is not a repository with a folder `task6`: go there, or give its path, as in `softy-check task6 ./my-repository`"
    )]
    NoSubmission,
    /// There is no list of submissions.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// Another batch writes to the same folder.
    #[error(
        "another batch is writing to `{0}`: wait for its end, or give another folder with `--out`"
    )]
    Busy(PathBuf),
    /// An id that no check has.
    #[error("there is no check `{id}`: the checks are {}", quoted_ids())]
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
    /// Every check that `--only` names is left out by `--skip`, or all are.
    #[error("no check is left to judge: `--skip` leaves out all that were asked for")]
    NothingAsked,
    /// An image that two others are to be taken instead of.
    #[error(transparent)]
    Bases(#[from] ReplacedTwice),
    /// No engine can be asked, by what names it.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
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
    /// A folder without result files.
    #[error("`{path}` is no folder of a batch ({error}): it has a folder `results`")]
    Batch {
        /// The folder.
        path: PathBuf,
        /// The system's word on it.
        error: io::Error,
    },
    /// A format of a file for each submission, and nowhere to put them.
    #[error(
        "the format `gradescope` is a file for each submission: say where with `--output FOLDER`"
    )]
    NoFolder,
    /// A file that could not be written.
    #[error("`{path}` could not be written ({error})")]
    Output {
        /// The file.
        path: PathBuf,
        /// The system's word on it.
        error: io::Error,
    },
    /// The engine's trouble.
    #[error("{}; {}", .fault.detail, .advice.as_ref().unwrap_or(&.fault.kind.remedy()).en)]
    Engine {
        /// What it is.
        fault: Fault,
        /// What helps, where that is known better than for its kind.
        advice: Option<Text>,
    },
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
            | CommandError::NoSubmission
            | CommandError::Roster(_)
            | CommandError::Busy(_)
            | CommandError::UnknownCheck { .. }
            | CommandError::UnknownWord { .. }
            | CommandError::NothingAsked
            | CommandError::Bases(_)
            | CommandError::Endpoint(_)
            | CommandError::Batch { .. }
            | CommandError::NoFolder
            | CommandError::Rubric(_)
            | CommandError::Recording { .. } => ExitStatus::WrongUsage,
            CommandError::Output { .. } | CommandError::Engine { .. } | CommandError::System(_) => {
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
    let Some(command) = &cli.command else {
        return Ok(welcome::run());
    };
    match command {
        Command::Task6(arguments) => task6::run(arguments),
        Command::Batch(arguments) => batch::run(arguments),
        Command::Replay(arguments) => replay::run(arguments),
        Command::Report(arguments) => report::run(arguments),
        Command::Clean(arguments) => clean::run(arguments),
        Command::Doctor(arguments) => doctor::run(arguments),
        Command::Rubric(arguments) => rubric::run(arguments),
        Command::Explain(arguments) => explain::run(arguments),
        Command::Schema => schema::run(),
        Command::Completions(arguments) => completions::run(arguments),
        Command::Man(arguments) => man::run(arguments),
    }
}

fn quoted_ids() -> String {
    let ids: Vec<String> = ids().map(|id| format!("`{id}`")).collect();
    ids.join(", ")
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| {
        format!(", the nearest is `{nearest}`")
    })
}

/// The trouble with an engine, and what helps.
async fn engine_trouble(engine: &Endpoint, fault: Fault) -> CommandError {
    let advice = advice(engine).await;
    CommandError::Engine { fault, advice }
}

/// The ids of every check.
fn ids() -> impl Iterator<Item = &'static str> {
    TASK6.iter().map(|check| check.id)
}

/// The ids of the checks that `only` names, all where it names none, without those of `skip`.
fn asked(only: &[String], skip: &[String]) -> Result<Vec<&'static str>, CommandError> {
    let mut named = only.iter().chain(skip);
    if let Some(id) = named.find(|name| !ids().any(|id| id == **name)) {
        return Err(CommandError::UnknownCheck { id: id.clone() });
    }
    let among = |names: &[String], id: &str| names.iter().any(|name| name == id);
    let asked = ids().filter(|id| only.is_empty() || among(only, id));
    let asked: Vec<&str> = asked.filter(|id| !among(skip, id)).collect();
    match asked.as_slice() {
        [] => Err(CommandError::NothingAsked),
        [..] => Ok(asked),
    }
}
