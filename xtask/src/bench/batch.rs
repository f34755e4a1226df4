//! Duration of a batch, compared with bare engine calls for as many stacks of the same containers, at the best degree of
//! parallelism.

use std::fs;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::api::Engine;
use super::{exit, floor, show};
use crate::side_by_side::side_by_side;
use crate::submission::lay_over;
use crate::{engine, say, workspace};

/// Numbers of parallel stacks; the fastest of them counts.
const SIDE_BY_SIDE: [usize; 4] = [1, 2, 3, 4];

/// Number of stacks for each of them.
const STACKS: usize = 8;

/// Sizes of a small and a large class. The time per submission must be the same in both, except for noise.
const CLASSES: [usize; 2] = [10, 200];

/// Lower bound of the time of a bare stack, as a fraction of the time of a submission in a batch.
const LEAST_OF_THE_FLOOR: f64 = 0.8;

/// Upper bound of the time of a submission in the large class, as a multiple of that in the small class.
const MOST_GROWTH: f64 = 1.15;

/// Prints the ratios; fails where one of the bounds above does not hold.
pub fn measure(engine: &Engine) -> Result<ExitCode> {
    let mut best = Duration::MAX;
    for jobs in SIDE_BY_SIDE {
        let each = bare(engine, jobs)?;
        say(&format!("{jobs} bare stacks side by side"));
        best = best.min(each);
    }
    let [small, large] = CLASSES;
    // The first fills the builds' cache.
    batch(small)?;
    let (small, large) = (batch(small)?, batch(large)?);
    let of_the_floor = best.as_secs_f64() / large.as_secs_f64();
    let growth = large.as_secs_f64() / small.as_secs_f64();
    show(&format!(
        "bare engine calls / batch, per stack   {of_the_floor:.2}   (at least {LEAST_OF_THE_FLOOR})"
    ));
    show(&format!(
        "{} submissions / {}, per submission   {growth:.2}   (at most {MOST_GROWTH})",
        CLASSES[1], CLASSES[0]
    ));
    let holds = of_the_floor >= LEAST_OF_THE_FLOOR && growth <= MOST_GROWTH;
    Ok(exit(holds))
}

/// Returns the time per stack, with `jobs` stacks in parallel.
fn bare(engine: &Engine, jobs: usize) -> Result<Duration> {
    let began = Instant::now();
    let stacks = side_by_side(jobs, (1..=STACKS).collect(), |number| {
        floor::run(engine, *number)
    });
    stacks.into_iter().collect::<Result<Vec<_>>>()?;
    Ok(began.elapsed() / u32::try_from(STACKS)?)
}

/// Returns the time per submission, in a class of `count`.
fn batch(count: usize) -> Result<Duration> {
    let folder = workspace::target().join("bench-batch");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let correct = workspace::root().join(workspace::CORRECT_SUBMISSION);
    for number in 1..=count {
        lay_over(&correct, &folder.join("class").join(number.to_string()))?;
    }
    say(&format!("a class of {count}"));
    let mut command = Command::new(workspace::target().join("release/softy-check"));
    command.args(["batch", "task6"]).arg(folder.join("class"));
    command
        .arg("--out")
        .arg(folder.join("out"))
        .stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let began = Instant::now();
    let status = engine::address_for(&mut command)?
        .status()
        .context("cannot start the checker")?;
    if !status.success() {
        bail!("not every submission of the class passes ({status})");
    }
    Ok(began.elapsed() / u32::try_from(count)?)
}
