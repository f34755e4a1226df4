//! What a build is made from: a context, packed, and a Dockerfile, found.

use std::fs::File;

use cap_std::fs::Dir;
use softy_checks::observation::{BuildFailure, Fault, ImageState};

use super::log::Log;
use crate::compose::project::Build;
use crate::sandbox::archive::{Archive, PackError, packed};
use crate::sandbox::dockerignore::Ignored;
use crate::submission::{ReadError, Submission};

/// Bytes of a Dockerfile or `.dockerignore` that are read.
const TEXT_BYTES: u64 = 1 << 20;

/// Names looked at in a folder that has no Dockerfile.
const NAMES: usize = 1000;

/// The name of a Dockerfile that stands in the compose file itself.
const INLINE: &str = ".softy-check.dockerfile_inline";

/// A build that can be sent to the engine.
pub(super) struct Prepared {
    /// The archive of the context, from its first byte.
    pub(super) context: File,
    /// The Dockerfile's name inside the context.
    pub(super) dockerfile: String,
    /// The Dockerfile's text.
    pub(super) text: String,
    /// The Dockerfile's path, from the submission's root.
    pub(super) path: String,
}

/// Packs the context, or says why there is nothing to build.
pub(super) async fn prepare(
    submission: &Submission,
    build: &Build,
) -> Result<Result<Prepared, ImageState>, Fault> {
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
        if let Some(text) = read_text(submission, build, &name)? {
            match Ignored::parse(&text) {
                Ok(read) => ignored = read,
                Err(illegal) => return Ok(Err(unpacked(build, PackError::Ignore(illegal))?)),
            }
            break;
        }
    }
    let (inline, name) = (build.inline.clone(), dockerfile.clone());
    match packed(move || pack(&folder, inline.as_deref(), &name, &ignored)).await {
        Ok(context) => Ok(Ok(Prepared {
            context,
            path: path(submission, build, &dockerfile),
            dockerfile,
            text,
        })),
        Err(error) => Ok(Err(unpacked(build, error)?)),
    }
}

fn pack(
    folder: &Dir,
    inline: Option<&str>,
    dockerfile: &str,
    ignored: &Ignored,
) -> Result<File, PackError> {
    let mut archive = Archive::new()?;
    archive.add_folder(folder, "", ignored, &[dockerfile, ".dockerignore"])?;
    if let Some(text) = inline {
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
        if let Some(text) = read_text(submission, build, name)? {
            return Ok(Some((name.to_owned(), text)));
        }
    }
    Ok(None)
}

fn dockerfile_missing(submission: &Submission, build: &Build) -> Result<ImageState, Fault> {
    let names = submission.names(&build.context, NAMES)?;
    let similar = names
        .into_iter()
        .filter(|name| name.to_lowercase().contains("docker"))
        // A link that leads out, or something that is no file, is there and cannot be read.
        .filter(|name| *name != build.dockerfile);
    Ok(ImageState::DockerfileMissing {
        dockerfile: path(submission, build, &build.dockerfile),
        similar: similar.collect(),
    })
}

/// The path of a file of the context, which may be the submission's root.
fn path(submission: &Submission, build: &Build, name: &str) -> String {
    let located = submission.locate(&build.context, name);
    located.unwrap_or_else(|| name.to_owned())
}

fn read_text(submission: &Submission, build: &Build, name: &str) -> Result<Option<String>, Fault> {
    match submission.read(&path(submission, build, name), TEXT_BYTES) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(ReadError::Fault(fault)) => Err(fault),
        Err(ReadError::Missing | ReadError::NotRegular(_) | ReadError::TooLarge { .. }) => Ok(None),
    }
}

fn unpacked(build: &Build, error: PackError) -> Result<ImageState, Fault> {
    let failure = match &error {
        PackError::TooLarge => BuildFailure::ContextTooLarge,
        PackError::Ignore(_) | PackError::Io(_) => BuildFailure::Command,
    };
    let words = error.words(&build.context)?;
    Ok(Log::default().failed(failure, words, &build.context, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_context_may_be_the_root_of_the_repository() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("task6/back-end")).unwrap();
        std::fs::write(
            folder.path().join("task6/back-end/Dockerfile"),
            "FROM ubuntu",
        )
        .unwrap();
        let submission = Submission::open(folder.path()).unwrap();
        let build = Build {
            dockerfile: "task6/back-end/Dockerfile".to_owned(),
            ..Build::default()
        };
        let prepared = prepare(&submission, &build).await.unwrap().ok().unwrap();
        assert_eq!(prepared.text, "FROM ubuntu");
        assert_eq!(prepared.path, "task6/back-end/Dockerfile");
    }
}
