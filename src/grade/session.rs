//! Run of the checker: a submission observed once, or repeatedly while it changes.

use std::future::Future;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt;
use futures_util::future::{OptionFuture, join3};
use softy_checks::TASK6;
use softy_checks::model::Text;
use softy_checks::observation::{Fault, FaultKind, Observation};
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::stack::Deployer;
use super::standing::WarmStack;
use super::{Options, due, failed, left_on_the_engine, read, unread, watch, within};
use crate::compose::project::Project;
use crate::progress::{Progress, Step};
use crate::sandbox::{Bound, Maintenance, Sandbox, Sweeping, Swept, advice, limits};
use crate::submission::{Changes, Submission};

static FINDING: Text = Text::fixed("finding the engine", "la recherche du moteur");

/// Observation of a submission, and the end of its run on the engine.
pub struct Observed {
    /// Observation for the checks.
    pub seen: Observation,
    /// Result of the end of the run.
    pub ended: Ending,
}

/// Result of the end of a run; it does not affect the verdict on the submission.
#[derive(Default)]
pub struct Ending {
    /// Error that left resources on the engine.
    pub left: Option<Fault>,
    /// Result of sweeping up after killed runs; `None` when no engine was used.
    pub swept: Option<Result<Swept, Fault>>,
    /// Stack that was left up, if the options asked for it and one was started.
    pub kept: Option<Kept>,
}

impl Ending {
    /// Returns the warnings about resources that stay on the engine.
    pub fn warnings(&self) -> Vec<Text> {
        let left = self.left.iter().map(left_on_the_engine);
        left.chain(self.swept.iter().flat_map(not_swept)).collect()
    }
}

/// Returns one warning per resource that the sweep could not remove.
fn not_swept(swept: &Result<Swept, Fault>) -> Vec<Text> {
    let warning = |what: &Text| {
        let Text { en, fr } = what;
        Text::new(
            format!("warning: what a killed run has left could not be removed: {en}"),
            format!(
                "attention : ce qu’une exécution tuée a laissé n’a pas pu être supprimé : {fr}"
            ),
        )
    };
    match swept {
        Ok(swept) => {
            let left = swept.left.iter();
            left.map(|(thing, why)| warning(&Text::verbatim(format!("{} – {why}", thing.name))))
                .collect()
        }
        Err(fault) => vec![warning(&fault.detail)],
    }
}

/// Stack that was left up.
#[derive(Debug)]
pub struct Kept {
    /// Address of the proxy; `None` when no proxy runs.
    pub address: Option<SocketAddr>,
    /// Names of its containers on the engine.
    pub containers: Vec<String>,
}

/// Run on an engine.
pub struct Session<'a> {
    options: &'a Options,
    /// Maintenance beside the run's own work, assigned once the run reaches the engine.
    chores: Option<Maintenance>,
    sandbox: OnceCell<Sandbox>,
    /// Start of the round that opened the sandbox.
    opened: Instant,
    sweeping: OnceCell<Sweeping>,
    /// Stack that is up since the last round.
    standing: Option<WarmStack>,
    /// Last observation and its project; `None` after a fault.
    last: Option<(Project, Observation)>,
}

/// Observes a submission, and removes all its resources from the engine unless the options keep them. Ends early, with a fault,
/// when `interrupted` is ready.
pub async fn observe(
    submission: &Submission,
    options: &Options,
    progress: &Progress,
    interrupted: impl Future<Output = ()>,
) -> Observed {
    let mut session = Session::new(options);
    let seen = session
        .observe(submission, &Changes::Unknown, progress, interrupted)
        .await;
    let ended = match options.keep && seen.fault.is_none() {
        true => session.keep(progress).await,
        false => session.end(progress).await,
    };
    Observed { seen, ended }
}

impl Session<'_> {
    /// Creates a run that has not begun.
    pub fn new(options: &Options) -> Session<'_> {
        Session {
            options,
            chores: None,
            sandbox: OnceCell::new(),
            opened: Instant::now(),
            sweeping: OnceCell::new(),
            standing: None,
            last: None,
        }
    }

    /// Observes the submission, of which `changes` are new since the last round. Ends early, with a fault, when `interrupted`
    /// is ready.
    pub async fn observe(
        &mut self,
        submission: &Submission,
        changes: &Changes,
        progress: &Progress,
        interrupted: impl Future<Output = ()>,
    ) -> Observation {
        let last_stage = self.options.extent.last();
        progress.enter(Step::Read);
        let (mut seen, project) = match read(submission, &self.options.asked) {
            Ok((seen, project)) => (seen.asking(self.options.asked.clone()), project),
            Err(fault) => return unread(fault).ended(TASK6, last_stage),
        };
        let (Some(project), Some(engine)) = (project, self.options.extent.engine()) else {
            return seen.ended(TASK6, last_stage);
        };
        if !due(&seen, "images-build") {
            return seen.ended(TASK6, last_stage);
        }
        if let Some(last) = self.still_true(&project, changes) {
            let Observation {
                taken,
                answer,
                compose,
                ..
            } = seen;
            return Observation {
                taken,
                answer,
                compose,
                ..last.clone()
            };
        }
        self.last = None;
        if self.sandbox.get().is_none() {
            self.opened = Instant::now();
        }
        let options = self.options;
        let turns = &options.turns;
        let chores = *self.chores.get_or_insert_with(|| turns.begin());
        let (sandbox, sweeping, standing) = (&self.sandbox, &self.sweeping, &mut self.standing);
        let watched = async {
            let opened = sandbox.get_or_try_init(|| {
                let (bases, turns) = (options.bases.clone(), Arc::clone(turns));
                Sandbox::open(engine, options.runtime.as_deref(), bases, turns)
            });
            let sandbox = within(&FINDING, limits::OPENING, opened).await?;
            if chores.sweep {
                let begun = async || sandbox.sweeper().begin();
                sweeping.get_or_init(begun).await;
            }
            let live = Deployer {
                sandbox,
                submission,
                project: &project,
                progress,
            };
            tokio::select! {
                watched = watch(&live, options, &mut seen, standing) => watched,
                lost = sandbox.lost() => Err(lost),
            }
        };
        let watched = tokio::select! {
            watched = AssertUnwindSafe(watched).catch_unwind() => watched.unwrap_or_else(|_| Err(failed())),
            () = interrupted => Err(Fault::told(FaultKind::Interrupted, "")),
        };
        seen.fault = watched.err();
        if self.sandbox.get().is_none() && !seen.is_interrupted() {
            seen.advice = advice(engine).await;
        }
        let seen = seen.ended(TASK6, last_stage);
        if seen.fault.is_none() {
            self.last = Some((project, seen.clone()));
        }
        seen
    }

    /// Returns the last observation if no file that the stack is made from has changed since.
    fn still_true(&self, project: &Project, changes: &Changes) -> Option<&Observation> {
        let (last_project, last) = self.last.as_ref()?;
        let Changes::These(paths) = changes else {
            return None;
        };
        let is_used = paths.iter().any(|path| project.uses(path));
        (last_project == project && !is_used).then_some(last)
    }

    /// Removes everything that another round cannot reuse, and prepares the next round in idle time.
    ///
    /// # Errors
    /// A fault when something cannot be removed; the next round is then a cold start, and the end of the run retries the
    /// removal.
    pub async fn rest(
        &mut self,
        submission: &Submission,
        progress: &Progress,
    ) -> Result<(), Fault> {
        let Some(sandbox) = self.sandbox.get() else {
            return Ok(());
        };
        // A checker on another machine takes older resources for those of a dead run.
        if self.opened.elapsed() > limits::RUN {
            return self.cool_down().await;
        }
        self.standing = self.standing.take().and_then(WarmStack::while_idle);
        let removed = match &self.standing {
            Some(standing) => {
                let created = standing.stack.created();
                sandbox.remove_but(&created, &standing.reachable).await
            }
            None => sandbox.remove().await,
        };
        if removed.is_err() {
            self.standing = None;
        }
        let sandbox = self.sandbox.take().map(Sandbox::renewed);
        self.sandbox = OnceCell::new_with(sandbox);
        if self.prepare(submission, progress).await.is_err() {
            return self.cool_down().await;
        }
        removed
    }

    /// Creates the spare replicas of the next round, if a stack is up.
    async fn prepare(&mut self, submission: &Submission, progress: &Progress) -> Result<(), Fault> {
        let (Some(sandbox), Some(standing)) = (self.sandbox.get(), &mut self.standing) else {
            return Ok(());
        };
        let WarmStack {
            stack,
            built,
            reachable,
            project,
        } = standing;
        let live = Deployer {
            sandbox,
            submission,
            project,
            progress,
        };
        let replicas = self.options.asked.replicas;
        live.prepare(stack, replicas, built, reachable).await
    }

    /// Removes the whole stack; the next round is a cold start.
    ///
    /// # Errors
    /// A fault when something cannot be removed.
    pub async fn cool_down(&mut self) -> Result<(), Fault> {
        self.standing = None;
        if let Some(sandbox) = self.sandbox.get() {
            sandbox.remove().await?;
            self.sandbox = OnceCell::new();
        }
        Ok(())
    }

    /// Ends the run and removes everything from the engine.
    pub async fn end(self, progress: &Progress) -> Ending {
        let removed = async {
            let sandbox = self.sandbox.get()?;
            progress.enter(Step::Remove);
            sandbox.remove().await.err()
        };
        let bounded = async {
            let bounds = self.chores.is_some_and(|chores| chores.bound);
            if let Some(sandbox) = self.sandbox.get().filter(|_| bounds) {
                let sweeper = sandbox.sweeper();
                let bounded = sweeper.bound_cache(Bound::Usual, false);
                // The next run removes the rest.
                let _bounded = timeout(limits::CACHE, bounded).await;
            }
        };
        let sweeping = self.sweeping.into_inner().map(Sweeping::end);
        let (left, swept, ()) = join3(removed, OptionFuture::from(sweeping), bounded).await;
        Ending {
            left,
            swept,
            kept: None,
        }
    }

    /// Ends the run and leaves the stack up, if there is one.
    async fn keep(self, progress: &Progress) -> Ending {
        let (Some(sandbox), Some(standing)) = (self.sandbox.get(), &self.standing) else {
            return self.end(progress).await;
        };
        let kept = async {
            sandbox.keep().await?;
            let address = match standing.stack.proxy() {
                Some(proxy) => {
                    let address = sandbox.address(&proxy.member, proxy.port, &standing.reachable);
                    address.await.ok()
                }
                None => None,
            };
            let members = standing.stack.members();
            let names = members.iter().map(|member| sandbox.container_name(member));
            Ok(Kept {
                address,
                containers: names.collect(),
            })
        };
        let kept: Result<Kept, Fault> = kept.await;
        let Ok(kept) = kept else {
            return self.end(progress).await;
        };
        let sweeping = self.sweeping.into_inner().map(Sweeping::end);
        Ending {
            left: None,
            swept: OptionFuture::from(sweeping).await,
            kept: Some(kept),
        }
    }
}
