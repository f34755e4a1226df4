//! `cargo xtask test --hostile`: every attack of `fixtures/hostile` against the real program on a real engine. Then the
//! program is killed, and the engine fails, in the middle of a run.

pub mod attack;
mod generate;
mod kills;
pub mod machine;
mod private;
mod session;
mod troubles;

use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use anyhow::{Result, anyhow, bail};

use crate::side_by_side::side_by_side;
use crate::{base_images, cargo, engine, process, say};
use attack::Attack;
use session::Session;

/// Number of parallel attacks: a run mostly waits.
const AT_A_TIME: usize = 2;

/// One line of the result.
pub struct Outcome {
    /// Name of the attack or of the engine failure.
    name: String,
    /// Result of the attack or of the engine failure.
    result: Verdict,
}

/// Result of an attack.
pub enum Verdict {
    /// The expected result, with how the attack was caught.
    Held(String),
    /// Another result, with one complaint per difference.
    Broken(Vec<String>),
    /// Not tried, with the reason; never counted as held.
    NotRun(String),
}

/// Runs the attacks whose names begin with one of `names`, or all if `names` is empty.
pub fn run(names: &[&str]) -> Result<ExitCode> {
    engine::ensure()?;
    base_images::ensure()?;
    process::run(cargo::command("build").args(["--package", "softy-check"]))?;
    let started = Instant::now();
    let is_asked =
        |name: &str| names.is_empty() || names.iter().any(|asked| name.starts_with(asked));
    let mut attacks = Attack::all()?;
    attacks.retain(|attack| is_asked(&attack.name));
    let session = Session::open()?;
    let on_the_users = || {
        let mut outcomes = attack_all(&session, attacks);
        if is_asked("signal") {
            outcomes.extend(kills::run(&session));
        }
        outcomes
    };
    // Engine failures use a private engine.
    let (mut outcomes, in_trouble) = thread::scope(|scope| {
        let troubles = scope.spawn(|| troubles::run(&session, is_asked));
        (on_the_users(), troubles.join())
    });
    outcomes.extend(in_trouble.map_err(|_| anyhow!("the engine's troubles came to no end"))?);
    if outcomes.is_empty() {
        bail!(
            "no attack has a name that begins with {}",
            names.join(" or ")
        );
    }
    outcomes.push(Outcome::of("bystanders", session.bystanders()));
    outcomes.push(Outcome::of("residue", session.residue()));
    drop(session);
    conclude(&outcomes, started)
}

impl Outcome {
    fn of(name: &str, result: Result<Verdict>) -> Outcome {
        let result = result.unwrap_or_else(|error| Verdict::Broken(vec![format!("{error:#}")]));
        let outcome = Outcome {
            name: name.to_owned(),
            result,
        };
        say(&outcome.line());
        outcome
    }

    fn line(&self) -> String {
        let Outcome { name, result } = self;
        match result {
            Verdict::Held(how) => format!("held     {name:34} {how}"),
            Verdict::Broken(complaints) => format!("BROKEN   {name:34} {}", complaints.join("; ")),
            Verdict::NotRun(why) => format!("not run  {name:34} {why}"),
        }
    }
}

/// Runs all attacks. Attacks by files run first: they are quick, and one right submission after them covers all. It also
/// builds the layers that the other attacks begin with, so that no time limit includes them.
fn attack_all(session: &Session, attacks: Vec<Attack>) -> Vec<Outcome> {
    let (of_files, of_stacks): (Vec<_>, Vec<_>) = attacks.into_iter().partition(Attack::is_quick);
    let mut outcomes = side_by_side(AT_A_TIME, of_files, |attack| {
        Outcome::of(&attack.name, session.attack(attack))
    });
    if !outcomes.is_empty() || !of_stacks.is_empty() {
        outcomes.push(Outcome::of("correct", session.correct()));
    }
    outcomes.extend(side_by_side(AT_A_TIME, of_stacks, |attack| {
        let held = session.attack(attack);
        let name = &attack.name;
        match (held, session.correct()) {
            (Ok(Verdict::Held(how)), Ok(Verdict::Held(_))) => {
                Outcome::of(name, Ok(Verdict::Held(how)))
            }
            (Ok(Verdict::Held(_)), Ok(Verdict::Broken(complaints))) => {
                let after = complaints
                    .iter()
                    .map(|complaint| format!("correct, right after: {complaint}"));
                Outcome::of(name, Ok(Verdict::Broken(after.collect())))
            }
            (Ok(Verdict::Held(_)), Err(error)) => Outcome::of(name, Err(error)),
            (held, _) => Outcome::of(name, held),
        }
    }));
    outcomes
}

fn conclude(outcomes: &[Outcome], started: Instant) -> Result<ExitCode> {
    let count = |is: fn(&Verdict) -> bool| outcomes.iter().filter(|one| is(&one.result)).count();
    let held = count(|result| matches!(result, Verdict::Held(_)));
    let broken = count(|result| matches!(result, Verdict::Broken(_)));
    let not_run = count(|result| matches!(result, Verdict::NotRun(_)));
    say(&format!(
        "{held} held, {broken} broken, {not_run} not run, in {:.0} s",
        started.elapsed().as_secs_f64()
    ));
    if broken > 0 || not_run > 0 {
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}
