//! Everything that carries the run's label, taken away.

use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error;
use futures_util::future::join_all;
use softy_checks::observation::{Fault, FaultKind};
use tokio::time::{sleep, timeout};

use super::engine::{fault, message};
use super::things::{Kind, Thing, things};
use super::{RUN_LABEL, Sandbox, limits};

/// Between two looks at what is left.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

impl Sandbox {
    /// Removes what the run has made, by force and all at once, and waits for what is still being made, and for an engine
    /// that is being started again.
    ///
    /// # Errors
    /// A fault when something is left after [`limits::REMOVAL`], or the engine is lost; its detail says how to remove it
    /// by hand.
    pub async fn remove(&self) -> Result<(), Fault> {
        let label = format!("{RUN_LABEL}={}", self.run);
        let removed = timeout(limits::REMOVAL, async {
            let _nothing_is_being_made = self.making.write().await;
            while !self.is_removed(&label).await.unwrap_or(false) {
                sleep(BETWEEN_LOOKS).await;
            }
        });
        let left = |fault: Fault| Fault {
            detail: format!("{}; what is left has the label {label}", fault.detail),
            ..fault
        };
        tokio::select! {
            removed = removed => removed.map_err(|_| left(Fault {
                kind: FaultKind::Time,
                detail: format!("removal took over {} s", limits::REMOVAL.as_secs()),
            })),
            lost = self.lost() => Err(left(lost)),
        }
    }

    /// Whether nothing was left that had to be removed.
    async fn is_removed(&self, label: &str) -> Result<bool, Fault> {
        let left = things(&self.docker, label).await.map_err(fault)?;
        remove_all(&self.docker, &left).await?;
        Ok(left.is_empty())
    }
}

/// Removes things by force, containers first; beside each that the engine would not remove, why not.
///
/// What it refuses may be gone already, on its way, or held for a moment by something else: the next listing shows what is
/// really still there.
///
/// # Errors
/// A fault when the engine does not answer.
pub(super) async fn remove_all<'a>(
    docker: &Docker,
    things: &'a [Thing],
) -> Result<Vec<(&'a Thing, String)>, Fault> {
    let is_container = |thing: &&Thing| thing.kind == Kind::Container;
    let (containers, others): (Vec<_>, Vec<_>) = things.iter().partition(is_container);
    let mut refused = Vec::new();
    for things in [containers, others] {
        let removals = things.into_iter().map(|thing| async move {
            let removed = thing.remove(docker).await;
            (thing, removed)
        });
        for (thing, removed) in join_all(removals).await {
            match removed {
                Ok(()) => {}
                Err(error @ Error::DockerResponseServerError { .. }) => {
                    refused.push((thing, message(&error)));
                }
                Err(error) => return Err(fault(error)),
            }
        }
    }
    Ok(refused)
}
