//! Names and search order of compose files.

use softy_checks::observation::Fault;

use super::interpolation::Variables;
use crate::submission::{Kind, Submission, TASK_FOLDER};

/// File names that Compose tries, in its order.
const NAMES: [&str; 4] = [
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
];

/// File names that Compose v1 tries, in its order.
const NAMES_OF_V1: [&str; 4] = [
    "docker-compose.yml",
    "docker-compose.yaml",
    "compose.yml",
    "compose.yaml",
];

/// Override files that Compose tries, in its order; it merges the one that it finds over the first file.
const OVERRIDES: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// Limits of the search for misnamed files: names per folder, and folders.
const LISTED: usize = 1_000;
const FOLDERS: usize = 20;

/// The compose files of a submission.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Files {
    /// Files that Compose reads; each is merged over the one before it.
    pub read: Vec<String>,
    /// Files with a valid name that Compose ignores, each with the file that it reads instead.
    pub passed_over: Vec<(String, String)>,
    /// The file that Compose v1 reads first, if it is a different one.
    pub first_of_v1: Option<String>,
    /// Files whose name or folder Compose does not try.
    pub misnamed: Vec<String>,
}

/// Finds compose files in `task6`, and elsewhere if it has none.
pub(super) fn find(submission: &Submission) -> Result<Files, Fault> {
    let (mut read, mut passed_over) = (Vec::new(), Vec::new());
    let mut misnamed = nearly_named(TASK_FOLDER, submission)?;
    let there = existing(&NAMES, submission)?;
    let over = match there.is_empty() {
        true => Vec::new(),
        false => existing(&OVERRIDES, submission)?,
    };
    if there.is_empty() {
        misnamed.extend(elsewhere(submission)?);
    }
    let first_of_v1 = existing(&NAMES_OF_V1, submission)?.into_iter().next();
    let first_of_v1 = first_of_v1.filter(|first| there.first() != Some(first));
    for names in [there, over] {
        let mut names = names.into_iter();
        let Some(first) = names.next() else {
            continue;
        };
        passed_over.extend(names.map(|other| (other, first.clone())));
        read.push(first);
    }
    Ok(Files {
        read,
        passed_over,
        first_of_v1,
        misnamed,
    })
}

/// Returns the file names that `COMPOSE_FILE` gives, which replace the default ones.
pub(super) fn named(variables: &Variables) -> Option<Vec<&str>> {
    let names = variables.get("COMPOSE_FILE")?;
    let separator = variables.get("COMPOSE_PATH_SEPARATOR");
    let separator = separator.map_or(":", String::as_str);
    Some(match separator {
        "" => vec![names],
        separator => names.split(separator).collect(),
    })
}

fn existing(names: &[&str], submission: &Submission) -> Result<Vec<String>, Fault> {
    let mut found = Vec::new();
    for name in names {
        let path = format!("{TASK_FOLDER}/{name}");
        if submission.kind(&path)?.is_some() {
            found.push(path);
        }
    }
    Ok(found)
}

/// Finds files with a valid or similar name in the root and in the folders of `task6`.
fn elsewhere(submission: &Submission) -> Result<Vec<String>, Fault> {
    let mut folders = vec![String::new()];
    let inside = submission.names(TASK_FOLDER, FOLDERS)?;
    folders.extend(
        inside
            .into_iter()
            .map(|name| format!("{TASK_FOLDER}/{name}")),
    );
    let mut found = Vec::new();
    for folder in folders {
        found.extend(nearly_named(&folder, submission)?);
        for name in NAMES {
            let path = submission.locate(&folder, name).unwrap_or_default();
            if is_file(&path, submission) {
                found.push(path);
            }
        }
    }
    Ok(found)
}

fn nearly_named(folder: &str, submission: &Submission) -> Result<Vec<String>, Fault> {
    let names = submission.names(folder, LISTED)?.into_iter();
    let names = names.filter(|name| is_nearly_named(name));
    let paths = names.filter_map(|name| submission.locate(folder, &name));
    Ok(paths.filter(|path| is_file(path, submission)).collect())
}

/// Returns true if a name is not one of Compose's, but was probably meant as one.
fn is_nearly_named(name: &str) -> bool {
    if NAMES.contains(&name) || OVERRIDES.contains(&name) || name.starts_with('.') {
        return false;
    }
    let lower = name.to_lowercase();
    let stem = lower.split('.').next().unwrap_or_default();
    strsim::levenshtein(stem, "docker-compose") <= 2 || stem == "compose"
}

fn is_file(path: &str, submission: &Submission) -> bool {
    matches!(submission.kind(path), Ok(Some(Kind::Regular { .. })))
}
