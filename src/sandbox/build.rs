//! Builds of single images: by the classic builder, whose steps can be limited, or by BuildKit, where nothing else can build
//! the image and the options allow it.

mod disk_budget;
mod dockerfile;
mod error;
mod input;
mod log;
mod named;
mod network;
mod obstacle;
mod rewritten;
mod unlimited;
mod unpacked;
mod watch;

use std::collections::{BTreeSet, HashMap};
use std::future::pending;
use std::io::{Seek, SeekFrom};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bollard::body_try_stream;
use bollard::errors::Error;
use bollard::models::BuildInfo;
use bollard::query_parameters::{BuildImageOptions, BuilderVersion};
use futures_util::StreamExt;
use futures_util::stream::Stream;
use softy_checks::model::Text;
use softy_checks::observation::{BuildFailure, Fault, FaultKind, ImageState, Resource};
use tokio::sync::{OnceCell, OwnedMutexGuard};
use tokio::time::timeout;

use super::archive::chunks;
use super::engine::{answers, fault, is_missing, message};
use super::reference::malformed;
use super::registry::is_private;
use super::shared_limits::build_key;
use super::{Sandbox, limits};
use crate::compose::project::Build;
use crate::submission::Submission;
pub(super) use disk_budget::DiskBudget;
use dockerfile::instructions;
use error::{Cache, failure, is_failed_step, second_try, starved};
pub(super) use input::base_images;
use input::{Prepared, prepare};
use log::Log;
use named::images;
pub use network::BuildEgress;
pub(super) use network::BuildNetwork;
pub use rewritten::{RewrittenDockerfile, Stages};
use rewritten::{has_unused_stages, source};
use watch::{Marks, Watch};

/// Label of images that the classic builder made and keeps as its cache: untagged, and the same for every run.
pub const CACHE_LABEL: &str = "org.softy-check.cache";

/// Value of the label. Each stage begins with the label, and everything made from the stage inherits it. A second `LABEL` line
/// at the end, for the last image alone, would cost a second or more with storage drivers without layers of their own.
pub(super) const STEP: &str = "step";

/// Permission of a submission's builds to use the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Builds {
    /// Every step has limits; an image that cannot be built within them is not built.
    #[default]
    Limited,
    /// An image that cannot be built within limits is built without.
    Unlimited,
}

/// Settings that all builds of a run share.
pub(super) struct BuildsOfRun<'a> {
    /// Permission to build without limits.
    pub(super) builds: Builds,
    /// Destinations that the builds may reach.
    pub(super) outlet: &'a BuildEgress,
    /// Network of the build steps, made for the first build.
    pub(super) network: OnceCell<BuildNetwork>,
}

/// A builder of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Builder {
    /// The classic builder: one container per step, with limits.
    Classic,
    /// BuildKit, which takes no limits.
    BuildKit,
}

/// Outcome of a build.
enum End {
    Done,
    /// The build failed; holds the engine's last error text.
    Failed(String),
    /// The build took too much of this resource.
    Over(Resource),
    TimedOut,
}

impl Sandbox {
    /// Builds an image, the `index`-th of this run. Returns its state, and the name or id to make containers from.
    ///
    /// # Errors
    /// A fault when the engine, the network or the disk fails, or the image needs a build that is not allowed.
    pub(super) async fn build(
        &self,
        submission: &Submission,
        build: &Build,
        index: usize,
        run: &BuildsOfRun<'_>,
    ) -> Result<(ImageState, String), Fault> {
        let prepared = match prepare(submission, build, Stages::All, &self.bases).await? {
            Ok(prepared) => prepared,
            Err(state) => return Ok((state, String::new())),
        };
        self.note_registries(&prepared.sent.text);
        let builder = match (&prepared.need, run.builds) {
            (None, _) => Builder::Classic,
            (Some(_), Builds::Unlimited) => Builder::BuildKit,
            (Some(need), Builds::Limited) => return Err(need.fault(&prepared.path)),
        };
        if builder == Builder::BuildKit {
            self.built_without_limits.store(true, Ordering::Relaxed);
            self.built_in_the_open.store(true, Ordering::Relaxed);
        }
        self.built.store(true, Ordering::Relaxed);
        let (dockerfile, target) = (&prepared.dockerfile, &build.target);
        let options = format!("{:?}", (dockerfile, target, &build.args, &build.labels));
        let key = build_key(&prepared.context, options).await.map_err(disk)?;
        // Of two equal builds, the second waits and finds the first one's result.
        let _alone = self.turns.alone(key.clone()).await;
        let bases = self.ids_of(images(&prepared.text, build)).await?;
        let known = bases.map(|bases| format!("{key} of {bases}"));
        if let Some(image) = self.built_before(known.as_deref()).await {
            return Ok((ImageState::Ready, image));
        }
        let network = || self.build_network(run.outlet);
        let network = run.network.get_or_try_init(network).await?;
        let tag = format!("softy-check-{}:{index}", self.run);
        let job = |prepared| Job {
            build,
            prepared,
            builder,
            tag: tag.clone(),
            index,
            network,
        };
        let built = self.try_build(&job(&prepared)).await;
        // An image built in the open is built again by each run: each run reports it, and removes its BuildKit images.
        if let (Ok((ImageState::Ready, image)), Some(known)) = (&built, known)
            && !self.built_in_the_open.load(Ordering::Relaxed)
        {
            self.turns.note_built(known, image.clone());
        }
        if builder == Builder::BuildKit
            || !may_be_unused_stage(&built)
            || !has_unused_stages(&prepared.text, build)
        {
            return built;
        }
        // Students use BuildKit, which skips stages that nothing depends on.
        match prepare(submission, build, Stages::Needed, &self.bases).await? {
            Ok(prepared) => self.try_build(&job(&prepared)).await,
            Err(_) => built,
        }
    }

    /// Returns the concatenated ids of the images that a build begins with or takes files from. Returns `None` if the engine
    /// lacks one of them, or they exceed [`limits::BASE_IMAGES`].
    async fn ids_of(&self, bases: Vec<String>) -> Result<Option<String>, Fault> {
        let bases: BTreeSet<String> = bases.into_iter().collect();
        if bases.len() > limits::BASE_IMAGES {
            return Ok(None);
        }
        let mut ids = String::new();
        for base in &bases {
            let base = self.bases.instead_of(base).unwrap_or(base);
            if malformed(base).is_some() {
                return Ok(None);
            }
            match self.docker.inspect_image(base).await {
                Ok(image) => ids.push_str(&image.id.unwrap_or_default()),
                Err(error) if is_missing(&error) => return Ok(None),
                Err(error) => return Err(fault(error)),
            }
        }
        Ok(Some(ids))
    }

    /// Returns the image that a run of this process has made from an equal build, if it still exists and fits in this run's
    /// disk budget.
    async fn built_before(&self, known: Option<&str>) -> Option<String> {
        let image = self.turns.built(known?)?;
        let mut watch = self.watch_build(None).await;
        watch.has_room_for(&image).await.then_some(image)
    }

    /// Notes a registry of `FROM` or `COPY --from` that is not on the public internet. A variable counts as one, because its
    /// value may name one.
    fn note_registries(&self, dockerfile: &str) {
        let instructions = instructions(dockerfile);
        let mut sources = instructions.iter().filter_map(source);
        if sources.any(|source| source.starts_with('$') || is_private(&source)) {
            self.asked_privately.store(true, Ordering::Relaxed);
        }
    }

    async fn try_build(&self, job: &Job<'_>) -> Result<(ImageState, String), Fault> {
        let prepared = job.prepared;
        let missed_before = job.network.missed();
        let (mut log, mut end) = self.run_build(job, Cache::Used).await?;
        if let End::Failed(error) = &end
            && let Some(cache) = second_try(error, log.lines.make_contiguous())
        {
            (log, end) = self.run_build(job, cache).await?;
        }
        let (failure, error) = match end {
            End::Done => return self.built(log, job).await,
            End::TimedOut if log.printed_within(limits::BUILD_SILENCE) => return Err(slow()),
            End::TimedOut => {
                // A build is silent, too, when the engine itself hangs.
                answers(&self.docker).await?;
                let seconds = limits::BUILD.as_secs();
                (BuildFailure::TimedOut { seconds }, String::new())
            }
            End::Over(resource) => (too_much(resource), String::new()),
            End::Failed(error) => {
                let error = prepared.sent.own_words(&error);
                let lines = log.lines.make_contiguous();
                let starved = (job.builder == Builder::Classic).then(|| starved(&error, lines));
                let failure = match starved.flatten() {
                    Some(resource) => too_much(resource),
                    None => {
                        let failure = failure(&error, lines, &log.step);
                        self.bases.judged(failure, &error)?
                    }
                };
                let needs_excuse = matches!(
                    failure,
                    BuildFailure::Command | BuildFailure::PackageMissing { .. }
                );
                if needs_excuse && is_failed_step(&error) {
                    self.excuse(job, &log, missed_before).await?;
                }
                (failure, error)
            }
        };
        if let (BuildFailure::Dockerfile, Some(need)) = (&failure, &prepared.need) {
            // Another engine may know the instruction.
            return Err(need.fault(&prepared.path));
        }
        log.step = prepared.own_step(&log.step);
        let state = log.failed(failure, error, &prepared.path, &prepared.text);
        Ok((state, job.tag.clone()))
    }

    /// Sends a build and follows it to its end; anything of it that still runs then is ended.
    async fn run_build(&self, job: &Job<'_>, cache: Cache) -> Result<(Log, End), Fault> {
        let mut context = job.prepared.context.try_clone().map_err(disk)?;
        context.seek(SeekFrom::Start(0)).map_err(disk)?;
        let options = BuildImageOptions {
            nocache: cache == Cache::Ignored,
            ..self.build_options(job)
        };
        let body = body_try_stream(chunks(context));
        let mut log = Log::of(Arc::clone(&self.taken));
        let (mut watch, marking) = match job.builder {
            Builder::Classic => {
                let marking = self.marking(job).await;
                let watch = self.watch_build(job.network.name.clone()).await;
                (Some(watch), Some(marking))
            }
            Builder::BuildKit => (None, None),
        };
        let steps = self.docker.build_image(options, None, Some(body));
        let followed = timeout(
            limits::BUILD,
            follow(steps, &mut log, watch.as_mut(), marking),
        );
        let mut end = followed.await.unwrap_or(End::TimedOut);
        if let Some(watch) = &mut watch {
            if matches!(end, End::Done)
                && let Some(resource) = watch.look().await
            {
                end = End::Over(resource);
            }
            if matches!(end, End::Over(_) | End::TimedOut) {
                watch.take_images().await;
            }
        }
        Ok((log, end))
    }

    /// Waits until no other build labels the image that this one begins with. Two builds at the same time would make two
    /// labelled images, of which the builder finds only one later, and everything built on the other would be built again.
    async fn marking(&self, job: &Job<'_>) -> OwnedMutexGuard<()> {
        let instructions = instructions(&job.prepared.sent.text);
        let first = instructions.iter().find_map(source).unwrap_or_default();
        self.turns.alone(format!("mark {first}")).await
    }

    /// Starts to watch a build that begins now, whose steps run on `network`.
    async fn watch_build(&self, network: Option<String>) -> Watch {
        let making = Arc::clone(&self.making).read_owned().await;
        let marks = Marks {
            network,
            started: self.clock.now(),
        };
        let taken = Arc::clone(&self.taken);
        Watch::new(self.docker.clone(), marks, taken, making)
    }

    /// Returns the image as ready once the engine has it: the end of the stream does not prove that it exists.
    async fn built(&self, log: Log, job: &Job<'_>) -> Result<(ImageState, String), Fault> {
        let tag = job.tag.clone();
        let reference = match job.builder {
            Builder::Classic => log.image.unwrap_or(tag),
            Builder::BuildKit => tag,
        };
        self.docker.inspect_image(&reference).await.map_err(fault)?;
        Ok((ImageState::Ready, reference))
    }

    /// Returns the options of a build. BuildKit keeps its results in a cache of its own, so its image belongs to the run and is
    /// removed with it. The classic builder keeps its results as images, so its last one stays, without a tag.
    fn build_options(&self, job: &Job<'_>) -> BuildImageOptions {
        let build = job.build;
        let labels: HashMap<String, String> = build.labels.iter().cloned().collect();
        let arguments = build.args.iter().cloned();
        let options = BuildImageOptions {
            dockerfile: job.prepared.dockerfile.clone(),
            target: build.target.clone().unwrap_or_default(),
            rm: true,
            forcerm: true,
            ..BuildImageOptions::default()
        };
        match job.builder {
            Builder::Classic => BuildImageOptions {
                buildargs: Some(
                    arguments
                        .chain(job.network.arguments(&build.args))
                        .collect(),
                ),
                networkmode: job.network.name.clone(),
                labels: Some(labels),
                memory: Some(limits::BUILD_MEMORY),
                memswap: Some(limits::BUILD_MEMORY),
                cpuquota: Some(limits::BUILD_CPU.0),
                cpuperiod: Some(limits::BUILD_CPU.1),
                version: BuilderVersion::BuilderV1,
                ..options
            },
            Builder::BuildKit => BuildImageOptions {
                buildargs: Some(arguments.collect()),
                t: Some(job.tag.clone()),
                labels: Some(labels.into_iter().chain(self.labels()).collect()),
                version: BuilderVersion::BuilderBuildKit,
                session: Some(job.tag.replace(':', "-")),
                ..options
            },
        }
    }
}

/// A build, as it is sent.
struct Job<'a> {
    build: &'a Build,
    prepared: &'a Prepared,
    builder: Builder,
    /// Tag for the image, where it gets one.
    tag: String,
    /// Its number in the run.
    index: usize,
    network: &'a BuildNetwork,
}

impl Job<'_> {
    /// Returns where the relay listens that the steps are led to; BuildKit's are on a network of the engine's.
    fn relay(&self) -> Option<SocketAddr> {
        match self.builder {
            Builder::Classic => self.network.relay(),
            Builder::BuildKit => None,
        }
    }

    /// Returns the network that the steps are on; the engine's default one when `None`.
    fn network(&self) -> Option<&String> {
        match self.builder {
            Builder::Classic => self.network.name.as_ref(),
            Builder::BuildKit => None,
        }
    }
}

/// Reads a build to its end, or until it exceeds a limit. `marking` is a lock, held until the build has marked its base image.
async fn follow(
    steps: impl Stream<Item = Result<BuildInfo, Error>>,
    log: &mut Log,
    mut watch: Option<&mut Watch>,
    mut marking: Option<OwnedMutexGuard<()>>,
) -> End {
    let mut steps = std::pin::pin!(steps);
    loop {
        let step = tokio::select! {
            step = steps.next() => step,
            () = next_look(watch.as_deref()) => {
                match look(watch.as_deref_mut()).await {
                    Some(resource) => return End::Over(resource),
                    None => continue,
                }
            }
        };
        let info = match step {
            None => return End::Done,
            Some(Ok(info)) => info,
            // The client reports a finished stream as broken if a CRLF was split across two reads; the check for the image
            // decides.
            Some(Err(Error::IOError { err }))
                if err.to_string().contains("bytes remaining on stream") =>
            {
                return End::Done;
            }
            Some(Err(error)) => return End::Failed(message(&error)),
        };
        if let (Some(text), Some(watch)) = (&info.stream, &mut watch) {
            watch.hear(text).await;
            if watch.has_heard_of_mark() {
                drop(marking.take());
            }
        }
        if let Some(resource) = log.add(info) {
            return End::Over(resource);
        }
    }
}

async fn next_look(watch: Option<&Watch>) {
    match watch {
        Some(watch) => watch.next_look().await,
        None => pending().await,
    }
}

async fn look(watch: Option<&mut Watch>) -> Option<Resource> {
    watch?.look().await
}

/// Returns whether a stage that BuildKit would skip may have caused this result; BuildKit parses all stages, too.
fn may_be_unused_stage(built: &Result<(ImageState, String), Fault>) -> bool {
    match built {
        Ok((ImageState::BuildFailed { failure, .. }, _)) => *failure != BuildFailure::Dockerfile,
        Ok(_) => false,
        Err(_) => true,
    }
}

/// Returns the state of an image whose layers exceed the disk budget of the run's images.
pub(super) fn too_large(reference: &str) -> ImageState {
    Log::default().failed(too_much(Resource::Disk), String::new(), reference, "")
}

fn too_much(resource: Resource) -> BuildFailure {
    let limit = match resource {
        Resource::Disk => limits::BUILD_BYTES,
        Resource::Memory => u64::from(limits::BUILD_MEMORY.unsigned_abs()),
        Resource::Processes => limits::BUILD_PIDS.unsigned_abs(),
        Resource::Output => limits::BUILD_OUTPUT_BYTES as u64,
    };
    BuildFailure::UsesTooMuch { resource, limit }
}

/// Returns the fault for a build that still makes progress when its time is up: a slow mirror, or too many builds at once.
fn slow() -> Fault {
    let seconds = limits::BUILD.as_secs();
    let detail = Text::new(
        format!("a build that still went on was ended after {seconds} s"),
        format!("une construction encore en cours a été arrêtée après {seconds} s"),
    );
    Fault::new(FaultKind::Time, detail)
}

fn disk(error: std::io::Error) -> Fault {
    Fault::told(FaultKind::Disk, error.to_string())
}
