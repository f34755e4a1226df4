//! Measurement of the rotation: volleys of requests, attributed to the replicas by logs or network counters.

use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::try_join_all;
use softy_checks::enough;
use softy_checks::model::Text;
use softy_checks::observation::{Connection, Fault, FaultKind, Outcome, Reply, Volley, Witness};
use tokio::time::{Instant, sleep};

use super::API_PATH;
use super::attribution::{Attribution, others};
use super::counted::{ALONE, PADDINGS, are_alike, handed_on, is_quiet, receivers, served};
use super::fresh::Client;
use super::kept::PersistentConnection;
use super::pace::Pace;
use crate::sandbox::{ContainerHandle, Moment, Sandbox};

/// Number of requests per replica.
const REQUESTS_PER_REPLICA: u32 = 20;

/// Number of requests on one connection each.
const FRESH_REQUESTS: u32 = 20;

/// Extra bytes of a request, so that a served request stands out in a replica's network counters. Servers that accept no more
/// than 4 kB of headers accept it.
const PADDING: usize = 2000;

/// Number of attempts to read a volley from the network counters.
const COUNTED_ATTEMPTS: u32 = 3;

/// Number of requests that are sent alone before the groups, to detect a replica that forwards requests to another one: one
/// whole group.
const LONE_REQUESTS: u32 = PADDINGS.len() as u32;

/// Number of attempts at a volley in which a few requests time out: on a busy machine this is no mistake of the submission.
const TIMELY_ATTEMPTS: u32 = 3;

/// Number of requests per timed-out request, at least, for the volley to be sent again.
const RARELY: usize = 20;

/// Maximum time for all requests of a volley.
const VOLLEY: Duration = Duration::from_secs(120);

/// Time from the last reply until the replicas' logs must name every request.
const LOGS: Duration = Duration::from_secs(1);

/// Time between two readings of the logs.
const BETWEEN_READINGS: Duration = Duration::from_millis(20);

/// Maximum number of the proxy's workers that the number of requests allows for; distinguishing more of them from chance would
/// take more time than a volley has.
pub(super) const MOST_WORKERS: u32 = 8;

/// Requests the API through the proxy on one connection, and returns the replica that answered each request.
///
/// # Errors
/// A fault when the engine fails or does not report what is needed, or when the checker's own time has run out.
pub async fn volley(
    sandbox: &Sandbox,
    proxy: &ContainerHandle,
    address: SocketAddr,
    replicas: &[ContainerHandle],
    pace: Pace,
) -> Result<Volley, Fault> {
    let count = u32::try_from(replicas.len()).unwrap_or(u32::MAX);
    let requests = count.saturating_mul(REQUESTS_PER_REPLICA);
    let mut plan = Plan {
        requests: pace.requests(requests, count).unwrap_or(requests),
        connection: Connection::KeptAlive,
        workers: 0,
        padding: PADDING,
        pace,
    };
    let mut sent = logged(sandbox, address, replicas, &plan).await?;
    if sent.volley.unanswered.len() == sent.volley.sequence.len() && sent.volley.refused.is_none() {
        // The proxy may be configured to accept only short headers.
        plan.padding = 0;
        sent = logged(sandbox, address, replicas, &plan).await?;
    }
    if sent.closed > 0 {
        plan = plan.of_interleaved(reckoned(sandbox, proxy).await?, count);
        let again = logged_again(sandbox, address, replicas, &plan).await?;
        sent = timely(again, sandbox, address, replicas, &plan).await?;
    }
    let silent = sent.volley.sequence.contains(&0) && sent.volley.unanswered.is_empty();
    if !silent {
        return Ok(sent.volley);
    }
    sent = counted(sandbox, address, replicas, &plan).await?;
    if sent.closed > 0 && plan.connection == Connection::KeptAlive {
        plan = plan.of_interleaved(reckoned(sandbox, proxy).await?, count);
        sent = counted(sandbox, address, replicas, &plan).await?;
    }
    Ok(sent.volley)
}

/// Requests the API once on each of several new connections, which reach several workers of the proxy.
///
/// # Errors
/// A fault when the engine does not return the logs.
pub async fn fresh_volley(
    sandbox: &Sandbox,
    client: &Client,
    address: SocketAddr,
    replicas: &[ContainerHandle],
    pace: Pace,
) -> Result<(Volley, Vec<Reply>), Fault> {
    let mark = Mark::new(sandbox);
    let (mut replies, mut unanswered) = (Vec::new(), Vec::new());
    let requests = pace.fresh(FRESH_REQUESTS);
    for request in 1..=requests {
        pace.wait().await;
        let reply = client.get(address, &mark.path(request)).await;
        if !reply.outcome.is_hello() {
            unanswered.push(request);
        }
        replies.push(reply);
    }
    let volley = attributed(
        sandbox,
        replicas,
        &mark,
        requests,
        Connection::Fresh,
        unanswered,
    )
    .await?;
    Ok((volley, replies))
}

/// Returns the number of the proxy's worker processes; `None` when it is unknown.
///
/// # Errors
/// A fault when the engine does not answer.
pub async fn workers(sandbox: &Sandbox, proxy: &ContainerHandle) -> Result<Option<u32>, Fault> {
    let processes = sandbox.processes(proxy).await?.unwrap_or_default();
    let workers = processes
        .iter()
        .filter(|process| process.contains("worker process"));
    let workers = u32::try_from(workers.count()).ok();
    Ok(workers.filter(|workers| *workers > 0))
}

/// Plan of a volley.
struct Plan {
    requests: u32,
    connection: Connection,
    workers: u32,
    /// Extra bytes of each request.
    padding: usize,
    pace: Pace,
}

/// Volley that was sent, with the number of times that the proxy closed the connection and the number of requests that timed out.
struct SentVolley {
    volley: Volley,
    closed: u32,
    late: usize,
}

impl SentVolley {
    /// Returns whether some requests got no right answer, but few, and each because of a timeout.
    fn is_rarely_late(&self) -> bool {
        let Volley {
            unanswered,
            sequence,
            ..
        } = &self.volley;
        is_rarely_late(self.late, unanswered.len(), sequence.len())
    }
}

impl Plan {
    /// Returns the plan for a proxy that closes connections, so that requests reach several of its workers: [`MOST_WORKERS`]
    /// when their number is unknown.
    fn of_interleaved(self, workers: u32, replicas: u32) -> Plan {
        let workers = match workers {
            0 => MOST_WORKERS,
            workers => workers,
        };
        Plan {
            requests: self.requests.max(interleaved_requests(workers, replicas)),
            connection: Connection::ClosedByProxy,
            workers,
            padding: self.padding,
            pace: self.pace,
        }
    }
}

/// Mark that distinguishes a volley's requests from all others in a log.
pub(super) struct Mark {
    /// Eight random hexadecimal digits.
    nonce: String,
    random: RandomState,
    since: Moment,
}

impl Mark {
    pub(super) fn new(sandbox: &Sandbox) -> Mark {
        let random = RandomState::new();
        Mark {
            nonce: format!(
                "{:08x}",
                random.hash_one(std::time::SystemTime::now()) >> 32
            ),
            random,
            since: sandbox.now(),
        }
    }

    pub(super) fn path(&self, request: u32) -> String {
        path(&self.nonce, request, &self.random)
    }
}

/// Returns the path of a request. A random number follows the request's number: a proxy that hashes paths might find an order
/// in paths that only count up.
fn path(nonce: &str, request: u32, random: &RandomState) -> String {
    let chance = random.hash_one(request) >> 32;
    format!("{API_PATH}?softy={nonce}-{request}-{chance:08x}")
}

/// Sends a volley and reads the logs; repeats it when a few requests timed out.
async fn logged(
    sandbox: &Sandbox,
    address: SocketAddr,
    replicas: &[ContainerHandle],
    plan: &Plan,
) -> Result<SentVolley, Fault> {
    let sent = logged_once(sandbox, address, replicas, plan).await?;
    timely(sent, sandbox, address, replicas, plan).await
}

/// Returns a volley as it was sent, or sent again when a few requests timed out.
async fn timely(
    mut sent: SentVolley,
    sandbox: &Sandbox,
    address: SocketAddr,
    replicas: &[ContainerHandle],
    plan: &Plan,
) -> Result<SentVolley, Fault> {
    for _ in 1..TIMELY_ATTEMPTS {
        if !sent.is_rarely_late() {
            break;
        }
        sent = logged_again(sandbox, address, replicas, plan).await?;
    }
    Ok(sent)
}

/// Sends a volley after one that is dropped, and reads the logs and the network counters: the bytes of the dropped volley are no
/// witness of this one.
async fn logged_again(
    sandbox: &Sandbox,
    address: SocketAddr,
    replicas: &[ContainerHandle],
    plan: &Plan,
) -> Result<SentVolley, Fault> {
    let before = counters(sandbox, replicas).await.ok();
    let mut sent = logged_once(sandbox, address, replicas, plan).await?;
    let after = counters(sandbox, replicas).await.ok();
    if let (Some(before), Some(after)) = (before, after)
        && plan.padding > 0
    {
        sent.volley.received = difference(&before, &after);
    }
    Ok(sent)
}

async fn logged_once(
    sandbox: &Sandbox,
    address: SocketAddr,
    replicas: &[ContainerHandle],
    plan: &Plan,
) -> Result<SentVolley, Fault> {
    let (mark, started) = (Mark::new(sandbox), Instant::now());
    let mut kept = PersistentConnection::new(address);
    let (mut sent, mut late, mut refused, mut unanswered) = (0, 0, None, Vec::new());
    while sent < plan.requests && started.elapsed() < VOLLEY {
        plan.pace.wait().await;
        sent += 1;
        let outcome = kept.get(&mark.path(sent), plan.padding).await;
        if !outcome.is_hello() {
            late += usize::from(matches!(outcome, Outcome::TimedOut { .. }));
            refused = refused.or(outcome.refused());
            unanswered.push(sent);
        }
    }
    let count = u32::try_from(replicas.len()).unwrap_or(u32::MAX);
    let needed = match plan.connection {
        Connection::KeptAlive => enough(count).min(plan.requests),
        Connection::ClosedByProxy | Connection::Fresh => plan.requests,
    };
    in_time(sent, needed, &unanswered)?;
    let volley = attributed(sandbox, replicas, &mark, sent, plan.connection, unanswered).await?;
    let workers = plan.workers;
    Ok(SentVolley {
        volley: Volley {
            workers,
            refused,
            ..volley
        },
        closed: kept.closed,
        late,
    })
}

/// Returns whether the requests without a right answer, out of `sent`, are few and all timed out.
fn is_rarely_late(late: usize, unanswered: usize, sent: usize) -> bool {
    late > 0 && late == unanswered && late * RARELY <= sent
}

/// Checks that the sent requests are enough to judge. Requests that could not be sent in time are no mistake of the submission,
/// unless others stayed unanswered.
///
/// # Errors
/// A fault of the kind [`FaultKind::Time`] when they are not enough.
fn in_time(sent: u32, planned: u32, unanswered: &[u32]) -> Result<(), Fault> {
    if sent >= planned || !unanswered.is_empty() {
        return Ok(());
    }
    let seconds = VOLLEY.as_secs();
    let detail = Text::new(
        format!("{sent} of {planned} requests could be sent in {seconds} s"),
        format!("{sent} requêtes sur {planned} ont pu être envoyées en {seconds} s"),
    );
    Err(Fault::new(FaultKind::Time, detail))
}

/// Reads the logs until they name every answered request, or [`LOGS`] has passed.
async fn attributed(
    sandbox: &Sandbox,
    replicas: &[ContainerHandle],
    mark: &Mark,
    requests: u32,
    connection: Connection,
    unanswered: Vec<u32>,
) -> Result<Volley, Fault> {
    let started = Instant::now();
    let answered = requests as usize - unanswered.len();
    let (attribution, others) = loop {
        let logs = replicas.iter();
        let logs = logs.map(|replica| sandbox.log(replica, mark.since));
        let logs = try_join_all(logs).await?;
        let attribution = Attribution::read(&logs, &mark.nonce);
        if attribution.named(requests) >= answered || started.elapsed() > LOGS {
            break (attribution, others(&logs, &mark.nonce));
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
        others,
        refused: None,
    })
}

/// Sends a volley like [`logged`], but reads the network counters, because the logs do not name every request.
///
/// Bytes of other traffic in a group make it ambiguous. The whole volley is then repeated, since a single group would not
/// continue the order.
async fn counted(
    sandbox: &Sandbox,
    address: SocketAddr,
    replicas: &[ContainerHandle],
    plan: &Plan,
) -> Result<SentVolley, Fault> {
    for _ in 0..COUNTED_ATTEMPTS {
        if let Some(sent) = counted_once(sandbox, address, replicas, plan).await? {
            return Ok(sent);
        }
    }
    let words = Text::fixed(
        "the replicas log no request, and other traffic hides which of them received one",
        "les répliques ne journalisent aucune requête, et un autre trafic cache laquelle en a reçu une",
    );
    Err(Fault::new(FaultKind::Engine, words))
}

/// Makes one attempt; `None` when a group is ambiguous.
async fn counted_once(
    sandbox: &Sandbox,
    address: SocketAddr,
    replicas: &[ContainerHandle],
    plan: &Plan,
) -> Result<Option<SentVolley>, Fault> {
    let started = Instant::now();
    let mut counting = Counting::begin(sandbox, address, replicas, plan.pace).await?;
    let Some(alone) = counting.alone().await? else {
        return Ok(None);
    };
    let mut sequence: Vec<u32> = alone
        .iter()
        .map(|receivers| receivers.first().copied().unwrap_or(0))
        .collect();
    let doubled = match counting.was_quiet {
        true => handed_on(&alone),
        false => Vec::new(),
    };
    // A forwarded request in a group would be ambiguous.
    let planned = match doubled.is_empty() {
        true => plan.requests,
        false => LONE_REQUESTS,
    };
    while (sequence.len() as u32) < planned && started.elapsed() < VOLLEY {
        match counting.group(sequence.len() as u32 + 1).await? {
            Some(group) => sequence.extend(group),
            None => return Ok(None),
        }
    }
    let unanswered = counting.unanswered;
    in_time(sequence.len() as u32, planned, &unanswered)?;
    let known = sequence.iter().any(|replica| *replica != 0);
    let volley = Volley {
        replicas: u32::try_from(replicas.len()).unwrap_or(u32::MAX),
        connection: plan.connection,
        witness: if known {
            Witness::Counters
        } else {
            Witness::Nobody
        },
        sequence,
        doubled,
        unanswered,
        received: difference(&counting.first, &counting.last),
        workers: plan.workers,
        others: Vec::new(),
        refused: None,
    };
    Ok(Some(SentVolley {
        volley,
        closed: counting.kept.closed,
        late: 0,
    }))
}

/// Requests on one connection, and the bytes that every replica has received.
struct Counting<'a> {
    sandbox: &'a Sandbox,
    replicas: &'a [ContainerHandle],
    mark: Mark,
    kept: PersistentConnection,
    pace: Pace,
    /// True if nothing that could be taken for a request arrived before the first request.
    was_quiet: bool,
    first: Vec<u64>,
    last: Vec<u64>,
    unanswered: Vec<u32>,
}

impl<'a> Counting<'a> {
    async fn begin(
        sandbox: &'a Sandbox,
        address: SocketAddr,
        replicas: &'a [ContainerHandle],
        pace: Pace,
    ) -> Result<Counting<'a>, Fault> {
        let before = counters(sandbox, replicas).await?;
        let first = counters(sandbox, replicas).await?;
        Ok(Counting {
            sandbox,
            replicas,
            mark: Mark::new(sandbox),
            kept: PersistentConnection::new(address),
            pace,
            was_quiet: is_quiet(&difference(&before, &first)),
            last: first.clone(),
            first,
            unanswered: Vec::new(),
        })
    }

    /// Returns the receivers of each request that is sent alone; `None` when some requests came with more traffic than others.
    async fn alone(&mut self) -> Result<Option<Vec<Vec<u32>>>, Fault> {
        let (mut alone, mut totals) = (Vec::new(), Vec::new());
        for request in 1..=LONE_REQUESTS {
            self.pace.wait().await;
            self.send(request, ALONE).await;
            let received = self.received().await?;
            totals.push(received.iter().sum());
            alone.push(receivers(&received));
        }
        let handed_on = alone.iter().any(|receivers| receivers.len() > 1);
        Ok((handed_on || are_alike(&totals)).then_some(alone))
    }

    /// Returns the replicas that served the group whose first request has this number; `None` when it is ambiguous.
    async fn group(&mut self, first: u32) -> Result<Option<[u32; PADDINGS.len()]>, Fault> {
        for (request, padding) in (first..).zip(PADDINGS) {
            self.pace.wait().await;
            self.send(request, padding).await;
        }
        let received = self.received().await?;
        let nobody = received.iter().sum::<u64>() < PADDINGS.iter().sum::<usize>() as u64;
        let unknown = || (nobody || !self.unanswered.is_empty()).then_some([0; PADDINGS.len()]);
        Ok(served(&received).or_else(unknown))
    }

    async fn send(&mut self, request: u32, padding: usize) {
        let outcome = self.kept.get(&self.mark.path(request), padding).await;
        if !outcome.is_hello() {
            self.unanswered.push(request);
        }
    }

    /// Returns the bytes that every replica has received since the last reading.
    async fn received(&mut self) -> Result<Vec<u64>, Fault> {
        let now = counters(self.sandbox, self.replicas).await?;
        let received = difference(&self.last, &now);
        self.last = now;
        Ok(received)
    }
}

/// Returns the bytes that every replica has received so far: the only source when the logs are silent.
async fn counters(sandbox: &Sandbox, replicas: &[ContainerHandle]) -> Result<Vec<u64>, Fault> {
    let counters = try_join_all(replicas.iter().map(|replica| sandbox.received(replica))).await?;
    let counters: Option<Vec<u64>> = counters.into_iter().collect();
    let words = Text::fixed(
        "the replicas log no request, and their network counters cannot be read",
        "les répliques ne journalisent aucune requête, et leurs compteurs réseau ne peuvent pas être lus",
    );
    counters.ok_or_else(|| Fault::new(FaultKind::Engine, words))
}

fn difference(before: &[u64], after: &[u64]) -> Vec<u64> {
    before
        .iter()
        .zip(after)
        .map(|(before, after)| after.saturating_sub(*before))
        .collect()
}

/// Returns the number of the proxy's worker processes, or [`MOST_WORKERS`] when it is unknown.
async fn reckoned(sandbox: &Sandbox, proxy: &ContainerHandle) -> Result<u32, Fault> {
    Ok(workers(sandbox, proxy).await?.unwrap_or(MOST_WORKERS))
}

/// Returns the number of requests that distinguishes `workers` interleaved rotations from chance.
///
/// A random walk stays within `width` steps for `n` steps with a probability of about `cos(π / (width + 2))ⁿ`. Three times the
/// square of `width + 2` makes this less than one in a million. Only one request in `replicas / 2` moves the walk of a pair.
fn interleaved_requests(workers: u32, replicas: u32) -> u32 {
    let width = 2 * workers.min(MOST_WORKERS) + 2;
    3 * width * width * replicas.div_ceil(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the checksum at the beginning of nginx's `hash`.
    fn crc32(text: &str) -> u32 {
        !text.bytes().fold(!0, |crc, byte| {
            (0..8).fold(crc ^ u32::from(byte), |crc, _| {
                (crc >> 1) ^ (0xEDB8_8320 * (crc & 1))
            })
        })
    }

    #[test]
    fn a_proxy_that_hashes_addresses_finds_no_order() {
        for nonce in ["00000000", "0badcafe", "12345678", "deadbeef"] {
            let random = RandomState::new();
            let server = |request| (crc32(&path(nonce, request, &random)) >> 16) % 2;
            let sequence: Vec<u32> = (1..=40).map(server).collect();
            assert_eq!(softy_checks::period(&sequence), None, "{sequence:?}");
        }
    }

    #[test]
    fn few_requests_that_come_late_are_sent_again() {
        assert!(is_rarely_late(2, 2, 40));
        assert!(!is_rarely_late(0, 0, 40), "all were answered");
        assert!(!is_rarely_late(1, 2, 40), "one was answered wrong");
        assert!(!is_rarely_late(3, 3, 40), "too many to be chance");
    }

    #[test]
    fn a_log_tells_a_request_by_its_address() {
        let random = RandomState::new();
        let logs = [path("ab12", 1, &random), path("ab12", 22, &random)];
        let read = Attribution::read(&logs, "ab12");
        assert_eq!(read.sequence(2), [1, 0]);
        assert_eq!(read.named(22), 2);
    }
}
