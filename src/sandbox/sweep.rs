//! What killed runs have left, found and removed; never what a live run owns.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use bollard::Docker;
use softy_checks::model::Text;
use softy_checks::observation::{Fault, FaultKind};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::engine::{Clock, fault};
use super::facts::Leaving;
use super::owner::{Life, Owner, Place};
use super::removal::remove_all;
use super::things::{Thing, things};
use super::{KEPT_LABEL, RUN_LABEL, Sandbox, limits};

/// How long nothing new of a dead run must show before it is taken for all: the engine still carries out a call whose caller
/// is gone, such as the creation of a container.
const QUIET: Duration = Duration::from_secs(3);

/// Between two looks at what is left.
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

/// Looks for what killed runs have left.
#[derive(Clone)]
pub struct Sweeper {
    pub(super) docker: Docker,
    clock: Clock,
    place: Option<Place>,
    /// The run that looks.
    run: String,
    /// Whether stacks that were left up on purpose are left alone.
    spares_kept: bool,
    leaving: Leaving,
}

/// What there is of runs other than the one that looks.
#[derive(Debug, Default)]
pub struct Found {
    /// What dead runs have left.
    pub dead: Vec<Thing>,
    /// The ids of runs that go on, or may.
    pub spared: Vec<(String, Life)>,
}

/// What came of a sweep.
#[derive(Debug, Default)]
pub struct Swept {
    /// What is gone.
    pub removed: Vec<Thing>,
    /// What could not be removed, and why.
    pub left: Vec<(Thing, String)>,
    /// The ids of runs that go on, or may.
    pub spared: Vec<(String, Life)>,
}

/// A sweep beside a run.
pub struct Sweeping {
    sweeper: Sweeper,
    task: JoinHandle<Result<Swept, Fault>>,
}

impl Sandbox {
    /// What looks for dead runs on this engine.
    pub fn sweeper(&self) -> Sweeper {
        Sweeper {
            docker: self.docker.clone(),
            clock: self.clock,
            place: Place::here(),
            run: self.run.clone(),
            spares_kept: true,
            leaving: self.facts.leaving,
        }
    }
}

impl Sweeper {
    /// The same, and stacks that were left up on purpose are removed as well.
    pub fn with_kept(self) -> Sweeper {
        Sweeper {
            spares_kept: false,
            ..self
        }
    }

    /// What dead runs have left, and which runs are spared.
    ///
    /// # Errors
    /// A fault when the engine does not answer.
    pub async fn look(&self) -> Result<Found, Fault> {
        // In this order: what a run makes after it was judged dead does not exist.
        let things = things(&self.docker, RUN_LABEL).await.map_err(fault)?;
        let mut lives: Vec<(Owner, Life)> = Vec::new();
        let mut found = Found::default();
        for thing in things {
            // Without an owner it was not made by this release, or not by the checker.
            let Some(owner) = thing.owner.clone().filter(|_| thing.run != self.run) else {
                continue;
            };
            let told = lives.iter().find(|(known, _)| *known == owner);
            let life = match told {
                Some((_, life)) => *life,
                None => {
                    let place = self.place.as_ref();
                    let life = owner.life(&self.docker, place, self.clock.now()).await?;
                    lives.push((owner, life));
                    life
                }
            };
            match life {
                Life::Dead => found.dead.push(thing),
                Life::Alive | Life::Untold => {
                    if !found.spared.iter().any(|(run, _)| *run == thing.run) {
                        found.spared.push((thing.run, life));
                    }
                }
            }
        }
        if self.spares_kept && !found.dead.is_empty() {
            // Looked for last: a run marks its stack as kept before it ends.
            let kept = self.kept().await?;
            found.dead.retain(|thing| !kept.contains(&thing.run));
        }
        Ok(found)
    }

    /// The ids of the runs whose stacks were left up on purpose.
    async fn kept(&self) -> Result<HashSet<String>, Fault> {
        let marks = things(&self.docker, KEPT_LABEL).await.map_err(fault)?;
        let marks = marks.into_iter().filter(|thing| thing.keeps);
        Ok(marks.map(|thing| thing.run).collect())
    }

    /// Removes what dead runs have left, and looks again until nothing new of them shows.
    ///
    /// # Errors
    /// A fault when the engine does not answer, or not within [`limits::REMOVAL`].
    pub async fn sweep(&self) -> Result<Swept, Fault> {
        match timeout(limits::REMOVAL, self.sweep_until_quiet()).await {
            Ok(swept) => swept,
            Err(_) => Err(out_of_time()),
        }
    }

    async fn sweep_until_quiet(&self) -> Result<Swept, Fault> {
        let mut seen: Vec<Thing> = Vec::new();
        let mut refused: HashMap<String, String> = HashMap::new();
        let mut changed = Instant::now();
        loop {
            let found = self.look().await?;
            for thing in &found.dead {
                if !seen.iter().any(|known| known.id == thing.id) {
                    seen.push(thing.clone());
                    changed = Instant::now();
                }
            }
            if seen.is_empty() || changed.elapsed() > QUIET {
                return Ok(Swept::of(seen, found, refused));
            }
            let now_refused = remove_all(&self.docker, self.leaving, &found.dead).await?;
            refused.extend(
                now_refused
                    .into_iter()
                    .map(|(thing, why)| (thing.id.clone(), why)),
            );
            sleep(BETWEEN_LOOKS).await;
        }
    }

    /// How long ago the run began that has left a thing.
    pub fn age(&self, thing: &Thing) -> Duration {
        let began = thing.owner.as_ref().map(|owner| owner.began);
        self.since(began.unwrap_or(i64::MAX))
    }

    /// How long ago a moment was, in seconds since 1970 by the engine's clock; nothing when it is still to come.
    pub(super) fn since(&self, moment: i64) -> Duration {
        let seconds = self.clock.now().saturating_sub(moment);
        Duration::from_secs(seconds.max(0).unsigned_abs())
    }

    /// Sweeps beside whatever else goes on.
    pub fn begin(self) -> Sweeping {
        let sweeper = self.clone();
        Sweeping {
            task: tokio::spawn(async move { sweeper.sweep().await }),
            sweeper: self,
        }
    }
}

impl Swept {
    fn of(seen: Vec<Thing>, found: Found, refused: HashMap<String, String>) -> Swept {
        let is_there = |thing: &Thing| found.dead.iter().any(|dead| dead.id == thing.id);
        let removed = seen.into_iter().filter(|thing| !is_there(thing)).collect();
        let left = found.dead.into_iter().map(|thing| {
            let why = refused.get(&thing.id).cloned().unwrap_or_default();
            (thing, why)
        });
        Swept {
            removed,
            left: left.collect(),
            spared: found.spared,
        }
    }
}

impl Sweeping {
    /// Ends the sweep: what has shown since its last look is removed too, and what is still being removed is waited for
    /// at most [`limits::SWEEP`].
    ///
    /// # Errors
    /// A fault when the engine does not answer.
    pub async fn end(mut self) -> Result<Swept, Fault> {
        let ended = timeout(limits::SWEEP, async {
            let mut swept = (&mut self.task)
                .await
                .map_err(|error| Fault::told(FaultKind::Checker, error.to_string()))??;
            let found = self.sweeper.look().await?;
            remove_all(&self.sweeper.docker, self.sweeper.leaving, &found.dead).await?;
            let is_new = |thing: &Thing| !swept.left.iter().any(|(left, _)| left.id == thing.id);
            let new: Vec<Thing> = found.dead.into_iter().filter(is_new).collect();
            swept.removed.extend(new);
            Ok(swept)
        });
        let ended = ended.await.unwrap_or_else(|_| Err(out_of_time()));
        self.task.abort();
        ended
    }
}

/// What is left is the next run's to remove.
pub(super) fn out_of_time() -> Fault {
    let words = Text::fixed("out of time", "le temps est écoulé");
    Fault::new(FaultKind::Time, words)
}
