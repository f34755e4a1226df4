//! From a submission to an observation: the only place that knows the order of things.

mod order;
mod stack;

use std::future::Future;

use futures_util::try_join;
use softy_checks::observation::{Fault, FaultKind, Observation};
use softy_checks::{Reason, Status, TASK6, judge};

use crate::compose;
use crate::compose::project::Project;
use crate::progress::{Progress, Step};
use crate::sandbox::{Reach, Sandbox};
use crate::submission::Submission;
use crate::traffic::{API_PATH, Client, fresh_volley, volley};
use stack::Live;

/// Replicas of the second measurement.
const FIVE: u32 = 5;

/// What a run is asked to do.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether images, stack and requests are looked at.
    pub extent: Extent,
    /// How to get to the stack; found out when `None`.
    pub reach: Option<Reach>,
}

/// How much of a submission is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// Files only; no engine is needed.
    Files,
    /// Files, images, stack and requests.
    #[default]
    Everything,
}

/// Observes a submission, and leaves nothing of it on the engine; ends early, with a fault, when `interrupted` is ready.
pub async fn observe(
    submission: &Submission,
    options: Options,
    progress: &Progress,
    interrupted: impl Future<Output = ()>,
) -> Observation {
    progress.enter(Step::Read);
    let (mut seen, project) = match read(submission) {
        Ok(read) => read,
        Err(fault) => return unread(fault),
    };
    let Some(project) = project else {
        return seen;
    };
    if options.extent == Extent::Files || !due(&seen, "images-build") {
        return seen;
    }
    let sandbox = match Sandbox::open().await {
        Ok(sandbox) => sandbox,
        Err(fault) => {
            return Observation {
                fault: Some(fault),
                ..seen
            };
        }
    };
    let live = Live {
        sandbox: &sandbox,
        submission,
        project: &project,
    };
    let watched = tokio::select! {
        watched = watch(&live, options, progress, &mut seen) => watched,
        () = interrupted => Err(Fault { kind: FaultKind::Interrupted, detail: String::new() }),
    };
    progress.enter(Step::Remove);
    seen.fault = watched.and(sandbox.remove().await).err();
    seen
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

/// What is known when not even the answer file can be read: nothing but why.
fn unread(fault: Fault) -> Observation {
    Observation {
        fault: Some(fault),
        ..Observation::of_answer(None)
    }
}

async fn watch(
    live: &Live<'_>,
    options: Options,
    progress: &Progress,
    seen: &mut Observation,
) -> Result<(), Fault> {
    progress.enter(Step::Build);
    let images = live.sandbox.images(live.submission, live.project);
    let networks = live.sandbox.networks(&live.project.networks, options.reach);
    let (built, reachable) = try_join!(images, networks)?;
    seen.images = Some(built.seen.clone());
    if !due(seen, "stack-runs") {
        return Ok(());
    }
    progress.enter(Step::Start);
    let mut stack = live.start(&built, &reachable).await?;
    seen.stack = Some(stack.seen());
    if !due(seen, "api-answers") {
        return Ok(());
    }
    let Some(proxy) = stack.proxy() else {
        return Ok(());
    };
    progress.enter(Step::Measure);
    let client = Client::new()?;
    let address = live.way_in(&proxy, &reachable).await?;
    seen.api = Some(vec![client.get(address, API_PATH).await]);
    if due(seen, "round-robin") {
        let replicas = stack.replicas();
        seen.volleys
            .push(volley(live.sandbox, &proxy.member, address, &replicas).await?);
        let (fresh, replies) = fresh_volley(live.sandbox, &client, address, &replicas).await?;
        seen.volleys.push(fresh);
        seen.api.get_or_insert_default().extend(replies);
    }
    live.recheck(&mut stack).await?;
    seen.stack = Some(stack.seen());
    seen.front_page = Some(client.get(address, "/").await);
    let mut counted = Vec::new();
    if !due(seen, "scales-further") {
        return live
            .read_counters(&stack.replicas(), &mut counted, seen)
            .await;
    }
    progress.enter(Step::Scale);
    let two = stack.replicas();
    try_join!(
        live.scale(&mut stack, FIVE, &built, &reachable),
        live.read_counters(&two, &mut counted, seen)
    )?;
    if !stack.runs() {
        seen.scaled = Some(stack.seen());
        return Ok(());
    }
    let address = live.way_in(&proxy, &reachable).await?;
    let replicas = stack.replicas();
    seen.volleys
        .push(volley(live.sandbox, &proxy.member, address, &replicas).await?);
    live.read_counters(&replicas, &mut counted, seen).await
}

/// Whether the check of this id is next: it has nothing to judge yet, and everything before it has passed.
fn due(seen: &Observation, id: &str) -> bool {
    let verdicts = judge(TASK6, seen);
    let verdict = verdicts.iter().find(|verdict| verdict.check.id == id);
    verdict.is_some_and(|verdict| verdict.status == Status::Skipped(Reason::NotAsked))
}
