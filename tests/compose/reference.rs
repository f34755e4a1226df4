//! Compose as the reference of the comparison.

use std::path::Path;
use std::process::Output;
use std::time::Duration;

use assert_cmd::Command;
use serde_json::Value;

use crate::facts::{Names, Stack, docker};
use crate::fixture::top;

/// Environment variable with the command for Compose.
const VARIABLE: &str = "SOFTY_CHECK_COMPOSE";

/// Deadline of one call, which builds and starts at most a few small containers: an engine that no longer answers must not
/// block all tests.
const ANSWERS_WITHIN: Duration = Duration::from_secs(120);

/// Error texts of engines before 23.0 when a cached image of a build is removed meanwhile, as [`remove`] does for a concurrent
/// case.
const TAKEN_FROM_A_BUILD: [&str; 2] = ["unknown parent image ID", "failed to get digest"];

/// Environment variables that Compose needs to find the engine. A student's file must not see the others of the tests.
const KEPT: [&str; 6] = [
    "PATH",
    "HOME",
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_CONFIG",
    "ENGINES_HOME",
];

/// Compose command to compare with.
pub struct Reference {
    words: Vec<String>,
    /// Version in its own notation (`2.26.1`).
    pub version: String,
}

impl Reference {
    /// Returns the Compose that [`VARIABLE`] names, or the installed one.
    pub fn installed() -> Option<Reference> {
        let asked = std::env::var(VARIABLE).ok();
        let words: Vec<String> = asked
            .as_deref()
            .unwrap_or("docker-compose")
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        let mut reference = Reference {
            words,
            version: String::new(),
        };
        match reference.run(top(), &["version", "--short"]) {
            Ok(version) => reference.version = version.trim().to_owned(),
            Err(_) if asked.is_none() => return None,
            Err(words) => unreachable!("`{VARIABLE}` cannot be asked: {words}"),
        }
        Some(reference)
    }

    /// Returns whether it is Compose v1, written in Python.
    pub fn is_first(&self) -> bool {
        self.version.starts_with("1.")
    }

    /// Returns whether it has this version, given by its first two numbers.
    pub fn is(&self, version: &str) -> bool {
        let rest = self.version.strip_prefix(version);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '+']))
    }

    /// Checks whether it accepts the files of a submission.
    ///
    /// # Errors
    /// Its error text if it refuses them.
    pub fn reads(&self, folder: &Path) -> Result<(), String> {
        self.run(folder, &["config", "--quiet"]).map(drop)
    }

    /// Checks whether it can create the stack on the engine. Starts nothing, and leaves nothing on the engine.
    ///
    /// # Errors
    /// Its error text if it cannot.
    pub fn makes(&self, folder: &Path, project: &str) -> Result<(), String> {
        let made = self.create(folder, project);
        remove(project);
        made
    }

    /// Creates the stack, and returns its facts. Leaves nothing on the engine.
    ///
    /// # Errors
    /// Its error text if it fails.
    pub fn stack(&self, folder: &Path, project: &str) -> Result<Stack, String> {
        let names = Names::Compose(project.to_owned());
        let made = self.create(folder, project);
        let seen = made.map(|()| Stack::labelled(&label(project), &names, &Stack::default()));
        remove(project);
        seen
    }

    /// Starts the stack with two replicas of `back-end`, and returns the result of `look`. Leaves nothing on the engine.
    ///
    /// # Errors
    /// Its error text if it fails.
    pub fn started<T>(
        &self,
        folder: &Path,
        project: &str,
        look: impl FnOnce() -> T,
    ) -> Result<T, String> {
        let up = ["--project-name", project, "up", "--detach"];
        let started = self.run(
            folder,
            &[up.as_slice(), &["--scale", "back-end=2"]].concat(),
        );
        let seen = started.map(|_| look());
        remove(project);
        seen
    }

    /// Checks whether it can start the stack, with as many replicas as the file says. Leaves nothing on the engine.
    ///
    /// # Errors
    /// Its error text if it cannot.
    pub fn starts(&self, folder: &Path, project: &str) -> Result<(), String> {
        let up = ["--project-name", project, "up", "--detach"];
        let started = self.run(folder, &up);
        remove(project);
        started.map(drop)
    }

    fn create(&self, folder: &Path, project: &str) -> Result<(), String> {
        let up = ["--project-name", project, "up", "--no-start"];
        let taken = |words: &str| TAKEN_FROM_A_BUILD.iter().any(|sign| words.contains(sign));
        let made = match self.run(folder, &up) {
            Err(words) if taken(&words) => self.run(folder, &up),
            made => made,
        };
        made.map(drop)
    }

    /// Returns the project that it reads, or its error text if it refuses the file, and its warnings.
    pub fn config(&self, folder: &Path) -> (Result<Value, String>, String) {
        match self.output(folder, &["config", "--format", "json"]) {
            Err(words) => (Err(words), String::new()),
            Ok(output) => {
                let warnings = String::from_utf8_lossy(&output.stderr).into_owned();
                // The output is a compose file itself, in which `$` is doubled.
                let text = String::from_utf8_lossy(&output.stdout).replace("$$", "$");
                let config = serde_json::from_str(&text).map_err(|error| error.to_string());
                (config, warnings)
            }
        }
    }

    fn run(&self, folder: &Path, arguments: &[&str]) -> Result<String, String> {
        let output = self.output(folder, arguments)?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn output(&self, folder: &Path, arguments: &[&str]) -> Result<Output, String> {
        let (program, first) = self.words.split_first().ok_or("no command")?;
        let task = folder.join("task6");
        let kept = KEPT
            .iter()
            .filter_map(|name| Some((name, std::env::var_os(name)?)));
        let output = Command::new(program)
            .args(first)
            .args(arguments)
            .env_clear()
            .envs(kept)
            .current_dir(if task.is_dir() { &task } else { folder })
            .timeout(ANSWERS_WITHIN)
            .output()
            .map_err(|error| error.to_string())?;
        if output.status.success() {
            return Ok(output);
        }
        if output.status.code().is_none() {
            return Err(format!("no answer within {ANSWERS_WITHIN:?}"));
        }
        let words = String::from_utf8_lossy(&output.stderr);
        let is_progress = |line: &&str| {
            let end = line.trim_end();
            line.contains("level=warning")
                || ["Creating", "Created", "Pulling"]
                    .iter()
                    .any(|step| end.ends_with(step))
        };
        let said = words.lines().filter(|line| !is_progress(line));
        Err(said.collect::<Vec<_>>().join(" "))
    }
}

fn label(project: &str) -> String {
    format!("com.docker.compose.project={project}")
}

/// Removes everything made for a project, even of a file that Compose refuses: by label, and images by their names, since the
/// image of a cancelled build may appear late.
fn remove(project: &str) {
    let label = format!("label={}", label(project));
    let images = format!("reference={project}*");
    let kinds: [(&[&str], &[&str]); 5] = [
        (
            &["ps", "--all", "--filter", &label],
            &["rm", "--force", "--volumes"],
        ),
        (&["network", "ls", "--filter", &label], &["network", "rm"]),
        (&["volume", "ls", "--filter", &label], &["volume", "rm"]),
        (
            &["image", "ls", "--filter", &images],
            &["image", "rm", "--force"],
        ),
        (
            &["image", "ls", "--filter", &label],
            &["image", "rm", "--force"],
        ),
    ];
    for (list, remove) in kinds {
        let listed = docker(&[list, &["--quiet"]].concat());
        let ids: Vec<&str> = listed.split_whitespace().collect();
        if !ids.is_empty() {
            docker(&[remove, &ids].concat());
        }
    }
}
