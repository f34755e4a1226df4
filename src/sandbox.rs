//! The engine: images, networks, containers, limits, removal. No other module names bollard.
//!
//! Every object made here carries the run's label, its owner's label and a name of its own. So runs share nothing, and a later
//! run can find and remove the objects of a killed one.

mod archive;
mod base_images;
mod build;
mod cache;
mod capabilities;
mod diagnosis;
mod dns;
pub mod dockerignore;
mod download;
mod endpoint;
mod engine;
mod hooks;
mod image_overrides;
mod images;
mod keeping;
pub mod limits;
mod logs;
mod members;
mod mounts;
mod networks;
mod owned_resource;
mod owner;
mod pause;
mod proc_stats;
mod reference;
mod registry;
mod relay;
mod removal;
mod sandbox_report;
mod shared_limits;
mod sweep;
mod unreachable;
mod watch;

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

pub use build::{BuildEgress, Builds, RewrittenDockerfile, Stages};
pub use cache::{Bound, Cached};
pub use capabilities::MissingLimits;
pub use diagnosis::{BaseState, Diagnosis};
pub use dns::resolved;
pub use endpoint::{Address, Endpoint, EndpointError, EndpointOptions, Environment, FoundBy};
pub use engine::{absence, advice, engine_answers, engine_is_back};
pub use image_overrides::{BaseError, ImageOverride, ImageOverrides, ReplacedTwice};
pub use images::{Built, ReadyImage};
pub use logs::Moment;
pub use members::{ContainerHandle, Ended};
pub use networks::{Egress, Reach, StackNetworks};
pub use owned_resource::{Kind, OwnedResource};
pub use owner::Life;
pub(crate) use shared_limits::Maintenance;
pub use shared_limits::SharedLimits;
pub use sweep::{Found, Sweeper, Sweeping, Swept};
pub use unreachable::{EngineUnreachable, System};

use archive::UploadBudget;
use build::DiskBudget;
use capabilities::EngineCapabilities;
use engine::Clock;
use owner::Owner;
use relay::Notes;
use watch::Watched;

/// Label of every object of a run; its value is the run's id.
pub const RUN_LABEL: &str = "org.softy-check.run";

/// Label of every object of a run; its value identifies the owner.
pub const OWNER_LABEL: &str = "org.softy-check.owner";

/// Label of a volume that marks a run whose stack is left up on purpose.
pub const KEPT_LABEL: &str = "org.softy-check.kept";

/// One run's part of an engine.
pub struct Sandbox {
    docker: Docker,
    clock: Clock,
    capabilities: EngineCapabilities,
    /// True if the engine runs on this machine, by its address.
    is_here: bool,
    run: String,
    /// Runtime of the containers; `None` for the engine's default.
    runtime: Option<String>,
    /// Images used instead of those that the submission names.
    bases: ImageOverrides,
    /// Value of the owner label.
    owner: String,
    /// True unless the engine is known to lack network counters.
    counts: AtomicBool,
    /// Set when a builder without limits has built an image.
    built_without_limits: AtomicBool,
    /// Set when build steps could reach more than the relay.
    built_in_the_open: AtomicBool,
    /// Set when an image was built.
    built: AtomicBool,
    /// Set when the submission named a registry that is not on the public internet.
    asked_privately: AtomicBool,
    /// Requests of builds that the relay refused or failed to answer.
    build_notes: Arc<Notes>,
    /// Images that the submission takes from elsewhere.
    base_images: Mutex<Vec<BaseImage>>,
    /// Disk space that the run's images take.
    taken: Arc<DiskBudget>,
    /// Bytes and files copied into the run's containers.
    copied: Arc<UploadBudget>,
    watched: Watched,
    /// Lock held while a container joins its networks, for engines that miscount containers joining at the same time.
    joining: tokio::sync::Mutex<()>,
    /// Limits and results shared with other runs of this process.
    turns: Arc<SharedLimits>,
    /// Lock held for reading while an object is being made, so that removal can wait for it.
    making: Arc<RwLock<()>>,
}

impl Sandbox {
    /// Opens a sandbox on the engine at `endpoint`; makes no objects yet. Containers start with `runtime`, if given. `bases`
    /// override images that the submission names. `turns` is shared with other runs of this process.
    ///
    /// # Errors
    /// A fault when no engine answers, or it lacks the runtime.
    pub async fn open(
        endpoint: &Endpoint,
        runtime: Option<&str>,
        bases: ImageOverrides,
        turns: Arc<SharedLimits>,
    ) -> Result<Sandbox, Fault> {
        let (docker, info) = engine::connect(endpoint).await?;
        if let Some(runtime) = runtime {
            capabilities::has_runtime(&info, runtime)?;
        }
        let clock = Clock::of(&info)?;
        let owner = Owner::here(&docker, clock.now()).await?.label();
        Ok(Sandbox {
            docker,
            clock,
            capabilities: EngineCapabilities::of(info),
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

    /// Returns the sandbox for another round of the run, without the notes of the last round.
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

    /// Waits until the engine has answered nothing for [`limits::SILENCE`]; returns the fault that reports it.
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

    /// Carries `work` to its end even if the caller is interrupted; removal waits for it.
    async fn make<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Fault> {
        let made = self.begin(work).await.await;
        made.map_err(|error| Fault::told(FaultKind::Engine, error.to_string()))
    }

    /// Starts `work`, which continues even if its caller stops waiting; removal waits for its end.
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

/// Returns the prefix of all names that a run makes; a `:` follows it in image names, a `-` in all others.
fn name_prefix(run: &str) -> String {
    format!("softy-check-{run}")
}

/// Returns a random run id of twelve hexadecimal digits: the standard library seeds each hasher at random.
fn new_run_id() -> String {
    let seed = (std::process::id(), SystemTime::now());
    let hash = std::hash::RandomState::new().hash_one(seed);
    format!("{:012x}", hash >> 16)
}
