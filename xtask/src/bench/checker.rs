//! The checker itself, as graders run it: a release build in a process of its own.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::{cargo, engine, process, workspace};

/// How often the kernel is asked for the peak so far. Only what grows within the last such moment is missed.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// One run.
pub struct Checked {
    /// From start to end of the process.
    pub duration: Duration,
    /// In kB.
    pub peak_memory: u64,
}

/// The release build.
pub fn build() -> Result<()> {
    process::run(cargo::command("build").args(["--release", "--package", "softy-check"]))
}

/// Grades the correct submission, which must pass.
pub fn run(options: &[&str]) -> Result<Checked> {
    run_on(Path::new(workspace::CORRECT_SUBMISSION), options)
}

/// Grades a submission that must pass.
pub fn run_on(submission: &Path, options: &[&str]) -> Result<Checked> {
    let mut command = Command::new(workspace::target().join("release/softy-check"));
    command
        .arg("task6")
        .arg(submission)
        .args(options)
        .current_dir(workspace::root());
    engine::address_for(&mut command)?
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let start = Instant::now();
    let (status, peak_memory) = watched(&mut command, LOOK_AGAIN)?;
    if !status.success() {
        bail!(
            "the checker does not pass the correct submission ({status}); `cargo xtask demo` shows why"
        );
    }
    Ok(Checked {
        duration: start.elapsed(),
        peak_memory,
    })
}

/// Runs a command to its end; how it ended, and the most memory that it had, in kB, at the moments it was looked at.
pub fn watched(command: &mut Command, every: Duration) -> Result<(ExitStatus, u64)> {
    let mut process = command.spawn().context("cannot start the checker")?;
    let mut peak = 0;
    loop {
        peak = peak_of(process.id()).unwrap_or(peak);
        if let Some(status) = process.try_wait()? {
            return Ok((status, peak));
        }
        thread::sleep(every);
    }
}

/// The most memory that a live process has had; a process that has ended has no such line.
fn peak_of(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.split_whitespace().next()?.parse().ok()
}
