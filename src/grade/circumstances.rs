//! The circumstances of a measurement, looked at while requests are sent.

use std::future::Future;
use std::time::Duration;

use futures_util::future::{join_all, join3};
use softy_checks::observation::{Circumstances, Fault};
use tokio::time::timeout;

use super::requests::Requests;
use crate::sandbox::Member;
use crate::traffic::workers;

/// One look. What takes longer stays unknown, so that nobody waits for a stranger's program.
const LOOK: Duration = Duration::from_secs(2);

impl Requests<'_> {
    /// What requests to these replicas meet with, as far as it can be told.
    pub(super) async fn circumstances(&self, replicas: &[Member]) -> Circumstances {
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

/// What comes of a look, when it comes in time and without trouble.
async fn soon<T>(look: impl Future<Output = Result<T, Fault>>) -> Option<T> {
    timeout(LOOK, look).await.ok()?.ok()
}
