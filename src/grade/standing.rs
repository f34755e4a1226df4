//! Warm stack: the containers that stay up between two rounds of a run.
//!
//! These are `back-end` and its dependencies, up to the wave before the proxy. Reuse gives the same result as a fresh start
//! only if the start order puts every other service after them.

use std::collections::BTreeSet;

use softy_checks::observation::Fault;

use super::order::{proxy, waves};
use super::stack::{Deployer, replicas, started_as};
use super::started::{Deployment, Slot};
use crate::compose::project::{Project, Service};
use crate::sandbox::{Built, StackNetworks};

/// A stack that is up.
pub(super) struct WarmStack {
    pub(super) stack: Deployment,
    pub(super) built: Built,
    pub(super) reachable: StackNetworks,
    pub(super) project: Project,
}

/// Containers that a round begins with; empty for a cold start.
#[derive(Default)]
pub(super) struct ReusedContainers {
    /// Running containers: all waves up to `back-end`.
    pub(super) containers: Vec<Slot>,
    /// Further replicas, created but not started.
    pub(super) spare: Vec<Slot>,
}

/// The same as [`WarmStack`], but without its networks.
pub(super) struct Containers {
    stack: Deployment,
    built: Built,
    project: Project,
}

impl WarmStack {
    /// Returns the reusable part: the first two replicas and their dependencies. Returns `None` when the stack cannot be
    /// reused.
    pub(super) fn while_idle(mut self) -> Option<WarmStack> {
        let early = early(&self.project);
        let is_usable = |service: &&Service| {
            // A container has its own copy of the mounted files, which may have changed since.
            service.mounts.is_empty() && !service.shares_with_others()
        };
        let services = self.project.services.iter();
        let mut services = services.filter(|service| early.contains(service.name.as_str()));
        let proxy = proxy(&self.project).map(|(service, _)| service.name.as_str());
        let waits = proxy.is_some_and(|proxy| !early.contains(proxy));
        if !waits || !services.all(|service| is_usable(&service)) || !self.stack.stays_up() {
            return None;
        }
        let count = |name: &str| {
            let mut services = self.project.services.iter();
            let service = services.find(|service| service.name == name)?;
            Some(replicas(&self.project, service))
        };
        let containers = self.stack.containers;
        let is_kept = |slot: &Slot| {
            let (_, container) = slot;
            let name = container.service.as_str();
            early.contains(name) && Some(container.number) <= count(name)
        };
        self.stack.containers = containers.into_iter().filter(is_kept).collect();
        Some(self)
    }

    pub(super) fn into_parts(self) -> (Containers, StackNetworks) {
        let WarmStack {
            stack,
            built,
            reachable,
            project,
        } = self;
        let containers = Containers {
            stack,
            built,
            project,
        };
        (containers, reachable)
    }
}

impl Deployer<'_> {
    /// Returns the warm stack if this project has the same networks; removes it otherwise.
    pub(super) async fn usable(
        &self,
        standing: Option<WarmStack>,
    ) -> Result<Option<WarmStack>, Fault> {
        match standing {
            Some(standing) if standing.project.networks == self.project.networks => {
                Ok(Some(standing))
            }
            Some(_) => {
                self.sandbox.remove().await?;
                Ok(None)
            }
            None => Ok(None),
        }
    }

    /// Returns the warm containers if this project would start the same ones from the same images; removes them otherwise.
    pub(super) async fn warm(
        &self,
        containers: Option<Containers>,
        built: &Built,
        reachable: &StackNetworks,
    ) -> Result<ReusedContainers, Fault> {
        let Some(containers) = containers else {
            return Ok(ReusedContainers::default());
        };
        if self.would_start(&containers, built) {
            let members = containers.stack.members();
            if self.sandbox.exited(&members).await?.is_empty() {
                let Deployment {
                    containers, spare, ..
                } = containers.stack;
                return Ok(ReusedContainers { containers, spare });
            }
        }
        self.sandbox.remove_but(&[], reachable).await?;
        Ok(ReusedContainers::default())
    }

    fn would_start(&self, containers: &Containers, built: &Built) -> bool {
        let Containers {
            stack: _,
            built: before,
            project,
        } = containers;
        let names = early(self.project);
        let waits = proxy(self.project).is_some_and(|(proxy, _)| !names.contains(&*proxy.name));
        let as_before = |name: &&str| {
            let image = |built: &Built| built.ready.get(*name).map(|image| image.id.clone());
            let service = |project: &Project| {
                let mut services = project.services.iter();
                let service = services.find(|service| service.name == *name)?;
                Some(started_as(project, service))
            };
            service(self.project) == service(project)
                && image(built).is_some()
                && image(built) == image(before)
        };
        let is_same_api = self.project.back_end == project.back_end;
        waits && is_same_api && names == early(project) && names.iter().all(as_before)
    }
}

/// Returns the names of the services that start before all others, up to the API servers.
fn early(project: &Project) -> BTreeSet<&str> {
    let waves = waves(project);
    let back_end = waves
        .iter()
        .position(|wave| wave.iter().any(|service| service.name == project.back_end));
    let early = waves.into_iter().take(back_end.map_or(0, |wave| wave + 1));
    early
        .flatten()
        .map(|service| service.name.as_str())
        .collect()
}
