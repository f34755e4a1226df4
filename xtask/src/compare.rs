//! `cargo xtask compare`: every file that is compared with Compose itself, which `SOFTY_CHECK_COMPOSE` names.

use std::process::ExitCode;

use anyhow::Result;

use crate::{base_images, cargo, engine, process};

/// Everything, or what has `arguments` in its test's name; prints what was compared.
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
