use std::path::Path;

use softy_checks::model::{Language, Text};

use crate::progress::eprintln_ignoring_errors;
use crate::report::ExitStatus;
use crate::submission::has_task;

static HERE: Text = Text::fixed(
    "\
softy-check grades the exercise Scale Horizontally, and the task is in this folder. Type

    softy-check task6

to grade it, or `softy-check task6 --no-stack` to have its files read only, without Docker.
`softy-check --help` lists everything else.",
    "\
softy-check note l’exercice Scale Horizontally, et la tâche est dans ce dossier. Tapez

    softy-check task6

pour la noter, ou `softy-check task6 --no-stack` pour ne lire que ses fichiers, sans Docker.
`softy-check --help` donne tout le reste.",
);

static ELSEWHERE: Text = Text::fixed(
    "\
softy-check grades the exercise Scale Horizontally. Type

    softy-check task6 ./my-repository

with the path of a repository that has a folder `task6`, or go there and type `softy-check task6`.
`softy-check --help` lists everything else.",
    "\
softy-check note l’exercice Scale Horizontally. Tapez

    softy-check task6 ./mon-depot

avec le chemin d’un dépôt qui a un dossier `task6`, ou allez-y et tapez `softy-check task6`.
`softy-check --help` donne tout le reste.",
);

/// Prints the command to type next. It is still wrong usage, because no command was given.
pub(super) fn run(language: Language) -> ExitStatus {
    let words = match has_task(Path::new(".")).unwrap_or(false) {
        true => &HERE,
        false => &ELSEWHERE,
    };
    eprintln_ignoring_errors(words.to(language));
    ExitStatus::WrongUsage
}
