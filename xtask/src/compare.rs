//! `cargo xtask compare`: comparison of every file with Compose itself, which `SOFTY_CHECK_COMPOSE` names.

use std::process::ExitCode;

use anyhow::Result;

use crate::{base_images, cargo, engine, process};

/// Runs all comparisons, or those whose tests have `arguments` in their names, and prints each comparison.
pub fn run(arguments: &[&str]) -> Result<ExitCode> {
    engine::ensure()?;
    base_images::ensure()?;
    let mut command = cargo::command("test");
    command
        .args(["--test", "compose", "--"])
        .args(["--nocapture", "--test-threads", "1"])
        .args(arguments)
        .env("SOFTY_CHECK_LIVE", "1")
        .env("SOFTY_CHECK_COMPARE", "all");
    Ok(process::exit_code(process::status(&mut command)?))
}
