//! Who else asks the API: containers of the stack that send requests beside the checker's, and the proxy's limit on both.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::future::join_all;
use softy_checks::nginx::{Effective, Limit};
use softy_checks::observation::{Fault, Observation, Volley};
use tokio::time::{sleep, timeout};

use super::requests::Requests;
use super::started::Started;
use crate::compose::project::Service;
use crate::sandbox::{Member, Moment};
use crate::traffic::{API_PATH, Pace, volley};

/// How long the API may take to answer while other containers are held, before it is taken to need one of them.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long nginx leaves a server out that has refused a connection: its default `fail_timeout`, and a second.
const FAIL_TIMEOUT: Duration = Duration::from_secs(11);

/// What nginx writes to its log when a server refuses a connection, and when none is left.
const REFUSED: [&str; 2] = ["connect() failed", "no live upstreams"];

/// What all requests of the checker's have in their query.
const OWN: &str = "softy=";

impl Requests<'_> {
    /// Waits until the proxy takes every replica for one that answers, where a container of the stack has asked it before they
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

    /// A volley while every container is held that is neither the proxy nor a replica, so that none of them asks in between; with
    /// all of them where the API does not answer without one.
    pub(super) async fn volley_alone(
        &self,
        stack: &Started,
        address: SocketAddr,
        pace: Pace,
    ) -> Result<Volley, Fault> {
        let sandbox = self.live.sandbox;
        let (others, replicas) = (stack.others(), stack.replicas());
        let _alone = sandbox.holding_alone().await;
        if !others.is_empty() {
            sandbox.hold(&others).await;
            pace.wait().await;
            let answer = timeout(PATIENCE, self.client.get(address, API_PATH)).await;
            if !answer.is_ok_and(|reply| reply.outcome.is_hello()) {
                sandbox.let_go(&others).await;
            }
        }
        let sent = volley(sandbox, &self.proxy.member, address, &replicas, pace).await;
        sandbox.let_go(&others).await;
        sent
    }

    /// Notes the services whose containers have sent requests through the proxy since a moment, by its log; where that names no
    /// client, those whose command or health check asks for the API.
    pub(super) async fn note_askers(
        &self,
        stack: &Started,
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
        for (Member { service, .. }, addresses) in members.iter().zip(addresses) {
            if addresses.is_ok_and(|own| own.iter().any(|address| clients.contains(address))) {
                seen.note_asker(service);
            }
        }
        Ok(())
    }

    /// The pace that a limit of the proxy's asks for: by its configuration, where that has one; `None` where it leaves no time for
    /// what has to be sent.
    pub(super) async fn slower(&self, stack: &Started) -> Option<Pace> {
        let replicas = u32::try_from(stack.replicas().len()).unwrap_or(u32::MAX);
        let nginx = self.live.nginx(stack.configured()).await;
        let effective = nginx.as_ref().map(Effective::read);
        let limit = effective
            .as_ref()
            .and_then(|effective| Limit::of(effective, self.proxy.port, API_PATH));
        let pace = match limit.and_then(|limit| limit.per_second) {
            Some(per_second) => Pace::of_limit(per_second)?,
            None => Pace::of_a_hand(),
        };
        pace.requests(u32::MAX, replicas).map(|_| pace)
    }
}

/// Whether the command or the health check of a service names the API's path.
fn asks(service: &Service) -> bool {
    let commands = [&service.command, &service.entrypoint]
        .into_iter()
        .flatten();
    let test = service.healthcheck.iter().map(|check| &check.test);
    let mut words = commands.chain(test).flatten();
    words.any(|word| word.contains(API_PATH))
}

/// The client of a line of the proxy's access log, behind the time in front of it; `None` for the checker's own requests and
/// for other lines.
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
