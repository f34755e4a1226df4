//! A stack that is left up when its run ends, because it was asked for.

use bollard::models::VolumeCreateRequest;
use softy_checks::observation::Fault;

use super::engine::fault;
use super::{KEPT_LABEL, Member, Sandbox, name_prefix};

impl Sandbox {
    /// Marks what the run has made as to be left alone until somebody asks for its removal.
    ///
    /// # Errors
    /// A fault when the engine does not take the mark.
    pub async fn keep(&self) -> Result<(), Fault> {
        let mut labels = self.labels();
        labels.insert(KEPT_LABEL.to_owned(), "true".to_owned());
        let request = VolumeCreateRequest {
            // Behind the prefix of what compose files name, so that none of their volumes is called so.
            name: Some(format!("{}.kept", name_prefix(&self.run))),
            labels: Some(labels),
            ..VolumeCreateRequest::default()
        };
        let docker = self.docker.clone();
        let created = self.make(async move { docker.create_volume(request).await });
        created.await?.map(drop).map_err(fault)
    }

    /// The engine's name of a container.
    pub fn container_name(&self, member: &Member) -> String {
        self.name(&member.service, member.number)
    }
}
