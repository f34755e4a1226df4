//! The engine: images, networks, containers, limits, removal. The only place that names bollard.
//!
//! Everything made here carries the run's label, its owner's, and a name of its own, so that nothing is shared between runs
//! and everything can be found again for removal, also by a later run when this one is killed.

mod absence;
mod account;
mod archive;
mod base_images;
mod bases;
mod build;
mod cache;
mod diagnosis;
pub mod dockerignore;
mod download;
mod endpoint;
mod engine;
mod facts;
mod hold;
mod hooks;
mod images;
mod keeping;
pub mod limits;
mod logs;
mod lookup;
mod members;
mod mounts;
mod networks;
mod owner;
mod reference;
mod registry;
mod relay;
mod removal;
mod sweep;
mod things;
mod turns;
mod watch;
mod witness;

use std::collections::HashMap;
use std::future::Future;
use std::hash::BuildHasher;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use bollard::Docker;
use softy_checks::observation::{BaseImage, Fault, FaultKind};
use tokio::sync::RwLock;
use tokio::task::JoinHandle;

pub use absence::{Absence, System};
pub use bases::{Base, BaseError, Bases, ReplacedTwice};
pub use build::{Builds, Outlet, Sent, Stages};
pub use cache::{Bound, Cached};
pub use diagnosis::{BaseState, Diagnosis};
pub use endpoint::{Address, Asked, Endpoint, EndpointError, Environment, FoundBy};
pub use engine::{absence, advice, engine_answers, engine_is_back};
pub use facts::Lacks;
pub use images::{Built, ReadyImage};
pub use logs::Moment;
pub use lookup::resolved;
pub use members::{Ended, Member};
pub use networks::{Egress, Reach, Reachable};
pub use owner::Life;
pub use sweep::{Found, Sweeper, Sweeping, Swept};
pub use things::{Kind, Thing};
pub(crate) use turns::Chores;
pub use turns::Turns;

use archive::Packed;
use build::Taken;
use engine::Clock;
use facts::Facts;
use owner::Owner;
use relay::Notes;
use watch::Watched;

/// The label that every object of a run carries, with the run's id as its value.
pub const RUN_LABEL: &str = "org.softy-check.run";

/// The label that says whose an object is, beside that of its run.
pub const OWNER_LABEL: &str = "org.softy-check.owner";

/// The label of a volume that says that its run was asked to leave its stack up.
pub const KEPT_LABEL: &str = "org.softy-check.kept";

/// One run's part of an engine.
pub struct Sandbox {
    docker: Docker,
    clock: Clock,
    facts: Facts,
    /// Whether the engine's machine is this one, by its address.
    is_here: bool,
    run: String,
    /// The runtime that containers are started with, where it is not the engine's own choice.
    runtime: Option<String>,
    /// The images that are taken instead of the submission's.
    bases: Bases,
    /// The owner label's value.
    owner: String,
    /// Whether the engine has network counters, as far as is known.
    counts: AtomicBool,
    /// Whether an image was built by a builder without limits.
    built_without_limits: AtomicBool,
    /// Whether steps of builds could reach more than the relay.
    built_in_the_open: AtomicBool,
    /// Whether an image was built.
    built: AtomicBool,
    /// Whether a registry was named that is not on the public internet.
    asked_privately: AtomicBool,
    /// What builds asked the relay for in vain.
    build_notes: Arc<Notes>,
    /// The images that the submission takes from elsewhere.
    base_images: Mutex<Vec<BaseImage>>,
    /// What the images of the run take.
    taken: Arc<Taken>,
    /// What was copied into the run's containers.
    copied: Arc<Packed>,
    watched: Watched,
    /// Held while a container joins its networks, where the engine miscounts those that join at once.
    joining: tokio::sync::Mutex<()>,
    /// What this run shares with others of its process.
    turns: Arc<Turns>,
    /// Held for reading while something is being made, so that removal can wait for what is under way.
    making: Arc<RwLock<()>>,
}

impl Sandbox {
    /// A sandbox on the engine at `endpoint`, its containers started with `runtime` where
    /// one is named, its images begun with `bases`, in `turns` with other runs of this process; nothing is made yet.
    ///
    /// # Errors
    /// A fault when no engine answers, or it has no such runtime.
    pub async fn open(
        endpoint: &Endpoint,
        runtime: Option<&str>,
        bases: Bases,
        turns: Arc<Turns>,
    ) -> Result<Sandbox, Fault> {
        let (docker, info) = engine::connect(endpoint).await?;
        if let Some(runtime) = runtime {
            facts::has_runtime(&info, runtime)?;
        }
        let clock = Clock::of(&info)?;
        let owner = Owner::here(&docker, clock.now()).await?.label();
        Ok(Sandbox {
            docker,
            clock,
            facts: Facts::of(info),
            is_here: endpoint.is_here(),
            run: new_run_id(),
            runtime: runtime.map(str::to_owned),
            bases,
            owner,
            counts: AtomicBool::new(true),
            built_without_limits: AtomicBool::new(false),
            built_in_the_open: AtomicBool::new(false),
            built: AtomicBool::new(false),
            asked_privately: AtomicBool::new(false),
            build_notes: Arc::default(),
            base_images: Mutex::default(),
            taken: Arc::default(),
            copied: Arc::default(),
            watched: Watched::default(),
            joining: tokio::sync::Mutex::default(),
            turns,
            making: Arc::default(),
        })
    }

    /// The same part of the engine for another round of the run: what was noted of the last one is forgotten.
    pub fn renewed(self) -> Sandbox {
        Sandbox {
            built_without_limits: AtomicBool::default(),
            built_in_the_open: AtomicBool::default(),
            built: AtomicBool::default(),
            asked_privately: AtomicBool::default(),
            build_notes: Arc::default(),
            base_images: Mutex::default(),
            taken: Arc::default(),
            copied: Arc::default(),
            watched: Watched::default(),
            ..self
        }
    }

    /// Waits until the engine has answered nothing for [`limits::SILENCE`]; with a fault that says so.
    pub async fn lost(&self) -> Fault {
        engine::lost(&self.docker).await
    }

    fn labels(&self) -> HashMap<String, String> {
        HashMap::from([
            (RUN_LABEL.to_owned(), self.run.clone()),
            (OWNER_LABEL.to_owned(), self.owner.clone()),
        ])
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
        let made = self.begin(work).await.await;
        made.map_err(|error| Fault::told(FaultKind::Engine, error.to_string()))
    }

    /// Begins `work`, which goes on whether anybody waits for it or not, and lets removal wait for its end.
    async fn begin<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        let guard = Arc::clone(&self.making).read_owned().await;
        tokio::spawn(async move {
            let done = work.await;
            drop(guard);
            done
        })
    }
}

/// What the names of all that a run makes begin with; images have a `:` behind it, everything else a `-`.
fn name_prefix(run: &str) -> String {
    format!("softy-check-{run}")
}

/// Twelve hexadecimal digits that no other run has: the standard library seeds each hasher at random.
fn new_run_id() -> String {
    let seed = (std::process::id(), SystemTime::now());
    let hash = std::hash::RandomState::new().hash_one(seed);
    format!("{:012x}", hash >> 16)
}
