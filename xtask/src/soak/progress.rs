//! Progress of a soak, printed at intervals.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::graded::Graded;
use crate::say;

/// Interval between two lines.
const EVERY: Duration = Duration::from_secs(60);

/// Counter of finished runs.
pub struct Progress {
    runs: usize,
    started: Instant,
    count: Mutex<Count>,
}

struct Count {
    done: usize,
    wrong: usize,
    not_graded: usize,
    said: Instant,
}

impl Progress {
    /// Returns a counter for `runs` runs, none of them finished.
    pub fn of(runs: usize) -> Progress {
        let started = Instant::now();
        Progress {
            runs,
            started,
            count: Mutex::new(Count {
                done: 0,
                wrong: 0,
                not_graded: 0,
                said: started,
            }),
        }
    }

    /// Counts a finished run, and prints the progress if the interval has passed.
    pub fn tell(&self, graded: &Graded) {
        let Ok(mut count) = self.count.lock() else {
            return;
        };
        count.done += 1;
        count.wrong += usize::from(graded.is_wrong());
        count.not_graded += usize::from(graded.is_not_graded());
        if count.said.elapsed() < EVERY {
            return;
        }
        count.said = Instant::now();
        let left = self.started.elapsed().as_secs_f64() / count.done as f64
            * self.runs.saturating_sub(count.done) as f64;
        say(&format!(
            "{}/{}, {} wrong, {} not graded, {:.0} min left",
            count.done,
            self.runs,
            count.wrong,
            count.not_graded,
            left / 60.0
        ));
    }
}
