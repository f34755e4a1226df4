//! Subcommands, one file each.

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
use std::path::{Path, PathBuf};

use softy_checks::TASK6;
use softy_checks::model::Text;
use softy_checks::observation::Fault;

use crate::batch::RosterError;
use crate::cli::{Cli, Command};
use crate::report::{ExitStatus, visible};
use crate::rubric::RubricError;
use crate::sandbox::{Endpoint, EndpointError, ReplacedTwice, advice};
use crate::submission::OpenError;

/// Maximum width of an engine's message, in columns.
const DETAIL: usize = 400;

/// Error that ends a command without a report.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.message().en)]
pub enum CommandError {
    /// The path is not a submission.
    Submission(#[from] OpenError),
    /// No path was given, and the current folder is not a submission.
    NoSubmission,
    /// The list of submissions is not valid.
    Roster(#[from] RosterError),
    /// Another batch is writing to the same folder.
    Busy(PathBuf),
    /// No check has this id.
    UnknownCheck {
        /// Unknown id.
        id: String,
    },
    /// The word is neither the id of a check nor the code of a mistake.
    UnknownWord {
        /// Unknown word.
        word: String,
        /// Most similar known word.
        nearest: Option<&'static str>,
    },
    /// No check is left: `--skip` excludes every check that `--only` selects, or all checks.
    NothingAsked,
    /// All selected checks need an engine, which `--no-stack` excludes.
    NeedsStack,
    /// An image has two overrides.
    ImageOverrides(#[from] ReplacedTwice),
    /// The options or settings that name the engine are not valid.
    Endpoint(#[from] EndpointError),
    /// The file is not a rubric.
    Rubric(#[from] RubricError),
    /// The file is not a recording that this release can read.
    Recording {
        /// Path of the file.
        path: PathBuf,
        /// Description of the error.
        reason: Text,
    },
    /// The folder is not that of a batch: its result files cannot be listed.
    Batch {
        /// Path of the folder.
        path: PathBuf,
        /// Error of the operating system.
        error: io::Error,
    },
    /// The format has one file per submission, but no output folder was given.
    NoFolder,
    /// A file could not be written.
    Output {
        /// Path of the file.
        path: PathBuf,
        /// Error of the operating system.
        error: io::Error,
    },
    /// The engine failed.
    Engine {
        /// Fault of the engine.
        fault: Fault,
        /// Remedy, if a better one than that of the fault's kind is known.
        advice: Option<Text>,
    },
    /// The operating system failed.
    System(#[from] io::Error),
    /// The user or the system interrupted the command, and everything that was started has been removed.
    Interrupted,
}

impl CommandError {
    /// Returns the reason why there is no report, and a remedy.
    pub fn message(&self) -> Text {
        match self {
            CommandError::Submission(error) => error.message(),
            CommandError::NoSubmission => Text::fixed(
                "the current folder is not a repository with a folder `task6`: go there, or give its path, as in `softy-check task6 ./my-repository`",
                "le dossier courant n’est pas un dépôt avec un dossier `task6` : allez-y, ou donnez son chemin, comme `softy-check task6 ./mon-depot`",
            ),
            CommandError::Roster(error) => error.message(),
            CommandError::Busy(path) => {
                let path = path.display();
                Text::new(
                    format!(
                        "another batch is writing to `{path}`: wait for its end, or give another folder with `--out`"
                    ),
                    format!(
                        "un autre lot écrit dans `{path}` : attendez sa fin, ou donnez un autre dossier avec `--out`"
                    ),
                )
            }
            CommandError::UnknownCheck { id } => {
                let ids = quoted_ids();
                Text::new(
                    format!("there is no check `{id}`: the checks are {ids}"),
                    format!("il n’y a pas de vérification `{id}` : les vérifications sont {ids}"),
                )
            }
            CommandError::UnknownWord { word, nearest } => {
                let nearest = meant(*nearest);
                Text::new(
                    format!(
                        "there is no check and no code `{word}`{}; `softy-check explain` lists all",
                        nearest.en
                    ),
                    format!(
                        "aucune vérification ni aucun code ne s’appelle `{word}`{} ; `softy-check explain` les liste tous",
                        nearest.fr
                    ),
                )
            }
            CommandError::NothingAsked => Text::fixed(
                "no check is left to judge: `--skip` leaves out all that were asked for",
                "il ne reste aucune vérification à juger : `--skip` écarte toutes celles qui étaient demandées",
            ),
            CommandError::NeedsStack => Text::fixed(
                "what was asked for shows only in the stack, which `--no-stack` leaves out",
                "ce qui est demandé ne se voit que dans la pile, que `--no-stack` écarte",
            ),
            CommandError::ImageOverrides(error) => error.message(),
            CommandError::Endpoint(error) => error.message(),
            CommandError::Rubric(error) => error.message(),
            CommandError::Recording { path, reason } => {
                let path = path.display();
                Text::new(
                    format!(
                        "`{path}` is no recording that this release can read: {}",
                        reason.en
                    ),
                    format!(
                        "`{path}` n’est pas un enregistrement que cette version sait lire : {}",
                        reason.fr
                    ),
                )
            }
            CommandError::Batch { path, error } => {
                let path = path.display();
                Text::new(
                    format!(
                        "`{path}` is no folder of a batch ({error}): it has a folder `results`"
                    ),
                    format!(
                        "`{path}` n’est pas le dossier d’un lot ({error}) : il a un dossier `results`"
                    ),
                )
            }
            CommandError::NoFolder => Text::fixed(
                "the format `gradescope` is a file for each submission: say where with `--output FOLDER`",
                "le format `gradescope` donne un fichier par rendu : dites où avec `--output DOSSIER`",
            ),
            CommandError::Output { path, error } => {
                let path = path.display();
                Text::new(
                    format!("`{path}` could not be written ({error})"),
                    format!("`{path}` n’a pas pu être écrit ({error})"),
                )
            }
            CommandError::Engine { fault, advice } => {
                let remedy = advice.clone().unwrap_or_else(|| fault.kind.remedy());
                let Text { en, fr } = fault.detail.map(|words| visible(words, DETAIL));
                Text::new(
                    format!("{en}; {}", remedy.en),
                    format!("{fr} ; {}", remedy.fr),
                )
            }
            CommandError::System(error) => Text::verbatim(error.to_string()),
            CommandError::Interrupted => Text::fixed("interrupted", "interrompu"),
        }
    }

    /// Returns the exit status of the process.
    pub fn exit_status(&self) -> ExitStatus {
        match self {
            CommandError::Submission(_)
            | CommandError::NoSubmission
            | CommandError::Roster(_)
            | CommandError::Busy(_)
            | CommandError::UnknownCheck { .. }
            | CommandError::UnknownWord { .. }
            | CommandError::NothingAsked
            | CommandError::NeedsStack
            | CommandError::ImageOverrides(_)
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

/// Runs the command of a command line.
///
/// # Errors
/// The reason why there is no report.
pub fn run(cli: &Cli) -> Result<ExitStatus, CommandError> {
    let Some(command) = &cli.command else {
        return Ok(welcome::run(cli.language()));
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

/// Returns a function that makes the error of a file or folder that could not be written.
fn not_written(path: &Path) -> impl Fn(io::Error) -> CommandError + Copy + '_ {
    move |error| CommandError::Output {
        path: path.to_owned(),
        error,
    }
}

fn quoted_ids() -> String {
    let ids: Vec<String> = ids().map(|id| format!("`{id}`")).collect();
    ids.join(", ")
}

fn meant(nearest: Option<&str>) -> Text {
    nearest.map_or(Text::fixed("", ""), |nearest| {
        Text::new(
            format!(", the nearest is `{nearest}`"),
            format!(", le plus proche est `{nearest}`"),
        )
    })
}

/// Returns the error of an engine's fault, with a remedy.
async fn engine_trouble(engine: &Endpoint, fault: Fault) -> CommandError {
    let advice = advice(engine).await;
    CommandError::Engine { fault, advice }
}

/// Returns the ids of all checks.
fn ids() -> impl Iterator<Item = &'static str> {
    TASK6.iter().map(|check| check.id)
}

/// Returns the ids of the checks in `only`, or of all checks if it is empty, without those in `skip`.
fn asked(only: &[String], skip: &[String]) -> Result<Vec<&'static str>, CommandError> {
    let listed = |names: &'_ [String]| -> Vec<String> {
        let names = names.iter().map(|name| name.trim());
        let names = names.filter(|name| !name.is_empty());
        names.map(str::to_owned).collect()
    };
    let (only, skip) = (listed(only), listed(skip));
    let mut named = only.iter().chain(&skip);
    if let Some(id) = named.find(|name| !ids().any(|id| id == **name)) {
        return Err(CommandError::UnknownCheck { id: id.clone() });
    }
    let among = |names: &[String], id: &str| names.iter().any(|name| name == id);
    let asked = ids().filter(|id| only.is_empty() || among(&only, id));
    let asked: Vec<&str> = asked.filter(|id| !among(&skip, id)).collect();
    match asked.as_slice() {
        [] => Err(CommandError::NothingAsked),
        [..] => Ok(asked),
    }
}
