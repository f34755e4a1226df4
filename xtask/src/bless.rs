//! `cargo xtask bless`: records the checker's report on each fixture, for review as a diff.

use std::env;
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::{base_images, cargo, engine, process};

/// Rewrites the expected reports and the recorded observations. Fails on a build server, which would only agree with
/// itself.
pub fn run() -> Result<ExitCode> {
    if env::var_os("CI").is_some() {
        bail!("no blessing in CI: bless where somebody reads the diff");
    }
    engine::ensure()?;
    base_images::ensure()?;
    process::run(
        cargo::command("test")
            .args(["--test", "fixtures"])
            .env("SOFTY_CHECK_BLESS", "1"),
    )?;
    Ok(ExitCode::SUCCESS)
}
