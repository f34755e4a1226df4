//! The requests: for the front page, for the API, and those that show where two and five replicas take turns.

use std::net::SocketAddr;

use futures_util::future::join;
use futures_util::try_join;
use softy_checks::model::Text;
use softy_checks::observation::{Fault, Observation};
use softy_checks::{Status, TASK6, judge};

use super::listening::is_bad_gateway;
use super::received::Received;
use super::stack::Live;
use super::started::{ProxyMember, Started};
use super::{details, due, within};
use crate::progress::Step;
use crate::sandbox::{Built, Reachable, limits};
use crate::traffic::{API_PATH, Client, PADDING, fresh_volley, volley};

static ASKING_TWO: Text = Text::fixed("asking two replicas", "l’interrogation de deux répliques");
static ASKING_FIVE: Text = Text::fixed("asking five replicas", "l’interrogation de cinq répliques");

/// Volleys sent before requests are said to follow no order.
const ATTEMPTS: u32 = 3;

/// What requests are sent with, and through what.
pub(super) struct Requests<'a> {
    pub(super) live: &'a Live<'a>,
    pub(super) built: &'a Built,
    pub(super) reachable: &'a Reachable,
    pub(super) client: Client,
    pub(super) proxy: ProxyMember,
}

impl Requests<'_> {
    /// Sends those that are due, to two replicas and then to five.
    pub(super) async fn send(
        &self,
        stack: &mut Started,
        seen: &mut Observation,
    ) -> Result<(), Fault> {
        let replicas = stack.replicas();
        let two = within(&ASKING_TWO, limits::REQUESTS, self.to_two(stack, seen));
        let (address, met) = join(two, self.circumstances(&replicas)).await;
        seen.circumstances.push(met);
        let address = address?;
        if seen.api.is_none() {
            return Ok(());
        }
        let five = self.to_five(stack, address, seen);
        within(&ASKING_FIVE, limits::SCALING, five).await
    }

    /// The front page, the API, and the rotation of two replicas, each where it is due; the address that they were sent to.
    async fn to_two(
        &self,
        stack: &mut Started,
        seen: &mut Observation,
    ) -> Result<SocketAddr, Fault> {
        let address = self.live.way_in(&self.proxy, self.reachable).await?;
        let progress = self.live.progress;
        progress.detail(|| details::way_in(address));
        seen.front_page = Some(self.client.get(address, "/").await);
        if !due(seen, "api-answers") {
            return Ok(address);
        }
        self.live.progress.enter(Step::Measure);
        seen.api = Some(vec![self.client.get(address, API_PATH).await]);
        if due(seen, "round-robin") {
            self.rotate(stack, address, seen, "round-robin").await?;
        }
        if is_bad_gateway(seen) {
            self.live.listening(stack).await?;
        }
        self.live.recheck(stack).await?;
        seen.stack = Some(stack.seen());
        Ok(address)
    }

    /// The rotation of five replicas where it is due, and what comes of a connection for each request.
    async fn to_five(
        &self,
        stack: &mut Started,
        mut address: SocketAddr,
        seen: &mut Observation,
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
            tell(seen, received.since(&before));
            stack.received.update(received);
            for (_, container) in &stack.containers {
                self.live.progress.detail(|| details::container(container));
            }
            if !stack.stays_up() {
                seen.scaled = Some(stack.seen());
                return Ok(());
            }
            // Started again, the proxy may have another port.
            address = self.live.way_in(&self.proxy, self.reachable).await?;
            let replicas = stack.replicas();
            let five = self.rotate(stack, address, seen, "scales-further");
            let (rotated, met) = join(five, self.circumstances(&replicas)).await;
            seen.circumstances.push(met);
            rotated?;
        }
        if seen.volleys.is_empty() {
            return Ok(());
        }
        let replicas = stack.replicas();
        let received = self.live.received(&replicas).await?;
        tell(seen, received.since(&stack.received));
        let sandbox = self.live.sandbox;
        let (fresh, replies) = fresh_volley(sandbox, &self.client, address, &replicas).await?;
        seen.volleys.push(fresh);
        seen.api.get_or_insert_default().extend(replies);
        Ok(())
    }

    /// Measures the rotation for the check of this id, again where no order was found: something else that asks the API
    /// once in between disturbs it, and chance does not make an order.
    async fn rotate(
        &self,
        stack: &mut Started,
        address: SocketAddr,
        seen: &mut Observation,
        id: &str,
    ) -> Result<(), Fault> {
        let replicas = stack.replicas();
        for attempt in 1.. {
            let sandbox = self.live.sandbox;
            let volley = volley(sandbox, &self.proxy.member, address, &replicas).await?;
            self.live.progress.detail(|| details::volley(&volley));
            seen.volleys.push(volley);
            if attempt == ATTEMPTS || !is_unordered(seen, id) {
                break;
            }
            seen.volleys.pop();
            // The counters hold the volleys that are dropped here, too.
            stack.received = Received::default();
        }
        Ok(())
    }
}

fn is_unordered(seen: &Observation, id: &str) -> bool {
    judge(TASK6, seen)
        .iter()
        .any(|verdict| match &verdict.status {
            Status::Failed { finding, .. } => {
                verdict.check.id == id && finding.code == "not-round-robin"
            }
            Status::Passed | Status::Skipped(_) | Status::NotGraded(_) => false,
        })
}

/// Puts what the replicas have received beside what the logs say of the last volley, unless that was read from counters, or
/// its requests were too short to stand out.
fn tell(seen: &mut Observation, received: Vec<u64>) {
    let Some(volley) = seen.volleys.last_mut() else {
        return;
    };
    let stands_out = received.iter().sum::<u64>() >= (PADDING * volley.sequence.len()) as u64;
    if volley.received.is_empty() && (stands_out || volley.sequence.contains(&0)) {
        volley.received = received;
    }
}
