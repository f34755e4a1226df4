//! Capabilities of the engine, from its own description.

use std::path::PathBuf;

use bollard::models::SystemInfo;
use softy_checks::model::Text;
use softy_checks::observation::{Fault, FaultKind};

/// Capabilities of an engine on which limits depend, and details of it for reports.
pub(super) struct EngineCapabilities {
    /// Version of the engine; empty if unknown.
    pub(super) version: String,
    /// Storage driver; empty if unknown.
    pub(super) driver: String,
    /// Data folder of the engine, on its own machine.
    pub(super) root: Option<PathBuf>,
    /// Limits that the engine does not enforce, by its own description.
    pub(super) lacks: MissingLimits,
    /// True if the engine miscounts the endpoints of a network that several containers join at the same time. It never
    /// removes a network whose count is too high.
    pub(super) has_endpoint_count_bug: bool,
    /// Way in which containers may leave a network.
    pub(super) leaving: Leaving,
    /// True if the engine knows the size of a container's layer at once. Other engines compare all files with the image's,
    /// which takes seconds of a processor.
    pub(super) measures_layers: bool,
}

/// Way in which an engine lets containers leave a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaving {
    /// Several at the same time.
    AtOnce,
    /// One after the other: with several, the engine may deadlock and stop responding.
    OneByOne,
}

/// Limits that an engine does not enforce on containers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MissingLimits {
    /// Memory.
    pub memory: bool,
    /// Ban on swapping.
    pub swap: bool,
    /// Number of processes.
    pub processes: bool,
    /// Number of processors.
    pub processors: bool,
    /// Filter of system calls.
    pub seccomp: bool,
}

impl Leaving {
    /// Returns the safe way for an engine's version. Since 23.0, engines always take two of their locks in the same order
    /// (https://github.com/moby/moby/issues/46661).
    fn of(version: Option<&str>) -> Leaving {
        match is_at_least(version, (23, 0)) {
            true => Leaving::AtOnce,
            false => Leaving::OneByOne,
        }
    }
}

impl MissingLimits {
    fn of(info: &SystemInfo) -> MissingLimits {
        let options = info.security_options.iter().flatten();
        let mut seccomp = options.filter(|option| option.starts_with("name=seccomp"));
        MissingLimits {
            memory: info.memory_limit == Some(false),
            swap: info.swap_limit == Some(false),
            processes: info.pids_limit == Some(false),
            processors: info.cpu_cfs_quota == Some(false),
            seccomp: seccomp
                .next()
                .is_none_or(|option| option.contains("profile=unconfined")),
        }
    }
}

impl EngineCapabilities {
    /// Creates the capabilities from the engine's description.
    pub(super) fn of(info: SystemInfo) -> EngineCapabilities {
        EngineCapabilities {
            measures_layers: measures_layers(&info),
            lacks: MissingLimits::of(&info),
            has_endpoint_count_bug: has_endpoint_count_bug(info.server_version.as_deref()),
            leaving: Leaving::of(info.server_version.as_deref()),
            version: info.server_version.unwrap_or_default(),
            driver: info.driver.unwrap_or_default(),
            root: info.docker_root_dir.map(PathBuf::from),
        }
    }
}

/// Checks that the engine has a runtime of this name.
pub(super) fn has_runtime(info: &SystemInfo, name: &str) -> Result<(), Fault> {
    let runtimes = info.runtimes.iter().flat_map(|runtimes| runtimes.keys());
    let mut names: Vec<&str> = runtimes.map(String::as_str).collect();
    if names.contains(&name) {
        return Ok(());
    }
    names.sort_unstable();
    let names = names.join(", ");
    let detail = Text::new(
        format!("the engine has no runtime `{name}`: it has {names}"),
        format!("le moteur n’a pas de runtime `{name}` : il a {names}"),
    );
    Err(Fault::new(FaultKind::Engine, detail))
}

/// Returns whether an engine of this version adds twice when two endpoints are made at the same time
/// (https://github.com/moby/moby/issues/43286). Engines since 28.1 inspect the endpoints themselves.
fn has_endpoint_count_bug(version: Option<&str>) -> bool {
    !is_at_least(version, (28, 1))
}

/// Returns whether an engine's version is at least this one; false if unknown.
fn is_at_least(version: Option<&str>, least: (u32, u32)) -> bool {
    let mut numbers = version.unwrap_or_default().split('.');
    let mut next = || numbers.next()?.parse::<u32>().ok();
    next().zip(next()).is_some_and(|version| version >= least)
}

fn measures_layers(info: &SystemInfo) -> bool {
    let says = |name: &str, value: &str| {
        let mut status = info.driver_status.iter().flatten();
        status.any(|pair| pair.iter().map(String::as_str).eq([name, value]))
    };
    match info.driver.as_deref() {
        Some("overlay2") => says("Native Overlay Diff", "true"),
        // The driver of the containerd image store.
        Some("overlayfs") => true,
        Some(_) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use bollard::models::Runtime;

    use super::*;

    fn info(driver: &str, status: [&str; 2]) -> SystemInfo {
        SystemInfo {
            driver: Some(driver.to_owned()),
            driver_status: Some(vec![status.map(str::to_owned).to_vec()]),
            ..SystemInfo::default()
        }
    }

    #[test]
    fn a_runtime_that_is_not_there_is_named_with_those_that_are() {
        let runtimes = ["runsc", "runc"].map(|name| (name.to_owned(), Runtime::default()));
        let info = SystemInfo {
            runtimes: Some(runtimes.into()),
            ..SystemInfo::default()
        };
        assert_eq!(has_runtime(&info, "runsc"), Ok(()));
        let fault = has_runtime(&info, "kata").map_err(|fault| fault.detail.en.into_owned());
        let words = "the engine has no runtime `kata`: it has runc, runsc";
        assert_eq!(fault, Err(words.to_owned()));
    }

    #[test]
    fn an_engine_says_what_it_does_not_hold_containers_to() {
        let seccomp = |option: &str| Some(vec!["name=apparmor".to_owned(), option.to_owned()]);
        let whole = SystemInfo {
            memory_limit: Some(true),
            swap_limit: Some(true),
            pids_limit: Some(true),
            cpu_cfs_quota: Some(true),
            security_options: seccomp("name=seccomp,profile=builtin"),
            ..SystemInfo::default()
        };
        assert_eq!(MissingLimits::of(&whole), MissingLimits::default());
        let rootless = SystemInfo {
            swap_limit: Some(false),
            cpu_cfs_quota: Some(false),
            security_options: seccomp("name=seccomp,profile=unconfined"),
            ..whole
        };
        let expected = MissingLimits {
            swap: true,
            processors: true,
            seccomp: true,
            ..MissingLimits::default()
        };
        assert_eq!(MissingLimits::of(&rootless), expected);
        assert!(MissingLimits::of(&SystemInfo::default()).seccomp);
    }

    #[test]
    fn engines_before_23_let_containers_leave_one_by_one() {
        for version in [None, Some("20.10.24+dfsg1"), Some("4.3.1")] {
            assert_eq!(Leaving::of(version), Leaving::OneByOne, "{version:?}");
        }
        for version in ["23.0.0", "26.1.5+dfsg1"] {
            assert_eq!(Leaving::of(Some(version)), Leaving::AtOnce, "{version}");
        }
    }

    #[test]
    fn engines_before_28_1_miscount_what_joins_at_once() {
        for version in [
            None,
            Some(""),
            Some("20.10.24+dfsg1"),
            Some("28.0.4"),
            Some("4.3.1"),
        ] {
            assert!(has_endpoint_count_bug(version), "{version:?}");
        }
        for version in ["28.1.0", "28.5.2+dfsg4", "29.0.0"] {
            assert!(!has_endpoint_count_bug(Some(version)), "{version}");
        }
    }

    #[test]
    fn only_native_drivers_know_a_layer_s_size() {
        let native = ["Native Overlay Diff", "true"];
        assert!(measures_layers(&info("overlay2", native)));
        assert!(!measures_layers(&info(
            "overlay2",
            ["Native Overlay Diff", "false"]
        )));
        assert!(measures_layers(&info("overlayfs", ["driver-type", "x"])));
        assert!(!measures_layers(&info("fuse-overlayfs", native)));
    }
}
