//! What comes of requests while a replica is held, where requests one by one leave open how replicas are chosen.

use softy_checks::choice_is_open;
use softy_checks::observation::{Connection, Held, Observation};

use super::stack::Live;
use super::started::Started;
use crate::sandbox::Reachable;
use crate::traffic::held;

impl Live<'_> {
    /// Holds a replica of those that the last volley came to; `None` where that is not worth while, or tells nothing. Whatever
    /// goes wrong takes nothing from what was seen before.
    pub(super) async fn held(
        &self,
        started: &Started,
        reachable: &Reachable,
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
