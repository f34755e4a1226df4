//! `cargo xtask bench`: cost of a run of the checker, compared with the cost of its containers alone.
//!
//! Rounds are interleaved, so that a slow minute of the machine slows all measurements. Durations of stacks are printed as
//! ratios only.

mod api;
mod batch;
pub mod checker;
mod compose;
mod floor;
mod images;
mod volley;
mod watch;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::median::median;
use crate::{base_images, engine, say};

const ROUNDS: u32 = 5;

/// Upper bound of a run's duration, as a multiple of the duration of the bare engine calls.
const MOST_TIMES_THE_FLOOR: f64 = 1.5;

/// Upper bound of the peak memory of the checker's process, in kB as the kernel counts them.
const MOST_MEMORY: u64 = 50 * 1024;

/// Upper bound of a run without an engine: too short to notice.
const MOST_WITHOUT_STACK: Duration = Duration::from_millis(20);

/// Measurements of all rounds, in the order of the rounds.
#[derive(Default)]
struct Measured {
    floor: Vec<Duration>,
    compose: Vec<Duration>,
    checker: Vec<Duration>,
    without_stack: Vec<Duration>,
    peak_memory: u64,
}

/// Runs the benchmark; fails if one of the bounds above does not hold.
pub fn run(arguments: &[&str]) -> Result<ExitCode> {
    match arguments {
        ["--batch"] => return in_batches(),
        ["--watch"] => return in_rounds(),
        _ => {}
    }
    let rounds = arguments
        .first()
        .map_or(Ok(ROUNDS), |rounds| rounds.parse())
        .context("how many rounds?")?;
    prepare()?;
    let measured = images::build().and_then(|()| measure(rounds));
    images::remove()?;
    Ok(print(measured?))
}

/// Runs the benchmark of a class that is graded in a batch.
fn in_batches() -> Result<ExitCode> {
    prepare()?;
    let measured = images::build().and_then(|()| batch::measure(&api::Engine::local()?));
    images::remove()?;
    measured
}

/// Runs the benchmark of a submission that is graded repeatedly by `--watch`.
fn in_rounds() -> Result<ExitCode> {
    prepare()?;
    watch::measure()
}

fn prepare() -> Result<()> {
    engine::ensure()?;
    base_images::ensure()?;
    checker::build()
}

/// Returns the exit code of the command: success if the bounds hold.
fn exit(holds: bool) -> ExitCode {
    match holds {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

#[expect(clippy::print_stdout, reason = "the result of the benchmark")]
fn show(line: &str) {
    println!("{line}");
}

fn measure(rounds: u32) -> Result<Measured> {
    let engine = api::Engine::local()?;
    let compose = compose::installed();
    let mut measured = Measured::default();
    round(&engine, compose, &mut Measured::default()).context("in the round that warms up")?;
    for number in 1..=rounds {
        say(&format!("round {number} of {rounds}"));
        round(&engine, compose, &mut measured)?;
    }
    Ok(measured)
}

fn round(
    engine: &api::Engine,
    compose: Option<compose::Tool>,
    measured: &mut Measured,
) -> Result<()> {
    measured.floor.push(floor::run(engine, 1)?);
    let checked = checker::run(&[])?;
    measured.checker.push(checked.duration);
    measured.peak_memory = measured.peak_memory.max(checked.peak_memory);
    measured
        .without_stack
        .push(checker::run(&["--no-stack"])?.duration);
    if let Some(tool) = compose {
        measured.compose.push(tool.run()?);
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the result of the benchmark")]
fn print(measured: Measured) -> ExitCode {
    let Measured {
        floor,
        compose,
        checker,
        without_stack,
        peak_memory,
    } = measured;
    let (floor, checker, without_stack) = (median(floor), median(checker), median(without_stack));
    let times_the_floor = checker.as_secs_f64() / floor.as_secs_f64();
    println!(
        "checker / bare engine calls   {times_the_floor:.2}   (at most {MOST_TIMES_THE_FLOOR})"
    );
    if compose.is_empty() {
        println!("checker / docker-compose      not measured: docker-compose is not installed");
    } else {
        println!(
            "checker / docker-compose      {:.2}",
            checker.as_secs_f64() / median(compose).as_secs_f64()
        );
    }
    println!(
        "peak memory                   {} MB   (below {} MB)",
        peak_memory / 1024,
        MOST_MEMORY / 1024
    );
    println!(
        "--no-stack                    {:.1} ms   (below {} ms)",
        without_stack.as_secs_f64() * 1e3,
        MOST_WITHOUT_STACK.as_millis()
    );
    let holds = times_the_floor <= MOST_TIMES_THE_FLOOR
        && peak_memory < MOST_MEMORY
        && without_stack < MOST_WITHOUT_STACK;
    exit(holds)
}

fn timed(work: impl FnOnce() -> Result<()>) -> Result<Duration> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed())
}
