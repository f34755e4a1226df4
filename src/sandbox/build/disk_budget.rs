//! Disk budget of all images of a run together.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::sandbox::limits;

/// Bytes downloaded and written for the images of a run, by the engine's ids. Layers that several builds share count once.
#[derive(Default)]
pub(in crate::sandbox) struct DiskBudget(Mutex<BTreeMap<String, u64>>);

impl DiskBudget {
    /// Records the size of an object.
    pub(in crate::sandbox) fn note(&self, id: &str, bytes: u64) {
        self.sizes().insert(id.to_owned(), bytes);
    }

    /// Removes an object that no longer exists.
    pub(super) fn forget(&self, id: &str) {
        self.sizes().remove(id);
    }

    /// Returns whether the sum exceeds [`limits::BUILD_BYTES`].
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
        let taken = DiskBudget::default();
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
