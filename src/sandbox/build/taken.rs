//! What all images of a run take of the disk together.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::sandbox::limits;

/// What was downloaded and written for the images of a run, in bytes, by the engine's ids: what several builds have in
/// common counts once.
#[derive(Default)]
pub(in crate::sandbox) struct Taken(Mutex<BTreeMap<String, u64>>);

impl Taken {
    /// Something takes this much now.
    pub(in crate::sandbox) fn note(&self, id: &str, bytes: u64) {
        self.sizes().insert(id.to_owned(), bytes);
    }

    /// Something is there no more.
    pub(super) fn forget(&self, id: &str) {
        self.sizes().remove(id);
    }

    /// Whether it is more than [`limits::BUILD_BYTES`].
    pub(in crate::sandbox) fn is_too_much(&self) -> bool {
        let sizes = self.sizes();
        let bytes = sizes
            .values()
            .fold(0_u64, |sum, size| sum.saturating_add(*size));
        bytes > limits::BUILD_BYTES
    }

    fn sizes(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_share_the_disk_that_a_run_may_take() {
        let half = limits::BUILD_BYTES / 2;
        let taken = Taken::default();
        taken.note("one", half);
        taken.note("one", half);
        taken.note("two", half);
        assert!(!taken.is_too_much());
        taken.note("three", 1);
        assert!(taken.is_too_much());
        taken.forget("two");
        assert!(!taken.is_too_much());
    }
}
