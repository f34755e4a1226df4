//! A stack that was started: its containers, for the checks and for the engine.

use softy_checks::observation::{Container, Observation, Proxy, Stack, State};

use super::received::Received;
use crate::compose::project::Project;
use crate::sandbox::Member;

/// A container for the checks, and for the engine where it has come to that.
pub(super) type Slot = (Option<Member>, Container);

/// A stack that was started.
pub(super) struct Started {
    pub(super) containers: Vec<Slot>,
    /// Replicas of the API that are created and not started, for when the stack is scaled.
    pub(super) spare: Vec<Slot>,
    /// The name of the service of the API servers.
    pub(super) back_end: String,
    pub(super) proxy: Option<Proxy>,
    /// What each replica had received when it was last looked at.
    pub(super) received: Received,
}

/// The container that requests go through.
#[derive(Clone, Debug)]
pub(super) struct ProxyMember {
    pub(super) member: Member,
    pub(super) port: u16,
}

impl Started {
    /// For the checks.
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

    /// Whether no container has ended; one that listens nowhere still runs.
    pub(super) fn stays_up(&self) -> bool {
        self.containers
            .iter()
            .all(|(_, container)| matches!(container.state, State::Running | State::Silent { .. }))
    }

    /// Every container that was to be started.
    pub(super) fn members(&self) -> Vec<Member> {
        let members = self
            .containers
            .iter()
            .filter_map(|(member, _)| member.clone());
        members.collect()
    }

    /// The same and those that are spare.
    pub(super) fn created(&self) -> Vec<Member> {
        let spare = self.spare.iter().filter_map(|(member, _)| member.clone());
        self.members().into_iter().chain(spare).collect()
    }

    /// The replicas of the API, by number.
    pub(super) fn replicas(&self) -> Vec<Member> {
        let members = self
            .containers
            .iter()
            .filter(|(_, container)| container.service == self.back_end);
        members.filter_map(|(member, _)| member.clone()).collect()
    }

    /// The containers that are neither the proxy nor replicas of the API and that run.
    pub(super) fn others(&self) -> Vec<Member> {
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

    /// Those of the others that sent requests through the proxy.
    pub(super) fn company(&self, seen: &Observation) -> Vec<Member> {
        let mut others = self.others();
        others.retain(|other| seen.askers.contains(&other.service));
        others
    }

    /// The container that requests go through, when it was started.
    pub(super) fn proxy(&self) -> Option<ProxyMember> {
        let proxy = self.proxy.as_ref()?;
        let member = self
            .containers
            .iter()
            .find(|(_, container)| container.service == proxy.service)?
            .0
            .clone()?;
        Some(ProxyMember {
            member,
            port: proxy.port,
        })
    }

    /// The container that requests go through and what it runs, when it was created, also when it has ended.
    pub(super) fn configured(&self) -> Option<(Member, Vec<String>)> {
        let proxy = self.proxy.as_ref()?;
        let mut containers = self.containers.iter();
        let (member, container) =
            containers.find(|(_, container)| container.service == proxy.service)?;
        Some((member.clone()?, container.command.clone()))
    }

    /// Puts the containers into the order of the file, replicas by number.
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
