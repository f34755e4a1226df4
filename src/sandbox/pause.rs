//! Containers paused by the engine: their processes do not run, while their kernel accepts connections.

use bollard::Docker;
use futures_util::future::join_all;
use tokio::sync::MutexGuard;
use tokio::time::timeout;

use super::{ContainerHandle, Sandbox, limits};

impl Sandbox {
    /// Waits until no other caller pauses containers of the run. None can while the returned guard exists.
    pub async fn holding_alone(&self) -> MutexGuard<'_, ()> {
        self.watched.pausing.lock().await
    }

    /// Pauses containers. Returns whether all of them are paused. The caller unpauses them; a container that is removed
    /// meanwhile is removed all the same.
    pub async fn pause(&self, members: &[ContainerHandle]) -> bool {
        pause(
            &self.docker,
            members.iter().map(|member| member.id.as_str()),
        )
        .await
    }

    /// Unpauses the containers that are paused. Returns whether all of them were.
    pub async fn unpause(&self, members: &[ContainerHandle]) -> bool {
        unpause(
            &self.docker,
            members.iter().map(|member| member.id.as_str()),
        )
        .await
    }
}

/// Pauses containers, by the engine's ids. Returns whether all of them are paused.
pub(super) async fn pause(docker: &Docker, ids: impl Iterator<Item = &str>) -> bool {
    let held = ids.map(|id| timeout(limits::LOOK, docker.pause_container(id)));
    let held = join_all(held).await;
    held.into_iter().all(|held| matches!(held, Ok(Ok(()))))
}

/// Unpauses containers, by the engine's ids. Returns whether all of them were paused.
pub(super) async fn unpause(docker: &Docker, ids: impl Iterator<Item = &str>) -> bool {
    let gone_on = ids.map(|id| timeout(limits::LOOK, docker.unpause_container(id)));
    let gone_on = join_all(gone_on).await;
    gone_on
        .into_iter()
        .all(|gone_on| matches!(gone_on, Ok(Ok(()))))
}
