//! Circumstances of a measurement, inspected while requests are sent.

use std::future::Future;
use std::time::Duration;

use futures_util::future::{join_all, join3};
use softy_checks::observation::{Circumstances, Fault};
use tokio::time::timeout;

use super::requests::Requests;
use crate::sandbox::ContainerHandle;
use crate::traffic::workers;

/// Deadline of one inspection. Its value stays unknown after that, so that a foreign program cannot delay the run.
const LOOK: Duration = Duration::from_secs(2);

impl Requests<'_> {
    /// Returns the circumstances of requests to these replicas; a value that cannot be read in time is unknown.
    pub(super) async fn circumstances(&self, replicas: &[ContainerHandle]) -> Circumstances {
        let (sandbox, proxy) = (self.live.sandbox, &self.proxy.member);
        let addresses = replicas
            .iter()
            .map(|replica| soon(sandbox.addresses(replica)));
        let (addresses, resolved, workers) = join3(
            join_all(addresses),
            soon(sandbox.resolved(proxy, &self.live.project.back_end)),
            soon(workers(sandbox, proxy)),
        )
        .await;
        Circumstances {
            replicas: u32::try_from(replicas.len()).unwrap_or(u32::MAX),
            addresses: addresses
                .into_iter()
                .map(Option::unwrap_or_default)
                .collect(),
            resolved: resolved.flatten(),
            workers: workers.flatten(),
        }
    }
}

/// Returns the result of an inspection, or `None` after its deadline or an error.
async fn soon<T>(look: impl Future<Output = Result<T, Fault>>) -> Option<T> {
    timeout(LOOK, look).await.ok()?.ok()
}
