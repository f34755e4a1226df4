//! The measurement itself.

use std::hash::BuildHasher;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::try_join_all;
use softy_checks::observation::{Connection, Fault, FaultKind, Reply, Volley, Witness};
use tokio::time::{Instant, sleep};

use super::attribution::Attribution;
use super::counted::{PADDINGS, served};
use super::fresh::Client;
use super::kept::Kept;
use super::{API_PATH, is_hello};
use crate::sandbox::{Member, Sandbox};

/// Requests for each replica.
const REQUESTS_PER_REPLICA: u32 = 20;

/// Requests on connections of their own.
const FRESH_REQUESTS: u32 = 20;

/// Extra bytes of a request, so that serving it shows in the engine's network counters beside everything else.
const PADDING: usize = 4000;

/// All requests of a volley; those behind it count as unanswered.
const VOLLEY: Duration = Duration::from_secs(120);

/// From the last reply until the replicas' logs must name every request.
const LOGS: Duration = Duration::from_secs(1);

/// Between two readings of the logs.
const BETWEEN_READINGS: Duration = Duration::from_millis(20);

/// Workers of a proxy that requests are sent for; telling more from chance would take more time than a volley has.
const MOST_WORKERS: u32 = 16;

/// Asks the API through the proxy, on one connection, and says which replica answered each request.
///
/// # Errors
/// A fault when the engine does not say what it must.
pub async fn volley(
    sandbox: &Sandbox,
    proxy: &Member,
    address: SocketAddr,
    replicas: &[Member],
) -> Result<Volley, Fault> {
    let count = u32::try_from(replicas.len()).unwrap_or(u32::MAX);
    let requests = count.saturating_mul(REQUESTS_PER_REPLICA);
    let mut kept = Kept::new(address);
    let mut volley = logged(sandbox, &mut kept, replicas, requests).await?;
    if kept.opened > 1 {
        let workers = workers(sandbox, proxy).await?;
        let requests = requests.max(interleaved_requests(workers, count));
        volley = logged(sandbox, &mut kept, replicas, requests).await?;
        volley.connection = Connection::ClosedByProxy;
        volley.workers = workers;
    }
    let silent = volley.sequence.contains(&0) && volley.unanswered.is_empty();
    if silent {
        return counted(sandbox, &mut kept, replicas, volley).await;
    }
    Ok(volley)
}

/// Asks the API once on each of several new connections, which reach several workers of the proxy.
///
/// # Errors
/// A fault when the engine does not give the logs.
pub async fn fresh_volley(
    sandbox: &Sandbox,
    client: &Client,
    address: SocketAddr,
    replicas: &[Member],
) -> Result<(Volley, Vec<Reply>), Fault> {
    let nonce = nonce();
    let (mut replies, mut unanswered) = (Vec::new(), Vec::new());
    for request in 1..=FRESH_REQUESTS {
        let reply = client.get(address, &path(&nonce, request)).await;
        if !is_hello(&reply.outcome) {
            unanswered.push(request);
        }
        replies.push(reply);
    }
    let volley = attributed(
        sandbox,
        replicas,
        &nonce,
        FRESH_REQUESTS,
        Connection::Fresh,
        unanswered,
    )
    .await?;
    Ok((volley, replies))
}

async fn logged(
    sandbox: &Sandbox,
    kept: &mut Kept,
    replicas: &[Member],
    requests: u32,
) -> Result<Volley, Fault> {
    let (nonce, started) = (nonce(), Instant::now());
    let mut unanswered = Vec::new();
    for request in 1..=requests {
        let late = started.elapsed() > VOLLEY;
        if late || !is_hello(&kept.get(&path(&nonce, request), PADDING).await) {
            unanswered.push(request);
        }
    }
    attributed(
        sandbox,
        replicas,
        &nonce,
        requests,
        Connection::KeptAlive,
        unanswered,
    )
    .await
}

/// Reads the logs until they name every answered request, or [`LOGS`] has passed.
async fn attributed(
    sandbox: &Sandbox,
    replicas: &[Member],
    nonce: &str,
    requests: u32,
    connection: Connection,
    unanswered: Vec<u32>,
) -> Result<Volley, Fault> {
    let started = Instant::now();
    let answered = requests as usize - unanswered.len();
    let attribution = loop {
        let logs = try_join_all(replicas.iter().map(|replica| sandbox.log(replica))).await?;
        let attribution = Attribution::read(&logs, nonce);
        if attribution.named(requests) >= answered || started.elapsed() > LOGS {
            break attribution;
        }
        sleep(BETWEEN_READINGS).await;
    };
    let named = attribution.named(requests) > 0;
    Ok(Volley {
        replicas: u32::try_from(replicas.len()).unwrap_or(u32::MAX),
        connection,
        witness: if named {
            Witness::Logs
        } else {
            Witness::Nobody
        },
        sequence: attribution.sequence(requests),
        doubled: attribution.doubled(requests),
        unanswered,
        received: Vec::new(),
        workers: 0,
    })
}

/// The same again, this time read from the network counters, because the logs do not name every request.
async fn counted(
    sandbox: &Sandbox,
    kept: &mut Kept,
    replicas: &[Member],
    silent: Volley,
) -> Result<Volley, Fault> {
    let (nonce, started) = (nonce(), Instant::now());
    let requests = silent.sequence.len();
    let (mut sequence, mut unanswered) = (Vec::new(), Vec::new());
    let first = counters(sandbox, replicas).await?;
    let mut before = first.clone();
    while sequence.len() < requests && started.elapsed() < VOLLEY {
        for (request, padding) in (sequence.len() as u32 + 1..).zip(PADDINGS) {
            if !is_hello(&kept.get(&path(&nonce, request), padding).await) {
                unanswered.push(request);
            }
        }
        let after = counters(sandbox, replicas).await?;
        let group = served(&difference(&before, &after)).unwrap_or([0; PADDINGS.len()]);
        sequence.extend(group);
        before = after;
    }
    let known = sequence.iter().any(|replica| *replica != 0);
    Ok(Volley {
        witness: if known {
            Witness::Counters
        } else {
            Witness::Nobody
        },
        received: difference(&first, &before),
        sequence,
        unanswered,
        ..silent
    })
}

/// What every replica has received so far, which nothing else can say when the logs are silent.
async fn counters(sandbox: &Sandbox, replicas: &[Member]) -> Result<Vec<u64>, Fault> {
    let counters = try_join_all(replicas.iter().map(|replica| sandbox.received(replica))).await?;
    let counters: Option<Vec<u64>> = counters.into_iter().collect();
    counters.ok_or_else(|| Fault {
        kind: FaultKind::Engine,
        detail: "the replicas log no request, and their network counters cannot be read".to_owned(),
    })
}

fn difference(before: &[u64], after: &[u64]) -> Vec<u64> {
    before
        .iter()
        .zip(after)
        .map(|(before, after)| after.saturating_sub(*before))
        .collect()
}

/// The proxy's worker processes; as many as are reckoned with where they cannot be counted.
async fn workers(sandbox: &Sandbox, proxy: &Member) -> Result<u32, Fault> {
    let Some(processes) = sandbox.processes(proxy).await? else {
        return Ok(MOST_WORKERS);
    };
    let workers = processes
        .iter()
        .filter(|process| process.contains("worker process"));
    Ok(u32::try_from(workers.count())
        .unwrap_or(MOST_WORKERS)
        .max(1))
}

/// How many requests tell `workers` interleaved rotations from chance.
///
/// A random walk stays within `width` steps for `n` steps with a probability of about `cos(π / (width + 2))ⁿ`; three
/// times the square of `width + 2` make that less than one in a million. Only every other request of
/// `replicas / 2` moves the walk of a pair.
fn interleaved_requests(workers: u32, replicas: u32) -> u32 {
    let width = 2 * workers.min(MOST_WORKERS) + 2;
    3 * width * width * replicas.div_ceil(2)
}

/// Eight hexadecimal digits that no log holds yet.
fn nonce() -> String {
    let random = std::hash::RandomState::new().hash_one(std::time::SystemTime::now());
    format!("{:08x}", random >> 32)
}

fn path(nonce: &str, request: u32) -> String {
    format!("{API_PATH}?softy={nonce}-{request}")
}
