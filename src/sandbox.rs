//! The engine: images, networks, containers, limits, removal. The only place that names bollard.
//!
//! Everything made here carries the run's label and a name of its own, so that nothing is shared between runs and
//! everything can be found again for removal.

mod archive;
mod build;
mod dockerignore;
mod engine;
mod images;
pub mod limits;
mod logs;
mod members;
mod mounts;
mod networks;
mod removal;
mod witness;

use std::collections::HashMap;
use std::future::Future;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::SystemTime;

use bollard::Docker;
use softy_checks::observation::{Fault, FaultKind};
use tokio::sync::RwLock;

pub use images::{Built, ReadyImage};
pub use members::{Ended, Member};
pub use networks::{Reach, Reachable};

use engine::Builder;

/// The label that every object of a run carries, with the run's id as its value.
pub const RUN_LABEL: &str = "org.softy-check.run";

/// One run's part of an engine.
pub struct Sandbox {
    docker: Docker,
    builder: Builder,
    run: String,
    /// Whether the engine has network counters, as far as is known.
    counts: AtomicBool,
    /// Held for reading while something is being made, so that removal can wait for what is under way.
    making: Arc<RwLock<()>>,
}

impl Sandbox {
    /// A sandbox on the engine that Docker's own environment variables name; nothing is made yet.
    ///
    /// # Errors
    /// A fault when no engine answers.
    pub async fn open() -> Result<Sandbox, Fault> {
        let (docker, builder) = engine::connect().await?;
        Ok(Sandbox {
            docker,
            builder,
            run: new_run_id(),
            counts: AtomicBool::new(true),
            making: Arc::default(),
        })
    }

    fn labels(&self) -> HashMap<String, String> {
        HashMap::from([(RUN_LABEL.to_owned(), self.run.clone())])
    }

    fn filter(&self) -> HashMap<String, Vec<String>> {
        HashMap::from([(
            "label".to_owned(),
            vec![format!("{RUN_LABEL}={}", self.run)],
        )])
    }

    /// Carries `work` to its end even when the caller is interrupted, and lets removal wait for it.
    async fn make<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Fault> {
        let guard = Arc::clone(&self.making).read_owned().await;
        let task = tokio::spawn(async move {
            let made = work.await;
            drop(guard);
            made
        });
        task.await.map_err(|error| Fault {
            kind: FaultKind::Engine,
            detail: error.to_string(),
        })
    }
}

/// Twelve hexadecimal digits that no other run has: the standard library seeds each hasher at random.
fn new_run_id() -> String {
    let seed = (std::process::id(), SystemTime::now());
    let hash = std::hash::RandomState::new().hash_one(seed);
    format!("{:012x}", hash >> 16)
}
