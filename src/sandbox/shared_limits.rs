//! Limits that the runs of one process share, so that they do not disturb each other on one engine, and the images that one of
//! them has built for all.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedMutexGuard, Semaphore, SemaphorePermit};
use tokio::task::spawn_blocking;

/// Number of runs that begin between two checks of the builds' cache.
const BETWEEN_BOUNDS: usize = 20;

/// Number of built images that are remembered; beyond it, all are forgotten.
const IMAGES: usize = 1000;

/// Shared limits: the amount of each kind of work at the same time, over all runs.
pub struct SharedLimits {
    building: Semaphore,
    starting: Semaphore,
    begun: AtomicUsize,
    /// Locks for work that must not be done twice at the same time: the second caller finds it done.
    alone: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// Ids of images, by the keys of their builds.
    built: Mutex<HashMap<String, String>>,
}

/// Maintenance that a run does in addition to its own work, for all runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Maintenance {
    /// Set when the run removes what killed runs have left.
    pub(crate) sweep: bool,
    /// Set when the run bounds the builds' cache.
    pub(crate) bound: bool,
}

impl SharedLimits {
    /// Creates the limits: `building` runs build and `starting` runs start containers at the same time.
    pub fn new(building: usize, starting: usize) -> SharedLimits {
        SharedLimits {
            building: Semaphore::new(building),
            starting: Semaphore::new(starting),
            begun: AtomicUsize::new(0),
            alone: Mutex::default(),
            built: Mutex::default(),
        }
    }

    /// Waits until a run may build its images; it may until the permit is dropped.
    pub(crate) async fn to_build(&self) -> Option<SemaphorePermit<'_>> {
        // It is never closed.
        self.building.acquire().await.ok()
    }

    /// Waits until a run may start containers; it may until the permit is dropped.
    pub(crate) async fn to_start(&self) -> Option<SemaphorePermit<'_>> {
        self.starting.acquire().await.ok()
    }

    /// Returns the maintenance for a run that begins: the first run sweeps, and one in [`BETWEEN_BOUNDS`] bounds the cache.
    pub(crate) fn begin(&self) -> Maintenance {
        let before = self.begun.fetch_add(1, Ordering::Relaxed);
        Maintenance {
            sweep: before == 0,
            bound: before.is_multiple_of(BETWEEN_BOUNDS),
        }
    }

    /// Waits until no other caller does the work that `key` names.
    pub(super) async fn alone(&self, key: String) -> OwnedMutexGuard<()> {
        let own = {
            let mut keys = self.alone.lock().unwrap_or_else(PoisonError::into_inner);
            keys.retain(|_, lock| Arc::strong_count(lock) > 1);
            Arc::clone(keys.entry(key).or_default())
        };
        own.lock_owned().await
    }

    /// Returns the image that a build of this key has made.
    pub(super) fn built(&self, key: &str) -> Option<String> {
        self.images().get(key).cloned()
    }

    /// Records the image that a build of this key has made.
    pub(super) fn note_built(&self, key: String, image: String) {
        let mut images = self.images();
        if images.len() == IMAGES {
            images.clear();
        }
        images.insert(key, image);
    }

    fn images(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.built.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for SharedLimits {
    /// Returns limits that never make a run wait, for a single run.
    fn default() -> SharedLimits {
        SharedLimits::new(Semaphore::MAX_PERMITS, Semaphore::MAX_PERMITS)
    }
}

/// Returns the key of a build. It is equal for two builds with the same options and the same files, except for the files'
/// times, which the builder ignores too.
pub(super) async fn build_key(context: &File, options: String) -> io::Result<String> {
    let context = context.try_clone()?;
    let key = spawn_blocking(move || digest(context, &options));
    Ok(format!("build {}", key.await.map_err(io::Error::other)??))
}

fn digest(mut context: File, options: &str) -> io::Result<blake3::Hash> {
    context.seek(SeekFrom::Start(0))?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(&options.len().to_le_bytes());
    hasher.update(options.as_bytes());
    let mut archive = tar::Archive::new(context);
    for entry in archive.entries()? {
        let mut entry = entry?;
        hasher.update(&entry.path_bytes());
        hasher.update(&[0]);
        hasher.update(&entry.link_name_bytes().unwrap_or_default());
        hasher.update(&entry.header().mode()?.to_le_bytes());
        hasher.update(&entry.size().to_le_bytes());
        hasher.update_reader(&mut entry)?;
    }
    Ok(hasher.finalize())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    const SOON: Duration = Duration::from_millis(20);

    fn packed(text: &[u8], modified: u64) -> File {
        let mut archive = tar::Builder::new(tempfile::tempfile().unwrap());
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(modified);
        archive
            .append_data(&mut header, "Dockerfile", text)
            .unwrap();
        archive.into_inner().unwrap()
    }

    #[test]
    fn builds_are_the_same_by_their_content() {
        let key = |text: &[u8], modified, options| digest(packed(text, modified), options).unwrap();
        assert_eq!(key(b"FROM a", 1, ""), key(b"FROM a", 2, ""));
        assert_ne!(key(b"FROM a", 1, ""), key(b"FROM b", 1, ""));
        assert_ne!(key(b"FROM a", 1, ""), key(b"FROM a", 1, "target"));
    }

    #[tokio::test]
    async fn the_same_is_done_once_at_a_time_and_nothing_is_kept_of_it() {
        let turns = SharedLimits::default();
        let first = turns.alone("a".to_owned()).await;
        assert!(timeout(SOON, turns.alone("a".to_owned())).await.is_err());
        let other = turns.alone("b".to_owned()).await;
        drop((first, other));
        let again = timeout(SOON, turns.alone("a".to_owned())).await;
        assert!(again.is_ok());
        assert_eq!(turns.alone.lock().unwrap().len(), 1);
    }

    #[test]
    fn few_images_are_known_by_what_they_were_built_from() {
        let turns = SharedLimits::default();
        for number in 0..=IMAGES {
            turns.note_built(format!("build {number}"), "image".to_owned());
        }
        assert_eq!(turns.built("build 0"), None);
        assert_eq!(
            turns.built(&format!("build {IMAGES}")).as_deref(),
            Some("image")
        );
    }

    #[tokio::test]
    async fn builds_and_starts_have_their_own_turns() {
        let turns = SharedLimits::new(1, 1);
        let building = turns.to_build().await;
        assert!(timeout(SOON, turns.to_build()).await.is_err());
        assert!(timeout(SOON, turns.to_start()).await.is_ok());
        drop(building);
        assert!(timeout(SOON, turns.to_build()).await.is_ok());
    }

    #[test]
    fn one_run_sweeps_for_all() {
        let turns = SharedLimits::default();
        let chores: Vec<Maintenance> = (0..=BETWEEN_BOUNDS).map(|_| turns.begin()).collect();
        assert_eq!(chores.iter().filter(|chores| chores.sweep).count(), 1);
        assert_eq!(chores.iter().filter(|chores| chores.bound).count(), 2);
    }
}
