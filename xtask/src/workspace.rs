//! Locations in the repository.

use std::env;
use std::path::{Path, PathBuf};

/// Returns the repository's top folder. Cargo names it when it runs xtask; a binary started by hand uses the folder of its
/// build.
pub fn root() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    package
        .parent()
        .map_or_else(|| package.clone(), Path::to_path_buf)
}

/// Returns cargo's target folder.
pub fn target() -> PathBuf {
    root().join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// Path of the submission that has everything right, relative to [`root`].
pub const CORRECT_SUBMISSION: &str = "fixtures/correct/submission";

/// Returns its folder with the compose file.
pub fn correct_task() -> PathBuf {
    root().join(CORRECT_SUBMISSION).join("task6")
}
