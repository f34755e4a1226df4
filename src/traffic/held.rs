//! Requests while a replica is held: one by one, turns and the choice of the least busy look the same.
//!
//! A replica that the engine holds still takes connections, in its kernel, and answers none. One connection on which an order
//! was seen to repeat is asked again and again: where requests take turns it comes to the held replica within an order, and
//! waits, and so does every other that is opened then. Whoever chooses the least busy passes the replica by as soon as a request
//! waits for it; whether that is why shows when all replicas are held, and have the same to do. What it takes to be certain
//! stands at [`Held::choice`]. Where requests wait for the first replica, each other one is held in its turn: one that no request waits for
//! takes no turns, whatever logs and counters say.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use softy_checks::observation::{AllHeld, Choice, Connection, Held, Outcome, Volley};
use softy_checks::period;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::kept::Kept;
use super::volley::{MOST_WORKERS, Mark, workers};
use crate::sandbox::{Member, Sandbox, limits};

/// Without an answer for so long, a request waits for the replica that is held, at least.
const WAIT: Duration = Duration::from_millis(250);

/// How many times longer that is than the slowest answer before.
const TIMES_SLOWEST: u32 = 4;

/// How many times longer than that nobody must answer until no more answers are expected: one that has requests in a queue
/// hands them out one by one.
const SILENCE: u32 = 4;

/// Attempts, each with twice the patience: a machine that stands still for a moment makes everybody wait.
const ATTEMPTS: u32 = 3;

/// Requests that are sent at once, at most: few enough for the connections of one worker of nginx.
const MOST_AT_ONCE: u32 = 400;

/// From one of them to the next, so that it is counted when the next is sent.
const BETWEEN: Duration = Duration::from_millis(2);

/// Asks the API through the proxy while the replica that a volley came to first is held, and then while all are, with `company`
/// held beside them, which would ask in between; `None` where the
/// volley has no order on one connection, or where this was disturbed: by an answer that is not the right one, or by one to a
/// request that was waiting for the held replica.
pub async fn held(
    sandbox: &Sandbox,
    proxy: &Member,
    address: SocketAddr,
    replicas: &[Member],
    company: &[Member],
    volley: &Volley,
) -> Option<Held> {
    let order = Order::of(volley).filter(|_| volley.replicas as usize == replicas.len())?;
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
    sandbox.hold(company).await;
    let seen = holding.seen().await;
    sandbox.let_go(company).await;
    seen
}

/// An order that replicas share equally.
#[derive(Debug, PartialEq, Eq)]
struct Order {
    period: u32,
    /// How many replicas there are in it.
    replicas: u32,
    /// The number of the first.
    first: u32,
}

impl Order {
    /// The order of a volley; `None` where it has none, or several connections shared it.
    fn of(volley: &Volley) -> Option<Order> {
        let period = period(&volley.sequence)?;
        let mut turns = volley.sequence.get(..period)?.to_vec();
        let first = *turns.first()?;
        turns.sort_unstable();
        let shares: Vec<usize> = turns.chunk_by(u32::eq).map(<[u32]>::len).collect();
        let is_equal = shares.len() > 1 && shares.windows(2).all(|pair| pair[0] == pair[1]);
        let is_known = volley.connection == Connection::KeptAlive && !turns.contains(&0);
        (is_equal && is_known).then_some(Order {
            period: u32::try_from(period).ok()?,
            replicas: u32::try_from(shares.len()).ok()?,
            first,
        })
    }
}

/// Replicas that can be held, and the way to them.
struct Holding<'a> {
    sandbox: &'a Sandbox,
    address: SocketAddr,
    order: Order,
    /// The proxy's worker processes; 0 where none can be told.
    workers: u32,
    /// The one that is held first.
    first: Vec<Member>,
    /// Those that the volley came to, too, with their numbers.
    others: Vec<(u32, Member)>,
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
                // Later, a proxy may have found out that this replica does not answer.
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

    /// The numbers of the other replicas for which no request waits while one after the other is held; as far as there is time.
    async fn unasked(&self, wait: Duration, deadline: Instant) -> Vec<u32> {
        let mut unasked = Vec::new();
        for (number, replica) in &self.others {
            let one = std::slice::from_ref(replica);
            let waits = match self.sandbox.hold(one).await {
                true => timeout_at(deadline, self.waits(wait)).await.ok().flatten(),
                false => None,
            };
            let (waits, waiting) = waits.unzip();
            self.sandbox.let_go(one).await;
            if let Some(mut waiting) = waiting {
                waiting.answered(wait * SILENCE).await;
            }
            unasked.extend((waits == Some(false)).then_some(*number));
        }
        unasked
    }

    /// Whether one of the requests on one connection has to wait, and those that do; `None` when an answer is not the right one.
    async fn waits(&self, wait: Duration) -> Option<(bool, Waiting)> {
        let mut waiting = Waiting::new(self);
        let mut kept = Kept::new(self.address);
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

    /// The time that the slowest answer takes while nobody is held; `None` when one is not the right one.
    async fn slowest(&self) -> Option<Duration> {
        let mut waiting = Waiting::new(self);
        let mut slowest = Duration::ZERO;
        for _ in 0..self.order.period {
            let started = Instant::now();
            waiting.ask(Kept::new(self.address), Company::None);
            let answer = waiting.next().await?;
            slowest = slowest.max(started.elapsed());
            answer.is_right()?;
        }
        Some(slowest)
    }

    /// One attempt, at whose end nobody is held any more; one that is not let end is followed by the removal of everything.
    async fn attempt(&self, wait: Duration, deadline: Instant) -> Option<Held> {
        let seen = match self.sandbox.hold(&self.first).await {
            true => timeout_at(deadline, self.watch(wait)).await.ok().flatten(),
            false => None,
        };
        self.sandbox.let_go(&self.first).await;
        self.sandbox.let_go(&self.other_members()).await;
        seen
    }

    /// What is seen while the first is held.
    async fn watch(&self, wait: Duration) -> Option<Held> {
        let mut waiting = Waiting::new(self);
        let passed_by = self.one_by_one(wait, &mut waiting).await?;
        let waited = u32::try_from(waiting.requests.len()).ok()?;
        let seen = Held {
            replicas: self.order.replicas,
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
            true => Some(at_once(self.order.replicas, self.workers, waited)?),
            false => None,
        };
        if let Some(requests) = at_once {
            self.all(requests, &mut waiting).await?;
        }
        waiting.still(wait).await?;
        if !self.sandbox.let_go(&self.first).await {
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

    /// Asks until a connection has passed the held replica by for long enough, or as many wait as show turns, or as there is
    /// time for; how often the last connection passed it by.
    async fn one_by_one(&self, wait: Duration, waiting: &mut Waiting) -> Option<u32> {
        let most = self.workers.clamp(1, MOST_WORKERS) as usize;
        let (mut kept, mut closed, mut passed_by) = (Kept::new(self.address), 0, 0);
        while passed_by < self.enough() && waiting.requests.len() <= most {
            let mut request = waiting.request(kept, Company::None);
            tokio::select! {
                answer = &mut request => {
                    answer.is_right()?;
                    // Another connection may have come to another worker, which has an order of its own.
                    passed_by = if answer.kept.closed == closed { passed_by + 1 } else { 1 };
                    closed = answer.kept.closed;
                    kept = answer.kept;
                }
                _ = waiting.requests.next(), if !waiting.requests.is_empty() => return None,
                () = sleep(wait) => {
                    waiting.requests.push(request);
                    (kept, closed, passed_by) = (Kept::new(self.address), 0, 0);
                }
            }
        }
        Some(passed_by)
    }

    fn other_members(&self) -> Vec<Member> {
        self.others
            .iter()
            .map(|(_, member)| member.clone())
            .collect()
    }

    /// How often a held replica must be passed by in a row.
    fn enough(&self) -> u32 {
        self.order.period.saturating_mul(Held::ORDERS)
    }

    /// Holds the others too, and sends requests that have to wait.
    async fn all(&self, requests: u32, waiting: &mut Waiting) -> Option<()> {
        if !self.sandbox.hold(&self.other_members()).await {
            return None;
        }
        for _ in 0..requests {
            waiting.ask(Kept::new(self.address), Company::Others);
            waiting.still(BETWEEN).await?;
        }
        Some(())
    }
}

/// How many requests have to be sent at once, while `waiting` wait for one of the replicas; `None` for too many.
///
/// One worker gets so many that it would come to the busiest replica again; and all get more than their replicas have room for,
/// if each worker gave each replica no more than wait already. A few are added, since two may be sent at the same moment.
fn at_once(replicas: u32, workers: u32, waiting: u32) -> Option<u32> {
    let even = replicas.saturating_mul(2).saturating_sub(2);
    let room = replicas.checked_mul(waiting)?;
    let requests = workers.max(1).checked_mul(even.max(room))?;
    let requests = requests.checked_add(replicas)?;
    (requests <= MOST_AT_ONCE).then_some(requests)
}

/// What a request was sent beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Company {
    /// Others that wait for one replica.
    None,
    /// Others that wait for all replicas.
    Others,
}

/// A request's end.
struct Answer {
    kept: Kept,
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

    /// A request on a connection.
    fn request(&mut self, mut kept: Kept, company: Company) -> Request {
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

    fn ask(&mut self, kept: Kept, company: Company) {
        let request = self.request(kept, company);
        self.requests.push(request);
    }

    async fn next(&mut self) -> Option<Answer> {
        self.requests.next().await
    }

    /// That there are some, and all of them stay without an answer for a while.
    async fn still(&mut self, wait: Duration) -> Option<()> {
        timeout(wait, self.next()).await.err().map(drop)
    }

    /// What was sent with those that are answered, until no more are for a while; `None` when one answer is not the right one.
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
        let order = Order::of(&volley)?;
        Some((order.period, order.replicas, order.first))
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
