//! How fast requests are sent where a limit of the proxy's refuses some.

use std::time::Duration;

use softy_checks::enough;

/// The requests of a volley that keeps to a limit, where they are more than show an order at least.
const PACED: Duration = Duration::from_secs(30);

/// So many requests as show an order at least: a limit that takes longer is not kept to.
const LONGEST_PACED: Duration = Duration::from_secs(100);

/// Requests on connections of their own that keep to a limit.
const PACED_FRESH: Duration = Duration::from_secs(10);

/// How much longer than the limit asks is waited between two requests: what is sent before counts, too.
const ROOM: f64 = 1.1;

/// The time between two requests of a volley, none by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    pub(super) between: Duration,
}

impl Pace {
    /// The pace for a limit of so many requests a second.
    pub fn of_limit(per_second: f64) -> Option<Pace> {
        let seconds = ROOM / per_second;
        let between = Duration::try_from_secs_f64(seconds).ok()?;
        Some(Pace { between })
    }

    /// A hand's pace, where the limit is not known.
    pub fn of_a_hand() -> Pace {
        Pace {
            between: Duration::from_secs(1),
        }
    }

    /// Waits until the next request may be sent.
    pub async fn wait(self) {
        tokio::time::sleep(self.between).await;
    }

    /// How many of so many requests to `replicas` replicas there is time for; `None` where these show no order.
    pub fn requests(self, planned: u32, replicas: u32) -> Option<u32> {
        let least = enough(replicas).min(planned);
        let requests = self.within(PACED).clamp(least, planned);
        (self.within(LONGEST_PACED) >= least).then_some(requests)
    }

    /// How many of so many requests on connections of their own there is time for, at least one.
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
