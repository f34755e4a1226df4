//! Addresses that the replicas listen on, read once the proxy has got no answer from them.

use futures_util::future::try_join_all;
use softy_checks::observation::{Fault, Observation, Outcome, Reply};

use super::stack::Deployer;
use super::started::Deployment;
use crate::traffic::listening;

/// Returns whether the proxy answered 502: it got no valid answer from its server.
pub(super) fn is_bad_gateway(seen: &Observation) -> bool {
    let first = seen.api.as_ref().and_then(|replies| replies.first());
    let outcome = first.map(|Reply { outcome, .. }| outcome);
    matches!(outcome, Some(Outcome::Answered { status: 502, .. }))
}

impl Deployer<'_> {
    /// Reads the addresses that each replica listens on, unless they are known.
    ///
    /// # Errors
    /// A fault when the engine fails.
    pub(super) async fn listening(&self, started: &mut Deployment) -> Result<(), Fault> {
        let unknown = started.containers.iter_mut().filter(|(_, container)| {
            container.service == self.project.back_end && container.listening.is_empty()
        });
        let looks = unknown.filter_map(|(member, container)| {
            let member = member.as_ref()?;
            Some(async {
                let tables = self.sandbox.socket_tables(member).await?;
                let addresses = listening(&tables.unwrap_or_default());
                container.listening = addresses.iter().map(ToString::to_string).collect();
                Ok::<(), Fault>(())
            })
        });
        try_join_all(looks).await.map(drop)
    }
}
