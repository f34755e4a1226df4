//! Attacks, each a folder of `fixtures/hostile`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::generate;
use crate::expectation::ComesOut;
use crate::submission::lay_over;
use crate::workspace;

/// File in an attack's folder with the expected results.
const EXPECTED: &str = "attack.json";

/// A malicious submission.
pub struct Attack {
    /// Name of its folder.
    pub name: String,
    /// Expected results and settings.
    pub expected: Expected,
}

/// The content of [`EXPECTED`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The attack in one sentence, for readers of the file.
    #[serde(rename = "attack")]
    _attack: String,
    /// Possible results; one of them must occur.
    pub comes_out: Vec<ComesOut>,
    /// Time limit in seconds, on a machine that also does other work.
    seconds: u64,
    /// Number of copies that are graded in parallel.
    #[serde(default = "one")]
    pub at_once: usize,
    /// Further arguments of the program.
    #[serde(default)]
    pub arguments: Vec<String>,
}

fn one() -> usize {
    1
}

impl Attack {
    /// Returns every attack, sorted by name.
    pub fn all() -> Result<Vec<Attack>> {
        let mut attacks = Vec::new();
        for entry in fs::read_dir(folder())? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let path = folder().join(&name).join(EXPECTED);
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            let expected =
                serde_json::from_str(&text).with_context(|| path.display().to_string())?;
            attacks.push(Attack { name, expected });
        }
        attacks.sort_by(|one, other| one.name.cmp(&other.name));
        match generate::TABLE
            .iter()
            .find(|(name, _)| !attacks.iter().any(|attack| attack.name == *name))
        {
            Some((name, _)) => bail!("`{name}` is generated and has no {EXPECTED}"),
            None => Ok(attacks),
        }
    }

    /// Returns the time limit of a run.
    pub fn bound(&self) -> Duration {
        Duration::from_secs(self.expected.seconds)
    }

    /// Returns whether files alone reveal the attack, so that the engine is not used.
    pub fn is_quick(&self) -> bool {
        self.expected.comes_out.iter().all(ComesOut::is_of_files)
    }

    /// Makes the submission in an empty folder: the right one, overlaid with the attack's files and with those that no
    /// repository can hold.
    pub fn make(&self, at: &Path) -> Result<()> {
        lay_over(&workspace::root().join(workspace::CORRECT_SUBMISSION), at)?;
        let own = folder().join(&self.name).join("submission");
        if own.is_dir() {
            lay_over(&own, at)?;
        }
        match generate::TABLE.iter().find(|(name, _)| *name == self.name) {
            Some((_, generate)) => generate(&at.join("task6")).context("the attack cannot be made"),
            None => Ok(()),
        }
    }
}

fn folder() -> PathBuf {
    workspace::root().join("fixtures/hostile")
}
