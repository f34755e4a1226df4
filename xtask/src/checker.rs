//! The real program, run with a deadline.

mod words;

use std::fs::{self, File};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{engine, workspace};
use words::forbidden;

/// Interval between two checks of a run.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Time limit from an interrupt to the end of the program, which may wait a minute for the engine.
pub const ENDS_WITHIN: Duration = Duration::from_secs(90);

/// Bytes of output that are read: far more than a report has.
const OUTPUT: u64 = 64 << 20;

/// A run in its own folder.
pub struct Run {
    child: Child,
    folder: PathBuf,
    started: Instant,
}

/// An ended run.
pub struct Ended {
    /// Exit status of the process.
    pub status: ExitStatus,
    /// Duration of the run.
    pub took: Duration,
    /// Id of the process.
    pub process: u32,
    /// True if the run exceeded its bound and was interrupted.
    pub overdue: bool,
    /// Output on stdout.
    pub stdout: Vec<u8>,
    /// Output on stderr.
    pub stderr: Vec<u8>,
    folder: PathBuf,
}

/// Returns the command of the built program, which is interrupted when this process ends for any reason.
pub fn program() -> Command {
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "INT", "--"])
        .arg(workspace::target().join("debug/softy-check"));
    command
}

impl Run {
    /// Grades the submission of `folder/submission`, with the temporary files of the run in `folder/tmp`.
    pub fn start(folder: &Path) -> Result<Run> {
        Run::start_as(program(), folder, &[])
    }

    /// Does the same as [`Run::start`], but with another command for the program and with further arguments.
    pub fn start_as(mut command: Command, folder: &Path, arguments: &[String]) -> Result<Run> {
        let temporary = folder.join("tmp");
        fs::create_dir_all(&temporary)?;
        command
            .arg("task6")
            .arg(folder.join("submission"))
            .args(arguments)
            .args(["--format", "json", "--record"])
            .arg(folder.join("observation.json"))
            .env("TMPDIR", &temporary)
            .env("LC_ALL", "C.UTF-8")
            .env_remove("NO_COLOR")
            .stdin(Stdio::null())
            .stdout(File::create(folder.join("stdout"))?)
            .stderr(File::create(folder.join("stderr"))?)
            .process_group(0);
        if command.get_envs().all(|(name, _)| name != "DOCKER_HOST") {
            engine::address_for(&mut command)?;
        }
        let child = command.spawn().context("the program cannot be started")?;
        Ok(Run {
            child,
            folder: folder.to_owned(),
            started: Instant::now(),
        })
    }

    /// Returns the id of the process, which is also the id of its group.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Returns whether the process is running.
    pub fn runs(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// Sends the process a signal, such as `INT`.
    pub fn signal(&self, signal: &str) -> Result<()> {
        let process = self.process().to_string();
        Command::new("kill")
            .args(["-s", signal, &process])
            .stderr(Stdio::null())
            .status()?;
        Ok(())
    }

    /// Waits for the end of the run. After `bound` it is interrupted, and killed if it does not end within [`ENDS_WITHIN`].
    pub fn end_within(mut self, bound: Duration) -> Result<Ended> {
        let mut overdue = false;
        if !self.ends_within(bound)? {
            overdue = true;
            self.signal("INT")?;
            if !self.ends_within(ENDS_WITHIN)? {
                self.signal("KILL")?;
            }
        }
        let status = self.child.wait()?;
        Ok(Ended {
            status,
            took: self.started.elapsed(),
            process: self.child.id(),
            overdue,
            stdout: output(&self.folder.join("stdout"))?,
            stderr: output(&self.folder.join("stderr"))?,
            folder: self.folder,
        })
    }

    fn ends_within(&mut self, bound: Duration) -> Result<bool> {
        let since = Instant::now();
        while self.runs()? {
            if since.elapsed() > bound {
                return Ok(false);
            }
            thread::sleep(LOOK_AGAIN);
        }
        Ok(true)
    }
}

impl Ended {
    /// Returns the report, and complaints about the form of the output.
    pub fn report(&self) -> (Value, Vec<String>) {
        let mut complaints = Vec::new();
        if self.overdue {
            complaints.push(format!("not done after {:.0} s", self.took.as_secs_f64()));
        }
        if String::from_utf8_lossy(&self.stderr).contains("panicked") {
            complaints.push(format!("a panic: {}", self.said()));
        }
        for (name, bytes) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if let Some(what) = forbidden(bytes) {
                complaints.push(format!("{what} on {name}"));
            }
        }
        let report = serde_json::from_slice(&self.stdout).unwrap_or_else(|error| {
            complaints.push(format!("no whole report ({error}): {}", self.said()));
            Value::Null
        });
        complaints.extend(self.texts());
        (report, complaints)
    }

    /// Returns the exit status; 128 plus the signal's number if a signal ended the process, as in a shell.
    pub fn code(&self) -> i32 {
        let signal = self.status.signal().unwrap_or_default();
        self.status.code().unwrap_or(128 + signal)
    }

    /// Returns the names of the files left in its temporary folder.
    pub fn temporary_files(&self) -> Result<Vec<String>> {
        let entries = fs::read_dir(self.folder.join("tmp"))?;
        entries
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect()
    }

    /// Returns the end of its output on stderr.
    fn said(&self) -> String {
        let text = String::from_utf8_lossy(&self.stderr).trim().to_owned();
        let from = text.char_indices().rev().nth(400).map_or(0, |(at, _)| at);
        text[from..].escape_debug().to_string()
    }

    /// Judges the recording again as text in both languages. Returns complaints about the form of the text.
    fn texts(&self) -> Vec<String> {
        let recording = self.folder.join("observation.json");
        if !recording.exists() {
            return Vec::new();
        }
        let complain = |language: &str| {
            let mut command = program();
            command.arg("replay").arg(&recording);
            let printed = command.args(["--lang", language]).output().ok()?;
            let what = forbidden(&printed.stdout).or_else(|| forbidden(&printed.stderr));
            if matches!(printed.status.code(), Some(0 | 1 | 3)) {
                return what.map(|what| format!("{what} in the text ({language})"));
            }
            Some(format!("the recording cannot be judged ({language})"))
        };
        ["en", "fr"].into_iter().filter_map(complain).collect()
    }
}

fn output(path: &Path) -> Result<Vec<u8>> {
    use std::io::Read;
    let mut bytes = Vec::new();
    File::open(path)?.take(OUTPUT).read_to_end(&mut bytes)?;
    Ok(bytes)
}
