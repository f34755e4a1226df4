//! Duration of rounds of `--watch`, compared with separate runs after the same changes.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::de::IoRead;
use serde_json::{Deserializer, StreamDeserializer, Value};

use super::{checker, exit, show};
use crate::median::median;
use crate::submission::lay_over;
use crate::{engine, say, workspace};

const ROUNDS: u32 = 7;

/// Upper bound of the time to a new verdict after a change of the proxy's configuration, as a fraction of a separate run.
const MOST_OF_A_RUN: f64 = 0.6;

/// Upper bound of the time to a new verdict after a change of a file that no image contains: too short to notice.
const MOST_FOR_THE_ANSWER: Duration = Duration::from_millis(100);

const CONFIGURATION: &str = "task6/proxy/proxy.conf";
const ANSWER: &str = "task6/2-api-servers.txt";

/// A process that grades one submission repeatedly.
struct Watching {
    program: Child,
    reports: StreamDeserializer<'static, IoRead<ChildStdout>, Value>,
}

impl Watching {
    fn begin(submission: &Path) -> Result<Watching> {
        let mut command = Command::new(workspace::target().join("release/softy-check"));
        command
            .args(["task6", "--watch", "--format", "json"])
            .arg(submission);
        let mut program = engine::address_for(&mut command)?
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start the checker")?;
        let stdout = program.stdout.take().context("its stdout is piped")?;
        Ok(Watching {
            program,
            reports: Deserializer::from_reader(stdout).into_iter(),
        })
    }

    /// Waits for the next verdict, which must be a pass.
    fn passes(&mut self) -> Result<()> {
        let report = self.reports.next().context("the checker has ended")??;
        if report["score"] != report["out_of"] {
            bail!("the correct submission does not pass: {report:#}");
        }
        Ok(())
    }

    /// Adds a line to the file. Returns the time until the verdict on the change.
    fn after(&mut self, file: &Path, line: &str) -> Result<Duration> {
        let saved = Instant::now();
        append(file, line)?;
        self.passes()?;
        Ok(saved.elapsed())
    }
}

impl Drop for Watching {
    /// Interrupts the process as Ctrl-C does, so that it removes the stack.
    fn drop(&mut self) {
        let process = self.program.id().to_string();
        let _ = Command::new("kill").args(["-s", "INT", &process]).status();
        let _ = self.program.wait();
    }
}

/// Prints the ratio and the time; fails if one of the bounds above does not hold.
pub fn measure() -> Result<ExitCode> {
    let (watched, graded) = (copy("watched")?, copy("graded")?);
    let mut watching = Watching::begin(&watched)?;
    watching.passes()?;
    let (mut again, mut anew, mut answer) = (Vec::new(), Vec::new(), Vec::new());
    for number in 1..=ROUNDS {
        say(&format!("round {number} of {ROUNDS}"));
        // Lines that are unique to this round, so that no cache contains the proxy's image.
        let words = |of: &str| format!("# {of}, round {number} of {}\n", std::process::id());
        again.push(watching.after(&watched.join(CONFIGURATION), &words("again"))?);
        append(&graded.join(CONFIGURATION), &words("anew"))?;
        anew.push(checker::run_on(&graded, &[])?.duration);
        answer.push(watching.after(&watched.join(ANSWER), "\n")?);
    }
    let of_a_run = median(again).as_secs_f64() / median(anew).as_secs_f64();
    let answer = median(answer);
    show(&format!(
        "proxy.conf: --watch / a run of its own   {of_a_run:.2}   (at most {MOST_OF_A_RUN})"
    ));
    show(&format!(
        "answer file: a verdict after             {:.0} ms   (below {} ms)",
        answer.as_secs_f64() * 1e3,
        MOST_FOR_THE_ANSWER.as_millis()
    ));
    let holds = of_a_run <= MOST_OF_A_RUN && answer < MOST_FOR_THE_ANSWER;
    Ok(exit(holds))
}

/// Copies the correct submission to a folder of this name.
fn copy(name: &str) -> Result<PathBuf> {
    let folder = workspace::target().join("bench-watch").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    lay_over(
        &workspace::root().join(workspace::CORRECT_SUBMISSION),
        &folder,
    )?;
    Ok(folder)
}

fn append(file: &Path, line: &str) -> Result<()> {
    let mut opened = OpenOptions::new().append(true).open(file)?;
    Ok(opened.write_all(line.as_bytes())?)
}
