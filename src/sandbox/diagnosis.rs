//! Diagnosis of an engine without a grading run. It creates no resources.

use bollard::models::SystemInfo;
use rustix::fs::statvfs;
use softy_checks::observation::Fault;

use super::capabilities::MissingLimits;
use super::engine::{fault, is_missing, is_podman};
use super::{Reach, Sandbox};

/// Network that exists on every Docker engine.
const BRIDGE: &str = "bridge";

/// Base images of the exercise's submissions.
const BASE_IMAGES: [&str; 2] = ["ubuntu:latest", "nginx:latest"];

/// Label of a substitute image, made on a machine that reaches no registry.
const STAND_IN: &str = "org.softy-check.stand-in";

/// First version of the API with BuildKit.
const BUILDKIT: (u32, u32) = (1, 39);

/// Properties and capabilities of an engine.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    /// Version of the engine.
    pub version: String,
    /// Version of its API.
    pub api: String,
    /// Operating system of its containers: `linux` or `windows`.
    pub system: String,
    /// True if the engine is Podman.
    pub is_podman: bool,
    /// True if BuildKit is available besides the classic builder.
    pub has_buildkit: bool,
    /// Way to reach containers; `None` when it can only be detected on a new network.
    pub reach: Option<Reach>,
    /// Storage driver.
    pub driver: String,
    /// True if the engine measures at once how much a container has written.
    pub measures_layers: bool,
    /// Limits that the engine does not enforce.
    pub lacks: MissingLimits,
    /// Version of control groups.
    pub cgroups: String,
    /// Its runtimes, sorted.
    pub runtimes: Vec<String>,
    /// Base images of the exercise, with their states.
    pub bases: Vec<(&'static str, BaseState)>,
    /// Free space on the disk of the engine's data, in bytes, if that disk is on this machine.
    pub free: Option<u64>,
    /// Number of resources that killed runs have left.
    pub left: usize,
    /// Size of the builds' cache, in bytes.
    pub cache: u64,
}

/// State of a base image on the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BaseState {
    /// The image exists.
    Present,
    /// A substitute image exists under its name.
    StandIn,
    /// The image does not exist: the first run pulls it.
    Absent,
}

impl Sandbox {
    /// Returns the diagnosis of the engine.
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
            version: self.capabilities.version.clone(),
            is_podman,
            has_buildkit: !is_podman && has_buildkit(&api),
            api,
            reach: self.likely_reach().await?,
            driver: self.capabilities.driver.clone(),
            measures_layers: self.capabilities.measures_layers,
            lacks: self.capabilities.lacks,
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

    /// Detects the reach as a run does, but on the existing `bridge` network; older engines do not report its gateway.
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

    /// Returns the free bytes on the disk of the engine's data, if the engine is on this machine and its folder exists.
    fn free(&self) -> Option<u64> {
        let root = self.capabilities.root.as_ref().filter(|_| self.is_here)?;
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
