//! Network for the steps of a run's builds: closed, except for the relay.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use softy_checks::model::Text;
use softy_checks::observation::Fault;

use crate::sandbox::engine::fault;
use crate::sandbox::networks::Connectivity;
use crate::sandbox::relay::{Missed, Notes, Policy, Relay, Subnet, is_on_the_web};
use crate::sandbox::{Egress, Reach, Sandbox};

/// Proxy arguments. The classic builder passes them to every step, and keeps them out of the image and its cache.
const PROXY: [&str; 4] = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"];
const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// Hosts that a step reaches without the proxy: its own.
const ITSELF: &str = "localhost,127.0.0.1,0.0.0.0,::1";

/// Destinations that builds may reach.
#[derive(Clone, Debug, Default)]
pub struct BuildEgress {
    /// Egress of builds; with `Open`, they reach everything.
    pub egress: Egress,
    /// Way from the steps to the checker; detected if `None`.
    pub reach: Option<Reach>,
    /// Hosts that builds may reach, with all subdomains; empty for the whole public web.
    pub hosts: Vec<String>,
}

/// The network of a run's builds.
pub(in crate::sandbox) struct BuildNetwork {
    /// Name of the network on the engine; `None` for the engine's default one.
    pub(super) name: Option<String>,
    relay: Option<Relay>,
    notes: Arc<Notes>,
}

impl Sandbox {
    /// Makes the network, which leads to the public web through the relay. If the steps cannot reach the checker, the network
    /// is open.
    ///
    /// # Errors
    /// A fault when the engine cannot make it.
    pub(in crate::sandbox) async fn build_network(
        &self,
        outlet: &BuildEgress,
    ) -> Result<BuildNetwork, Fault> {
        let notes = Arc::clone(&self.build_notes);
        if outlet.egress == Egress::Open {
            self.built_in_the_open.store(true, Ordering::Relaxed);
            return Ok(BuildNetwork {
                name: None,
                relay: None,
                notes,
            });
        }
        let closed = self.closed(outlet.reach).await?;
        let mut name = self.make_network(".builds", closed).await?;
        let relay = self.relay(&name, outlet).await?;
        if relay.is_none() {
            self.built_in_the_open.store(true, Ordering::Relaxed);
            name = self
                .make_network(".builds-open", Connectivity::World)
                .await?;
        }
        Ok(BuildNetwork {
            name: Some(name),
            relay,
            notes,
        })
    }

    /// Starts a relay on the network's address of this machine, or of the container that the checker runs in, if possible.
    async fn relay(&self, network: &str, outlet: &BuildEgress) -> Result<Option<Relay>, Fault> {
        let reach = match outlet.reach {
            Some(reach) => reach,
            None => self.find_reach(network).await?,
        };
        let configs = self.ipam(network).await?;
        let Some(config) = configs.first() else {
            return Ok(None);
        };
        let address = match reach {
            Reach::Address => config.gateway.clone(),
            Reach::Container => self.own_address(network).await?,
            Reach::Loopback => None,
        };
        let address = address.and_then(|address| address.parse::<IpAddr>().ok());
        let peers = config.subnet.as_deref().and_then(Subnet::parse);
        let (Some(address), Some(peers)) = (address, peers) else {
            return Ok(None);
        };
        let policy = Policy {
            peers,
            allows: is_on_the_web,
            hosts: outlet.hosts.clone(),
        };
        let relay = Relay::start(address, policy, Arc::clone(&self.build_notes));
        Ok(relay.await.ok())
    }

    async fn own_address(&self, network: &str) -> Result<Option<String>, Fault> {
        let own = self.join(network).await?;
        let container = self.docker.inspect_container(&own, None).await;
        let settings = container.map_err(fault)?.network_settings;
        let mut networks = settings
            .and_then(|settings| settings.networks)
            .unwrap_or_default();
        Ok(networks
            .remove(network)
            .and_then(|endpoint| endpoint.ip_address))
    }

    /// Removes the network after the last build, so that it does not exist while the stack runs. Only the run's removal waits
    /// for this, and it also removes a network that is still in use now.
    pub(in crate::sandbox) async fn leave(&self, network: BuildNetwork) {
        let Some(name) = network.name else {
            return;
        };
        let docker = self.docker.clone();
        let removal = async move { docker.remove_network(&name).await };
        drop(self.begin(removal).await);
    }
}

impl BuildNetwork {
    /// Returns the arguments that direct a build's steps to the relay, except those that the submission sets itself.
    pub(super) fn arguments(&self, own: &[(String, String)]) -> Vec<(String, String)> {
        let Some(relay) = &self.relay else {
            return Vec::new();
        };
        let proxy = format!("http://{}", relay.address);
        let proxies = PROXY.map(|name| (name.to_owned(), proxy.clone()));
        let none = NO_PROXY.map(|name| (name.to_owned(), ITSELF.to_owned()));
        let is_free = |(name, _): &(String, String)| !own.iter().any(|(own, _)| own == name);
        proxies.into_iter().chain(none).filter(is_free).collect()
    }

    /// Returns the number of the builds' failed requests, by reason.
    pub(super) fn missed(&self) -> Missed {
        self.notes.missed()
    }

    /// Returns where the relay listens, if the run has one.
    pub(super) fn relay(&self) -> Option<SocketAddr> {
        self.relay.as_ref().map(|relay| relay.address)
    }

    /// Returns whether a build has reached the relay.
    pub(super) fn is_reached(&self) -> bool {
        self.notes.is_reached()
    }

    /// Returns the obstacle to a step's requests, from the relay's record since builds had `missed_before`: the run's own
    /// rules, a package source that does not answer, or any other host if `is_online` finds no host that answers. A host that
    /// does not exist, or an address that is not on the public internet, is the submission's own mistake.
    pub(super) async fn obstacle(
        &self,
        missed_before: Missed,
        is_online: impl Future<Output = bool>,
    ) -> Option<Text> {
        let relay = self.relay()?;
        let missed = self.missed();
        let is_ours = missed.closed > missed_before.closed
            || missed.sources > missed_before.sources
            || (missed.others > missed_before.others && !is_online.await);
        let words = Text::fixed(
            "a step failed that did not get what it asked for",
            "une étape a échoué sans avoir obtenu ce qu’elle demandait",
        );
        is_ours.then(|| self.explained(relay, words))
    }

    /// Returns `words`, followed by the relay's record of failed requests.
    pub(super) fn explained(&self, relay: SocketAddr, words: Text) -> Text {
        let told = self.told(relay).into_iter();
        told.fold(words, |Text { en, fr }, told| {
            Text::new(format!("{en}; {}", told.en), format!("{fr} ; {}", told.fr))
        })
    }

    /// Returns the relay's record of failed requests: the refused and the unreachable hosts, or that no build has reached the
    /// relay.
    fn told(&self, address: SocketAddr) -> Vec<Text> {
        if !self.notes.is_reached() {
            return vec![Text::new(
                format!(
                    "no build has reached the checker at {address}: a firewall may stand between"
                ),
                format!(
                    "aucune construction n’a atteint le vérificateur en {address} : un pare-feu s’interpose peut-être"
                ),
            )];
        }
        let told = [
            (
                ("refused to builds", "refusé aux constructions"),
                self.notes.all_refused(),
            ),
            (
                ("no answer from", "pas de réponse de"),
                self.notes.all_unreached(),
            ),
        ];
        let told = told.into_iter().filter(|(_, hosts)| !hosts.is_empty());
        told.map(|((en, fr), hosts)| {
            let hosts = hosts.join(", ");
            Text::new(format!("{en}: {hosts}"), format!("{fr} : {hosts}"))
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;

    async fn network() -> BuildNetwork {
        let notes = Arc::<Notes>::default();
        let policy = Policy {
            peers: Subnet::parse("127.0.0.0/8").unwrap(),
            allows: is_on_the_web,
            hosts: Vec::new(),
        };
        let relay = Relay::start(Ipv4Addr::LOCALHOST.into(), policy, Arc::clone(&notes));
        let relay = relay.await.ok();
        BuildNetwork {
            name: None,
            relay,
            notes,
        }
    }

    async fn ask(relay: SocketAddr, request: &str) {
        let mut stream = TcpStream::connect(relay).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.ok();
    }

    async fn obstacle(network: &BuildNetwork, before: Missed, is_online: bool) -> Option<Text> {
        network.obstacle(before, async { is_online }).await
    }

    #[tokio::test]
    async fn only_the_relay_s_record_excuses_a_step() {
        let network = network().await;
        let relay = network.relay().unwrap();
        let none = Missed::default();
        assert_eq!(obstacle(&network, none, false).await, None);
        ask(relay, "GET http://10.0.0.1/ HTTP/1.1\r\nHost: a\r\n\r\n").await;
        ask(relay, "GET http://127.0.0.1:22/ HTTP/1.1\r\n\r\n").await;
        assert_eq!(obstacle(&network, none, false).await, None);
        ask(relay, "GET http://8.8.8.8:22/ HTTP/1.1\r\n\r\n").await;
        let words = obstacle(&network, none, true).await.unwrap();
        let hosts = "; refused to builds: 10.0.0.1:80, 127.0.0.1:22, 8.8.8.8:22";
        assert!(words.en.ends_with(hosts), "{}", words.en);
        assert_eq!(obstacle(&network, network.missed(), false).await, None);
    }

    #[tokio::test]
    async fn a_host_that_does_not_answer_excuses_a_step_where_no_other_does() {
        let network = network().await;
        let relay = network.relay().unwrap();
        let none = Missed::default();
        ask(
            relay,
            "GET http://name.invalid/ HTTP/1.1\r\nHost: a\r\n\r\n",
        )
        .await;
        assert_eq!(obstacle(&network, none, true).await, None);
        let words = obstacle(&network, none, false).await.unwrap();
        assert!(
            words.en.ends_with("; no answer from: name.invalid:80"),
            "{}",
            words.en
        );
    }

    #[tokio::test]
    async fn what_a_submission_says_of_a_proxy_is_left() {
        let network = network().await;
        let own = [("http_proxy".to_owned(), String::new())];
        let names = network.arguments(&own).into_iter().map(|(name, _)| name);
        let expected = [
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "https_proxy",
            "NO_PROXY",
            "no_proxy",
        ];
        assert_eq!(names.collect::<Vec<_>>(), expected);
    }
}
