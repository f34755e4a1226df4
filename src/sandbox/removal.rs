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
    /// Removes what the run has made, by force and all at once, and waits for what is still being made.
    ///
    /// # Errors
    /// A fault when something is left after [`limits::REMOVAL`]; its detail says how to remove it by hand.
    pub async fn remove(&self) -> Result<(), Fault> {
        let label = format!("{RUN_LABEL}={}", self.run);
        let removed = timeout(limits::REMOVAL, async {
            let _nothing_is_being_made = self.making.write().await;
            loop {
                let left = things(&self.docker, &label).await.map_err(fault)?;
                if left.is_empty() {
                    return Ok(());
                }
                remove_all(&self.docker, &left).await?;
                sleep(BETWEEN_LOOKS).await;
            }
        });
        match removed.await {
            Ok(result) => result,
            Err(_) => Err(Fault {
                kind: FaultKind::Time,
                detail: format!(
                    "removal took over {} s; what is left has the label {label}",
                    limits::REMOVAL.as_secs()
                ),
            }),
        }
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
