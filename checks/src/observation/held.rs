//! Requests while a replica is held, which tell turns from the choice of the least busy.

use serde::{Deserialize, Serialize};

/// Requests sent one after the other while one replica was held: it takes connections, and answers none of them.
///
/// Those that are answered travel on one connection, on which an order was seen to repeat before; behind each that waits a new
/// one begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// How many replicas took turns before.
    pub replicas: u32,
    /// The length of the order that they took turns in.
    pub period: u32,
    /// Worker processes of the proxy, each of which may count its own requests; 0 when none can be told.
    pub workers: u32,
    /// Requests that waited for the held replica, and were answered once it was let go on.
    pub waited: u32,
    /// Requests in a row on the last connection that the others answered.
    pub passed_by: u32,
    /// What came of requests while every replica was held; `None` when turns had shown before.
    pub all: Option<AllHeld>,
    /// The numbers of the replicas for which no request waited while they were held, in [`Held::ORDERS`] orders.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unasked: Vec<u32>,
}

/// Requests sent at once while every replica was held, beside those that waited already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllHeld {
    /// How many.
    pub requests: u32,
    /// How many of them were answered when the replica that was held first went on alone.
    pub answered: u32,
}

/// How a proxy chooses a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// One after the other, whatever they have to do.
    InTurn,
    /// The one with the least to do.
    LeastBusy,
}

impl Held {
    /// How many orders long a held replica must be passed by: two are one more than it takes, since something else that asks
    /// in between may take its turn.
    pub const ORDERS: u32 = 3;

    /// How the replicas were chosen; `None` where that is not certain.
    ///
    /// Who takes turns comes to the held replica within every order, so all connections wait. Whoever chooses the least busy
    /// lets one request wait, one for each worker at most, and passes by. So does a proxy that has found out that the
    /// replica does not answer, or that gives each a bounded number of requests. But the former sends it nothing more, and
    /// the latter sends none of the others a second one either; to choose among replicas that are all busy means both.
    pub fn choice(&self) -> Option<Choice> {
        if self.waited > self.workers.max(1) {
            return Some(Choice::InTurn);
        }
        let AllHeld { requests, answered } = self.all.as_ref()?;
        let is_passed_by =
            self.waited > 0 && self.passed_by >= self.period.saturating_mul(Held::ORDERS);
        let is_shared = *answered > 0 && requests.saturating_sub(*answered) >= self.replicas;
        (is_passed_by && is_shared).then_some(Choice::LeastBusy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(workers: u32, waited: u32, passed_by: u32, all: Option<(u32, u32)>) -> Held {
        Held {
            replicas: 2,
            period: 2,
            workers,
            waited,
            passed_by,
            all: all.map(|(requests, answered)| AllHeld { requests, answered }),
            unasked: Vec::new(),
        }
    }

    #[test]
    fn more_that_wait_than_there_are_workers_take_turns() {
        assert_eq!(held(2, 3, 0, None).choice(), Some(Choice::InTurn));
        assert_eq!(held(0, 2, 1, None).choice(), Some(Choice::InTurn));
        assert_eq!(held(2, 2, 1, None).choice(), None);
    }

    #[test]
    fn a_replica_that_is_passed_by_as_long_as_others_have_less_to_do_is_the_busiest() {
        let shared = Some((5, 2));
        assert_eq!(held(1, 1, 6, shared).choice(), Some(Choice::LeastBusy));
        assert_eq!(held(0, 1, 6, shared).choice(), Some(Choice::LeastBusy));
        assert_eq!(held(1, 1, 5, shared).choice(), None);
        assert_eq!(held(1, 0, 6, shared).choice(), None);
    }

    #[test]
    fn a_replica_that_is_passed_by_for_good_is_out_of_the_order() {
        assert_eq!(held(1, 1, 6, Some((5, 0))).choice(), None);
    }

    #[test]
    fn replicas_that_take_one_request_each_are_no_choice() {
        assert_eq!(held(1, 1, 6, Some((5, 4))).choice(), None);
    }
}
