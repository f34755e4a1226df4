//! Pace of the requests when a rate limit of the proxy refuses some.

use std::time::Duration;

use softy_checks::enough;

/// Time for the requests of a volley within a rate limit, if the minimum that shows an order takes less.
const PACED: Duration = Duration::from_secs(30);

/// Maximum time for the minimum number of requests that shows an order; a limit that needs more time is not followed.
const LONGEST_PACED: Duration = Duration::from_secs(100);

/// Time for requests on one connection each within a rate limit.
const PACED_FRESH: Duration = Duration::from_secs(10);

/// Factor by which the wait between two requests exceeds the limit's interval: earlier requests count, too.
const ROOM: f64 = 1.1;

/// Time between two requests of a volley; zero by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    pub(super) between: Duration,
}

impl Pace {
    /// Returns the pace for a limit of `per_second` requests per second.
    pub fn of_limit(per_second: f64) -> Option<Pace> {
        let seconds = ROOM / per_second;
        let between = Duration::try_from_secs_f64(seconds).ok()?;
        Some(Pace { between })
    }

    /// Returns the pace of manual requests, for an unknown limit.
    pub fn of_a_hand() -> Pace {
        Pace {
            between: Duration::from_secs(1),
        }
    }

    /// Waits until the next request may be sent.
    pub async fn wait(self) {
        tokio::time::sleep(self.between).await;
    }

    /// Returns how many of the `planned` requests to `replicas` replicas fit into the time; `None` when these show no order.
    pub fn requests(self, planned: u32, replicas: u32) -> Option<u32> {
        let least = enough(replicas).min(planned);
        let requests = self.within(PACED).clamp(least, planned);
        (self.within(LONGEST_PACED) >= least).then_some(requests)
    }

    /// Returns how many of the `planned` requests on one connection each fit into the time, at least one.
    pub(super) fn fresh(self, planned: u32) -> u32 {
        self.within(PACED_FRESH).clamp(1, planned)
    }

    fn within(self, time: Duration) -> u32 {
        match self.between {
            Duration::ZERO => u32::MAX,
            between => (time.as_secs_f64() / between.as_secs_f64()) as u32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_keeps_to_its_limit_and_its_time() {
        let requests = |per_second: f64, planned, replicas| {
            Pace::of_limit(per_second)?.requests(planned, replicas)
        };
        assert_eq!(requests(5.0, 40, 2), Some(40));
        assert_eq!(requests(1.0, 100, 5), Some(27));
        assert_eq!(requests(20.0 / 60.0, 40, 2), Some(24));
        assert_eq!(requests(0.1, 40, 2), None);
        assert_eq!(requests(1.0 / 60.0, 40, 2), None);
        assert_eq!(Pace::of_limit(0.0), None);
    }

    #[test]
    fn without_a_limit_everything_is_sent() {
        assert_eq!(Pace::default().requests(40, 2), Some(40));
        assert_eq!(Pace::default().fresh(20), 20);
        assert_eq!(Pace::of_a_hand().fresh(40), 10);
        assert_eq!(Pace::of_limit(0.01).map(|pace| pace.fresh(20)), Some(1));
    }
}
