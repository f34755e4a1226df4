//! From a submission to an observation: the only place that knows the order of things.

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
use softy_checks::{Asked, TASK6, is_due};

use crate::compose;
use crate::compose::project::Project;
use crate::progress::Step;
use crate::sandbox::{
    Bases, Builds, Built, Egress, Endpoint, Outlet, Reach, Reachable, Turns, limits,
};
use crate::submission::Submission;
use crate::traffic::Client;
use requests::Requests;
pub use session::{Ending, Kept, Observed, Session, observe};
use stack::Live;
use standing::Standing;
use started::Started;
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
    /// Whether the stack is left up at the end.
    pub keep: bool,
}

/// How much of a submission is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// Files only; no engine is needed.
    #[default]
    Files,
    /// Files, and images, which this engine builds.
    Images(Endpoint),
    /// Files, images, stack and requests, with this engine.
    Everything(Endpoint),
}

impl Extent {
    /// The engine that is needed.
    pub fn engine(&self) -> Option<&Endpoint> {
        match self {
            Extent::Files => None,
            Extent::Images(engine) | Extent::Everything(engine) => Some(engine),
        }
    }

    /// The last stage that is looked at.
    fn last(&self) -> Stage {
        match self {
            Extent::Files => Stage::Compose,
            Extent::Images(_) => Stage::Images,
            Extent::Everything(_) => Stage::LAST,
        }
    }
}

/// What a reader of stderr is told of what stays on the engine.
pub fn left_on_the_engine(fault: &Fault) -> Text {
    let Text { en, fr } = &fault.detail;
    Text::new(
        format!("warning: not everything could be removed from the engine: {en}"),
        format!("attention : tout n’a pas pu être supprimé du moteur : {fr}"),
    )
}

static BUILDING: Text = Text::fixed("building the images", "la construction des images");
static STARTING: Text = Text::fixed("starting the stack", "le démarrage de la pile");

/// A phase, ended when its time is over.
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

/// After a panic, whose message the standard library has written to stderr.
fn failed() -> Fault {
    let words = Text::fixed("an internal error", "une erreur interne");
    Fault::new(FaultKind::Checker, words)
}

/// What the files say; without a project, and with the fault, when only the compose file cannot be read.
fn read(submission: &Submission, asked: &Asked) -> Result<(Observation, Option<Project>), Fault> {
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

/// Builds, starts and asks; `standing` is what is up since the last round, and then what is up since this one.
async fn watch(
    live: &Live<'_>,
    options: &Options,
    seen: &mut Observation,
    standing: &mut Option<Standing>,
) -> Result<(), Fault> {
    let progress = live.progress;
    let before = live.usable(standing.take()).await?;
    let building = options.turns.to_build().await;
    progress.enter(Step::Build);
    seen.empty_folders = empty_folders(live)?;
    seen.scripts = files::scripts(live.submission, live.project);
    seen.binds = files::binds(live.submission, live.project)?;
    let outlet = Outlet {
        egress: options.egress,
        reach: options.reach,
        hosts: options.build_hosts.clone(),
    };
    let project = live.project.with_images_of_hooks();
    let images = (live.sandbox).images(live.submission, &project, options.builds, &outlet);
    let (before, reachable) = before.map(Standing::parted).unzip();
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
    seen.sandbox = Some(live.sandbox.account(&reachable, options.egress));
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
        // Whatever else went wrong since may come of that.
        live.recheck(stack).await?;
        seen.stack = Some(stack.seen());
        return Ok(());
    }
    measured?;
    let project = live.project.clone();
    *standing = stack.map(|stack| Standing {
        stack,
        built,
        reachable,
        project,
    });
    Ok(())
}

/// The requests, where they are due, through the proxy, where it was started.
async fn asked(
    live: &Live<'_>,
    stack: &mut Started,
    built: &Built,
    reachable: &Reachable,
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

/// Whether the check of this id is next: it has nothing to judge yet, and everything before it has passed.
fn due(seen: &Observation, id: &str) -> bool {
    is_due(TASK6, seen, id)
}
