//! A volley: the same request many times, and who answered each.

use serde::{Deserialize, Serialize};

/// Requests to the API through the proxy, one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volley {
    /// How many replicas ran.
    pub replicas: u32,
    /// How the requests travelled.
    pub connection: Connection,
    /// Who said which replica answered.
    pub witness: Witness,
    /// The number of the replica that answered each request; 0 where nobody is known to have.
    pub sequence: Vec<u32>,
    /// Requests, counted from 1, that more than one replica saw.
    pub doubled: Vec<u32>,
    /// Requests, counted from 1, that did not come back with 200 and the right body.
    pub unanswered: Vec<u32>,
    /// Bytes that each replica received while the volley ran, by their network counters; empty when they were not read.
    pub received: Vec<u64>,
    /// Worker processes of the proxy that are reckoned with, which they are when the proxy closes connections; else 0.
    pub workers: u32,
    /// Requests of others that the replicas' logs show between these, in the order of time; at its two ends the nearest only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Other>,
    /// The status that a limit of the proxy's refused some of these requests with, 429 or 503; `None` when none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<u16>,
}

/// A request of another client, which a replica received while the volley ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Other {
    /// The number of the replica.
    pub replica: u32,
    /// How many requests of the volley were logged before it, by the engine's clock.
    pub after: u32,
}

/// How the requests of a volley travelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Connection {
    /// All on one connection, so all through one worker of the proxy.
    KeptAlive,
    /// Meant for one connection, but the proxy closed it in between.
    ClosedByProxy,
    /// Each on a connection of its own.
    Fresh,
}

/// Who said which replica answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Witness {
    /// The replicas' access logs, which name each request.
    Logs,
    /// The replicas' network counters, since the logs name no request.
    Counters,
    /// Neither.
    Nobody,
}
