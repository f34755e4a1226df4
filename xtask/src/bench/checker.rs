//! The checker as graders run it: a release build in its own process.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::{cargo, engine, process, workspace};

/// Interval at which the kernel's peak memory value is read. Growth within the last interval is missed.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// Measurements of one run.
pub struct Checked {
    /// Time from start to end of the process.
    pub duration: Duration,
    /// Peak memory in kB.
    pub peak_memory: u64,
}

/// Builds the release.
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

/// Runs a command to its end. Returns its exit status and its peak memory in kB, sampled at the interval `every`.
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

/// Returns the peak memory of a live process in kB. A process that has ended has no such line.
fn peak_of(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.split_whitespace().next()?.parse().ok()
}
