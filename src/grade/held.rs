//! Requests while one replica is paused, for stacks whose single requests do not show how the proxy chooses replicas.

use softy_checks::choice_is_open;
use softy_checks::observation::{Connection, Held, Observation};

use super::stack::Deployer;
use super::started::Deployment;
use crate::sandbox::StackNetworks;
use crate::traffic::held;

impl Deployer<'_> {
    /// Pauses one of the replicas that answered the last volley. Returns `None` when the measurement would not help or shows
    /// nothing. An error here changes no earlier observation.
    pub(super) async fn held(
        &self,
        started: &Deployment,
        reachable: &StackNetworks,
        seen: &Observation,
    ) -> Option<Held> {
        if !choice_is_open(seen) || !started.stays_up() {
            return None;
        }
        let mut volleys = seen.volleys.iter().rev();
        let volley = volleys.find(|volley| volley.connection != Connection::Fresh)?;
        let proxy = started.proxy()?;
        let address = self.way_in(&proxy, reachable).await.ok()?;
        held(
            self.sandbox,
            &proxy.member,
            address,
            &started.replicas(),
            &started.company(seen),
            volley,
        )
        .await
    }
}
