//! Other clients of the API: containers of the stack that send requests besides the checker, and the proxy's rate limit on
//! both.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::future::join_all;
use softy_checks::nginx::{Effective, Limit};
use softy_checks::observation::{Fault, Observation, Volley};
use tokio::time::{sleep, timeout};

use super::requests::Requests;
use super::started::Deployment;
use crate::compose::project::Service;
use crate::sandbox::{ContainerHandle, Moment};
use crate::traffic::{API_PATH, Pace, volley};

/// Deadline of an answer while the other containers are paused; without an answer the API counts as needing one of them.
const PATIENCE: Duration = Duration::from_secs(2);

/// Time for which nginx skips a server that refused a connection: its default `fail_timeout`, plus one second.
const FAIL_TIMEOUT: Duration = Duration::from_secs(11);

/// Log texts of nginx for a server that refuses a connection, and for an upstream without a live server.
const REFUSED: [&str; 2] = ["connect() failed", "no live upstreams"];

/// Query parameter that marks every request of the checker.
const OWN: &str = "softy=";

impl Requests<'_> {
    /// Waits until the proxy counts every replica as live, if a container of the stack sent a request before the replicas
    /// listened.
    pub(super) async fn recovered(&self) -> Result<(), Fault> {
        let log = self.live.sandbox.last_lines(&self.proxy.member).await?;
        let is_of_api = |line: &String| line.contains(API_PATH);
        let has_refused = |line: &String| REFUSED.iter().any(|words| line.contains(words));
        if log.iter().any(|line| is_of_api(line) && has_refused(line)) {
            sleep(FAIL_TIMEOUT).await;
        }
        Ok(())
    }

    /// Sends a volley while every container except the proxy and the replicas is paused, so that none of them sends requests in
    /// between. Unpauses them all first when the API does not answer without them.
    pub(super) async fn volley_alone(
        &self,
        stack: &Deployment,
        address: SocketAddr,
        pace: Pace,
    ) -> Result<Volley, Fault> {
        let sandbox = self.live.sandbox;
        let (others, replicas) = (stack.others(), stack.replicas());
        let _alone = sandbox.holding_alone().await;
        if !others.is_empty() {
            sandbox.pause(&others).await;
            pace.wait().await;
            let answer = timeout(PATIENCE, self.client.get(address, API_PATH)).await;
            if !answer.is_ok_and(|reply| reply.outcome.is_hello()) {
                sandbox.unpause(&others).await;
            }
        }
        let sent = volley(sandbox, &self.proxy.member, address, &replicas, pace).await;
        sandbox.unpause(&others).await;
        sent
    }

    /// Notes the services whose containers have sent requests through the proxy since a moment, according to its log. When the
    /// log names no client, notes the services whose command or health check names the API's path.
    pub(super) async fn note_askers(
        &self,
        stack: &Deployment,
        since: Moment,
        seen: &mut Observation,
    ) -> Result<(), Fault> {
        let sandbox = self.live.sandbox;
        let log = sandbox.log(&self.proxy.member, since).await?;
        let clients: BTreeSet<IpAddr> = log.lines().filter_map(client).collect();
        if clients.is_empty() {
            let services = self.live.project.services.iter();
            for service in services.filter(|service| asks(service)) {
                seen.note_asker(&service.name);
            }
            return Ok(());
        }
        if clients.iter().any(IpAddr::is_loopback) {
            seen.note_asker(&self.proxy.member.service);
        }
        let members = stack.members();
        let addresses = members.iter().map(|member| sandbox.addresses(member));
        let addresses = join_all(addresses).await;
        for (ContainerHandle { service, .. }, addresses) in members.iter().zip(addresses) {
            if addresses.is_ok_and(|own| own.iter().any(|address| clients.contains(address))) {
                seen.note_asker(service);
            }
        }
        Ok(())
    }

    /// Returns the pace that the proxy's rate limit allows: from its configuration, if that has a limit, else one request per
    /// second, if the replies `look_limited`. Returns `None` when nothing limits requests, or when a volley at this pace would
    /// take too long.
    pub(super) async fn slower(&self, stack: &Deployment, look_limited: bool) -> Option<Pace> {
        let replicas = u32::try_from(stack.replicas().len()).unwrap_or(u32::MAX);
        let nginx = self.live.nginx(stack.configured()).await;
        let effective = nginx.as_ref().map(Effective::read);
        let limit = effective
            .as_ref()
            .and_then(|effective| Limit::of(effective, self.proxy.port, API_PATH));
        let pace = match limit.map(|limit| limit.per_second) {
            Some(Some(per_second)) => Pace::of_limit(per_second)?,
            Some(None) => Pace::of_a_hand(),
            None if look_limited => Pace::of_a_hand(),
            None => return None,
        };
        pace.requests(u32::MAX, replicas).map(|_| pace)
    }
}

/// Returns whether the command or the health check of a service names the API's path.
fn asks(service: &Service) -> bool {
    let commands = [&service.command, &service.entrypoint]
        .into_iter()
        .flatten();
    let test = service.healthcheck.iter().map(|check| &check.test);
    let mut words = commands.chain(test).flatten();
    words.any(|word| word.contains(API_PATH))
}

/// Returns the client of a line of the proxy's access log, whose first word is the time. Returns `None` for the checker's own
/// requests and for other lines.
fn client(line: &str) -> Option<IpAddr> {
    let (_, line) = line.split_once(' ')?;
    let is_request = line.contains(" HTTP/") && !line.contains(OWN);
    line.split_whitespace()
        .next()
        .filter(|_| is_request)?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_in_front_of_its_request() {
        let of = |line: &str| client(&format!("2026-11-23T18:00:00.000000001Z {line}"));
        let request =
            "172.18.0.6 - - [23/Nov/2026:18:00:00 +0000] \"GET /api/hello HTTP/1.1\" 200 13";
        assert_eq!(of(request), "172.18.0.6".parse().ok());
        for line in [
            &request.replace("hello", "hello?softy=ab12-1-00"),
            "172.18.0.6 starts",
            "- GET / HTTP/1.1",
            "",
        ] {
            assert_eq!(of(line), None, "{line}");
        }
    }
}
