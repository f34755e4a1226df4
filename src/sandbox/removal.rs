//! Removal of everything that carries the run's label.

use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error;
use futures_util::future::join_all;
use softy_checks::model::Text;
use softy_checks::observation::{Fault, FaultKind};
use tokio::sync::Mutex;
use tokio::time::{sleep, timeout};

use super::capabilities::Leaving;
use super::engine::{fault, message};
use super::owned_resource::{Kind, OwnedResource, things};
use super::{ContainerHandle, RUN_LABEL, Sandbox, StackNetworks, limits};

/// Error text for a network that the engine believes is in use.
const IN_USE: &str = "has active endpoints";

/// Pause between two listings of what is left.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

impl Sandbox {
    /// Removes everything that the run has made, by force. Waits for objects that are still being made, and for an engine that
    /// is restarting.
    ///
    /// # Errors
    /// A fault when something is left after [`limits::REMOVAL`], or the engine is lost; its detail names the label, for removal
    /// by hand.
    pub async fn remove(&self) -> Result<(), Fault> {
        self.remove_if(|_| true).await
    }

    /// Removes everything except images, the networks of `reachable` and these containers.
    ///
    /// # Errors
    /// The errors of [`Sandbox::remove`].
    pub async fn remove_but(
        &self,
        containers: &[ContainerHandle],
        reachable: &StackNetworks,
    ) -> Result<(), Fault> {
        self.remove_if(|thing| match thing.kind {
            Kind::Container => !containers.iter().any(|member| member.id == thing.id),
            Kind::Network => !reachable.has(&thing.name),
            Kind::Volume => true,
            Kind::Image => false,
        })
        .await
    }

    async fn remove_if(&self, is_due: impl Fn(&OwnedResource) -> bool) -> Result<(), Fault> {
        let label = format!("{RUN_LABEL}={}", self.run);
        let mut refusal = String::new();
        let removed = timeout(limits::REMOVAL, async {
            let _nothing_is_being_made = self.making.write().await;
            while !self
                .is_removed(&label, &is_due, &mut refusal)
                .await
                .unwrap_or(false)
            {
                sleep(BETWEEN_LOOKS).await;
            }
        });
        let left = |fault: Fault| {
            let detail = Text::new(
                format!("{}; what is left has the label {label}", fault.detail.en),
                format!(
                    "{} ; ce qui reste porte l’étiquette {label}",
                    fault.detail.fr
                ),
            );
            Fault::new(fault.kind, detail)
        };
        let out_of_time = |refusal: &str| {
            let seconds = limits::REMOVAL.as_secs();
            let detail = Text::new(
                format!("removal took over {seconds} s{refusal}"),
                format!("la suppression a duré plus de {seconds} s{refusal}"),
            );
            Fault::new(FaultKind::Time, detail)
        };
        tokio::select! {
            removed = removed => removed.map_err(|_| left(out_of_time(&refusal))),
            lost = self.lost() => Err(left(lost)),
        }
    }

    /// Removes what is due. Returns whether nothing was left to remove; sets `refusal` to the engine's last error text.
    async fn is_removed(
        &self,
        label: &str,
        is_due: impl Fn(&OwnedResource) -> bool,
        refusal: &mut String,
    ) -> Result<bool, Fault> {
        let mut left = things(&self.docker, label).await.map_err(fault)?;
        left.retain(is_due);
        let refused = remove_all(&self.docker, self.capabilities.leaving, &left).await?;
        if let Some((_, words)) = refused.into_iter().next_back() {
            *refusal = format!(": {words}");
        }
        Ok(left.is_empty())
    }
}

/// Removes resources by force, containers first. Returns the ones that the engine refused to remove, each with the reason.
///
/// A refused resource may be removed already, be on its way, or be held for a moment by something else: the next listing shows
/// what still exists.
///
/// # Errors
/// A fault when the engine does not answer.
pub(super) async fn remove_all<'a>(
    docker: &Docker,
    leaving: Leaving,
    things: &'a [OwnedResource],
) -> Result<Vec<(&'a OwnedResource, String)>, Fault> {
    let is_container = |thing: &&OwnedResource| thing.kind == Kind::Container;
    let (containers, others): (Vec<_>, Vec<_>) = things.iter().partition(is_container);
    let mut refused = Vec::new();
    let leaving_alone = &Mutex::new(());
    for things in [containers, others] {
        let removals = things.into_iter().map(|thing| async move {
            let leaves = thing.kind == Kind::Container && leaving == Leaving::OneByOne;
            let _alone = match leaves {
                true => Some(leaving_alone.lock().await),
                false => None,
            };
            let removed = thing.remove(docker).await;
            (thing, removed)
        });
        for (thing, removed) in join_all(removals).await {
            match removed {
                Ok(()) => {}
                Err(error @ Error::DockerResponseServerError { .. }) => {
                    refused.push((thing, refusal(message(&error))));
                }
                Err(error) => return Err(fault(error)),
            }
        }
    }
    Ok(refused)
}

/// Returns the engine's error text, with a workaround if an engine bug may be the cause.
fn refusal(words: String) -> String {
    match words.contains(IN_USE) {
        true => format!(
            "{words} (an engine before 28.1 may have miscounted them: where no container is on the network, only a restart of the engine takes it away)"
        ),
        false => words,
    }
}
