//! Networks of a run, and the checker's way into them.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use bollard::models::{EndpointSettings, IpamConfig, NetworkConnectRequest, NetworkCreateRequest};
use futures_util::future::try_join_all;
use softy_checks::model::Text;
use softy_checks::observation::{Fault, FaultKind};

use super::engine::{fault, is_missing};
use super::{ContainerHandle, Sandbox, limits};

/// Option of the bridge driver that gives containers access to the outside world.
const MASQUERADE: &str = "com.docker.network.bridge.enable_ip_masquerade";

/// Option of the bridge driver that leaves the engine's machine without an address on the network.
const WITHOUT_MACHINE: &str = "com.docker.network.bridge.inhibit_ipv4";

/// Way from the checker to a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The container's address: the engine's bridges are this machine's own.
    Address,
    /// The container's address, after the container that the checker itself runs in has joined the network.
    Container,
    /// A port that the engine publishes on 127.0.0.1, as with Docker Desktop; only the proxy is reachable.
    Loopback,
}

/// Access of the stack to the outside world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Egress {
    /// No access.
    #[default]
    Closed,
    /// Full access: to the internet, and to everything that this machine reaches.
    Open,
}

/// Connectivity of a run's network, in addition to the containers on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connectivity {
    /// No other destination.
    Nothing,
    /// The engine's machine, which has an address on the network, and so the checker.
    Machine,
    /// Ports that the engine publishes: a way in that is no way out.
    PublishedPorts,
    /// Everything that the engine's machine reaches.
    World,
}

/// The networks of a run.
pub struct StackNetworks {
    /// Way from the checker to the containers.
    pub reach: Reach,
    /// Access of the containers to the outside world.
    pub(super) egress: Egress,
    /// Time from a container's start until it must listen.
    pub ready: Duration,
    /// Names in the project with the engine's names, in the order of the project.
    pub(super) networks: Vec<(String, String)>,
    /// Network of the published port, if that is the way in.
    pub(super) way_in: Option<String>,
}

impl StackNetworks {
    /// Returns whether the engine's network of this name is one of them.
    pub(super) fn has(&self, network: &str) -> bool {
        let names = self.networks.iter().map(|(_, name)| name);
        names.chain(&self.way_in).any(|name| name == network)
    }
}

impl Sandbox {
    /// Makes a network for each of the project's, and detects the way in, unless `asked` names it.
    ///
    /// # Errors
    /// A fault when the engine cannot make them.
    pub async fn networks(
        &self,
        names: &[String],
        asked: Option<Reach>,
        egress: Egress,
    ) -> Result<StackNetworks, Fault> {
        let (leads_to, ready) = match egress {
            Egress::Closed => (self.closed(asked).await?, limits::READY),
            Egress::Open => (Connectivity::World, limits::READY_WITH_EGRESS),
        };
        // Numbers, because Compose accepts any text as a network's name, even that of one of the sandbox's own networks.
        let numbers = 1..=names.len();
        let made = numbers
            .map(|number| async move { self.make_network(&number.to_string(), leads_to).await });
        let networks: Vec<(String, String)> = names
            .iter()
            .cloned()
            .zip(try_join_all(made).await?)
            .collect();
        let reach = match asked {
            Some(reach) => reach,
            None => match networks.first() {
                Some((_, network)) => self.find_reach(network).await?,
                None => Reach::Address,
            },
        };
        let way_in = match reach {
            Reach::Address => None,
            Reach::Container => {
                for (_, network) in &networks {
                    self.join(network).await?;
                }
                None
            }
            Reach::Loopback => {
                let published = Connectivity::PublishedPorts;
                Some(self.make_network(".way-in", published).await?)
            }
        };
        Ok(StackNetworks {
            reach,
            egress,
            ready,
            networks,
            way_in,
        })
    }

    /// Returns the address at which the checker reaches a container's port.
    ///
    /// # Errors
    /// A fault when the engine has no address for it.
    pub async fn address(
        &self,
        member: &ContainerHandle,
        port: u16,
        reachable: &StackNetworks,
    ) -> Result<SocketAddr, Fault> {
        let container = self
            .docker
            .inspect_container(&member.id, None)
            .await
            .map_err(fault)?;
        let settings = container.network_settings.unwrap_or_default();
        let address = match reachable.reach {
            Reach::Address | Reach::Container => {
                let endpoints = settings.networks.unwrap_or_default();
                let addresses = reachable
                    .networks
                    .iter()
                    .filter_map(|(_, network)| endpoints.get(network)?.ip_address.as_deref());
                let address = addresses
                    .filter_map(|address| address.parse::<IpAddr>().ok())
                    .next();
                address.map(|address| SocketAddr::new(address, port))
            }
            Reach::Loopback => {
                let ports = settings.ports.unwrap_or_default();
                let bindings = ports
                    .get(&format!("{port}/tcp"))
                    .cloned()
                    .flatten()
                    .unwrap_or_default();
                let ports = bindings
                    .iter()
                    .filter_map(|binding| binding.host_port.as_deref()?.parse::<u16>().ok());
                ports
                    .map(|port| SocketAddr::from(([127, 0, 0, 1], port)))
                    .next()
            }
        };
        address.ok_or_else(|| {
            let (service, number) = (&member.service, member.number);
            let detail = Text::new(
                format!("the engine gives no address for {service} {number}"),
                format!("le moteur ne donne pas d’adresse pour {service} {number}"),
            );
            Fault::new(FaultKind::Engine, detail)
        })
    }

    pub(super) async fn make_network(
        &self,
        name: &str,
        leads_to: Connectivity,
    ) -> Result<String, Fault> {
        let full = format!("softy-check-{}-{name}", self.run);
        let masquerade = leads_to == Connectivity::World;
        let without_machine = leads_to == Connectivity::Nothing;
        let request = NetworkCreateRequest {
            name: full.clone(),
            driver: Some("bridge".to_owned()),
            internal: Some(matches!(
                leads_to,
                Connectivity::Nothing | Connectivity::Machine
            )),
            options: Some(HashMap::from([
                (MASQUERADE.to_owned(), masquerade.to_string()),
                (WITHOUT_MACHINE.to_owned(), without_machine.to_string()),
            ])),
            labels: Some(self.labels()),
            ..NetworkCreateRequest::default()
        };
        let docker = self.docker.clone();
        let made = self.make(async move { docker.create_network(request).await });
        made.await?.map_err(fault)?;
        Ok(full)
    }

    /// Returns the connectivity of a closed network: nothing if the checker joins it with its own container, or else the
    /// engine's machine, from which the checker reaches the containers.
    ///
    /// # Errors
    /// A fault when the engine does not answer.
    pub(super) async fn closed(&self, asked: Option<Reach>) -> Result<Connectivity, Fault> {
        let joins = match asked {
            Some(reach) => reach == Reach::Container,
            None => self.joins().await?,
        };
        Ok(match joins {
            true => Connectivity::Nothing,
            false => Connectivity::Machine,
        })
    }

    /// Returns whether the checker runs in a container of this engine that has networks of its own to join.
    async fn joins(&self) -> Result<bool, Fault> {
        let Some(own) = own_container() else {
            return Ok(false);
        };
        match self.docker.inspect_container(&own, None).await {
            Ok(container) => {
                let mode = container.host_config.and_then(|host| host.network_mode);
                Ok(mode.is_some_and(|mode| mode != "host"))
            }
            Err(error) if is_missing(&error) => Ok(false),
            Err(error) => Err(fault(error)),
        }
    }

    /// Detects the way in: by address if the network's gateway is an address of this machine, else from a container, else by a
    /// port.
    pub(super) async fn find_reach(&self, network: &str) -> Result<Reach, Fault> {
        let configs = self.ipam(network).await?.into_iter();
        let mut gateways = configs.filter_map(|config| config.gateway?.parse::<IpAddr>().ok());
        if gateways.any(|gateway| UdpSocket::bind((gateway, 0)).is_ok()) {
            return Ok(Reach::Address);
        }
        Ok(match self.joins().await? {
            true => Reach::Container,
            false => Reach::Loopback,
        })
    }

    /// Returns the address ranges of a network.
    pub(super) async fn ipam(&self, network: &str) -> Result<Vec<IpamConfig>, Fault> {
        let network = self.docker.inspect_network(network, None).await;
        let ipam = network.map_err(fault)?.ipam;
        Ok(ipam.and_then(|ipam| ipam.config).unwrap_or_default())
    }

    /// Connects the container that the checker runs in to a network. Returns the container's id.
    pub(super) async fn join(&self, network: &str) -> Result<String, Fault> {
        let no_container = Text::fixed(
            "the checker does not run in a container of this engine",
            "le vérificateur ne tourne pas dans un conteneur de ce moteur",
        );
        let own = own_container().ok_or_else(|| Fault::new(FaultKind::Engine, no_container))?;
        let request = NetworkConnectRequest {
            container: own.clone(),
            endpoint_config: Some(EndpointSettings::default()),
        };
        let joined = self.docker.connect_network(network, request).await;
        joined.map_err(fault)?;
        Ok(own)
    }
}

/// Returns the id of the container that this process runs in: the engine mounts `…/containers/ID/hostname` into each.
pub(super) fn own_container() -> Option<String> {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    own_container_in(&mounts)
}

fn own_container_in(mounts: &str) -> Option<String> {
    let rests = mounts.split("/containers/").skip(1);
    let mut ids = rests.filter_map(|rest| {
        rest.split_once("/hostname /etc/hostname ")
            .map(|(id, _)| id)
    });
    let id = ids.find(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    Some(id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_knows_its_id_by_its_mounts() {
        let id = "0123456789abcdef".repeat(4);
        let mounts = format!(
            "712 690 254:0 /var/lib/docker/containers/{id}/hostname /etc/hostname rw - ext4 /dev/vda rw\n"
        );
        assert_eq!(own_container_in(&mounts), Some(id));
    }

    #[test]
    fn a_machine_is_no_container() {
        assert_eq!(
            own_container_in("22 1 254:0 / / rw - ext4 /dev/vda rw\n"),
            None
        );
        let shared =
            "70 22 0:50 / /var/lib/docker/containers/0123abcd/mounts/shm rw - tmpfs shm rw\n";
        assert_eq!(own_container_in(shared), None);
    }
}
