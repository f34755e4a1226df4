//! Sweep: finds and removes what killed runs have left; never touches what a live run owns.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use bollard::Docker;
use softy_checks::model::Text;
use softy_checks::observation::{Fault, FaultKind};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::capabilities::Leaving;
use super::engine::{Clock, fault};
use super::owned_resource::{OwnedResource, things};
use super::owner::{Life, Owner, Place};
use super::removal::remove_all;
use super::{KEPT_LABEL, RUN_LABEL, Sandbox, limits};

/// Quiet period after which a dead run's resources count as complete: the engine still finishes calls of a dead client, such as
/// the creation of a container.
const QUIET: Duration = Duration::from_secs(3);

/// Pause between two listings of what is left.
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

/// A handle that finds and removes what killed runs have left.
#[derive(Clone)]
pub struct Sweeper {
    pub(super) docker: Docker,
    clock: Clock,
    place: Option<Place>,
    /// Id of the current run, whose own resources are skipped.
    run: String,
    /// Set when stacks that were left up on purpose are spared.
    spares_kept: bool,
    leaving: Leaving,
}

/// Resources and states of all other runs on the engine.
#[derive(Debug, Default)]
pub struct Found {
    /// Resources that dead runs have left.
    pub dead: Vec<OwnedResource>,
    /// Ids of runs that are alive, or may be.
    pub spared: Vec<(String, Life)>,
}

/// Result of a sweep.
#[derive(Debug, Default)]
pub struct Swept {
    /// Resources that were removed.
    pub removed: Vec<OwnedResource>,
    /// Resources that could not be removed, each with the engine's error text.
    pub left: Vec<(OwnedResource, String)>,
    /// Ids of runs that are alive, or may be.
    pub spared: Vec<(String, Life)>,
}

/// Sweep that runs concurrently with other work.
pub struct Sweeping {
    sweeper: Sweeper,
    task: JoinHandle<Result<Swept, Fault>>,
}

impl Sandbox {
    /// Returns a sweeper for this engine.
    pub fn sweeper(&self) -> Sweeper {
        Sweeper {
            docker: self.docker.clone(),
            clock: self.clock,
            place: Place::here(),
            run: self.run.clone(),
            spares_kept: true,
            leaving: self.capabilities.leaving,
        }
    }
}

impl Sweeper {
    /// Returns this sweeper, which now also removes stacks that were left up on purpose.
    pub fn with_kept(self) -> Sweeper {
        Sweeper {
            spares_kept: false,
            ..self
        }
    }

    /// Finds the resources of dead runs, and the runs to spare.
    ///
    /// # Errors
    /// A fault when the engine does not answer.
    pub async fn look(&self) -> Result<Found, Fault> {
        // List first, judge owners afterwards: a run that is found dead makes nothing any more.
        let things = things(&self.docker, RUN_LABEL).await.map_err(fault)?;
        let mut lives: Vec<(Owner, Life)> = Vec::new();
        let mut found = Found::default();
        for thing in things {
            // A resource without an owner was made by another release, or by another program.
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
            // Checked last: a run marks its stack as kept before it ends.
            let kept = self.kept().await?;
            found.dead.retain(|thing| !kept.contains(&thing.run));
        }
        Ok(found)
    }

    /// Returns the ids of the runs whose stacks were left up on purpose.
    async fn kept(&self) -> Result<HashSet<String>, Fault> {
        let marks = things(&self.docker, KEPT_LABEL).await.map_err(fault)?;
        let marks = marks.into_iter().filter(|thing| thing.keeps);
        Ok(marks.map(|thing| thing.run).collect())
    }

    /// Removes the resources of dead runs, and repeats until no new ones appear.
    ///
    /// # Errors
    /// A fault when the engine does not answer, or the sweep takes longer than [`limits::REMOVAL`].
    pub async fn sweep(&self) -> Result<Swept, Fault> {
        match timeout(limits::REMOVAL, self.sweep_until_quiet()).await {
            Ok(swept) => swept,
            Err(_) => Err(out_of_time()),
        }
    }

    async fn sweep_until_quiet(&self) -> Result<Swept, Fault> {
        let mut seen: Vec<OwnedResource> = Vec::new();
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

    /// Returns the time since the start of the run that left a resource.
    pub fn age(&self, thing: &OwnedResource) -> Duration {
        let began = thing.owner.as_ref().map(|owner| owner.began);
        self.since(began.unwrap_or(i64::MAX))
    }

    /// Returns the time since `moment` (seconds since 1970, by the engine's clock); zero if it is in the future.
    pub(super) fn since(&self, moment: i64) -> Duration {
        let seconds = self.clock.now().saturating_sub(moment);
        Duration::from_secs(seconds.max(0).unsigned_abs())
    }

    /// Starts the sweep as a concurrent task.
    pub fn begin(self) -> Sweeping {
        let sweeper = self.clone();
        Sweeping {
            task: tokio::spawn(async move { sweeper.sweep().await }),
            sweeper: self,
        }
    }
}

impl Swept {
    fn of(seen: Vec<OwnedResource>, found: Found, refused: HashMap<String, String>) -> Swept {
        let is_there = |thing: &OwnedResource| found.dead.iter().any(|dead| dead.id == thing.id);
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
    /// Ends the sweep: waits for it and removes what has appeared since its last listing, for at most [`limits::SWEEP`].
    ///
    /// # Errors
    /// A fault when the engine does not answer, or the time is up.
    pub async fn end(mut self) -> Result<Swept, Fault> {
        let ended = timeout(limits::SWEEP, async {
            let mut swept = (&mut self.task)
                .await
                .map_err(|error| Fault::told(FaultKind::Checker, error.to_string()))??;
            let found = self.sweeper.look().await?;
            remove_all(&self.sweeper.docker, self.sweeper.leaving, &found.dead).await?;
            let is_new =
                |thing: &OwnedResource| !swept.left.iter().any(|(left, _)| left.id == thing.id);
            let new: Vec<OwnedResource> = found.dead.into_iter().filter(is_new).collect();
            swept.removed.extend(new);
            Ok(swept)
        });
        let ended = ended.await.unwrap_or_else(|_| Err(out_of_time()));
        self.task.abort();
        ended
    }
}

/// Returns the fault for a sweep that ran out of time; the next run removes what is left.
pub(super) fn out_of_time() -> Fault {
    let words = Text::fixed("out of time", "le temps est écoulé");
    Fault::new(FaultKind::Time, words)
}
