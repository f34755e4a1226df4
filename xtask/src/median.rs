//! Median of several durations.

use std::time::Duration;

/// Returns the median; zero if there are no durations.
pub fn median(mut durations: Vec<Duration>) -> Duration {
    durations.sort();
    durations
        .get(durations.len() / 2)
        .copied()
        .unwrap_or_default()
}
