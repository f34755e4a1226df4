//! Compose itself.

use std::path::Path;
use std::process::Output;
use std::time::Duration;

use assert_cmd::Command;
use serde_json::Value;

use crate::facts::{Names, Stack, docker};
use crate::fixture::top;

/// What names the command that Compose is asked by.
const VARIABLE: &str = "SOFTY_CHECK_COMPOSE";

/// How long one call may take, which builds and starts at most a few small containers: an engine that answers no more must not
/// hold up all tests.
const ANSWERS_WITHIN: Duration = Duration::from_secs(120);

/// What engines before 23.0 say when an image that a build takes from their cache is removed meanwhile, as [`remove`] does for
/// the case beside.
const TAKEN_FROM_A_BUILD: [&str; 2] = ["unknown parent image ID", "failed to get digest"];

/// Of the tests' own environment, Compose gets what it needs to find the engine: a student's file must not see the rest.
const KEPT: [&str; 6] = [
    "PATH",
    "HOME",
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_CONFIG",
    "ENGINES_HOME",
];

/// A Compose to compare with.
pub struct Reference {
    words: Vec<String>,
    /// Its version, as it says it (`2.26.1`).
    pub version: String,
}

impl Reference {
    /// The one that is asked for, or that is installed.
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

    /// Whether it is the first Compose, the one in Python.
    pub fn is_first(&self) -> bool {
        self.version.starts_with("1.")
    }

    /// Whether it is of a version, given by its first two numbers.
    pub fn is(&self, version: &str) -> bool {
        let rest = self.version.strip_prefix(version);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '+']))
    }

    /// Whether it takes the files of a submission; its words where it does not.
    pub fn reads(&self, folder: &Path) -> Result<(), String> {
        self.run(folder, &["config", "--quiet"]).map(drop)
    }

    /// Whether the engine takes what it makes of them; nothing is started, and nothing is left.
    pub fn makes(&self, folder: &Path, project: &str) -> Result<(), String> {
        let made = self.create(folder, project);
        remove(project);
        made
    }

    /// What it makes of them; its words where it does not. Nothing is left.
    pub fn stack(&self, folder: &Path, project: &str) -> Result<Stack, String> {
        let names = Names::Compose(project.to_owned());
        let made = self.create(folder, project);
        let seen = made.map(|()| Stack::labelled(&label(project), &names, &Stack::default()));
        remove(project);
        seen
    }

    /// What is seen by `look` of the stack that it starts, with two replicas of `back-end`; its words where it does not.
    /// Nothing is left.
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

    /// Whether it starts what it makes of them, each service as often as the file says; its words where it does not. Nothing
    /// is left.
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

    /// The project that it reads, and its warnings; its words where it refuses the file.
    pub fn config(&self, folder: &Path) -> (Result<Value, String>, String) {
        match self.output(folder, &["config", "--format", "json"]) {
            Err(words) => (Err(words), String::new()),
            Ok(output) => {
                let warnings = String::from_utf8_lossy(&output.stderr).into_owned();
                // What is printed is to be read again, so a `$` is doubled.
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

/// Takes away what was made for a project, also of a file that Compose itself does not take: by label, and images by their
/// names, since the one of a build that was given up may come late.
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
