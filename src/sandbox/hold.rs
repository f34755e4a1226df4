//! Containers held still by the engine's `pause`: their processes do nothing, while their kernel takes connections.

use bollard::Docker;
use futures_util::future::join_all;
use tokio::sync::MutexGuard;
use tokio::time::timeout;

use super::{Member, Sandbox, limits};

impl Sandbox {
    /// Waits until nobody else holds containers of the run; nobody does as long as this is kept.
    pub async fn holding_alone(&self) -> MutexGuard<'_, ()> {
        self.watched.pausing.lock().await
    }

    /// Holds containers still; whether each of them is. Who holds them lets them go on: what is removed meanwhile goes all the
    /// same.
    pub async fn hold(&self, members: &[Member]) -> bool {
        hold(
            &self.docker,
            members.iter().map(|member| member.id.as_str()),
        )
        .await
    }

    /// Lets containers go on, those that are held; whether each of them was.
    pub async fn let_go(&self, members: &[Member]) -> bool {
        let_go(
            &self.docker,
            members.iter().map(|member| member.id.as_str()),
        )
        .await
    }
}

/// Holds containers still, by the engine's ids; whether each of them is.
pub(super) async fn hold(docker: &Docker, ids: impl Iterator<Item = &str>) -> bool {
    let held = ids.map(|id| timeout(limits::LOOK, docker.pause_container(id)));
    let held = join_all(held).await;
    held.into_iter().all(|held| matches!(held, Ok(Ok(()))))
}

/// Lets containers go on, by the engine's ids; whether each of them was held.
pub(super) async fn let_go(docker: &Docker, ids: impl Iterator<Item = &str>) -> bool {
    let gone_on = ids.map(|id| timeout(limits::LOOK, docker.unpause_container(id)));
    let gone_on = join_all(gone_on).await;
    gone_on
        .into_iter()
        .all(|gone_on| matches!(gone_on, Ok(Ok(()))))
}
