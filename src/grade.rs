//! From a submission to an observation: the only place that knows the order of things.

mod circumstances;
mod held;
mod listening;
mod nginx;
mod order;
mod received;
mod requests;
mod stack;
mod started;

use std::collections::BTreeSet;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{OptionFuture, join, join3};
use softy_checks::model::Text;
use softy_checks::observation::{Fault, FaultKind, Observation, Outcome, Reply};
use softy_checks::{Asked, Reason, Status, TASK6, judge};

use crate::compose;
use crate::compose::project::Project;
use crate::progress::{Progress, Step};
use crate::sandbox::{
    Bases, Bound, Builds, Built, Egress, Endpoint, Outlet, Reach, Reachable, Sandbox, Sweeping,
    Swept, Turns, limits,
};
use crate::submission::Submission;
use crate::traffic::Client;
use requests::Requests;
use stack::Live;
use started::Started;
use tokio::sync::OnceCell;
use tokio::time::timeout;

/// What a run is asked to do.
#[derive(Clone, Default)]
pub struct Options {
    /// Whether images, stack and requests are looked at.
    pub extent: Extent,
    /// How to get to the stack; found out when `None`.
    pub reach: Option<Reach>,
    /// Whether builds may do without limits where they need to.
    pub builds: Builds,
    /// The images that are taken instead of the submission's.
    pub bases: Bases,
    /// Whether what runs gets out of the stack.
    pub egress: Egress,
    /// The hosts that builds reach, with all below them; the whole public web where it is empty.
    pub build_hosts: Vec<String>,
    /// The engine's runtime for every container; its own choice when `None`.
    pub runtime: Option<String>,
    /// What the run shares with others of this process.
    pub turns: Arc<Turns>,
    /// What the rubric asks.
    pub asked: Asked,
}

/// How much of a submission is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// Files only; no engine is needed.
    #[default]
    Files,
    /// Files, images, stack and requests, with this engine.
    Everything(Endpoint),
}

/// What was seen of a submission, and what of it could not be removed from the engine again.
pub struct Observed {
    /// For the checks.
    pub seen: Observation,
    /// Why something is left on the engine; it says nothing of the submission.
    pub left: Option<Fault>,
    /// What came of sweeping up after killed runs, which says nothing of it either; `None` when no engine was asked.
    pub swept: Option<Result<Swept, Fault>>,
}

impl Observed {
    /// Seen without an engine.
    fn of_files(seen: Observation) -> Observed {
        Observed {
            seen,
            left: None,
            swept: None,
        }
    }
}

/// Observes a submission, and takes everything of it away from the engine; ends early, with a fault, when `interrupted`
/// is ready.
pub async fn observe(
    submission: &Submission,
    options: &Options,
    progress: &Progress,
    interrupted: impl Future<Output = ()>,
) -> Observed {
    progress.enter(Step::Read);
    let (mut seen, project) = match read(submission) {
        Ok((seen, project)) => (seen.asking(options.asked.clone()), project),
        Err(fault) => {
            return Observed::of_files(unread(fault));
        }
    };
    let Some(project) = project else {
        return Observed::of_files(seen);
    };
    let Extent::Everything(engine) = &options.extent else {
        return Observed::of_files(seen);
    };
    if !due(&seen, "images-build") {
        return Observed::of_files(seen);
    }
    let chores = options.turns.begin();
    let (sandbox, sweeping) = (OnceCell::new(), OnceCell::new());
    let watched = async {
        let opened = sandbox.get_or_try_init(|| {
            let (bases, turns) = (options.bases.clone(), Arc::clone(&options.turns));
            Sandbox::open(engine, options.runtime.as_deref(), bases, turns)
        });
        let sandbox = within("finding the engine", limits::OPENING, opened).await?;
        if chores.sweep {
            let begun = async || sandbox.sweeper().begin();
            sweeping.get_or_init(begun).await;
        }
        let live = Live {
            sandbox,
            submission,
            project: &project,
        };
        tokio::select! {
            watched = watch(&live, options, progress, &mut seen) => watched,
            lost = sandbox.lost() => Err(lost),
        }
    };
    let watched = tokio::select! {
        watched = AssertUnwindSafe(watched).catch_unwind() => watched.unwrap_or_else(|_| Err(failed())),
        () = interrupted => Err(Fault { kind: FaultKind::Interrupted, detail: String::new() }),
    };
    progress.enter(Step::Remove);
    let removed = async {
        match sandbox.get() {
            Some(sandbox) => sandbox.remove().await.err(),
            None => None,
        }
    };
    let bounded = async {
        if let Some(sandbox) = sandbox.get().filter(|_| chores.bound) {
            let sweeper = sandbox.sweeper();
            let bounded = sweeper.bound_cache(Bound::Usual, false);
            // What is still too much is the next run's to take away.
            let _bounded = timeout(limits::CACHE, bounded).await;
        }
    };
    let (left, swept, ()) = join3(
        removed,
        OptionFuture::from(sweeping.into_inner().map(Sweeping::end)),
        bounded,
    )
    .await;
    seen.fault = watched.err().or_else(|| unseen(&seen));
    Observed { seen, left, swept }
}

/// What a reader of stderr is told of what stays on the engine.
pub fn left_on_the_engine(fault: &Fault) -> Text {
    let detail = &fault.detail;
    Text::new(
        format!("warning: not everything could be removed from the engine: {detail}"),
        format!("attention : tout n’a pas pu être supprimé du moteur : {detail}"),
    )
}

/// A check that everything was looked at for, and that still has nothing to judge: never to be taken for one that was not
/// asked for.
fn unseen(seen: &Observation) -> Option<Fault> {
    let verdicts = judge(TASK6, seen);
    let unseen = verdicts
        .iter()
        .find(|verdict| verdict.status == Status::Skipped(Reason::NotAsked))?;
    Some(Fault {
        kind: FaultKind::Checker,
        detail: format!("nothing was seen for `{}`", unseen.check.id),
    })
}

/// A phase, ended when its time is over.
async fn within<T>(
    phase: &str,
    deadline: Duration,
    work: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    let out_of_time = |_| Fault {
        kind: FaultKind::Time,
        detail: format!("{phase} was not done after {} s", deadline.as_secs()),
    };
    timeout(deadline, work).await.map_err(out_of_time)?
}

/// After a panic, whose message the standard library has written to stderr.
fn failed() -> Fault {
    Fault {
        kind: FaultKind::Checker,
        detail: "an internal error".to_owned(),
    }
}

/// What the files say; without a project, and with the fault, when only the compose file cannot be read.
fn read(submission: &Submission) -> Result<(Observation, Option<Project>), Fault> {
    let seen = Observation::of_answer(Some(submission.answer()?));
    let (compose, project) = match compose::read(submission) {
        Ok(read) => read,
        Err(fault) => {
            let fault = Some(fault);
            return Ok((Observation { fault, ..seen }, None));
        }
    };
    let compose = Some(compose);
    Ok((Observation { compose, ..seen }, project))
}

/// The empty folders in what images are built from.
fn empty_folders(live: &Live<'_>) -> Result<Vec<String>, Fault> {
    let builds = live
        .project
        .services
        .iter()
        .flat_map(|service| &service.build);
    let contexts: BTreeSet<&str> = builds.map(|build| build.context.as_str()).collect();
    let mut found = BTreeSet::new();
    for context in contexts {
        found.extend(live.submission.empty_folders(context)?);
    }
    Ok(found.into_iter().collect())
}

/// What is known when not even the answer file can be read: nothing but why.
fn unread(fault: Fault) -> Observation {
    Observation {
        fault: Some(fault),
        ..Observation::of_answer(None)
    }
}

async fn watch(
    live: &Live<'_>,
    options: &Options,
    progress: &Progress,
    seen: &mut Observation,
) -> Result<(), Fault> {
    let building = options.turns.to_build().await;
    progress.enter(Step::Build);
    seen.empty_folders = empty_folders(live)?;
    let outlet = Outlet {
        egress: options.egress,
        reach: options.reach,
        hosts: options.build_hosts.clone(),
    };
    let images = (live.sandbox).images(live.submission, live.project, options.builds, &outlet);
    let names = &live.project.networks;
    let networks = (live.sandbox).networks(names, options.reach, options.egress);
    let made = async { Ok(join(images, networks).await) };
    let (built, reachable) = within("building the images", limits::BUILDING, made).await?;
    let reachable = reachable?;
    seen.sandbox = Some(live.sandbox.account(&reachable, options.egress));
    let built = built?;
    drop(building);
    seen.images = Some(built.seen.clone());
    if !due(seen, "stack-runs") {
        return Ok(());
    }
    let starting = options.turns.to_start().await;
    progress.enter(Step::Start);
    let mut stack = None;
    let measured = async {
        let started = live.start(&built, &reachable);
        let started = within("starting the stack", limits::STARTING, started).await?;
        drop(starting);
        let stack = stack.insert(started);
        seen.stack = Some(stack.seen());
        let proxy = stack.configured();
        let asked = async {
            tokio::select! {
                asked = asked(live, stack, &built, &reachable, progress, seen) => asked,
                () = live.sandbox.exceeded() => Ok(()),
            }
        };
        let (asked, nginx) = join(asked, live.nginx(proxy)).await;
        seen.nginx = nginx;
        asked?;
        seen.held = tokio::select! {
            held = live.held(stack, &reachable, seen) => held,
            () = live.sandbox.exceeded() => None,
        };
        Ok(())
    };
    let measured = live.sandbox.watching(measured).await;
    if let Some(stack) = stack.as_mut().filter(|_| live.sandbox.has_exceeded()) {
        // Whatever else went wrong since may come of that.
        live.recheck(stack).await?;
        seen.stack = Some(stack.seen());
        return Ok(());
    }
    measured
}

/// The requests, where they are due, through the proxy, where it was started.
async fn asked(
    live: &Live<'_>,
    stack: &mut Started,
    built: &Built,
    reachable: &Reachable,
    progress: &Progress,
    seen: &mut Observation,
) -> Result<(), Fault> {
    if !due(seen, "front-page") {
        return Ok(());
    }
    let Some(proxy) = stack.proxy() else {
        seen.front_page = Some(Reply {
            path: "/".to_owned(),
            outcome: Outcome::Refused,
        });
        return Ok(());
    };
    let requests = Requests {
        live,
        built,
        reachable,
        progress,
        client: Client::new()?,
        proxy,
    };
    requests.send(stack, seen).await
}

/// Whether the check of this id is next: it has nothing to judge yet, and everything before it has passed.
fn due(seen: &Observation, id: &str) -> bool {
    let verdicts = judge(TASK6, seen);
    let verdict = verdicts.iter().find(|verdict| verdict.check.id == id);
    verdict.is_some_and(|verdict| verdict.status == Status::Skipped(Reason::NotAsked))
}
