//! `cargo xtask class`: a class of fixtures and attacks, graded in one batch. Every verdict must equal that of a separate
//! run, nothing may be left on the engine, and the checker's memory must not grow with the number of submissions.

mod kills;
mod member;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::bench::checker;
use crate::hostile::machine;
use crate::{base_images, engine, say, workspace};
use member::Member;

/// Default number of submissions.
const SUBMISSIONS: usize = 200;

/// Upper bound of the peak memory of the checker's process, in kB as the kernel counts them.
const MOST_MEMORY: u64 = 100 * 1024;

/// Interval between two checks of the process.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Output folders of the batch, and of the batch that is killed.
const OUT: &str = "out";
const KILLED: &str = "killed";

/// Grades a number of submissions, one in ten an attack. With `--killed`, grades them again in a batch that is killed ten
/// times.
pub fn run(arguments: &[&str]) -> Result<ExitCode> {
    let (killed, count) = match arguments {
        ["--killed", count @ ..] => (true, count),
        count => (false, count),
    };
    let count = count.first().map_or(Ok(SUBMISSIONS), |count| count.parse());
    let count = count.context("how many submissions?")?;
    engine::ensure()?;
    base_images::ensure()?;
    checker::build()?;
    let folder = workspace::target().join("class");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let members = Member::some(count)?;
    for member in &members {
        member.make(&folder.join("class").join(&member.id))?;
    }
    let before = machine::everything()?;
    let began = Instant::now();
    let peak = batch(&folder, OUT)?;
    let took = began.elapsed();
    let mut wrong = Vec::new();
    if killed {
        wrong.extend(kills::complaints(&folder, OUT, took, KILLED)?);
    }
    for member in &members {
        if let Some(what) = member.complaint(&result(&folder, &member.id)) {
            wrong.push(format!("{}: {what}", member.id));
        }
    }
    let mut left = machine::everything()?;
    left.retain(|thing| !before.contains(thing));
    wrong.extend(
        left.iter()
            .map(|thing| format!("left on the engine: {thing}")),
    );
    if peak >= MOST_MEMORY {
        wrong.push(format!("the checker took {peak} kB"));
    }
    wrong.iter().for_each(|line| say(line));
    print(&format!(
        "{count} submissions, {} complaints, {:.1} s each, peak memory {} MB (below {} MB)",
        wrong.len(),
        took.as_secs_f64() / count as f64,
        peak / 1024,
        MOST_MEMORY / 1024
    ));
    Ok(if wrong.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Returns the command of a batch of the class that writes its progress to `log`.
fn command(folder: &Path, out: &str, log: &Path) -> Result<Command> {
    let mut command = Command::new(workspace::target().join("release/softy-check"));
    command.args(["batch", "task6", "--progress", "plain"]);
    command
        .arg(folder.join("class"))
        .arg("--out")
        .arg(folder.join(out));
    engine::address_for(&mut command)?
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(log)?);
    Ok(command)
}

/// Runs the whole batch. Returns the peak memory of its process in kB.
fn batch(folder: &Path, out: &str) -> Result<u64> {
    let log = folder.join(format!("stderr-{out}"));
    let mut command = command(folder, out, &log)?;
    let (status, peak) = checker::watched(&mut command, LOOK_AGAIN)?;
    match status.code() {
        Some(0 | 1 | 3) => Ok(peak),
        _ => bail!("the batch ended with {status}, see {}", log.display()),
    }
}

/// Returns the content of a submission's result file; `Null` if none exists.
fn result(folder: &Path, id: &str) -> Value {
    let file: PathBuf = folder.join(OUT).join("results").join(format!("{id}.json"));
    let text = fs::read(file).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

/// Returns the release's report on a recording, as JSON.
fn recorded(observation: &Path) -> Result<Value> {
    let mut command = Command::new(workspace::target().join("release/softy-check"));
    command
        .arg("replay")
        .arg(observation)
        .args(["--format", "json"]);
    let output = command.output()?;
    serde_json::from_slice(&output.stdout).with_context(|| observation.display().to_string())
}

#[expect(clippy::print_stdout, reason = "the result of the run")]
fn print(line: &str) {
    println!("{line}");
}
