//! Failures of the engine in the middle of a run, which are never the student's mistake.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::attack::Attack;
use super::machine::things;
use super::private::Private;
use super::session::Session;
use super::{Outcome, Verdict};
use crate::checker::{Ended, Run};
use crate::expectation::{failed, summary};

/// Attack whose submission needs no network to be built.
const SUBMISSION: &str = "engine-trouble";

/// Time limit from the failure to the end of the run, also if the engine does not respond any more.
const ENDS_WITHIN: Duration = Duration::from_secs(60);

/// Time limit of the next run of the same submission, which builds everything that the first one did not reach.
const RECOVERS_WITHIN: Duration = Duration::from_secs(200);

/// Time limit for a run to report the beginning of a phase.
const REACHED_WITHIN: Duration = Duration::from_secs(120);

/// Failure of the engine.
#[derive(Clone, Copy)]
enum Trouble {
    Paused,
    Restarted,
    Stopped,
    OutOfDisk,
}

/// Each failure in each phase of a run, by the first word that the program prints in it.
const TROUBLES: [(&str, Trouble, &str); 12] = [
    ("engine-paused-while-building", Trouble::Paused, "building"),
    ("engine-paused-while-starting", Trouble::Paused, "starting"),
    ("engine-paused-while-watching", Trouble::Paused, "watching"),
    ("engine-paused-while-scaling", Trouble::Paused, "the same"),
    (
        "engine-restarted-while-building",
        Trouble::Restarted,
        "building",
    ),
    (
        "engine-restarted-while-starting",
        Trouble::Restarted,
        "starting",
    ),
    (
        "engine-restarted-while-watching",
        Trouble::Restarted,
        "watching",
    ),
    (
        "engine-stopped-while-building",
        Trouble::Stopped,
        "building",
    ),
    (
        "engine-stopped-while-starting",
        Trouble::Stopped,
        "starting",
    ),
    (
        "engine-stopped-while-watching",
        Trouble::Stopped,
        "watching",
    ),
    ("engine-full-while-building", Trouble::OutOfDisk, "building"),
    ("engine-full-while-starting", Trouble::OutOfDisk, "starting"),
];

/// Causes every requested failure, on a private engine.
pub fn run(session: &Session, is_asked: impl Fn(&str) -> bool) -> Vec<Outcome> {
    let asked = TROUBLES.iter().filter(|(name, _, _)| is_asked(name));
    let asked: Vec<_> = asked.collect();
    if asked.is_empty() {
        return Vec::new();
    }
    let engine = match Private::open(&session.root) {
        Ok(engine) => engine,
        Err(error) => {
            let not_run = |(name, _, _): &&(&str, Trouble, &str)| {
                Outcome::of(name, Ok(Verdict::NotRun(format!("{error:#}"))))
            };
            return asked.iter().map(not_run).collect();
        }
    };
    let outcome = |(name, trouble, phase): &&(&str, Trouble, &str)| {
        Outcome::of(name, in_trouble(session, &engine, *trouble, phase))
    };
    asked.iter().map(outcome).collect()
}

fn in_trouble(
    session: &Session,
    engine: &Private,
    trouble: Trouble,
    phase: &str,
) -> Result<Verdict> {
    let folder = submission(session)?;
    let mut run = Run::start_as(engine.checker(), &folder, &[])?;
    let reached = reach(&mut run, &folder, phase);
    let ended = reached.and_then(|()| {
        cause(engine, trouble)?;
        run.end_within(ENDS_WITHIN)
    });
    mend(engine, trouble)?;
    let ended = ended?;
    let (report, mut complaints) = ended.report();
    complaints.extend(failed(&report));
    let full = ended.code() == 0 && report["score"] == 100;
    if ended.code() != 3 && !full {
        complaints.push(format!(
            "exit status {}, {}",
            ended.code(),
            summary(&report)
        ));
    }
    let files = ended.temporary_files()?;
    complaints.extend(files.iter().map(|file| format!("left the file {file:?}")));
    complaints.extend(recovered(session, engine, &ended)?);
    if complaints.is_empty() {
        let seconds = ended.took.as_secs_f64();
        return Ok(Verdict::Held(format!(
            "{:32} {seconds:5.1} s  residue none",
            summary(&report)
        )));
    }
    Ok(Verdict::Broken(complaints))
}

/// Checks that the next run gets full marks, and removes everything that this one could not.
fn recovered(session: &Session, engine: &Private, before: &Ended) -> Result<Vec<String>> {
    let folder = submission(session)?;
    let next = Run::start_as(engine.checker(), &folder, &[])?.end_within(RECOVERS_WITHIN)?;
    let (report, mut complaints) = next.report();
    if next.code() != 0 || report["score"] != 100 {
        complaints.push(format!("the next run: {}", summary(&report)));
    }
    let left = things(Some(&engine.socket()))?;
    let ours = [Some(before.process), Some(next.process)];
    let left = left.iter().filter(|thing| ours.contains(&thing.process));
    complaints.extend(left.map(|thing| format!("left a {} {}", thing.kind, thing.id)));
    Ok(complaints)
}

fn submission(session: &Session) -> Result<std::path::PathBuf> {
    let folder = session.folder(SUBMISSION)?;
    let attacks = Attack::all()?;
    match attacks.iter().find(|attack| attack.name == SUBMISSION) {
        Some(attack) => attack.make(&folder.join("submission"))?,
        None => bail!("there is no `{SUBMISSION}`"),
    }
    Ok(folder)
}

/// Waits until the program reports that it is in a phase.
fn reach(run: &mut Run, folder: &Path, phase: &str) -> Result<()> {
    let since = Instant::now();
    loop {
        let said = fs::read_to_string(folder.join("stderr")).unwrap_or_default();
        if said.lines().any(|line| line.starts_with(phase)) {
            return Ok(());
        }
        if !run.runs()? || since.elapsed() > REACHED_WITHIN {
            bail!(
                "the run does not say that it is {phase}: {}",
                said.escape_debug()
            );
        }
        sleep(Duration::from_millis(10));
    }
}

fn cause(engine: &Private, trouble: Trouble) -> Result<()> {
    match trouble {
        Trouble::Paused => engine.signal("STOP"),
        Trouble::Stopped => engine.signal("TERM"),
        Trouble::OutOfDisk => engine.fill(),
        Trouble::Restarted => {
            engine.signal("KILL")?;
            engine.start()
        }
    }
}

fn mend(engine: &Private, trouble: Trouble) -> Result<()> {
    match trouble {
        Trouble::Paused => engine.signal("CONT"),
        Trouble::Stopped => engine.start(),
        Trouble::OutOfDisk => engine.empty(),
        Trouble::Restarted => Ok(()),
    }
}
