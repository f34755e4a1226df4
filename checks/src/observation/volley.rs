//! A volley: the same request many times, and the replica that answered each.

use serde::{Deserialize, Serialize};

/// Requests to the API through the proxy, one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volley {
    /// Number of running replicas.
    pub replicas: u32,
    /// Connections that the requests used.
    pub connection: Connection,
    /// Source that identifies the replica of each request.
    pub witness: Witness,
    /// Number of the replica that answered each request; 0 if it is unknown.
    pub sequence: Vec<u32>,
    /// Requests, counted from 1, that more than one replica received.
    pub doubled: Vec<u32>,
    /// Requests, counted from 1, without an answer of status 200 and the right body.
    pub unanswered: Vec<u32>,
    /// Bytes that each replica received during the volley, by its network counters; empty if they were not read.
    pub received: Vec<u64>,
    /// Assumed number of worker processes of the proxy, used if the proxy closes connections; otherwise 0.
    pub workers: u32,
    /// Requests of others that the replicas' logs show between these, in order of time; before the first and after the last
    /// request, only the nearest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Other>,
    /// Status with which a limit of the proxy refused some of these requests, 429 or 503; `None` if it refused none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<u16>,
}

impl Volley {
    /// Returns whether the requests without an answer look like those beyond a rate limit: from the first one on, at least half
    /// of all requests. An API that fails now and then is not limited.
    pub fn looks_limited(&self) -> bool {
        let Some(first) = self.unanswered.first() else {
            return false;
        };
        let since = self.sequence.len().saturating_sub(*first as usize) + 1;
        self.unanswered.len() * 2 >= since
    }
}

/// A request of another client that a replica received during the volley.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Other {
    /// Number of the replica.
    pub replica: u32,
    /// Number of requests of the volley that were logged before it, by the engine's clock.
    pub after: u32,
}

/// Connections of the requests of a volley.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Connection {
    /// All on one connection, so all through one worker of the proxy.
    KeptAlive,
    /// Meant for one connection, but the proxy closed it during the volley.
    ClosedByProxy,
    /// A separate connection for each.
    Fresh,
}

/// Source that identifies the replica of each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Witness {
    /// The replicas' access logs, which record each request.
    Logs,
    /// The replicas' network counters, because the logs record no request.
    Counters,
    /// Neither.
    Nobody,
}

#[cfg(test)]
mod tests {
    use crate::observation::correct::correct;

    use super::*;

    #[test]
    fn failures_now_and_then_are_no_limit() {
        let looks_limited = |unanswered: &[u32]| {
            let volley = correct().volleys.remove(0);
            assert_eq!(volley.sequence.len(), 40);
            let unanswered = unanswered.to_vec();
            Volley {
                unanswered,
                ..volley
            }
            .looks_limited()
        };
        assert!(!looks_limited(&[]));
        assert!(!looks_limited(&[23, 24]));
        assert!(!looks_limited(&[
            5, 6, 11, 12, 17, 18, 23, 24, 29, 30, 35, 36
        ]));
        let beyond: Vec<u32> = (7..=40).filter(|request| request % 10 != 0).collect();
        assert!(looks_limited(&beyond));
    }
}
