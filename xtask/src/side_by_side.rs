//! The same work on many items, some of them in parallel.

use std::sync::Mutex;
use std::thread;

/// Applies `work` to each item, `at_a_time` in parallel, and returns the results in no particular order.
pub fn side_by_side<T: Send, O: Send>(
    at_a_time: usize,
    things: Vec<T>,
    work: impl Fn(&T) -> O + Sync,
) -> Vec<O> {
    let waiting = Mutex::new(things.into_iter());
    let next = || waiting.lock().ok()?.next();
    let outcomes = Mutex::new(Vec::new());
    let worker = || {
        while let Some(thing) = next() {
            let outcome = work(&thing);
            if let Ok(mut outcomes) = outcomes.lock() {
                outcomes.push(outcome);
            }
        }
    };
    thread::scope(|scope| (0..at_a_time).for_each(|_| drop(scope.spawn(worker))));
    outcomes.into_inner().unwrap_or_default()
}
