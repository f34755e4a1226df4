//! Requests while a replica is paused, which distinguish turns from the choice of the least busy replica.

use serde::{Deserialize, Serialize};

/// Requests sent one after the other while one replica was paused: it accepts connections, and answers none of them.
///
/// The answered requests use one connection, on which an order was seen to repeat before. After each request that waits, a new
/// connection begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Number of replicas that took turns before.
    pub replicas: u32,
    /// Length of the order in which they took turns.
    pub period: u32,
    /// Worker processes of the proxy, each of which may count its own requests; 0 if their number is unknown.
    pub workers: u32,
    /// Requests that waited for the paused replica, and were answered once it was unpaused.
    pub waited: u32,
    /// Consecutive requests on the last connection that the other replicas answered.
    pub passed_by: u32,
    /// Result of requests while every replica was paused; `None` if turns had shown before.
    pub all: Option<AllHeld>,
    /// Numbers of the replicas for which no request waited while they were paused, over [`Held::ORDERS`] orders.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unasked: Vec<u32>,
}

/// Requests sent at once while every replica was paused, in addition to those that waited already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllHeld {
    /// Number of requests.
    pub requests: u32,
    /// Number of them that were answered after only the replica that was paused first was unpaused.
    pub answered: u32,
}

/// Method by which a proxy chooses a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// One after the other, independent of their load.
    InTurn,
    /// The replica with the least load.
    LeastBusy,
}

impl Held {
    /// Number of orders during which the proxy must pass the paused replica by. Two are already one more than needed, because a
    /// request from another client may take the replica's turn.
    pub const ORDERS: u32 = 3;

    /// Returns how the proxy chose the replicas; `None` if that is not certain.
    ///
    /// With turns, every order contains the paused replica, so the requests on all connections wait for it. With a choice of
    /// the least busy replica, one request waits, at most one per worker, and the next ones pass it by. Two other proxies also
    /// pass it by: one that has detected that the replica does not answer, and one that limits the number of requests per
    /// replica. But the first sends it no more requests, and the second sends no second request to any other replica either.
    /// Only a choice among replicas that are all busy does both.
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
