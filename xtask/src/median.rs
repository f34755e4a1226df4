//! The middle one of several durations.

use std::time::Duration;

/// Zero where there is none.
pub fn median(mut durations: Vec<Duration>) -> Duration {
    durations.sort();
    durations
        .get(durations.len() / 2)
        .copied()
        .unwrap_or_default()
}
