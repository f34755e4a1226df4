//! Requests for the front page, for the API, and those that show whether two and then five replicas take turns.

use std::net::SocketAddr;

use futures_util::future::join;
use futures_util::try_join;
use softy_checks::model::Text;
use softy_checks::observation::{Fault, FaultKind, Observation, Reply, Witness};
use softy_checks::{Status, TASK6, is_disturbed, is_hidden, judge};

use super::listening::is_bad_gateway;
use super::stack::Deployer;
use super::started::{Deployment, ProxyHandle};
use super::{details, due, within};
use crate::progress::Step;
use crate::sandbox::{Built, StackNetworks, limits};
use crate::traffic::{API_PATH, Client, Pace, fresh_volley, volley};

static ASKING_TWO: Text = Text::fixed("asking two replicas", "l’interrogation de deux répliques");
static ASKING_FIVE: Text = Text::fixed("asking five replicas", "l’interrogation de cinq répliques");

/// Number of volleys before the requests count as having no order.
const ATTEMPTS: u32 = 3;

/// The same as [`ATTEMPTS`], but when requests of other clients hide the order: only a few volleys may be free of them.
const HIDDEN_ATTEMPTS: u32 = 6;

/// Sender of the requests: the stack, the HTTP client and the proxy.
pub(super) struct Requests<'a> {
    pub(super) live: &'a Deployer<'a>,
    pub(super) built: &'a Built,
    pub(super) reachable: &'a StackNetworks,
    pub(super) client: Client,
    pub(super) proxy: ProxyHandle,
}

impl Requests<'_> {
    /// Sends the requests that are due, to two replicas and then to five.
    pub(super) async fn send(
        &self,
        stack: &mut Deployment,
        seen: &mut Observation,
    ) -> Result<(), Fault> {
        let replicas = stack.replicas();
        let mut pace = Pace::default();
        let two = self.to_two(stack, seen, &mut pace);
        let two = within(&ASKING_TWO, limits::REQUESTS, two);
        let (address, met) = join(two, self.circumstances(&replicas)).await;
        seen.circumstances.push(met);
        let address = address?;
        if seen.api.is_none() {
            return Ok(());
        }
        let five = self.to_five(stack, address, seen, pace);
        within(&ASKING_FIVE, limits::SCALING, five).await
    }

    /// Requests the front page and the API, and measures the rotation of two replicas, each when it is due. Returns the address
    /// that the requests were sent to.
    async fn to_two(
        &self,
        stack: &mut Deployment,
        seen: &mut Observation,
        pace: &mut Pace,
    ) -> Result<SocketAddr, Fault> {
        let address = self.live.way_in(&self.proxy, self.reachable).await?;
        let progress = self.live.progress;
        progress.detail(|| details::way_in(address));
        seen.front_page = Some(self.client.get(address, "/").await);
        if !due(seen, "api-answers") {
            return Ok(address);
        }
        self.live.progress.enter(Step::Measure);
        self.recovered().await?;
        seen.api = Some(vec![self.first(stack, address, pace).await]);
        if due(seen, "round-robin") {
            let id = "round-robin";
            self.rotate(stack, address, seen, pace, id).await?;
        }
        if is_bad_gateway(seen) {
            self.live.listening(stack).await?;
        }
        self.live.recheck(stack).await?;
        seen.stack = Some(stack.seen());
        Ok(address)
    }

    /// Measures the rotation of five replicas when it is due, then sends requests on one connection each.
    async fn to_five(
        &self,
        stack: &mut Deployment,
        mut address: SocketAddr,
        seen: &mut Observation,
        mut pace: Pace,
    ) -> Result<(), Fault> {
        if due(seen, "scales-further") {
            self.live.progress.enter(Step::Scale);
            let two = stack.replicas();
            let before = stack.received.clone();
            let ((), received) = try_join!(
                self.live
                    .scale(stack, seen.asked.replicas, self.built, self.reachable),
                self.live.received(&two)
            )?;
            if received.is_lost_since(&before) {
                return self.unread(stack, seen).await;
            }
            tell(seen, received.since(&before));
            stack.received.update(received);
            for (_, container) in &stack.containers {
                self.live.progress.detail(|| details::container(container));
            }
            if !stack.stays_up() {
                seen.scaled = Some(stack.seen());
                return Ok(());
            }
            // The restarted proxy may have another port.
            address = self.live.way_in(&self.proxy, self.reachable).await?;
            let replicas = stack.replicas();
            let five = self.rotate(stack, address, seen, &mut pace, "scales-further");
            let (rotated, met) = join(five, self.circumstances(&replicas)).await;
            seen.circumstances.push(met);
            rotated?;
        }
        let Some(last) = seen.volleys.last() else {
            return Ok(());
        };
        if last.refused.is_some() && (pace != Pace::default() || last.looks_limited()) {
            return Ok(());
        }
        let replicas = stack.replicas();
        let received = self.live.received(&replicas).await?;
        if received.is_lost_since(&stack.received) {
            return self.unread(stack, seen).await;
        }
        tell(seen, received.since(&stack.received));
        let sandbox = self.live.sandbox;
        let fresh = fresh_volley(sandbox, &self.client, address, &replicas, pace);
        let (fresh, replies) = fresh.await?;
        seen.volleys.push(fresh);
        seen.api.get_or_insert_default().extend(replies);
        Ok(())
    }

    /// Sends the first request for the API; sends it again at a slower pace when a limit of the proxy refuses it.
    async fn first(&self, stack: &Deployment, address: SocketAddr, pace: &mut Pace) -> Reply {
        let reply = self.client.get(address, API_PATH).await;
        if reply.outcome.refused().is_none() {
            return reply;
        }
        // A single reply shows no limit: only a configuration does.
        let Some(slower) = self.slower(stack, false).await else {
            return reply;
        };
        *pace = slower;
        pace.wait().await;
        self.client.get(address, API_PATH).await
    }

    /// Measures the rotation for the check of this id. Repeats the volley when something else may have changed the result: a
    /// rate limit, or other clients that request the API in between. Chance does not produce an order.
    ///
    /// A repeated volley is kept in `set_aside`, with the bytes that the replicas received meanwhile.
    async fn rotate(
        &self,
        stack: &mut Deployment,
        address: SocketAddr,
        seen: &mut Observation,
        pace: &mut Pace,
        id: &str,
    ) -> Result<(), Fault> {
        let replicas = stack.replicas();
        if stack.received.is_unknown() {
            stack.received = self.live.received(&replicas).await?;
        }
        for attempt in 1.. {
            let sandbox = self.live.sandbox;
            let since = sandbox.now();
            let sent = match attempt {
                1 => volley(sandbox, &self.proxy.member, address, &replicas, *pace).await,
                _ => self.volley_alone(stack, address, *pace).await,
            };
            let sent = match sent {
                // The only cause is other traffic that hides the requests.
                Err(fault) if attempt == 1 && fault.kind == FaultKind::Engine => {
                    stack.received = self.live.received(&replicas).await?;
                    continue;
                }
                sent => sent?,
            };
            self.live.progress.detail(|| details::volley(&sent));
            if !sent.others.is_empty() {
                self.note_askers(stack, since, seen).await?;
            }
            let refused = sent.refused.map(|_| sent.looks_limited());
            seen.volleys.push(sent);
            let again = match refused {
                Some(looks_limited) => self.slows_down(stack, pace, looks_limited).await,
                None => is_doubtful(seen, id, attempt),
            };
            if !again {
                break;
            }
            let received = self.live.received(&replicas).await?;
            if received.is_lost_since(&stack.received) {
                return self.unread(stack, seen).await;
            }
            tell(seen, received.since(&stack.received));
            stack.received = received;
            seen.set_aside.extend(seen.volleys.pop());
        }
        Ok(())
    }

    /// Handles counters that were readable before a volley and are not after it. The cause is a replica that has ended, which
    /// is a mistake of the submission. Logs are not trusted without the counters.
    async fn unread(&self, stack: &mut Deployment, seen: &mut Observation) -> Result<(), Fault> {
        self.live.recheck(stack).await?;
        if !stack.stays_up() {
            seen.stack = Some(stack.seen());
            return Ok(());
        }
        let words = Text::fixed(
            "the network counters of the replicas cannot be read any more",
            "les compteurs réseau des répliques ne peuvent plus être lus",
        );
        Err(Fault::new(FaultKind::Engine, words))
    }

    /// Slows down and waits. Returns whether a slower pace was left to try.
    async fn slows_down(&self, stack: &Deployment, pace: &mut Pace, looks_limited: bool) -> bool {
        match self.slower(stack, looks_limited).await {
            Some(slower) if *pace != slower => {
                *pace = slower;
                pace.wait().await;
                true
            }
            Some(_) | None => false,
        }
    }
}

/// Returns whether the last volley is worth repeating: it has no order, other clients sent requests in between, or they may
/// have where only the counters show it.
fn is_doubtful(seen: &Observation, id: &str, attempt: u32) -> bool {
    let Some(last) = seen.volleys.last() else {
        return false;
    };
    if is_hidden(seen, last) {
        return attempt < HIDDEN_ATTEMPTS;
    }
    if is_disturbed(seen, last) {
        return attempt < ATTEMPTS;
    }
    let codes: &[&str] = match last.witness {
        Witness::Counters => &[
            "answers-doubled",
            "not-round-robin",
            "weighted",
            "one-replica-only",
            "replicas-idle",
        ],
        Witness::Logs | Witness::Nobody => &["not-round-robin"],
    };
    let verdicts = judge(TASK6, seen);
    let is_found = verdicts.iter().any(|verdict| match &verdict.status {
        Status::Failed { finding, .. } => verdict.check.id == id && codes.contains(&finding.code),
        Status::Passed | Status::Skipped(_) | Status::NotGraded(_) => false,
    });
    is_found && attempt < ATTEMPTS
}

/// Adds the bytes that the replicas have received to the last volley, unless that volley was read from the counters.
fn tell(seen: &mut Observation, received: Vec<u64>) {
    if let Some(volley) = seen.volleys.last_mut()
        && volley.received.is_empty()
    {
        volley.received = received;
    }
}
