//! `pre_start` hooks: commands that run before the first container of a service starts.

use std::collections::BTreeMap;

use softy_checks::observation::Fault;

use super::stack::Deployer;
use super::started::{Deployment, Slot};
use crate::compose::project::{Attachment, Healthcheck, Hook, MountSource, Service, VolumesFrom};
use crate::sandbox::{Built, StackNetworks};

/// Number of a hook's container. Each hook has one container, so the number does not distinguish them.
const FIRST: u32 = 1;

impl Deployer<'_> {
    /// Runs the hooks of each service of a wave whose dependencies are met. Returns the error texts of the failed hooks, by
    /// service.
    pub(super) async fn pre_start(
        &self,
        wave: &[&Service],
        created: &[Slot],
        started: &Deployment,
        built: &Built,
        reachable: &StackNetworks,
    ) -> Result<BTreeMap<String, String>, Fault> {
        let mut failed = BTreeMap::new();
        for service in wave {
            let mut slots = created.iter();
            let is_created = slots
                .any(|(member, container)| member.is_some() && container.service == service.name);
            if is_created
                && self.unmet(service, started).await?.is_none()
                && let Err(words) = self.run_all(service, built, reachable).await?
            {
                failed.insert(service.name.clone(), words);
            }
        }
        Ok(failed)
    }

    /// Runs the hooks of a service in order until one fails; the inner error is the failed hook's text.
    async fn run_all(
        &self,
        service: &Service,
        built: &Built,
        reachable: &StackNetworks,
    ) -> Result<Result<(), String>, Fault> {
        for (index, hook) in service.pre_start.iter().enumerate() {
            let name = service.hook_name(index);
            let image = match hook.image {
                Some(_) => built.ready.get(&name),
                None => built.ready.get(&service.name),
            };
            let Some(image) = image else {
                return Ok(Err(format!("{name}: no image")));
            };
            let container = container(service, hook, index);
            let created = self
                .sandbox
                .create(self.submission, &container, FIRST, image, reachable, None)
                .await?;
            let outcome = match created {
                Ok(member) => self.sandbox.run_to_end(&member).await?,
                Err(words) => Err(words),
            };
            if let Err(words) = outcome {
                return Ok(Err(format!("{name}: {words}")));
            }
        }
        Ok(Ok(()))
    }
}

/// Returns the service definition of a hook's container: the service's, with the command and the image of the hook. The
/// container mounts the volumes of the service's first container, and has no DNS name.
fn container(service: &Service, hook: &Hook, index: usize) -> Service {
    let own = hook.environment.iter();
    let inherited = service.environment.iter();
    let inherited = inherited.filter(|(name, _)| own.clone().all(|(other, _)| other != name));
    let environment = inherited.cloned().chain(
        own.clone()
            .map(|(name, value)| (name.clone(), Some(value.clone()))),
    );
    let copies = service.mounts.iter();
    let copies = copies.filter(|mount| matches!(mount.source, MountSource::Submission(_)));
    let attachments = service.attachments.iter().map(|attachment| Attachment {
        is_nameless: true,
        ..attachment.clone()
    });
    Service {
        name: format!("{}-pre_start-{index}", service.name),
        command: Some(hook.command.clone()),
        environment: environment.collect(),
        working_dir: hook.working_dir.clone().or(service.working_dir.clone()),
        user: hook.user.clone().or(service.user.clone()),
        attachments: attachments.collect(),
        network: service.network.clone(),
        extra_hosts: service.extra_hosts.clone(),
        mounts: copies.cloned().collect(),
        volumes_from: vec![VolumesFrom {
            service: service.name.clone(),
            read_only: false,
        }],
        texts: service.texts.clone(),
        healthcheck: Some(Healthcheck::none()),
        ..Service::default()
    }
}
