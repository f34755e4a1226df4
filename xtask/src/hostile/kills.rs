//! Signals that end the program at random moments.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::machine::{runs, things};
use super::session::Session;
use super::{AT_A_TIME, Outcome, Verdict};
use crate::checker::{ENDS_WITHIN, Ended, Run, program};
use crate::engine::{self, docker};
use crate::random::{self, Random};
use crate::side_by_side::side_by_side;
use crate::{process, say};

/// Each signal with the number of runs that it ends.
const SIGNALS: [(&str, usize); 3] = [("KILL", 50), ("INT", 20), ("TERM", 5)];

/// Number of killed runs before each cleanup, alternately by the next run and by `softy-check clean`.
const CLEANED_AFTER: usize = 10;

/// Duration of a build step that every other run has, so that the signal often arrives during it.
const STEP_SECONDS: u32 = 4;

/// Time limit from the end of a run until the engine has ended the step that was running.
const STEP_ENDS_WITHIN: Duration = Duration::from_secs(15);

/// The number of SIGKILL.
const KILLED: i32 = 9;

/// Exit code of an interrupted program.
const INTERRUPTED: i32 = 130;

/// Ends runs of the right submission at random moments within the duration of one run.
pub fn run(session: &Session) -> Vec<Outcome> {
    let seed = random::seed();
    say(&format!("the moments are of SOFTY_CHECK_SEED={seed}"));
    let mut random = Random::of(seed);
    let started = Instant::now();
    let mut outcomes = vec![Outcome::of("correct", session.correct())];
    let whole = started.elapsed();
    for (signal, count) in SIGNALS {
        let mut moments = Vec::new();
        for number in 1..=count {
            moments.push((number, whole.mul_f64(random.fraction())));
        }
        for some in moments.chunks(CLEANED_AFTER) {
            outcomes.extend(side_by_side(
                AT_A_TIME,
                some.to_vec(),
                |(number, moment)| {
                    let name = format!("signal-{signal}-{number}");
                    let step = number.is_multiple_of(2).then(|| Step::new(&name));
                    Outcome::of(&name, ended_by(session, signal, *moment, step))
                },
            ));
            if signal == "KILL" {
                let first = some.first().map_or(0, |(number, _)| *number);
                let by_the_next_run = (first / CLEANED_AFTER).is_multiple_of(2);
                outcomes.push(Outcome::of("cleaned-up", cleaned(session, by_the_next_run)));
            }
        }
    }
    outcomes
}

/// A build step that no cache contains, so that the signal finds it running.
struct Step {
    /// Word in the step's command that no other step has.
    word: String,
}

impl Step {
    fn new(name: &str) -> Step {
        Step {
            word: format!("hostile-{}-{name}", std::process::id()),
        }
    }

    /// Adds the step after those of the back end's image.
    fn add_to(&self, folder: &Path) -> Result<()> {
        let path = folder.join("submission/task6/back-end/Dockerfile");
        let text = fs::read_to_string(&path)?;
        let word = &self.word;
        Ok(fs::write(
            path,
            format!("{text}RUN sleep {STEP_SECONDS}; : {word}\n"),
        )?)
    }

    /// Returns the containers of the step that are left after the engine had time to end them.
    fn left(&self) -> Result<Vec<String>> {
        let since = Instant::now();
        loop {
            let mut listing = docker(["container", "ls", "--all", "--no-trunc", "--format"]);
            let listed = process::text(listing.arg("{{.ID}} {{.Command}}"))?;
            let left = listed.lines().filter(|line| line.contains(&self.word));
            let left: Vec<String> = left.map(|step| format!("left the step {step}")).collect();
            if left.is_empty() || since.elapsed() > STEP_ENDS_WITHIN {
                return Ok(left);
            }
            sleep(Duration::from_millis(100));
        }
    }
}

fn ended_by(
    session: &Session,
    signal: &str,
    moment: Duration,
    step: Option<Step>,
) -> Result<Verdict> {
    let folder = session.correct_submission()?;
    if let Some(step) = &step {
        step.add_to(&folder)?;
    }
    let mut run = Run::start(&folder)?;
    sleep(moment);
    let was_running = run.runs()?;
    run.signal(signal)?;
    let since = Instant::now();
    let ended = run.end_within(ENDS_WITHIN)?;
    let at = moment.as_secs_f64();
    if !was_running {
        return Ok(Verdict::Held(format!("had ended before {at:.1} s")));
    }
    let mut complaints = match &step {
        Some(step) => step.left()?,
        None => Vec::new(),
    };
    if signal == "KILL" {
        return killed(&ended, at, complaints);
    }
    complaints.extend(session.left(&ended)?);
    // A run that is already writing its report is not interrupted any more.
    if ended.code() != INTERRUPTED && ended.code() != 0 {
        complaints.push(format!("at {at:.1} s: exit status {}", ended.code()));
    }
    if ended.overdue {
        complaints.push(format!("at {at:.1} s: does not end"));
    }
    if complaints.is_empty() {
        let took = since.elapsed().as_secs_f64();
        let code = ended.code();
        return Ok(Verdict::Held(format!(
            "at {at:4.1} s: status {code} after {took:.1} s  residue none"
        )));
    }
    Ok(Verdict::Broken(complaints))
}

/// Judges a killed run. The next run or `softy-check clean` removes what it left on the engine, with two exceptions
/// that must not be left: the engine itself ends a build step when its client is gone, and no later run knows of temporary
/// files.
fn killed(ended: &Ended, at: f64, mut complaints: Vec<String>) -> Result<Verdict> {
    let files = ended.temporary_files()?;
    complaints.extend(files.iter().map(|file| format!("left the file {file:?}")));
    if ended.status.signal() != Some(KILLED) {
        complaints.push(format!("at {at:.1} s: exit status {}", ended.code()));
    }
    if complaints.is_empty() {
        return Ok(Verdict::Held(format!("at {at:4.1} s")));
    }
    Ok(Verdict::Broken(complaints))
}

/// Checks that another run or `softy-check clean` removes everything made by processes that are no longer running.
fn cleaned(session: &Session, by_the_next_run: bool) -> Result<Verdict> {
    let before = abandoned()?;
    let who = if by_the_next_run {
        if let Verdict::Broken(complaints) = session.correct()? {
            return Ok(Verdict::Broken(complaints));
        }
        "the next run"
    } else {
        let mut command = program();
        process::text(engine::address_for(command.arg("clean"))?)?;
        "`softy-check clean`"
    };
    let left: Vec<String> = abandoned()?
        .into_iter()
        .filter(|thing| before.contains(thing))
        .map(|thing| format!("{who} left a {thing}"))
        .collect();
    if left.is_empty() {
        return Ok(Verdict::Held(format!(
            "{} things of killed runs by {who}",
            before.len()
        )));
    }
    Ok(Verdict::Broken(left))
}

/// Returns the resources made by processes that are no longer running on this machine.
fn abandoned() -> Result<Vec<String>> {
    let things = things(None)?.into_iter();
    Ok(things
        .filter(|thing| thing.process.is_some_and(|process| !runs(process)))
        .map(|thing| format!("{} {}", thing.kind, thing.id))
        .collect())
}
