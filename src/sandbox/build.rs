//! One image built, by the classic builder or by BuildKit.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::{self, Read};

use bollard::body_try_stream;
use bollard::errors::Error;
use bollard::models::{BuildInfo, BuildInfoAux};
use bollard::query_parameters::{BuildImageOptions, BuilderVersion};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use softy_checks::model::Evidence;
use softy_checks::observation::{BuildFailure, Fault, FaultKind, ImageState};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::build_error::{failed_instruction, failure};
use super::context::{Archive, PackError};
use super::dockerignore::Ignored;
use super::engine::{Builder, fault, message};
use super::{Sandbox, limits};
use crate::compose::project::Build;
use crate::submission::{ReadError, Submission};

/// Bytes of a Dockerfile or `.dockerignore` that are read.
const TEXT_BYTES: u64 = 1 << 20;

/// Names looked at in a folder that has no Dockerfile.
const NAMES: usize = 1000;

/// The name of a Dockerfile that stands in the compose file itself.
const INLINE: &str = ".softy-check.dockerfile_inline";

/// Bytes of the context sent at a time.
const CHUNK: usize = 64 << 10;

/// A build that can be sent to the engine.
struct Prepared {
    context: File,
    dockerfile: String,
    text: String,
    path: String,
}

/// What a build printed, bounded.
#[derive(Default)]
struct Log {
    lines: VecDeque<String>,
    /// The step that runs, or that failed.
    step: String,
}

impl Sandbox {
    /// Builds an image under a tag of this run's own, the `index`-th.
    pub(super) async fn build(
        &self,
        submission: &Submission,
        build: &Build,
        index: usize,
    ) -> Result<(ImageState, String), Fault> {
        let tag = format!("softy-check-{}:{index}", self.run);
        let prepared = match prepare(submission, build)? {
            Ok(prepared) => prepared,
            Err(state) => return Ok((state, tag)),
        };
        let state = self.run_build(prepared, build, &tag).await?;
        Ok((state, tag))
    }

    async fn run_build(
        &self,
        prepared: Prepared,
        build: &Build,
        tag: &str,
    ) -> Result<ImageState, Fault> {
        let options = self.build_options(build, &prepared.dockerfile, tag);
        let body = body_try_stream(chunks(prepared.context));
        let mut log = Log::default();
        let steps = self.docker.build_image(options, None, Some(body));
        let error = match timeout(limits::BUILD, log.follow(steps)).await {
            Ok(None) => return self.built(tag).await,
            Ok(Some(error)) => error,
            Err(_) => {
                let seconds = limits::BUILD.as_secs();
                return Ok(log.failed(
                    BuildFailure::TimedOut { seconds },
                    String::new(),
                    &prepared.path,
                    &prepared.text,
                ));
            }
        };
        let lines: Vec<String> = log.lines.iter().cloned().collect();
        let failure = failure(&error, &lines)?;
        Ok(log.failed(failure, error, &prepared.path, &prepared.text))
    }

    /// Ready when the tag is there: a stream that ended is not yet an image.
    async fn built(&self, tag: &str) -> Result<ImageState, Fault> {
        self.docker.inspect_image(tag).await.map_err(fault)?;
        Ok(ImageState::Ready)
    }

    fn build_options(&self, build: &Build, dockerfile: &str, tag: &str) -> BuildImageOptions {
        let mut labels: HashMap<String, String> = build.labels.iter().cloned().collect();
        labels.extend(self.labels());
        let classic = self.builder == Builder::Classic;
        BuildImageOptions {
            dockerfile: dockerfile.to_owned(),
            t: Some(tag.to_owned()),
            buildargs: Some(build.args.iter().cloned().collect()),
            target: build.target.clone().unwrap_or_default(),
            labels: Some(labels),
            rm: true,
            forcerm: true,
            memory: classic.then_some(limits::BUILD_MEMORY),
            memswap: classic.then_some(limits::BUILD_MEMORY),
            version: match self.builder {
                Builder::Classic => BuilderVersion::BuilderV1,
                Builder::BuildKit => BuilderVersion::BuilderBuildKit,
            },
            session: (!classic).then(|| tag.replace(':', "-")),
            ..BuildImageOptions::default()
        }
    }
}

impl Log {
    /// Reads a build to its end; the engine's word on it when it failed.
    async fn follow(
        &mut self,
        steps: impl stream::Stream<Item = Result<BuildInfo, Error>>,
    ) -> Option<String> {
        let mut steps = std::pin::pin!(steps);
        while let Some(step) = steps.next().await {
            match step {
                Ok(info) => self.add(info),
                // A CRLF split across two reads makes the client call a finished stream broken; whether the image
                // is there decides.
                Err(Error::IOError { err })
                    if err.to_string().contains("bytes remaining on stream") =>
                {
                    return None;
                }
                Err(error) => return Some(message(&error)),
            }
        }
        None
    }

    fn add(&mut self, info: BuildInfo) {
        if let Some(text) = info.stream {
            if let Some((_, step)) = text
                .strip_prefix("Step ")
                .and_then(|step| step.split_once(" : "))
            {
                self.step = step.trim_end().to_owned();
            }
            self.add_text(&text);
        }
        let Some(BuildInfoAux::BuildKit(status)) = info.aux else {
            return;
        };
        for vertex in status.vertexes {
            if !vertex.error.is_empty() {
                self.step = vertex
                    .name
                    .split_once("] ")
                    .map_or(vertex.name.clone(), |(_, step)| step.to_owned());
            }
        }
        for log in status.logs {
            self.add_text(&String::from_utf8_lossy(&log.msg));
        }
    }

    fn add_text(&mut self, text: &str) {
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            if self.lines.len() == limits::LOG_LINES {
                self.lines.pop_front();
            }
            self.lines
                .push_back(line.chars().take(limits::LOG_LINE_CHARACTERS).collect());
        }
    }

    fn failed(
        self,
        failure: BuildFailure,
        error: String,
        path: &str,
        dockerfile: &str,
    ) -> ImageState {
        ImageState::BuildFailed {
            failure,
            error,
            place: failed_instruction(path, dockerfile, &self.step),
            log: Evidence {
                source: path.to_owned(),
                lines: self.lines.into(),
            },
        }
    }
}

/// Packs the context, or says why there is nothing to build.
fn prepare(submission: &Submission, build: &Build) -> Result<Result<Prepared, ImageState>, Fault> {
    let folder = match submission.open_dir(&build.context) {
        Ok(folder) => folder,
        Err(ReadError::Fault(fault)) => return Err(fault),
        Err(ReadError::Missing | ReadError::NotRegular(_) | ReadError::TooLarge { .. }) => {
            return Ok(Err(ImageState::ContextMissing {
                context: build.context.clone(),
            }));
        }
    };
    let Some((dockerfile, text)) = dockerfile(submission, build)? else {
        return dockerfile_missing(submission, build).map(Err);
    };
    let mut ignored = Ignored::default();
    for name in [
        format!("{dockerfile}.dockerignore"),
        ".dockerignore".to_owned(),
    ] {
        if let Some(text) = read_text(submission, &format!("{}/{name}", build.context))? {
            match Ignored::parse(&text) {
                Ok(read) => ignored = read,
                Err(illegal) => return Ok(Err(unpacked(build, PackError::Ignore(illegal))?)),
            }
            break;
        }
    }
    match pack(&folder, build, &dockerfile, &ignored) {
        Ok(context) => Ok(Ok(Prepared {
            context,
            path: format!("{}/{dockerfile}", build.context),
            dockerfile,
            text,
        })),
        Err(error) => Ok(Err(unpacked(build, error)?)),
    }
}

fn pack(
    folder: &cap_std::fs::Dir,
    build: &Build,
    dockerfile: &str,
    ignored: &Ignored,
) -> Result<File, PackError> {
    let mut archive = Archive::new()?;
    archive.add_folder(folder, "", ignored, &[dockerfile, ".dockerignore"])?;
    if let Some(text) = &build.inline {
        archive.add_text(INLINE, text.as_bytes())?;
    }
    Ok(archive.finish()?)
}

/// The Dockerfile's name and text: where none is named, the engine falls back to `dockerfile`.
fn dockerfile(submission: &Submission, build: &Build) -> Result<Option<(String, String)>, Fault> {
    if let Some(text) = &build.inline {
        return Ok(Some((INLINE.to_owned(), text.clone())));
    }
    let fallback = (build.dockerfile == "Dockerfile").then_some("dockerfile");
    for name in [Some(build.dockerfile.as_str()), fallback]
        .into_iter()
        .flatten()
    {
        if let Some(text) = read_text(submission, &format!("{}/{name}", build.context))? {
            return Ok(Some((name.to_owned(), text)));
        }
    }
    Ok(None)
}

fn dockerfile_missing(submission: &Submission, build: &Build) -> Result<ImageState, Fault> {
    let names = submission.names(&build.context, NAMES)?;
    let similar = names
        .into_iter()
        .filter(|name| name.to_lowercase().contains("docker"));
    Ok(ImageState::DockerfileMissing {
        dockerfile: format!("{}/{}", build.context, build.dockerfile),
        similar: similar.collect(),
    })
}

fn read_text(submission: &Submission, path: &str) -> Result<Option<String>, Fault> {
    match submission.read(path, TEXT_BYTES) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(ReadError::Fault(fault)) => Err(fault),
        Err(ReadError::Missing | ReadError::NotRegular(_) | ReadError::TooLarge { .. }) => Ok(None),
    }
}

fn unpacked(build: &Build, error: PackError) -> Result<ImageState, Fault> {
    let (failure, error) = match error {
        PackError::TooLarge => (BuildFailure::ContextTooLarge, String::new()),
        PackError::Ignore(illegal) => (
            BuildFailure::Command,
            format!(
                "illegal exclusion pattern in .dockerignore: \"{}\"",
                illegal.0
            ),
        ),
        PackError::Io(error) if error.kind() == io::ErrorKind::StorageFull => {
            return Err(Fault {
                kind: FaultKind::Disk,
                detail: error.to_string(),
            });
        }
        PackError::Io(error) => {
            return Err(Fault {
                kind: FaultKind::Files,
                detail: format!("{}: {error}", build.context),
            });
        }
    };
    Ok(Log::default().failed(failure, error, &build.context, ""))
}

/// A file as the chunks of a request's body.
pub(super) fn chunks(file: File) -> impl stream::Stream<Item = io::Result<Bytes>> + Send + 'static {
    stream::unfold(Some(file), |file| async move {
        let read = spawn_blocking(move || {
            let mut file = file?;
            let mut chunk = vec![0; CHUNK];
            Some(file.read(&mut chunk).map(|length| {
                chunk.truncate(length);
                (Bytes::from(chunk), file)
            }))
        });
        match read.await {
            Ok(None) => None,
            Ok(Some(Ok((chunk, _)))) if chunk.is_empty() => None,
            Ok(Some(Ok((chunk, file)))) => Some((Ok(chunk), Some(file))),
            Ok(Some(Err(error))) => Some((Err(error), None)),
            Err(error) => Some((Err(io::Error::other(error)), None)),
        }
    })
}
