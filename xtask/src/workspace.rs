//! Where things lie in the repository.

use std::env;
use std::path::{Path, PathBuf};

/// The repository's top folder. Cargo names it when it runs us; a binary started by hand uses where it was built.
pub fn root() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    package
        .parent()
        .map_or_else(|| package.clone(), Path::to_path_buf)
}

/// Where cargo builds.
pub fn target() -> PathBuf {
    root().join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// The submission that has everything right, as a path inside [`root`].
pub const CORRECT_SUBMISSION: &str = "fixtures/correct/submission";

/// Its folder with the compose file.
pub fn correct_task() -> PathBuf {
    root().join(CORRECT_SUBMISSION).join("task6")
}
