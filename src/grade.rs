//! Observes a submission: reads its files, builds its images, starts its stack and sends requests. Only this module knows the
//! order of these phases. Start reading at [`observe`] and `watch`.

mod circumstances;
mod company;
mod details;
mod files;
mod held;
mod hooks;
mod listening;
mod nginx;
mod order;
mod received;
mod requests;
mod session;
mod stack;
mod standing;
mod started;

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join;
use softy_checks::model::Text;
use softy_checks::observation::{Fault, FaultKind, Observation, Outcome, Reply, Stage};
use softy_checks::{Expectations, TASK6, is_due};

use crate::compose;
use crate::compose::project::Project;
use crate::progress::Step;
use crate::sandbox::{
    BuildEgress, Builds, Built, Egress, Endpoint, ImageOverrides, Reach, SharedLimits,
    StackNetworks, limits,
};
use crate::submission::Submission;
use crate::traffic::Client;
use requests::Requests;
pub use session::{Ending, Kept, Observed, Session, observe};
use stack::Deployer;
use standing::WarmStack;
use started::Deployment;
use tokio::time::timeout;

/// Options of a run.
#[derive(Clone, Default)]
pub struct Options {
    /// Last part of the submission that the run inspects: files, images, or stack and requests.
    pub extent: Extent,
    /// Way to reach the stack; detected when `None`.
    pub reach: Option<Reach>,
    /// Permission to build an image without limits if it cannot be built within them.
    pub builds: Builds,
    /// Image overrides: images used instead of those that the submission names.
    pub bases: ImageOverrides,
    /// Egress of the running containers beyond the networks of the stack.
    pub egress: Egress,
    /// Hosts that builds may reach, including their subdomains; the whole public web when empty.
    pub build_hosts: Vec<String>,
    /// Runtime of the engine for every container; the engine's default when `None`.
    pub runtime: Option<String>,
    /// Limits and maintenance shared with the other runs of this process.
    pub turns: Arc<SharedLimits>,
    /// Expectations of the rubric.
    pub asked: Expectations,
    /// True if the stack stays up at the end of the run.
    pub keep: bool,
}

/// Part of a submission that a run inspects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// Files only; no engine is needed.
    #[default]
    Files,
    /// Files and images; this engine builds the images.
    Images(Endpoint),
    /// Files, images, stack and requests, on this engine.
    Everything(Endpoint),
}

impl Extent {
    /// Returns the endpoint of the engine, if one is needed.
    pub fn engine(&self) -> Option<&Endpoint> {
        match self {
            Extent::Files => None,
            Extent::Images(engine) | Extent::Everything(engine) => Some(engine),
        }
    }

    /// Returns the last stage that the run inspects.
    fn last(&self) -> Stage {
        match self {
            Extent::Files => Stage::Compose,
            Extent::Images(_) => Stage::Images,
            Extent::Everything(_) => Stage::LAST,
        }
    }
}

/// Returns the warning for stderr about resources that could not be removed from the engine.
pub fn left_on_the_engine(fault: &Fault) -> Text {
    let Text { en, fr } = &fault.detail;
    Text::new(
        format!("warning: not everything could be removed from the engine: {en}"),
        format!("attention : tout n’a pas pu être supprimé du moteur : {fr}"),
    )
}

static BUILDING: Text = Text::fixed("building the images", "la construction des images");
static STARTING: Text = Text::fixed("starting the stack", "le démarrage de la pile");

/// Runs a phase until its deadline.
///
/// # Errors
/// A fault of the kind [`FaultKind::Time`] when the deadline passes, or the fault of the phase.
async fn within<T>(
    phase: &Text,
    deadline: Duration,
    work: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    let out_of_time = |_| {
        let seconds = deadline.as_secs();
        let detail = Text::new(
            format!("{} took over {seconds} s", phase.en),
            format!("{} a duré plus de {seconds} s", phase.fr),
        );
        Fault::new(FaultKind::Time, detail)
    };
    timeout(deadline, work).await.map_err(out_of_time)?
}

/// Returns the fault for a panic. The standard library has already written the panic's message to stderr.
fn failed() -> Fault {
    let words = Text::fixed("an internal error", "une erreur interne");
    Fault::new(FaultKind::Checker, words)
}

/// Reads the answer file and the compose file. When only the compose file cannot be read, returns the observation with the
/// fault and without a project.
fn read(
    submission: &Submission,
    asked: &Expectations,
) -> Result<(Observation, Option<Project>), Fault> {
    let seen = Observation {
        taken: submission.taken().map(str::to_owned),
        ..Observation::of_answer(Some(submission.answer()?))
    };
    let (compose, project) = match compose::read(submission, asked) {
        Ok(read) => read,
        Err(fault) => {
            let fault = Some(fault);
            return Ok((Observation { fault, ..seen }, None));
        }
    };
    let compose = Some(compose);
    Ok((Observation { compose, ..seen }, project))
}

/// Returns the empty folders in the build contexts.
fn empty_folders(live: &Deployer<'_>) -> Result<Vec<String>, Fault> {
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

/// Returns the observation for an answer file that cannot be read: it holds only the fault.
fn unread(fault: Fault) -> Observation {
    Observation {
        fault: Some(fault),
        ..Observation::of_answer(None)
    }
}

/// Builds the images, starts the stack and sends the requests. `standing` holds the stack that is up since the last round, and
/// on return the one that is up since this round.
async fn watch(
    live: &Deployer<'_>,
    options: &Options,
    seen: &mut Observation,
    standing: &mut Option<WarmStack>,
) -> Result<(), Fault> {
    let progress = live.progress;
    let before = live.usable(standing.take()).await?;
    let building = options.turns.to_build().await;
    progress.enter(Step::Build);
    seen.empty_folders = empty_folders(live)?;
    seen.scripts = files::scripts(live.submission, live.project);
    seen.binds = files::binds(live.submission, live.project)?;
    let outlet = BuildEgress {
        egress: options.egress,
        reach: options.reach,
        hosts: options.build_hosts.clone(),
    };
    let project = live.project.with_images_of_hooks();
    let images = (live.sandbox).images(live.submission, &project, options.builds, &outlet);
    let (before, reachable) = before.map(WarmStack::into_parts).unzip();
    let networks = async {
        match reachable {
            Some(reachable) => Ok(reachable),
            None => {
                let names = &live.project.networks;
                let made = live.sandbox.networks(names, options.reach, options.egress);
                made.await
            }
        }
    };
    let made = async { Ok(join(images, networks).await) };
    let (built, reachable) = within(&BUILDING, limits::BUILDING, made).await?;
    let reachable = reachable?;
    seen.sandbox = Some(live.sandbox.sandbox_report(&reachable, options.egress));
    let built = built?;
    drop(building);
    for image in &built.seen {
        progress.detail(|| details::image(image));
    }
    progress.detail(|| details::reached(&reachable));
    seen.images = Some(built.seen.clone());
    match options.extent {
        Extent::Everything(_) if due(seen, "stack-runs") => {}
        Extent::Files | Extent::Images(_) | Extent::Everything(_) => return Ok(()),
    }
    let starting = options.turns.to_start().await;
    progress.enter(Step::Start);
    let warm = live.warm(before, &built, &reachable).await?;
    let mut stack = None;
    let measured = async {
        let started = live.start(&built, &reachable, warm);
        let started = within(&STARTING, limits::STARTING, started).await?;
        drop(starting);
        let stack = stack.insert(started);
        seen.stack = Some(stack.seen());
        for (_, container) in &stack.containers {
            progress.detail(|| details::container(container));
        }
        let proxy = stack.configured();
        let asked = async {
            tokio::select! {
                asked = asked(live, stack, &built, &reachable, seen) => asked,
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
        Ok::<(), Fault>(())
    };
    let measured = live.sandbox.watching(measured).await;
    if let Some(stack) = stack.as_mut().filter(|_| live.sandbox.has_exceeded()) {
        // The exceeded quota may have caused any later error.
        live.recheck(stack).await?;
        seen.stack = Some(stack.seen());
        return Ok(());
    }
    measured?;
    let project = live.project.clone();
    *standing = stack.map(|stack| WarmStack {
        stack,
        built,
        reachable,
        project,
    });
    Ok(())
}

/// Sends the requests that are due through the proxy; records a refused reply when the proxy has not started.
async fn asked(
    live: &Deployer<'_>,
    stack: &mut Deployment,
    built: &Built,
    reachable: &StackNetworks,
    seen: &mut Observation,
) -> Result<(), Fault> {
    if !due(seen, "front-page") {
        return Ok(());
    }
    let Some(proxy) = stack.proxy() else {
        seen.front_page = Some(Reply {
            path: "/".to_owned(),
            outcome: Outcome::Refused,
            location: None,
        });
        return Ok(());
    };
    let requests = Requests {
        live,
        built,
        reachable,
        client: Client::new()?,
        proxy,
    };
    requests.send(stack, seen).await
}

/// Returns whether the check of this id is next: it has no observation to judge yet, and every check before it has passed.
fn due(seen: &Observation, id: &str) -> bool {
    is_due(TASK6, seen, id)
}
