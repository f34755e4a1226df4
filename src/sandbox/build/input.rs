//! Input of a build: the packed context and the Dockerfile.

use std::fs::File;

use cap_std::fs::{Dir, MetadataExt};
use softy_checks::model::Text;
use softy_checks::observation::{BuildFailure, Fault, FaultKind, ImageState};

use super::log::Log;
use super::named::{based, images, own_step, with_contexts};
use super::rewritten::{NAMED, RewrittenDockerfile, Stages};
use super::unlimited::{Need, need};
use super::unpacked::unpacks;
use crate::compose::project::{Build, NamedContext};
use crate::sandbox::archive::{Archive, PackError, packed};
use crate::sandbox::dockerignore::Ignored;
use crate::sandbox::image_overrides::ImageOverrides;
use crate::sandbox::limits;
use crate::sandbox::reference::malformed;
use crate::submission::{ReadError, Submission};

/// Size limit of a Dockerfile or `.dockerignore`, in bytes.
const TEXT_BYTES: u64 = 1 << 20;

/// Number of names checked in a folder that has no Dockerfile.
const NAMES: usize = 1000;

/// Name, in the context, of a Dockerfile that is written in the compose file, lies outside of the context, or gets more stages.
const INLINE: &str = ".softy-check.dockerfile_inline";

/// A build that can be sent to the engine.
pub(super) struct Prepared {
    /// Archive of the context, from its first byte.
    pub(super) context: File,
    /// Name of the Dockerfile inside the context.
    pub(super) dockerfile: String,
    /// Text of the Dockerfile, as the submission has it.
    pub(super) text: String,
    /// Text of the Dockerfile with image overrides applied.
    based: String,
    /// Dockerfile as the engine gets it.
    pub(super) sent: RewrittenDockerfile,
    /// Feature that the classic builder lacks, if any.
    pub(super) need: Option<Need>,
    /// Path of the Dockerfile, from the submission's root.
    pub(super) path: String,
}

impl Prepared {
    /// Returns the submission's instruction that became a step of the build.
    pub(super) fn own_step(&self, step: &str) -> String {
        own_step(&self.text, &self.based, step)
    }
}

/// Packs the context, or returns the state of an image that has nothing to build.
pub(super) async fn prepare(
    submission: &Submission,
    build: &Build,
    stages: Stages,
    bases: &ImageOverrides,
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
    if let Some(unnamed) = unnamed_context(build)? {
        return Ok(Err(unnamed));
    }
    let named = match named_folders(submission, build)? {
        Ok(named) => named,
        Err(context) => return Ok(Err(ImageState::ContextMissing { context })),
    };
    let path = path(submission, build, &dockerfile);
    let need = need(&text);
    let based = based(&text, build, bases);
    let with = with_contexts(build, bases);
    let sent = match &need {
        // Only the engine's own parser reads here-documents, so no label is added.
        Some(_) => RewrittenDockerfile::plain(&based, &with),
        None => RewrittenDockerfile::marked(&based, &with, stages),
    };
    let is_in_context = build.inline.is_none() && !dockerfile.starts_with("../");
    let name = match is_in_context && build.contexts.is_empty() {
        true => dockerfile,
        false => INLINE.to_owned(),
    };
    let added = (name.clone(), sent.text.clone());
    let adds = text.clone();
    let packed = packed(move || {
        let mut context = pack(&folder, added, &named, &ignored)?;
        let unpacks = unpacks(&adds, &mut context)?;
        Ok((context, unpacks))
    });
    match packed.await {
        Ok((context, unpacks)) => Ok(Ok(Prepared {
            context,
            dockerfile: name,
            text,
            based,
            sent,
            need: need.or(unpacks),
            path,
        })),
        Err(error) => Ok(Err(unpacked(build, error)?)),
    }
}

/// Returns the images that a build begins with or takes files from; none if it has no Dockerfile.
pub(in crate::sandbox) fn base_images(
    submission: &Submission,
    build: &Build,
) -> Result<Vec<String>, Fault> {
    let dockerfile = dockerfile(submission, build)?;
    Ok(dockerfile.map_or_else(Vec::new, |(_, text)| images(&text, build)))
}

fn pack(
    folder: &Dir,
    (dockerfile, text): (String, String),
    named: &[(String, Dir)],
    ignored: &Ignored,
) -> Result<File, PackError> {
    let mut archive = Archive::new()?;
    archive.add_folder(folder, "", ignored, &[&dockerfile, ".dockerignore"])?;
    // Added after the submission's own file, which it replaces.
    let own = folder.metadata(&dockerfile);
    let mode = own.map_or(0o644, |own| own.mode() & 0o777);
    archive.add_text(&dockerfile, text.as_bytes(), mode)?;
    for (name, folder) in named {
        archive.add_folder(folder, name, &Ignored::default(), &[])?;
    }
    Ok(archive.finish()?)
}

/// Checks that the `additional_contexts`, which are written into the Dockerfile as stages, can be its stages. Returns the
/// image's state if one cannot.
///
/// # Errors
/// A fault for a name that only BuildKit would know.
fn unnamed_context(build: &Build) -> Result<Option<ImageState>, Fault> {
    for (name, context) in &build.contexts {
        if !is_stage(name) {
            let detail = Text::new(
                format!("additional_contexts: `{name}` is no name of a stage"),
                format!("additional_contexts : `{name}` n’est pas un nom d’étape"),
            );
            return Err(Fault::new(FaultKind::Unsupported, detail));
        }
        if let NamedContext::Image(image) = context
            && let Some(words) = malformed(image)
        {
            let words = format!("additional_contexts: `{image}`: {words}");
            let log = Log::default();
            return Ok(Some(log.failed(
                BuildFailure::Dockerfile,
                words,
                &build.context,
                "",
            )));
        }
    }
    Ok(None)
}

/// Returns whether the classic builder accepts the name of a stage; it has no other contexts.
fn is_stage(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "-_.".contains(character))
}

/// Opens the folders of `additional_contexts`. Returns them with their names in the archive, or the path of one that is
/// missing.
fn named_folders(
    submission: &Submission,
    build: &Build,
) -> Result<Result<Vec<(String, Dir)>, String>, Fault> {
    let mut folders = Vec::new();
    for (index, (_, context)) in build.contexts.iter().enumerate() {
        let NamedContext::Folder(path) = context else {
            continue;
        };
        match submission.open_dir(path) {
            Ok(folder) => folders.push((format!("{NAMED}{index}"), folder)),
            Err(ReadError::Fault(fault)) => return Err(fault),
            Err(ReadError::Missing | ReadError::NotRegular(_) | ReadError::TooLarge { .. }) => {
                return Ok(Err(path.clone()));
            }
        }
    }
    Ok(Ok(folders))
}

/// Returns the Dockerfile's name and text. If the submission names none, `dockerfile` is the fallback, as with the engine.
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
        // A link that leads outside, or an object other than a file, exists and cannot be read.
        .filter(|name| *name != build.dockerfile);
    Ok(ImageState::DockerfileMissing {
        leads_out: leads_out(submission, build, &build.dockerfile),
        dockerfile: path(submission, build, &build.dockerfile),
        similar: similar.collect(),
    })
}

/// Returns the path of a file of the context, which may be the submission's root.
fn path(submission: &Submission, build: &Build, name: &str) -> String {
    let located = submission.locate(&build.context, name);
    located.unwrap_or_else(|| name.to_owned())
}

/// Reads a file that a build begins with; `None` where there is none, or a link leads to it out of the context: builders
/// do not follow those. A name that itself leads out is read.
fn read_text(submission: &Submission, build: &Build, name: &str) -> Result<Option<String>, Fault> {
    if leads_out(submission, build, name) {
        return Ok(None);
    }
    match submission.read(&path(submission, build, name), TEXT_BYTES) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(ReadError::Fault(fault)) => Err(fault),
        Err(ReadError::Missing | ReadError::NotRegular(_) | ReadError::TooLarge { .. }) => Ok(None),
    }
}

/// Returns whether a name of the context is, or goes through, a link out of it.
fn leads_out(submission: &Submission, build: &Build, name: &str) -> bool {
    let path = path(submission, build, name);
    let inside = match build.context.as_str() {
        "" => Some(path.as_str()),
        context => path
            .strip_prefix(context)
            .and_then(|rest| rest.strip_prefix('/')),
    };
    let exists = matches!(submission.kind(&path), Ok(Some(_)));
    let Some(inside) = inside.filter(|_| exists) else {
        return false;
    };
    let folder = submission.open_dir(&build.context);
    folder.is_ok_and(|folder| folder.metadata(inside).is_err())
}

fn unpacked(build: &Build, error: PackError) -> Result<ImageState, Fault> {
    let (failure, words) = match error {
        PackError::TooLarge => (
            BuildFailure::ContextTooLarge {
                bytes: limits::CONTEXT_BYTES,
                entries: limits::CONTEXT_ENTRIES,
            },
            build.context.clone(),
        ),
        PackError::Ignore(_) | PackError::Io(_) => {
            (BuildFailure::Command, error.words(&build.context)?)
        }
    };
    Ok(Log::default().failed(failure, words, &build.context, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dockerfile_that_is_a_link_out_of_its_context_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let task = folder.path().join("task6");
        for name in ["api/docker", "common"] {
            std::fs::create_dir_all(task.join(name)).unwrap();
            std::fs::write(task.join(name).join("Dockerfile"), "FROM ubuntu").unwrap();
        }
        let link = |to: &str, name: &str| {
            std::os::unix::fs::symlink(to, task.join(name)).unwrap();
        };
        link("../common/Dockerfile", "api/Dockerfile");
        link("docker/Dockerfile", "api/Own");
        link("../common", "api/linked");
        link("common/Dockerfile", "Beside");
        let submission = Submission::open(folder.path()).unwrap();
        for (name, is_read) in [
            ("Dockerfile", false),
            ("Own", true),
            ("linked/Dockerfile", false),
            ("docker/Dockerfile", true),
            ("../common/Dockerfile", true),
            ("../Beside", true),
            ("None", false),
        ] {
            let build = Build {
                context: "task6/api".to_owned(),
                dockerfile: name.to_owned(),
                ..Build::default()
            };
            let read = read_text(&submission, &build, name).unwrap();
            assert_eq!(read.is_some(), is_read, "{name}");
            let leads_out = leads_out(&submission, &build, name);
            assert_eq!(leads_out, !is_read && name != "None", "{name}");
        }
    }

    async fn prepared(submission: &Submission, build: &Build) -> Prepared {
        let prepared = prepare(submission, build, Stages::All, &ImageOverrides::default()).await;
        prepared.unwrap().ok().unwrap()
    }

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
        let prepared = prepared(&submission, &build).await;
        assert_eq!(prepared.text, "FROM ubuntu");
        assert_eq!(prepared.path, "task6/back-end/Dockerfile");
    }

    #[test]
    fn what_is_written_into_a_dockerfile_is_a_name() {
        let build = |name: &str, image: &str| Build {
            contexts: vec![(name.to_owned(), NamedContext::Image(image.to_owned()))],
            ..Build::default()
        };
        assert_eq!(unnamed_context(&build("tools-1", "ubuntu:22.04")), Ok(None));
        for image in ["a AS b\nADD http://c /", "../images", "$A", ""] {
            let unnamed = unnamed_context(&build("tools", image)).unwrap();
            assert!(
                matches!(unnamed, Some(ImageState::BuildFailed { .. })),
                "{image}"
            );
        }
        for name in ["ubuntu:22.04", "a\nADD http://c /", "1", "", "docker.io/a"] {
            let fault = unnamed_context(&build(name, "ubuntu")).unwrap_err();
            assert_eq!(fault.kind, FaultKind::Unsupported, "{name}");
        }
    }

    #[tokio::test]
    async fn a_dockerfile_may_stand_beside_its_context() {
        let folder = tempfile::tempdir().unwrap();
        for path in ["task6/docker", "task6/app", "task6/shared"] {
            std::fs::create_dir_all(folder.path().join(path)).unwrap();
        }
        let dockerfile = "ARG V=1\nFROM ubuntu:$V\nCOPY --from=shared x /\n";
        std::fs::write(folder.path().join("task6/docker/api"), dockerfile).unwrap();
        std::fs::write(folder.path().join("task6/shared/x"), "").unwrap();
        let submission = Submission::open(folder.path()).unwrap();
        let shared = NamedContext::Folder("task6/shared".to_owned());
        let build = Build {
            context: "task6/app".to_owned(),
            dockerfile: "../docker/api".to_owned(),
            contexts: vec![("shared".to_owned(), shared)],
            ..Build::default()
        };
        let prepared = prepared(&submission, &build).await;
        assert_eq!(
            (prepared.path.as_str(), prepared.dockerfile.as_str()),
            ("task6/docker/api", INLINE)
        );
        assert_eq!(prepared.text, dockerfile);
        let stage = "FROM scratch AS shared\nLABEL org.softy-check.cache=step\nCOPY .softy-check.context.0/ /\nFROM ubuntu:$V\n";
        assert!(prepared.sent.text.contains(stage));
        let mut sent = tar::Archive::new(prepared.context);
        let paths = sent.entries().unwrap();
        let paths: Vec<_> = paths
            .map(|entry| entry.unwrap().path().unwrap().display().to_string())
            .collect();
        assert_eq!(paths, [INLINE, ".softy-check.context.0/x"]);
    }
}
