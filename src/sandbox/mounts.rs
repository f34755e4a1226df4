//! Mounts: volumes of the run, and copies of the files that the submission would bind.

use std::fs::File;
use std::sync::Arc;

use bollard::body_try_stream;
use bollard::models::{Mount as EngineMount, MountTmpfsOptions, MountType, MountVolumeOptions};
use bollard::query_parameters::{UploadToContainerOptions, UploadToContainerOptionsBuilder};
use cap_std::fs::Dir;
use softy_checks::observation::Fault;

use super::archive::{Archive, PackError, UploadBudget, chunks, packed};
use super::dockerignore::Ignored;
use super::engine::{fault, message};
use super::{Sandbox, limits};
use crate::compose::project::{InlineFile, Mount, MountSource, Service};
use crate::submission::{Kind, ReadError, Submission};

/// A file or folder to copy into a container before it starts.
pub(super) struct Upload {
    /// Path, from the submission's root.
    path: String,
    /// Path in the container.
    target: String,
    /// The folder itself, or the one that contains the file.
    folder: Dir,
    bound: Bound,
}

/// Kind of a bind, by what the submission has at its path.
enum Bound {
    /// A regular file.
    File {
        /// Folder that contains it, from the submission's root.
        folder: String,
        /// Name of the file.
        name: String,
    },
    /// A folder, or a missing path, of which Compose makes a folder.
    Folder,
}

impl Sandbox {
    /// Returns the engine's mounts for a service, and the uploads that it needs.
    ///
    /// A bind hides what the image has at its target, and so does the empty volume that a folder is copied into. A single file
    /// is copied over the image's.
    pub(super) fn mounts(
        &self,
        submission: &Submission,
        service: &Service,
    ) -> Result<(Vec<EngineMount>, Vec<Upload>), Fault> {
        let (mut mounts, mut uploads) = (Vec::new(), Vec::new());
        for mount in &service.mounts {
            match &mount.source {
                MountSource::Submission(path) => {
                    let bound = Bound::of(submission, path)?;
                    match &bound {
                        Bound::File { .. } => {}
                        Bound::Folder => mounts.push(self.volume(mount, None)),
                    }
                    uploads.extend(Upload::of(submission, path, &mount.target, bound)?);
                }
                MountSource::Volume(name) => mounts.push(self.volume(mount, Some(name))),
                MountSource::Anonymous => mounts.push(self.volume(mount, None)),
                // A tmpfs would hide everything copied below it before the container starts.
                MountSource::Tmpfs if has_copies_below(service, &mount.target) => {
                    mounts.push(self.volume(mount, None));
                }
                MountSource::Tmpfs => mounts.push(tmpfs(&mount.target)),
            }
        }
        Ok((mounts, uploads))
    }

    /// Copies into a container that is not started yet. Returns the error text if there is too much to copy or the engine
    /// refuses it.
    pub(super) async fn upload(
        &self,
        container: &str,
        upload: Upload,
    ) -> Result<Result<(), String>, Fault> {
        let options = UploadToContainerOptionsBuilder::new()
            .path(upload.unpacked_in())
            .build();
        let (path, copied) = (upload.path.clone(), Arc::clone(&self.copied));
        let archive = match packed(move || upload.pack(copied)).await {
            Ok(archive) => archive,
            Err(error) => return error.words(&path).map(Err),
        };
        self.unpack(container, archive, options).await
    }

    /// Writes a text into a container that is not started yet. Returns the error text as [`Sandbox::upload`] does.
    pub(super) async fn place(
        &self,
        container: &str,
        text: &InlineFile,
    ) -> Result<Result<(), String>, Fault> {
        let options = UploadToContainerOptionsBuilder::new()
            .path("/")
            .copy_uidgid(if text.owned { "true" } else { "false" })
            .build();
        let (placed, path) = (text.clone(), text.target.trim_start_matches('/').to_owned());
        let copied = Arc::clone(&self.copied);
        let pack = move || {
            let mut archive = Archive::among(copied)?;
            archive.add_text(&path, placed.content.as_bytes(), placed.mode)?;
            Ok(archive.finish()?)
        };
        match packed(pack).await {
            Ok(archive) => self.unpack(container, archive, options).await,
            Err(error) => error.words(&text.target).map(Err),
        }
    }

    async fn unpack(
        &self,
        container: &str,
        archive: File,
        options: UploadToContainerOptions,
    ) -> Result<Result<(), String>, Fault> {
        let body = body_try_stream(chunks(archive));
        match self
            .docker
            .upload_to_container(container, Some(options), body)
            .await
        {
            Ok(()) => Ok(Ok(())),
            Err(error @ bollard::errors::Error::DockerResponseServerError { .. }) => {
                Ok(Err(message(&error)))
            }
            Err(error) => Err(fault(error)),
        }
    }

    fn volume(&self, mount: &Mount, name: Option<&str>) -> EngineMount {
        let copied = matches!(mount.source, MountSource::Submission(_));
        EngineMount {
            target: Some(mount.target.clone()),
            source: name.map(|name| format!("softy-check-{}-{name}", self.run)),
            typ: Some(MountType::VOLUME),
            read_only: Some(mount.read_only && !copied),
            volume_options: Some(MountVolumeOptions {
                no_copy: Some(copied || mount.options.is_empty),
                subpath: mount.options.subpath.clone(),
                labels: Some(self.labels()),
                ..MountVolumeOptions::default()
            }),
            ..EngineMount::default()
        }
    }
}

/// Returns whether a file or folder is copied to a path below a folder of the container.
fn has_copies_below(service: &Service, folder: &str) -> bool {
    let folder = format!("{}/", folder.trim_end_matches('/'));
    let copied = service
        .mounts
        .iter()
        .filter_map(|mount| match mount.source {
            MountSource::Submission(_) => Some(&mount.target),
            MountSource::Volume(_) | MountSource::Anonymous | MountSource::Tmpfs => None,
        });
    let placed = service.texts.iter().map(|text| &text.target);
    copied
        .chain(placed)
        .any(|target| target.starts_with(&folder))
}

fn tmpfs(target: &str) -> EngineMount {
    EngineMount {
        target: Some(target.to_owned()),
        typ: Some(MountType::TMPFS),
        tmpfs_options: Some(MountTmpfsOptions {
            size_bytes: Some(limits::SHARED_MEMORY),
            ..MountTmpfsOptions::default()
        }),
        ..EngineMount::default()
    }
}

impl Bound {
    fn of(submission: &Submission, path: &str) -> Result<Bound, Fault> {
        match submission.kind(path)? {
            Some(Kind::Regular { .. }) => {}
            Some(Kind::Other(_)) | None => return Ok(Bound::Folder),
        }
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        Ok(Bound::File {
            folder: folder.to_owned(),
            name: name.to_owned(),
        })
    }
}

impl Upload {
    /// Returns the upload to `target`; `None` if the submission has nothing at its path.
    fn of(
        submission: &Submission,
        path: &str,
        target: &str,
        bound: Bound,
    ) -> Result<Option<Upload>, Fault> {
        let folder = match &bound {
            Bound::File { folder, .. } => folder,
            Bound::Folder => path,
        };
        match submission.open_dir(folder) {
            Ok(folder) => Ok(Some(Upload {
                path: path.to_owned(),
                target: target.to_owned(),
                folder,
                bound,
            })),
            Err(ReadError::Fault(fault)) => Err(fault),
            Err(ReadError::Missing | ReadError::NotRegular(_) | ReadError::TooLarge { .. }) => {
                Ok(None)
            }
        }
    }

    /// Returns the folder of the container in which the archive is unpacked.
    fn unpacked_in(&self) -> &str {
        match self.bound {
            Bound::File { .. } => "/",
            Bound::Folder => &self.target,
        }
    }

    fn pack(&self, copied: Arc<UploadBudget>) -> Result<File, PackError> {
        let mut archive = Archive::among(copied)?;
        match &self.bound {
            Bound::File { name, .. } => {
                archive.add_file(&self.folder, name, self.target.trim_start_matches('/'))?;
            }
            Bound::Folder => archive.add_folder(&self.folder, "", &Ignored::default(), &[])?,
        }
        Ok(archive.finish()?)
    }
}
