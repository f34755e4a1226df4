//! Everything that carries the run's label, taken away.

use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error;
use futures_util::future::join_all;
use softy_checks::model::Text;
use softy_checks::observation::{Fault, FaultKind};
use tokio::sync::Mutex;
use tokio::time::{sleep, timeout};

use super::engine::{fault, message};
use super::facts::Leaving;
use super::things::{Kind, Thing, things};
use super::{Member, RUN_LABEL, Reachable, Sandbox, limits};

/// What an engine says of a network on which it takes somebody to be.
const IN_USE: &str = "has active endpoints";

/// Between two looks at what is left.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

impl Sandbox {
    /// Removes what the run has made, by force, and waits for what is still being made, and for an engine
    /// that is being started again.
    ///
    /// # Errors
    /// A fault when something is left after [`limits::REMOVAL`], or the engine is lost; its detail says how to remove it
    /// by hand.
    pub async fn remove(&self) -> Result<(), Fault> {
        self.remove_if(|_| true).await
    }

    /// The same of all but the images, the networks of `reachable` and these containers.
    ///
    /// # Errors
    /// Likewise.
    pub async fn remove_but(
        &self,
        containers: &[Member],
        reachable: &Reachable,
    ) -> Result<(), Fault> {
        self.remove_if(|thing| match thing.kind {
            Kind::Container => !containers.iter().any(|member| member.id == thing.id),
            Kind::Network => !reachable.has(&thing.name),
            Kind::Volume => true,
            Kind::Image => false,
        })
        .await
    }

    async fn remove_if(&self, is_due: impl Fn(&Thing) -> bool) -> Result<(), Fault> {
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

    /// Whether nothing was left that had to be removed; `refusal` is the engine's last word where it did not remove something.
    async fn is_removed(
        &self,
        label: &str,
        is_due: impl Fn(&Thing) -> bool,
        refusal: &mut String,
    ) -> Result<bool, Fault> {
        let mut left = things(&self.docker, label).await.map_err(fault)?;
        left.retain(is_due);
        let refused = remove_all(&self.docker, self.facts.leaving, &left).await?;
        if let Some((_, words)) = refused.into_iter().next_back() {
            *refusal = format!(": {words}");
        }
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
    leaving: Leaving,
    things: &'a [Thing],
) -> Result<Vec<(&'a Thing, String)>, Fault> {
    let is_container = |thing: &&Thing| thing.kind == Kind::Container;
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

/// Why an engine did not remove something, with what helps where it is a mistake of its own.
fn refusal(words: String) -> String {
    match words.contains(IN_USE) {
        true => format!(
            "{words} (an engine before 28.1 may have miscounted them: where no container is on the network, only a restart of the engine takes it away)"
        ),
        false => words,
    }
}
