//! Watch of what containers write while they run: a writable layer and a volume have no quota of their own.

use std::future::Future;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bollard::Docker;
use bollard::models::ContainerSummary;
use bollard::query_parameters::{
    DownloadFromContainerOptionsBuilder, InspectContainerOptionsBuilder,
    KillContainerOptionsBuilder, ListContainersOptionsBuilder,
};
use futures_util::StreamExt;
use futures_util::future::join_all;
use softy_checks::observation::Limit;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};

use super::pause::{pause, unpause};
use super::{ContainerHandle, Sandbox, limits};

/// Shortest pause between two checks.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// Pause after a check, as a multiple of the check's duration, which leaves an engine most of its time.
const REST: u32 = 3;

/// Longest pause between two checks.
const LONGEST_REST: Duration = Duration::from_secs(5);

/// Number of attempts to read a folder that changes meanwhile, before all containers that may change it are paused.
const ARCHIVE_ATTEMPTS: u32 = 4;

/// Number of zero bytes at the end of an archive.
const END_OF_ARCHIVE: usize = 1024;

/// Duration of a check that indicates many files: a check of a few empty layers takes milliseconds.
const MANY_FILES: Duration = Duration::from_millis(500);

/// Observations of a run's containers so far.
#[derive(Default)]
pub(super) struct Watched {
    /// Containers that were killed for exceeding a limit, by the engine's ids.
    excesses: Mutex<Vec<(String, Limit)>>,
    /// Notification for each of them.
    noticed: Notify,
    /// Lock held while some of the run's containers are paused.
    pub(super) pausing: tokio::sync::Mutex<()>,
}

/// Free space of the engine's disk, if that is this machine's, or the space that all programs have taken from it.
#[derive(Clone, Copy, Default)]
struct Space {
    bytes: u64,
    files: u64,
}

/// Reasons for a check that takes the engine seconds; only the result of the check counts.
#[derive(Clone, Copy)]
struct Suspicion {
    of_bytes: bool,
    of_files: bool,
}

impl Sandbox {
    /// Runs `work`. Meanwhile, and once more at its end, checks what the run's containers write, and kills each one over a
    /// limit.
    ///
    /// Ignores an engine that does not answer: other calls report it.
    pub async fn watching<T>(&self, work: impl Future<Output = T>) -> T {
        let mut before = self.space();
        let mut work = pin!(work);
        loop {
            tokio::select! {
                done = &mut work => {
                    self.look(before).await;
                    return done;
                }
                () = self.look_and_rest(&mut before) => {}
            }
        }
    }

    async fn look_and_rest(&self, before: &mut Option<Space>) {
        let started = Instant::now();
        // Space that another program freed meanwhile would hide as much space that was taken.
        *before = Space::most(*before, self.space());
        let suspicion = self.look(*before).await;
        if suspicion.of_bytes || suspicion.of_files {
            // Either another program took the space, or the container was killed.
            *before = self.space();
        }
        let rest = (started.elapsed() * REST).clamp(BETWEEN_LOOKS, LONGEST_REST);
        sleep(rest).await;
    }

    /// Waits until a container is over a limit.
    pub async fn exceeded(&self) {
        while !self.has_exceeded() {
            self.watched.noticed.notified().await;
        }
    }

    /// Returns whether a container was over a limit.
    pub fn has_exceeded(&self) -> bool {
        !self.watched.excesses().is_empty()
    }

    /// Returns the limit for which a container was killed.
    pub(super) fn excess(&self, member: &ContainerHandle) -> Option<Limit> {
        let excesses = self.watched.excesses();
        let excess = excesses.iter().find(|(id, _)| *id == member.id);
        excess.map(|(_, limit)| *limit)
    }

    async fn look(&self, before: Option<Space>) -> Suspicion {
        let taken = Space::taken(before, self.space());
        let started = Instant::now();
        let containers = &self.running().await;
        let suspicion = Suspicion {
            of_bytes: !self.capabilities.measures_layers && taken.bytes > limits::DISK_BYTES,
            of_files: taken.files > limits::FILES
                || (self.capabilities.measures_layers && started.elapsed() > MANY_FILES),
        };
        let looks = containers.iter().map(|container| async move {
            let Some(id) = &container.id else {
                return;
            };
            if let Some(limit) = self.excess_of(container, containers, suspicion).await {
                self.end(id, limit).await;
            }
        });
        join_all(looks).await;
        suspicion
    }

    async fn running(&self) -> Vec<ContainerSummary> {
        let options = ListContainersOptionsBuilder::new()
            .filters(&self.filter())
            .size(self.capabilities.measures_layers)
            .build();
        let containers = self.docker.list_containers(Some(options));
        let containers = timeout(limits::LOOK, containers).await;
        containers.unwrap_or(Ok(Vec::new())).unwrap_or_default()
    }

    async fn excess_of(
        &self,
        container: &ContainerSummary,
        all: &[ContainerSummary],
        suspicion: Suspicion,
    ) -> Option<Limit> {
        let id = container.id.as_deref()?;
        let layer = match suspicion.of_bytes {
            true => layer(&self.docker, id).await,
            false => container.size_rw,
        };
        let layer = layer.unwrap_or_default().unsigned_abs();
        let mut room = limits::DISK_BYTES.checked_sub(layer);
        for mount in container.mounts.iter().flatten() {
            let is_written = mount.typ.as_deref() == Some("volume") && mount.rw != Some(false);
            let target = mount.destination.as_deref().filter(|_| is_written);
            if let (Some(left), Some(target)) = (room, target) {
                room = self.room_after(id, target, left, all).await;
            }
        }
        if room.is_none() {
            return Some(Limit::Disk {
                bytes: limits::DISK_BYTES,
            });
        }
        if suspicion.of_files && changed(&self.docker, id).await > limits::FILES {
            return Some(Limit::Files {
                count: limits::FILES,
            });
        }
        None
    }

    /// Returns the bytes of `room` that a folder of a container leaves free; `None` if it exceeds them. The folder is measured
    /// as an archive, in which even an empty file takes some bytes. It is the only measure of a volume that every engine has,
    /// and no program in the container can forge it.
    async fn room_after(
        &self,
        id: &str,
        folder: &str,
        room: u64,
        all: &[ContainerSummary],
    ) -> Option<u64> {
        for _ in 0..ARCHIVE_ATTEMPTS {
            match archived(&self.docker, id, folder, room).await {
                Archived::Large => return None,
                Archived::Small(bytes) => return Some(room - bytes),
                // A file was truncated or renamed while it was being read.
                Archived::Broken => {}
            }
        }
        let _alone = self.holding_alone().await;
        let ids = || all.iter().filter_map(|container| container.id.as_deref());
        // A container that has exited meanwhile, or cannot be paused, is read as it is.
        pause(&self.docker, ids()).await;
        let archived = archived(&self.docker, id, folder, room).await;
        unpause(&self.docker, ids()).await;
        match archived {
            Archived::Large => None,
            Archived::Small(bytes) => Some(room - bytes),
            Archived::Broken => Some(room),
        }
    }

    /// Kills a container. Records the limit first, so that it is known before any caller notices the end.
    async fn end(&self, id: &str, limit: Limit) {
        self.watched.excesses().push((id.to_owned(), limit));
        let options = KillContainerOptionsBuilder::new().signal("SIGKILL").build();
        let killed = self.docker.kill_container(id, Some(options));
        // A container that is gone needs no kill, and one that stays is removed with the run.
        drop(timeout(limits::ENGINE_ANSWER, killed).await);
        self.watched.noticed.notify_one();
    }

    fn space(&self) -> Option<Space> {
        let disk = rustix::fs::statvfs(self.capabilities.root.as_deref()?).ok()?;
        Some(Space {
            bytes: disk.f_bfree.saturating_mul(disk.f_frsize),
            files: disk.f_ffree,
        })
    }
}

impl Space {
    fn most(one: Option<Space>, other: Option<Space>) -> Option<Space> {
        let (Some(one), Some(other)) = (one, other) else {
            return one.or(other);
        };
        Some(Space {
            bytes: one.bytes.max(other.bytes),
            files: one.files.max(other.files),
        })
    }

    fn taken(before: Option<Space>, now: Option<Space>) -> Space {
        let (Some(before), Some(now)) = (before, now) else {
            return Space::default();
        };
        Space {
            bytes: before.bytes.saturating_sub(now.bytes),
            files: before.files.saturating_sub(now.files),
        }
    }
}

impl Watched {
    fn excesses(&self) -> std::sync::MutexGuard<'_, Vec<(String, Limit)>> {
        self.excesses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Result of reading a folder as an archive.
enum Archived {
    /// The archive exceeds the room.
    Large,
    /// Size of the archive, in bytes.
    Small(u64),
    /// The archive lacks its end.
    Broken,
}

async fn archived(docker: &Docker, id: &str, folder: &str, room: u64) -> Archived {
    let archived = timeout(limits::LOOK, read_archive(docker, id, folder, room)).await;
    archived.unwrap_or(Archived::Broken)
}

async fn read_archive(docker: &Docker, id: &str, folder: &str, room: u64) -> Archived {
    let options = DownloadFromContainerOptionsBuilder::new()
        .path(folder)
        .build();
    let mut archive = docker.download_from_container(id, Some(options));
    let (mut bytes, mut zeros): (u64, usize) = (0, 0);
    while let Some(part) = archive.next().await {
        let Ok(part) = part else {
            return Archived::Broken;
        };
        bytes += part.len() as u64;
        if bytes > room {
            return Archived::Large;
        }
        let ending = part.iter().rev().take_while(|byte| **byte == 0).count();
        zeros = match ending == part.len() {
            true => zeros + ending,
            false => ending,
        };
    }
    match zeros >= END_OF_ARCHIVE {
        true => Archived::Small(bytes),
        false => Archived::Broken,
    }
}

/// Returns the size of a container's layer, in bytes, from an engine that has to compute it.
async fn layer(docker: &Docker, id: &str) -> Option<i64> {
    let options = InspectContainerOptionsBuilder::new().size(true).build();
    let container = timeout(limits::LOOK, docker.inspect_container(id, Some(options))).await;
    container.ok()?.ok()?.size_rw
}

/// Returns the number of files of a container that are not its image's.
async fn changed(docker: &Docker, id: &str) -> u64 {
    let changes = timeout(limits::LOOK, docker.container_changes(id)).await;
    let changes = changes.unwrap_or(Ok(None)).unwrap_or_default();
    changes.unwrap_or_default().len() as u64
}
