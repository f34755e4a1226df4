//! Which files Compose reads.

use softy_checks::observation::Fault;

use crate::submission::{Kind, Submission, TASK_FOLDER};

/// The names that Compose looks for, in its order.
const NAMES: [&str; 4] = [
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
];

/// The files that it lays over the first, likewise.
const OVERRIDES: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// Names of a folder looked at in search of misnamed files, and folders looked into.
const LISTED: usize = 1_000;
const FOLDERS: usize = 20;

/// The compose files of a submission.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Files {
    /// The one that is read.
    pub first: Option<String>,
    /// The one that is laid over it.
    pub over: Option<String>,
    /// Others of a good name, which Compose passes over.
    pub passed_over: Vec<String>,
    /// Those of a name or in a place that Compose does not look for.
    pub misnamed: Vec<String>,
}

/// Looks for compose files in `task6`, and elsewhere when there are none.
pub(super) fn find(submission: &Submission) -> Result<Files, Fault> {
    let mut there = existing(&NAMES, submission)?.into_iter();
    let first = there.next();
    let over = match first {
        Some(_) => existing(&OVERRIDES, submission)?.into_iter().next(),
        None => None,
    };
    let mut misnamed = nearly_named(TASK_FOLDER, submission)?;
    if first.is_none() {
        misnamed.extend(elsewhere(submission)?);
    }
    Ok(Files {
        first,
        over,
        passed_over: there.collect(),
        misnamed,
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

/// Files of a good or nearly good name in the root and in the folders of `task6`.
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

/// Whether a name is not one that Compose looks for, but was probably meant as one.
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
