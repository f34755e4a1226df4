//! Started stack: its containers, as the checks see them and as the engine knows them.

use softy_checks::observation::{Container, Observation, Proxy, Stack, State};

use super::received::Received;
use crate::compose::project::Project;
use crate::sandbox::ContainerHandle;

/// Container for the checks, with its handle on the engine if it was created.
pub(super) type Slot = (Option<ContainerHandle>, Container);

/// Started stack.
pub(super) struct Deployment {
    pub(super) containers: Vec<Slot>,
    /// Replicas of the API that are created but not started, for scaling the stack.
    pub(super) spare: Vec<Slot>,
    /// Name of the API servers' service.
    pub(super) back_end: String,
    pub(super) proxy: Option<Proxy>,
    /// Bytes that each replica had received at the last reading.
    pub(super) received: Received,
}

/// Container of the proxy, with the port that requests go to.
#[derive(Clone, Debug)]
pub(super) struct ProxyHandle {
    pub(super) member: ContainerHandle,
    pub(super) port: u16,
}

impl Deployment {
    /// Returns the stack as the checks see it.
    pub(super) fn seen(&self) -> Stack {
        Stack {
            containers: self
                .containers
                .iter()
                .map(|(_, container)| container.clone())
                .collect(),
            proxy: self.proxy.clone(),
        }
    }

    /// Returns whether all containers run; one that listens on no port still runs.
    pub(super) fn stays_up(&self) -> bool {
        self.containers
            .iter()
            .all(|(_, container)| matches!(container.state, State::Running | State::Silent { .. }))
    }

    /// Returns the handles of all containers, without the spare ones.
    pub(super) fn members(&self) -> Vec<ContainerHandle> {
        let members = self
            .containers
            .iter()
            .filter_map(|(member, _)| member.clone());
        members.collect()
    }

    /// Returns the same as [`Deployment::members`], but with the spare replicas.
    pub(super) fn created(&self) -> Vec<ContainerHandle> {
        let spare = self.spare.iter().filter_map(|(member, _)| member.clone());
        self.members().into_iter().chain(spare).collect()
    }

    /// Returns the replicas of the API, by number.
    pub(super) fn replicas(&self) -> Vec<ContainerHandle> {
        let members = self
            .containers
            .iter()
            .filter(|(_, container)| container.service == self.back_end);
        members.filter_map(|(member, _)| member.clone()).collect()
    }

    /// Returns the running containers that are neither the proxy nor replicas of the API.
    pub(super) fn others(&self) -> Vec<ContainerHandle> {
        let proxy = self.proxy.as_ref().map(|proxy| proxy.service.as_str());
        let containers = self.containers.iter().filter(|(_, container)| {
            let service = container.service.as_str();
            let runs = matches!(container.state, State::Running | State::Silent { .. });
            runs && service != self.back_end && Some(service) != proxy
        });
        containers
            .filter_map(|(member, _)| member.clone())
            .collect()
    }

    /// Returns those of [`Deployment::others`] that sent requests through the proxy.
    pub(super) fn company(&self, seen: &Observation) -> Vec<ContainerHandle> {
        let mut others = self.others();
        others.retain(|other| seen.askers.contains(&other.service));
        others
    }

    /// Returns the proxy's container if it was started.
    pub(super) fn proxy(&self) -> Option<ProxyHandle> {
        let proxy = self.proxy.as_ref()?;
        let member = self
            .containers
            .iter()
            .find(|(_, container)| container.service == proxy.service)?
            .0
            .clone()?;
        Some(ProxyHandle {
            member,
            port: proxy.port,
        })
    }

    /// Returns the proxy's container and its command if it was created, even if it has ended.
    pub(super) fn configured(&self) -> Option<(ContainerHandle, Vec<String>)> {
        let proxy = self.proxy.as_ref()?;
        let mut containers = self.containers.iter();
        let (member, container) =
            containers.find(|(_, container)| container.service == proxy.service)?;
        Some((member.clone()?, container.command.clone()))
    }

    /// Sorts the containers by the order of the services in the file, then by number.
    pub(super) fn sort(&mut self, project: &Project) {
        let place = |service: &str| {
            project
                .services
                .iter()
                .position(|other| other.name == service)
        };
        self.containers
            .sort_by_key(|(_, container)| (place(&container.service), container.number));
    }
}
