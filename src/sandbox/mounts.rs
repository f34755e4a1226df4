//! What is mounted: volumes of the run's own, and copies of what the student would bind.

use std::fs::File;

use bollard::body_try_stream;
use bollard::models::{Mount as EngineMount, MountTmpfsOptions, MountType, MountVolumeOptions};
use bollard::query_parameters::UploadToContainerOptionsBuilder;
use softy_checks::observation::{Fault, FaultKind};

use super::archive::{Archive, PackError, chunks};
use super::dockerignore::Ignored;
use super::engine::{fault, message};
use super::{Sandbox, limits};
use crate::compose::project::{Mount, MountSource, Service};
use crate::submission::{Kind, ReadError, Submission};

/// What is copied into a container before it starts.
pub(super) struct Upload {
    /// The folder of the container that the archive is unpacked in.
    target: String,
    archive: File,
}

impl Sandbox {
    /// The engine's mounts for a service, and what has to be uploaded.
    ///
    /// A bind hides what the image has at its place, and so does the empty volume that a folder is copied into. A
    /// single file is copied over the image's.
    pub(super) fn mounts(
        &self,
        submission: &Submission,
        service: &Service,
    ) -> Result<(Vec<EngineMount>, Vec<Upload>), Fault> {
        let (mut mounts, mut uploads) = (Vec::new(), Vec::new());
        for mount in &service.mounts {
            match &mount.source {
                MountSource::Submission(path) => {
                    let file = matches!(submission.kind(path)?, Some(Kind::Regular { .. }));
                    if !file {
                        mounts.push(self.volume(mount, None));
                    }
                    uploads.extend(upload(submission, path, &mount.target, file)?);
                }
                MountSource::Volume(name) => mounts.push(self.volume(mount, Some(name))),
                MountSource::Anonymous => mounts.push(self.volume(mount, None)),
                MountSource::Tmpfs => mounts.push(tmpfs(&mount.target)),
            }
        }
        Ok((mounts, uploads))
    }

    /// Copies into a container that is not started yet; the engine's word when it does not take it.
    pub(super) async fn upload(
        &self,
        container: &str,
        upload: Upload,
    ) -> Result<Result<(), String>, Fault> {
        let options = UploadToContainerOptionsBuilder::new()
            .path(&upload.target)
            .build();
        let body = body_try_stream(chunks(upload.archive));
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
                no_copy: Some(copied),
                labels: Some(self.labels()),
                ..MountVolumeOptions::default()
            }),
            ..EngineMount::default()
        }
    }
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

fn upload(
    submission: &Submission,
    path: &str,
    target: &str,
    file: bool,
) -> Result<Option<Upload>, Fault> {
    let (folder, name) = match path.rsplit_once('/') {
        Some((folder, name)) if file => (folder, name),
        _ if file => ("", path),
        _ => (path, ""),
    };
    let opened = match submission.open_dir(folder) {
        Ok(opened) => opened,
        Err(ReadError::Fault(fault)) => return Err(fault),
        Err(ReadError::Missing | ReadError::NotRegular(_) | ReadError::TooLarge { .. }) => {
            return Ok(None);
        }
    };
    let inside = target.trim_start_matches('/');
    let packed = Archive::new()
        .map_err(PackError::from)
        .and_then(|mut archive| {
            match file {
                true => archive.add_file(&opened, name, inside)?,
                false => archive.add_folder(&opened, "", &Ignored::default(), &[])?,
            }
            Ok(archive.finish()?)
        });
    let target = if file {
        "/".to_owned()
    } else {
        target.to_owned()
    };
    match packed {
        Ok(archive) => Ok(Some(Upload { target, archive })),
        Err(error) => Err(Fault {
            kind: FaultKind::Files,
            detail: format!("{path}: {error:?}"),
        }),
    }
}
