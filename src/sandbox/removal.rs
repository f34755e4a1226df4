//! Everything that carries the run's label, taken away.

use std::time::Duration;

use bollard::errors::Error;
use bollard::query_parameters::{
    ListContainersOptionsBuilder, ListImagesOptionsBuilder, ListNetworksOptionsBuilder,
    ListVolumesOptionsBuilder, RemoveContainerOptionsBuilder, RemoveImageOptionsBuilder,
    RemoveVolumeOptions,
};
use futures_util::future::try_join_all;
use softy_checks::observation::{Fault, FaultKind};
use tokio::time::{sleep, timeout};

use super::engine::fault;
use super::{Sandbox, limits};

/// Between two looks at what is left.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

impl Sandbox {
    /// Removes what the run has made, by force and all at once, and waits for what is still being made.
    ///
    /// # Errors
    /// A fault when something is left after [`limits::REMOVAL`]; its detail says how to remove it by hand.
    pub async fn remove(&self) -> Result<(), Fault> {
        let removed = timeout(limits::REMOVAL, async {
            let _nothing_is_being_made = self.making.write().await;
            while self.remove_once().await? > 0 {
                sleep(BETWEEN_LOOKS).await;
            }
            Ok(())
        });
        match removed.await {
            Ok(result) => result,
            Err(_) => Err(Fault {
                kind: FaultKind::Time,
                detail: format!(
                    "removal took over {} s; what is left has the label {}={}",
                    limits::REMOVAL.as_secs(),
                    super::RUN_LABEL,
                    self.run
                ),
            }),
        }
    }

    /// Removes what is there; how many things were.
    async fn remove_once(&self) -> Result<usize, Fault> {
        let containers = self.remove_containers().await?;
        let (networks, volumes, images) = futures_util::try_join!(
            self.remove_networks(),
            self.remove_volumes(),
            self.remove_images()
        )?;
        Ok(containers + networks + volumes + images)
    }

    async fn remove_containers(&self) -> Result<usize, Fault> {
        let options = ListContainersOptionsBuilder::new()
            .all(true)
            .filters(&self.filter())
            .build();
        let containers = self
            .docker
            .list_containers(Some(options))
            .await
            .map_err(fault)?;
        let ids = containers.into_iter().filter_map(|container| container.id);
        let removals = ids.map(|id| async move {
            let options = RemoveContainerOptionsBuilder::new()
                .force(true)
                .v(true)
                .build();
            gone(self.docker.remove_container(&id, Some(options)).await)
        });
        Ok(try_join_all(removals).await?.len())
    }

    async fn remove_networks(&self) -> Result<usize, Fault> {
        let options = ListNetworksOptionsBuilder::new()
            .filters(&self.filter())
            .build();
        let networks = self
            .docker
            .list_networks(Some(options))
            .await
            .map_err(fault)?;
        let ids = networks.into_iter().filter_map(|network| network.id);
        let removals = ids.map(|id| async move {
            self.leave(&id).await?;
            gone(self.docker.remove_network(&id).await)
        });
        Ok(try_join_all(removals).await?.len())
    }

    async fn remove_volumes(&self) -> Result<usize, Fault> {
        let options = ListVolumesOptionsBuilder::new()
            .filters(&self.filter())
            .build();
        let volumes = self
            .docker
            .list_volumes(Some(options))
            .await
            .map_err(fault)?;
        let names = volumes
            .volumes
            .unwrap_or_default()
            .into_iter()
            .map(|volume| volume.name);
        let removals = names.map(|name| async move {
            gone(
                self.docker
                    .remove_volume(&name, None::<RemoveVolumeOptions>)
                    .await,
            )
        });
        Ok(try_join_all(removals).await?.len())
    }

    /// Images of this run only: the label's value makes each one's id the run's own. Their layers stay as cache.
    async fn remove_images(&self) -> Result<usize, Fault> {
        let options = ListImagesOptionsBuilder::new()
            .filters(&self.filter())
            .build();
        let images = self
            .docker
            .list_images(Some(options))
            .await
            .map_err(fault)?;
        let removals = images.into_iter().map(|image| async move {
            let options = RemoveImageOptionsBuilder::new()
                .force(true)
                .noprune(true)
                .build();
            gone(
                self.docker
                    .remove_image(&image.id, Some(options), None)
                    .await
                    .map(|_| ()),
            )
        });
        Ok(try_join_all(removals).await?.len())
    }
}

/// Removed now, or refused: gone already, on its way, or held for a moment by something else. The next listing shows what
/// is really still there; only an engine that does not answer ends the removal.
fn gone(result: Result<(), Error>) -> Result<(), Fault> {
    match result {
        Ok(()) | Err(Error::DockerResponseServerError { .. }) => Ok(()),
        Err(error) => Err(fault(error)),
    }
}
