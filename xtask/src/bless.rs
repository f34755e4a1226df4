//! `cargo xtask bless`: writes down what the checker says of each fixture, for a person to read as a diff.

use std::env;
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::{base_images, cargo, engine, process};

/// Rewrites expected reports and recorded observations. A build server must never agree with itself.
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
