//! What is up between two rounds of a run, and what of it another round can use.
//!
//! That is `back-end` with what it needs, up to where the proxy comes in: only where the start's order puts everything else
//! behind them does a round on what stands come to the same as one from the beginning.

use std::collections::BTreeSet;

use softy_checks::observation::Fault;

use super::order::{proxy, waves};
use super::stack::{Live, replicas, started_as};
use super::started::{Slot, Started};
use crate::compose::project::{Project, Service};
use crate::sandbox::{Built, Reachable};

/// A stack that is up.
pub(super) struct Standing {
    pub(super) stack: Started,
    pub(super) built: Built,
    pub(super) reachable: Reachable,
    pub(super) project: Project,
}

/// Containers that a round begins with; none where it begins from nothing.
#[derive(Default)]
pub(super) struct Warm {
    /// Those that run: all up to `back-end`.
    pub(super) containers: Vec<Slot>,
    /// Further replicas, created and not started.
    pub(super) spare: Vec<Slot>,
}

/// The same without its networks.
pub(super) struct Containers {
    stack: Started,
    built: Built,
    project: Project,
}

impl Standing {
    /// What of it can be used once more: the first two replicas, and what they need.
    pub(super) fn rested(mut self) -> Option<Standing> {
        let early = early(&self.project);
        let is_usable = |service: &&Service| {
            // Files may have changed since, of which a container has a copy.
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

    pub(super) fn parted(self) -> (Containers, Reachable) {
        let Standing {
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

impl Live<'_> {
    /// What stands, where this project is on the same networks; else it is taken away.
    pub(super) async fn usable(
        &self,
        standing: Option<Standing>,
    ) -> Result<Option<Standing>, Fault> {
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

    /// The containers that stand, where this project would start the same from the same images; else they are taken away.
    pub(super) async fn warm(
        &self,
        containers: Option<Containers>,
        built: &Built,
        reachable: &Reachable,
    ) -> Result<Warm, Fault> {
        let Some(containers) = containers else {
            return Ok(Warm::default());
        };
        if self.would_start(&containers, built) {
            let members = containers.stack.members();
            if self.sandbox.fallen(&members).await?.is_empty() {
                let Started {
                    containers, spare, ..
                } = containers.stack;
                return Ok(Warm { containers, spare });
            }
        }
        self.sandbox.remove_but(&[], reachable).await?;
        Ok(Warm::default())
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

/// The names of the services that start before everything else, up to the API servers.
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
