//! One image built, by the classic builder or by BuildKit.

mod error;
mod input;
mod log;

use std::collections::HashMap;
use std::io::{Seek, SeekFrom};

use bollard::body_try_stream;
use bollard::query_parameters::{BuildImageOptions, BuilderVersion};
use softy_checks::observation::{BuildFailure, Fault, FaultKind, ImageState};
use tokio::time::timeout;

use super::archive::chunks;
use super::engine::{Builder, fault};
use super::{Sandbox, limits};
use crate::compose::project::Build;
use crate::submission::Submission;
use error::{Cache, failure, second_try};
use input::{Prepared, prepare};
use log::Log;

/// Marks an image that the classic builder made, and keeps as its cache: without a name, and the same for every run.
pub const CACHE_LABEL: &str = "org.softy-check.cache";

/// How a build ended.
enum End {
    Done,
    /// With this last word of the engine.
    Failed(String),
    TimedOut,
}

impl Sandbox {
    /// Builds an image, the `index`-th of this run; beside what came of it, the name or id to make containers from.
    ///
    /// # Errors
    /// A fault when the engine, the network or the disk is in the way.
    pub(super) async fn build(
        &self,
        submission: &Submission,
        build: &Build,
        index: usize,
    ) -> Result<(ImageState, String), Fault> {
        let prepared = match prepare(submission, build).await? {
            Ok(prepared) => prepared,
            Err(state) => return Ok((state, String::new())),
        };
        let tag = format!("softy-check-{}:{index}", self.run);
        let (mut log, mut end) = self.run_build(&prepared, build, &tag, Cache::Used).await?;
        if let End::Failed(error) = &end
            && let Some(cache) = second_try(error, log.lines.make_contiguous())
        {
            (log, end) = self.run_build(&prepared, build, &tag, cache).await?;
        }
        let (failure, error) = match end {
            End::Done => return self.built(log, tag).await,
            End::TimedOut if log.printed_within(limits::BUILD_SILENCE) => return Err(slow()),
            End::TimedOut => {
                let seconds = limits::BUILD.as_secs();
                (BuildFailure::TimedOut { seconds }, String::new())
            }
            End::Failed(error) => (
                failure(&error, log.lines.make_contiguous(), &log.step)?,
                error,
            ),
        };
        let state = log.failed(failure, error, &prepared.path, &prepared.text);
        Ok((state, tag))
    }

    /// Sends a build and follows it to its end.
    async fn run_build(
        &self,
        prepared: &Prepared,
        build: &Build,
        tag: &str,
        cache: Cache,
    ) -> Result<(Log, End), Fault> {
        let mut context = prepared.context.try_clone().map_err(disk)?;
        context.seek(SeekFrom::Start(0)).map_err(disk)?;
        let options = BuildImageOptions {
            nocache: cache == Cache::Ignored,
            ..self.build_options(build, &prepared.dockerfile, tag)
        };
        let body = body_try_stream(chunks(context));
        let mut log = Log::default();
        let steps = self.docker.build_image(options, None, Some(body));
        let end = match timeout(limits::BUILD, log.follow(steps)).await {
            Ok(None) => End::Done,
            Ok(Some(error)) => End::Failed(error),
            Err(_) => End::TimedOut,
        };
        Ok((log, end))
    }

    /// Ready when the image is there: a stream that ended is not yet an image.
    async fn built(&self, log: Log, tag: String) -> Result<(ImageState, String), Fault> {
        let reference = match self.builder {
            Builder::Classic => log.image.unwrap_or(tag),
            Builder::BuildKit => tag,
        };
        self.docker.inspect_image(&reference).await.map_err(fault)?;
        Ok((ImageState::Ready, reference))
    }

    /// The builders keep what they built in different places: BuildKit in a cache of its own, so that its image is the
    /// run's and goes with it; the classic builder in images, so that its last one stays, without a name.
    fn build_options(&self, build: &Build, dockerfile: &str, tag: &str) -> BuildImageOptions {
        let labels: HashMap<String, String> = build.labels.iter().cloned().collect();
        let options = BuildImageOptions {
            dockerfile: dockerfile.to_owned(),
            buildargs: Some(build.args.iter().cloned().collect()),
            target: build.target.clone().unwrap_or_default(),
            rm: true,
            forcerm: true,
            ..BuildImageOptions::default()
        };
        match self.builder {
            Builder::Classic => BuildImageOptions {
                labels: Some(
                    labels
                        .into_iter()
                        .chain([(CACHE_LABEL.to_owned(), "true".to_owned())])
                        .collect(),
                ),
                memory: Some(limits::BUILD_MEMORY),
                memswap: Some(limits::BUILD_MEMORY),
                version: BuilderVersion::BuilderV1,
                ..options
            },
            Builder::BuildKit => BuildImageOptions {
                t: Some(tag.to_owned()),
                labels: Some(labels.into_iter().chain(self.labels()).collect()),
                version: BuilderVersion::BuilderBuildKit,
                session: Some(tag.replace(':', "-")),
                ..options
            },
        }
    }
}

/// A build that still goes on when its time is up: a slow mirror, or too many builds at once.
fn slow() -> Fault {
    let seconds = limits::BUILD.as_secs();
    Fault {
        kind: FaultKind::Time,
        detail: format!("a build that still went on was ended after {seconds} s"),
    }
}

fn disk(error: std::io::Error) -> Fault {
    Fault {
        kind: FaultKind::Disk,
        detail: error.to_string(),
    }
}
