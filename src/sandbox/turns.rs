//! What the runs of one process do one after the other, so that they do not disturb each other on an engine they share.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedMutexGuard, Semaphore, SemaphorePermit};
use tokio::task::spawn_blocking;

/// Runs that begin between two looks at the builds' cache.
const BETWEEN_BOUNDS: usize = 20;

/// How much of each kind of work goes on at a time, over all runs that share it.
pub struct Turns {
    building: Semaphore,
    starting: Semaphore,
    begun: AtomicUsize,
    /// What must not be done twice at the same time: whoever is second finds it done.
    alone: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

/// What a run does beside its own work, for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chores {
    /// To remove what killed runs have left.
    pub(crate) sweep: bool,
    /// To bound the builds' cache.
    pub(crate) bound: bool,
}

impl Turns {
    /// `building` runs that build and `starting` runs that start containers, at a time.
    pub fn new(building: usize, starting: usize) -> Turns {
        Turns {
            building: Semaphore::new(building),
            starting: Semaphore::new(starting),
            begun: AtomicUsize::new(0),
            alone: Mutex::default(),
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

    /// A run begins: the first sweeps, and one in [`BETWEEN_BOUNDS`] bounds the cache.
    pub(crate) fn begin(&self) -> Chores {
        let before = self.begun.fetch_add(1, Ordering::Relaxed);
        Chores {
            sweep: before == 0,
            bound: before.is_multiple_of(BETWEEN_BOUNDS),
        }
    }

    /// Waits until nobody else does what `key` names.
    pub(super) async fn alone(&self, key: String) -> OwnedMutexGuard<()> {
        let own = {
            let mut keys = self.alone.lock().unwrap_or_else(PoisonError::into_inner);
            keys.retain(|_, lock| Arc::strong_count(lock) > 1);
            Arc::clone(keys.entry(key).or_default())
        };
        own.lock_owned().await
    }
}

impl Default for Turns {
    /// One run has no need to wait.
    fn default() -> Turns {
        Turns::new(Semaphore::MAX_PERMITS, Semaphore::MAX_PERMITS)
    }
}

/// The same for two builds whose context and Dockerfile are the same but for their files' times, which the builder does not
/// look at either.
pub(super) async fn build_key(context: &File) -> io::Result<String> {
    let context = context.try_clone()?;
    let key = spawn_blocking(move || digest(context));
    Ok(format!("build {}", key.await.map_err(io::Error::other)??))
}

fn digest(mut context: File) -> io::Result<blake3::Hash> {
    context.seek(SeekFrom::Start(0))?;
    let mut hasher = blake3::Hasher::new();
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
        let key = |text: &[u8], modified| digest(packed(text, modified)).unwrap();
        assert_eq!(key(b"FROM a", 1), key(b"FROM a", 2));
        assert_ne!(key(b"FROM a", 1), key(b"FROM b", 1));
    }

    #[tokio::test]
    async fn the_same_is_done_once_at_a_time_and_nothing_is_kept_of_it() {
        let turns = Turns::default();
        let first = turns.alone("a".to_owned()).await;
        assert!(timeout(SOON, turns.alone("a".to_owned())).await.is_err());
        let other = turns.alone("b".to_owned()).await;
        drop((first, other));
        let again = timeout(SOON, turns.alone("a".to_owned())).await;
        assert!(again.is_ok());
        assert_eq!(turns.alone.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn builds_and_starts_have_their_own_turns() {
        let turns = Turns::new(1, 1);
        let building = turns.to_build().await;
        assert!(timeout(SOON, turns.to_build()).await.is_err());
        assert!(timeout(SOON, turns.to_start()).await.is_ok());
        drop(building);
        assert!(timeout(SOON, turns.to_build()).await.is_ok());
    }

    #[test]
    fn one_run_sweeps_for_all() {
        let turns = Turns::default();
        let chores: Vec<Chores> = (0..=BETWEEN_BOUNDS).map(|_| turns.begin()).collect();
        assert_eq!(chores.iter().filter(|chores| chores.sweep).count(), 1);
        assert_eq!(chores.iter().filter(|chores| chores.bound).count(), 2);
    }
}
