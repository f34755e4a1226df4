//! Marks for a stack that is left up when its run ends, because the user asked for it.

use bollard::models::VolumeCreateRequest;
use softy_checks::observation::Fault;

use super::engine::fault;
use super::{ContainerHandle, KEPT_LABEL, Sandbox, name_prefix};

impl Sandbox {
    /// Marks everything that the run has made as kept until the user asks for its removal.
    ///
    /// # Errors
    /// A fault when the engine refuses the mark.
    pub async fn keep(&self) -> Result<(), Fault> {
        let mut labels = self.labels();
        labels.insert(KEPT_LABEL.to_owned(), "true".to_owned());
        let request = VolumeCreateRequest {
            // The `.` distinguishes the name from those of a compose file's volumes, which have a `-` after the prefix.
            name: Some(format!("{}.kept", name_prefix(&self.run))),
            labels: Some(labels),
            ..VolumeCreateRequest::default()
        };
        let docker = self.docker.clone();
        let created = self.make(async move { docker.create_volume(request).await });
        created.await?.map(drop).map_err(fault)
    }

    /// Returns the engine's name of a container.
    pub fn container_name(&self, member: &ContainerHandle) -> String {
        self.name(&member.service, member.number)
    }
}
