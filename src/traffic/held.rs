//! Requests while a replica is paused: sequential requests cannot distinguish turns from the choice of the least busy replica.
//!
//! A paused replica still accepts connections, in its kernel, and answers none. The checker repeats requests on one connection
//! on which an order was seen to repeat. If the proxy takes turns, a request reaches the paused replica within one order and
//! waits; so does a request on every connection that is opened after it. A proxy that chooses the least busy replica avoids the
//! paused one as soon as a request waits for it. To confirm that this is the reason, all replicas are paused and get the same
//! number of requests. [`Held::choice`] states the conditions for certainty. If requests wait for the first replica, each other
//! replica is paused in turn: one for which no request waits takes no turns, whatever logs and counters show.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use softy_checks::observation::{AllHeld, Choice, Connection, Held, Outcome, Volley};
use softy_checks::period;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::kept::PersistentConnection;
use super::volley::{MOST_WORKERS, Mark, workers};
use crate::sandbox::{ContainerHandle, Sandbox, limits};

/// Minimum time without an answer after which a request counts as waiting for the paused replica.
const WAIT: Duration = Duration::from_millis(250);

/// Factor by which the wait exceeds the slowest answer before.
const TIMES_SLOWEST: u32 = 4;

/// Factor by which the silence that ends a series of answers exceeds the wait: a proxy that queues requests passes them on one
/// by one.
const SILENCE: u32 = 4;

/// Number of attempts, each with twice the wait of the one before: a machine that stalls for a moment delays every answer.
const ATTEMPTS: u32 = 3;

/// Maximum number of simultaneous requests: few enough for the connections of one worker of nginx.
const MOST_AT_ONCE: u32 = 400;

/// Time between two of them, so that the proxy has counted one before the next is sent.
const BETWEEN: Duration = Duration::from_millis(2);

/// Requests the API through the proxy while the replica that a volley reached first is paused, and then while all are. Pauses
/// `company` as well, the containers that would send requests in between. Returns `None` when the volley has no order on one
/// connection, or when the measurement was disturbed: by a wrong answer, or by an answer to a request that was waiting for the
/// paused replica.
pub async fn held(
    sandbox: &Sandbox,
    proxy: &ContainerHandle,
    address: SocketAddr,
    replicas: &[ContainerHandle],
    company: &[ContainerHandle],
    volley: &Volley,
) -> Option<Held> {
    let order = RotationOrder::of(volley).filter(|_| volley.replicas as usize == replicas.len())?;
    let numbered = || (1..).zip(replicas.iter().cloned());
    let (_, first) = numbered().find(|(number, _)| *number == order.first)?;
    let first_number = order.first;
    let others = numbered().filter(|(number, _)| *number != first_number);
    let holding = Holding {
        sandbox,
        address,
        order,
        workers: workers(sandbox, proxy).await.ok()?.unwrap_or(0),
        first: vec![first],
        others: others.collect(),
    };
    let _alone = sandbox.holding_alone().await;
    sandbox.pause(company).await;
    let seen = holding.seen().await;
    sandbox.unpause(company).await;
    seen
}

/// Order of requests in which every replica has the same share.
#[derive(Debug, PartialEq, Eq)]
struct RotationOrder {
    period: u32,
    /// Numbers of the replicas in the order, each once.
    replicas: Vec<u32>,
    /// Number of the first replica.
    first: u32,
}

impl RotationOrder {
    /// Returns the order of a volley; `None` when it has none, or when several connections shared it.
    fn of(volley: &Volley) -> Option<RotationOrder> {
        let period = period(&volley.sequence)?;
        let mut turns = volley.sequence.get(..period)?.to_vec();
        let first = *turns.first()?;
        turns.sort_unstable();
        let shares: Vec<usize> = turns.chunk_by(u32::eq).map(<[u32]>::len).collect();
        let is_equal = shares.len() > 1 && shares.windows(2).all(|pair| pair[0] == pair[1]);
        let is_known = volley.connection == Connection::KeptAlive && !turns.contains(&0);
        turns.dedup();
        (is_equal && is_known).then_some(RotationOrder {
            period: u32::try_from(period).ok()?,
            replicas: turns,
            first,
        })
    }

    /// Returns the number of replicas in the order.
    fn count(&self) -> Option<u32> {
        u32::try_from(self.replicas.len()).ok()
    }
}

/// Replicas to pause, and the address of the proxy.
struct Holding<'a> {
    sandbox: &'a Sandbox,
    address: SocketAddr,
    order: RotationOrder,
    /// Number of the proxy's worker processes; 0 when unknown.
    workers: u32,
    /// Replica that is paused first.
    first: Vec<ContainerHandle>,
    /// Other replicas, with their numbers.
    others: Vec<(u32, ContainerHandle)>,
}

impl Holding<'_> {
    async fn seen(&self) -> Option<Held> {
        let deadline = Instant::now() + limits::HOLDING;
        let slowest = timeout_at(deadline, self.slowest()).await.ok()??;
        let mut wait = WAIT.max(slowest * TIMES_SLOWEST);
        let mut seen: Option<Held> = None;
        for attempt in 0..ATTEMPTS {
            seen = self.attempt(wait, deadline).await;
            if let Some(held) = &mut seen {
                // Later, the proxy may have detected that this replica does not answer.
                let is_unasked = attempt == 0 && held.waited == 0;
                held.unasked.extend(is_unasked.then_some(self.order.first));
                if is_unasked || held.choice().is_some() {
                    break;
                }
            }
            wait *= 2;
        }
        let mut held = seen?;
        if held.choice() == Some(Choice::InTurn) {
            let others = self.unasked(wait, deadline).await;
            held.unasked.extend(others);
        }
        Some(held)
    }

    /// Pauses the other replicas one after the other, until the deadline. Returns the numbers of those for which no request
    /// waits.
    async fn unasked(&self, wait: Duration, deadline: Instant) -> Vec<u32> {
        let mut unasked = Vec::new();
        let in_order = |other: &&(u32, _)| self.order.replicas.contains(&other.0);
        for (number, replica) in self.others.iter().filter(in_order) {
            let one = std::slice::from_ref(replica);
            let waits = match self.sandbox.pause(one).await {
                true => timeout_at(deadline, self.waits(wait)).await.ok().flatten(),
                false => None,
            };
            let (waits, waiting) = waits.unzip();
            self.sandbox.unpause(one).await;
            if let Some(mut waiting) = waiting {
                waiting.answered(wait * SILENCE).await;
            }
            unasked.extend((waits == Some(false)).then_some(*number));
        }
        unasked
    }

    /// Returns whether one of the requests on one connection has to wait, and the waiting requests; `None` after a wrong
    /// answer.
    async fn waits(&self, wait: Duration) -> Option<(bool, Waiting)> {
        let mut waiting = Waiting::new(self);
        let mut kept = PersistentConnection::new(self.address);
        for _ in 0..self.enough() {
            let mut request = waiting.request(kept, Company::None);
            tokio::select! {
                answer = &mut request => {
                    answer.is_right()?;
                    kept = answer.kept;
                }
                () = sleep(wait) => {
                    waiting.requests.push(request);
                    return Some((true, waiting));
                }
            }
        }
        Some((false, waiting))
    }

    /// Returns the time of the slowest answer while no replica is paused; `None` after a wrong answer.
    async fn slowest(&self) -> Option<Duration> {
        let mut waiting = Waiting::new(self);
        let mut slowest = Duration::ZERO;
        for _ in 0..self.order.period {
            let started = Instant::now();
            waiting.ask(PersistentConnection::new(self.address), Company::None);
            let answer = waiting.next().await?;
            slowest = slowest.max(started.elapsed());
            answer.is_right()?;
        }
        Some(slowest)
    }

    /// Makes one attempt, and unpauses all replicas at its end. If the future is dropped before that, the removal of the stack
    /// follows.
    async fn attempt(&self, wait: Duration, deadline: Instant) -> Option<Held> {
        let seen = match self.sandbox.pause(&self.first).await {
            true => timeout_at(deadline, self.watch(wait)).await.ok().flatten(),
            false => None,
        };
        self.sandbox.unpause(&self.first).await;
        self.sandbox.unpause(&self.other_members()).await;
        seen
    }

    /// Returns the observation while the first replica is paused.
    async fn watch(&self, wait: Duration) -> Option<Held> {
        let mut waiting = Waiting::new(self);
        let passed_by = self.one_by_one(wait, &mut waiting).await?;
        let waited = u32::try_from(waiting.requests.len()).ok()?;
        let seen = Held {
            replicas: self.order.count()?,
            period: self.order.period,
            workers: self.workers,
            waited,
            passed_by,
            all: None,
            unasked: Vec::new(),
        };
        if waited == 0 {
            return Some(seen);
        }
        let at_once = match passed_by >= self.enough() {
            true => Some(at_once(self.order.count()?, self.workers, waited)?),
            false => None,
        };
        if let Some(requests) = at_once {
            self.all(requests, &mut waiting).await?;
        }
        waiting.still(wait).await?;
        if !self.sandbox.unpause(&self.first).await {
            return None;
        }
        let answered = waiting.answered(wait * SILENCE).await?;
        let by_first = answered.iter().filter(|company| **company == Company::None);
        let by_first = u32::try_from(by_first.count()).ok()?;
        let all = at_once.map(|requests| AllHeld {
            requests,
            answered: (answered.len() as u32).saturating_sub(by_first),
        });
        (by_first == waited).then_some(Held { all, ..seen })
    }

    /// Sends requests until one connection has avoided the paused replica often enough, or as many requests wait as prove
    /// turns. Returns the number of requests in a row that the last connection got answered.
    async fn one_by_one(&self, wait: Duration, waiting: &mut Waiting) -> Option<u32> {
        let most = self.workers.clamp(1, MOST_WORKERS) as usize;
        let (mut kept, mut closed, mut passed_by) = (PersistentConnection::new(self.address), 0, 0);
        while passed_by < self.enough() && waiting.requests.len() <= most {
            let mut request = waiting.request(kept, Company::None);
            tokio::select! {
                answer = &mut request => {
                    answer.is_right()?;
                    // A new connection may have reached another worker, which has an order of its own.
                    passed_by = if answer.kept.closed == closed { passed_by + 1 } else { 1 };
                    closed = answer.kept.closed;
                    kept = answer.kept;
                }
                _ = waiting.requests.next(), if !waiting.requests.is_empty() => return None,
                () = sleep(wait) => {
                    waiting.requests.push(request);
                    (kept, closed, passed_by) = (PersistentConnection::new(self.address), 0, 0);
                }
            }
        }
        Some(passed_by)
    }

    fn other_members(&self) -> Vec<ContainerHandle> {
        self.others
            .iter()
            .map(|(_, member)| member.clone())
            .collect()
    }

    /// Returns the number of requests in a row that must avoid a paused replica.
    fn enough(&self) -> u32 {
        self.order.period.saturating_mul(Held::ORDERS)
    }

    /// Pauses the other replicas as well, and sends requests that have to wait.
    async fn all(&self, requests: u32, waiting: &mut Waiting) -> Option<()> {
        if !self.sandbox.pause(&self.other_members()).await {
            return None;
        }
        for _ in 0..requests {
            waiting.ask(PersistentConnection::new(self.address), Company::Others);
            waiting.still(BETWEEN).await?;
        }
        Some(())
    }
}

/// Returns the number of requests to send at once while `waiting` requests wait for one of the replicas; `None` when it is too
/// high.
///
/// One worker gets so many that it would choose the busiest replica again. All workers together get more than the replicas have
/// room for if each worker gave each replica no more than wait already. A few are added, since two may be sent at the same
/// moment.
fn at_once(replicas: u32, workers: u32, waiting: u32) -> Option<u32> {
    let even = replicas.saturating_mul(2).saturating_sub(2);
    let room = replicas.checked_mul(waiting)?;
    let requests = workers.max(1).checked_mul(even.max(room))?;
    let requests = requests.checked_add(replicas)?;
    (requests <= MOST_AT_ONCE).then_some(requests)
}

/// Other requests that wait while a request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Company {
    /// Requests that wait for one replica.
    None,
    /// Requests that wait for all replicas.
    Others,
}

/// Result of a request.
struct Answer {
    kept: PersistentConnection,
    company: Company,
    outcome: Outcome,
}

impl Answer {
    fn is_right(&self) -> Option<()> {
        self.outcome.is_hello().then_some(())
    }
}

type Request = BoxFuture<'static, Answer>;

/// Requests without an answer yet.
struct Waiting {
    mark: Mark,
    sent: u32,
    requests: FuturesUnordered<Request>,
}

impl Waiting {
    fn new(holding: &Holding<'_>) -> Waiting {
        Waiting {
            mark: Mark::new(holding.sandbox),
            sent: 0,
            requests: FuturesUnordered::new(),
        }
    }

    /// Creates a request on a connection.
    fn request(&mut self, mut kept: PersistentConnection, company: Company) -> Request {
        self.sent += 1;
        let path = self.mark.path(self.sent);
        let request = async move {
            let outcome = kept.get(&path, 0).await;
            Answer {
                kept,
                company,
                outcome,
            }
        };
        request.boxed()
    }

    fn ask(&mut self, kept: PersistentConnection, company: Company) {
        let request = self.request(kept, company);
        self.requests.push(request);
    }

    async fn next(&mut self) -> Option<Answer> {
        self.requests.next().await
    }

    /// Returns `Some` if requests wait and none of them is answered within `wait`.
    async fn still(&mut self, wait: Duration) -> Option<()> {
        timeout(wait, self.next()).await.err().map(drop)
    }

    /// Returns the company of each answered request, until no answer comes for `wait`; `None` after a wrong answer.
    async fn answered(&mut self, wait: Duration) -> Option<Vec<Company>> {
        let mut answered = Vec::new();
        while let Ok(Some(answer)) = timeout(wait, self.next()).await {
            answer.is_right()?;
            answered.push(answer.company);
        }
        Some(answered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use softy_checks::observation::Witness;

    fn order(sequence: &[u32], connection: Connection) -> Option<(u32, u32, u32)> {
        let volley = Volley {
            replicas: 5,
            connection,
            witness: Witness::Logs,
            sequence: sequence.repeat(4),
            doubled: Vec::new(),
            unanswered: Vec::new(),
            received: Vec::new(),
            workers: 0,
            others: Vec::new(),
            refused: None,
        };
        let order = RotationOrder::of(&volley)?;
        Some((order.period, order.count()?, order.first))
    }

    #[test]
    fn an_order_is_one_that_replicas_share_equally_on_one_connection() {
        let on_one = |sequence| order(sequence, Connection::KeptAlive);
        assert_eq!(on_one(&[2, 1]), Some((2, 2, 2)));
        assert_eq!(on_one(&[3, 4, 4, 3]), Some((4, 2, 3)));
        assert_eq!(on_one(&[5, 1, 2, 4, 3]), Some((5, 5, 5)));
        for sequence in [&[1][..], &[1, 1, 2], &[0, 1], &[]] {
            assert_eq!(on_one(sequence), None, "{sequence:?}");
        }
        assert_eq!(order(&[1, 2], Connection::ClosedByProxy), None);
    }

    #[test]
    fn enough_are_sent_at_once_for_every_worker() {
        assert_eq!(at_once(2, 0, 1), Some(4));
        assert_eq!(at_once(5, 1, 1), Some(13));
        assert_eq!(at_once(5, 2, 2), Some(25));
        assert_eq!(at_once(5, 64, 1), None);
    }
}
