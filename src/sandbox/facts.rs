//! What the engine says of itself.

use std::path::PathBuf;

use bollard::models::SystemInfo;
use softy_checks::observation::{Fault, FaultKind};

/// What the engine says of itself, as far as limits hang on it or a report tells it.
pub(super) struct Facts {
    /// Its version; empty when it does not say.
    pub(super) version: String,
    /// Its storage driver; empty when it does not say.
    pub(super) driver: String,
    /// Where the engine keeps its data, on its own machine.
    pub(super) root: Option<PathBuf>,
    /// Whether the engine knows at once how much containers have written: others compare all files with the image's, which
    /// takes seconds of a processor.
    pub(super) measures_layers: bool,
}

impl Facts {
    /// As the engine has said.
    pub(super) fn of(info: SystemInfo) -> Facts {
        Facts {
            measures_layers: measures_layers(&info),
            version: info.server_version.unwrap_or_default(),
            driver: info.driver.unwrap_or_default(),
            root: info.docker_root_dir.map(PathBuf::from),
        }
    }
}

/// Sees that the engine has a runtime of that name.
pub(super) fn has_runtime(info: &SystemInfo, name: &str) -> Result<(), Fault> {
    let runtimes = info.runtimes.iter().flat_map(|runtimes| runtimes.keys());
    let mut names: Vec<&str> = runtimes.map(String::as_str).collect();
    if names.contains(&name) {
        return Ok(());
    }
    names.sort_unstable();
    Err(Fault {
        kind: FaultKind::Engine,
        detail: format!(
            "the engine has no runtime `{name}`: it has {}",
            names.join(", ")
        ),
    })
}

fn measures_layers(info: &SystemInfo) -> bool {
    let says = |name: &str, value: &str| {
        let mut status = info.driver_status.iter().flatten();
        status.any(|pair| pair.iter().map(String::as_str).eq([name, value]))
    };
    match info.driver.as_deref() {
        Some("overlay2") => says("Native Overlay Diff", "true"),
        // Of the containerd image store.
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
        let fault = has_runtime(&info, "kata").map_err(|fault| fault.detail);
        let words = "the engine has no runtime `kata`: it has runc, runsc";
        assert_eq!(fault, Err(words.to_owned()));
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
