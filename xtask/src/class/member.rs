//! Submissions of a class, with their expected results.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::Value;

use super::recorded;
use crate::expectation::{ComesOut, summary};
use crate::hostile::attack::Attack;
use crate::submission::lay_over;
use crate::workspace;

/// Number of submissions per attack.
const ATTACKS: usize = 10;

/// Fixtures that are left out: they contain more than git stores, or need more than files: a registry, ten minutes, half a
/// gigabyte.
const LEFT_OUT: &[&str] = &[
    "answer-too-large",
    "base-image-missing",
    "build-context-too-large",
    "build-timed-out",
    "image-not-found",
];

/// A submission of the class.
pub struct Member {
    /// Name of its folder.
    pub id: String,
    made_of: MadeOf,
}

enum MadeOf {
    /// A fixture, with the verdicts of its recording.
    Fixture(PathBuf),
    Attack(Attack),
}

impl Member {
    /// Returns `count` submissions: the fixtures in turn, with an attack after every nine.
    pub fn some(count: usize) -> Result<Vec<Member>> {
        let fixtures = fixtures()?;
        let mut attacks = Attack::all()?;
        attacks
            .retain(|attack| attack.expected.at_once == 1 && attack.expected.arguments.is_empty());
        let mut fixtures = fixtures.iter().cycle();
        let mut attacks = attacks.into_iter();
        let mut members = Vec::new();
        for number in 1..=count {
            let attack = match number % ATTACKS {
                0 => attacks.next(),
                _ => None,
            };
            let (name, made_of) = match (attack, fixtures.next()) {
                (Some(attack), _) => (attack.name.clone(), MadeOf::Attack(attack)),
                (None, Some(path)) => (name(path), MadeOf::Fixture(path.clone())),
                (None, None) => break,
            };
            members.push(Member {
                id: format!("{number:04}.{name}"),
                made_of,
            });
        }
        Ok(members)
    }

    /// Makes the submission in the folder `at`.
    pub fn make(&self, at: &Path) -> Result<()> {
        match &self.made_of {
            MadeOf::Fixture(path) => {
                lay_over(&path.join("submission"), at)?;
                let empty = fs::read_to_string(path.join("empty-folders.txt")).unwrap_or_default();
                empty
                    .lines()
                    .try_for_each(|folder| fs::create_dir_all(at.join(folder)))?;
                Ok(())
            }
            MadeOf::Attack(attack) => attack.make(at),
        }
    }

    /// Returns a complaint if the result is not the expected one.
    pub fn complaint(&self, result: &Value) -> Option<String> {
        match &self.made_of {
            MadeOf::Fixture(path) => {
                let expected = recorded(&path.join("observation.json")).unwrap_or_default();
                let is_same = !result.is_null() && is_recorded(result, &expected);
                (!is_same).then(|| format!("{}, recorded {}", summary(result), summary(&expected)))
            }
            MadeOf::Attack(attack) => {
                let expected = &attack.expected.comes_out;
                let is_said = |out: &ComesOut| out.is_said(result, status(result)).is_some();
                (!expected.iter().any(is_said)).then(|| summary(result))
            }
        }
    }
}

fn fixtures() -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(workspace::root().join("fixtures"))? {
        let path = entry?.path();
        let is_left_out = LEFT_OUT.contains(&name(&path).as_str());
        if path.join("submission").is_dir()
            && path.join("observation.json").is_file()
            && !is_left_out
        {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// Returns the id, the status and the mistake's code of each check.
fn verdicts(report: &Value) -> Vec<[&Value; 3]> {
    let checks = report["checks"].as_array().into_iter().flatten();
    checks
        .map(|check| [&check["id"], &check["status"], &check["code"]])
        .collect()
}

/// Returns whether a result has the verdicts of a recording. Checks that the recording skipped are ignored, because some
/// recordings are made from files alone.
fn is_recorded(result: &Value, recorded: &Value) -> bool {
    let (result, recorded) = (verdicts(result), verdicts(recorded));
    let is_skipped = |check: &[&Value; 3]| check[1] == "skipped";
    let mut both = result.iter().zip(&recorded);
    result.len() == recorded.len() && both.all(|(one, other)| one == other || is_skipped(other))
}

/// Returns the exit status of a run with this report.
fn status(report: &Value) -> i32 {
    match (
        report["gradable"] == true,
        report["score"] == report["out_of"],
    ) {
        (false, _) => 3,
        (true, true) => 0,
        (true, false) => 1,
    }
}
