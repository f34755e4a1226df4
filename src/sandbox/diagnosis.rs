//! What an engine says of itself when nothing is graded; nothing is made for it.

use bollard::models::SystemInfo;
use rustix::fs::statvfs;
use softy_checks::observation::Fault;

use super::engine::{fault, is_missing, is_podman};
use super::facts::Lacks;
use super::{Reach, Sandbox};

/// The network that every engine of Docker's has.
const BRIDGE: &str = "bridge";

/// The images that the exercise's submissions begin with.
const BASE_IMAGES: [&str; 2] = ["ubuntu:latest", "nginx:latest"];

/// Marks an image that was made where no registry answers.
const STAND_IN: &str = "org.softy-check.stand-in";

/// The first version of the API with BuildKit.
const BUILDKIT: (u32, u32) = (1, 39);

/// What an engine is and can do.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    /// Its version.
    pub version: String,
    /// The version of its API.
    pub api: String,
    /// What its containers' system is: `linux`, or `windows`.
    pub system: String,
    /// Whether it is Podman.
    pub is_podman: bool,
    /// Whether BuildKit is there beside the classic builder.
    pub has_buildkit: bool,
    /// How containers are reached; `None` where that shows only when a network is made.
    pub reach: Option<Reach>,
    /// The storage driver.
    pub driver: String,
    /// Whether it knows at once what a container has written.
    pub measures_layers: bool,
    /// What it does not hold containers to.
    pub lacks: Lacks,
    /// The version of control groups.
    pub cgroups: String,
    /// Its runtimes, sorted.
    pub runtimes: Vec<String>,
    /// The images that the exercise begins with.
    pub bases: Vec<(&'static str, BaseState)>,
    /// What is free where it keeps its data, in bytes, where that is on this machine.
    pub free: Option<u64>,
    /// Things that killed runs have left.
    pub left: usize,
    /// What the builds' cache takes, in bytes.
    pub cache: u64,
}

/// Whether an image is on the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BaseState {
    /// It is.
    Present,
    /// Something that was made in its place is.
    StandIn,
    /// It is not: the first run pulls it.
    Absent,
}

impl Sandbox {
    /// What the engine is and can do.
    ///
    /// # Errors
    /// A fault when it does not answer.
    pub async fn diagnosis(&self) -> Result<Diagnosis, Fault> {
        let info = self.docker.info().await.map_err(fault)?;
        let version = self.docker.version().await.map_err(fault)?;
        let sweeper = self.sweeper();
        let api = version.api_version.clone().unwrap_or_default();
        let is_podman = is_podman(&version);
        Ok(Diagnosis {
            version: self.facts.version.clone(),
            is_podman,
            has_buildkit: !is_podman && has_buildkit(&api),
            api,
            reach: self.likely_reach().await?,
            driver: self.facts.driver.clone(),
            measures_layers: self.facts.measures_layers,
            lacks: self.facts.lacks,
            cgroups: info
                .cgroup_version
                .map(|version| version.to_string())
                .unwrap_or_default(),
            runtimes: runtimes(&info),
            system: info.os_type.unwrap_or_default(),
            bases: self.bases_there().await?,
            free: self.free(),
            left: sweeper.look().await?.dead.len(),
            cache: sweeper.cache_bytes().await?,
        })
    }

    /// As a run finds it, with a network that is there already; older engines do not tell that one's gateway.
    async fn likely_reach(&self) -> Result<Option<Reach>, Fault> {
        match self.ipam(BRIDGE).await {
            Ok(configs) if configs.iter().any(|config| config.gateway.is_some()) => {
                self.find_reach(BRIDGE).await.map(Some)
            }
            Ok(_) | Err(_) => Ok(None),
        }
    }

    async fn bases_there(&self) -> Result<Vec<(&'static str, BaseState)>, Fault> {
        let mut bases = Vec::new();
        for reference in BASE_IMAGES {
            let state = match self.docker.inspect_image(reference).await {
                Ok(image) => {
                    let labels = image.config.and_then(|config| config.labels);
                    match labels.unwrap_or_default().contains_key(STAND_IN) {
                        true => BaseState::StandIn,
                        false => BaseState::Present,
                    }
                }
                Err(error) if is_missing(&error) => BaseState::Absent,
                Err(error) => return Err(fault(error)),
            };
            bases.push((reference, state));
        }
        Ok(bases)
    }

    /// Of the disk under the engine's data, where this machine has such a folder and the engine is here.
    fn free(&self) -> Option<u64> {
        let root = self.facts.root.as_ref().filter(|_| self.is_here)?;
        let disk = statvfs(root).ok()?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize))
    }
}

fn runtimes(info: &SystemInfo) -> Vec<String> {
    let runtimes = info.runtimes.iter().flat_map(|runtimes| runtimes.keys());
    let mut names: Vec<String> = runtimes.cloned().collect();
    names.sort_unstable();
    names
}

fn has_buildkit(api: &str) -> bool {
    let mut numbers = api.split('.').map(|number| number.parse::<u32>().ok());
    let mut next = || numbers.next().flatten();
    next()
        .zip(next())
        .is_some_and(|version| version >= BUILDKIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buildkit_came_with_1_39() {
        assert!(!has_buildkit("1.38"));
        assert!(has_buildkit("1.39"));
        assert!(has_buildkit("1.54"));
        assert!(!has_buildkit(""));
    }
}
