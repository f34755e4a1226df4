//! `cargo xtask test`: everything that must hold before a change is merged.

use std::process::ExitCode;

use anyhow::Result;

use crate::{base_images, browser, cargo, engine, process};

/// Runs the format check and the lints if their components are installed, then every test, live ones included.
pub fn run(arguments: &[&str]) -> Result<ExitCode> {
    engine::ensure()?;
    base_images::ensure()?;
    browser::ensure()?;
    if cargo::has("fmt") {
        process::run(cargo::command("fmt").args(["--all", "--check"]))?;
    }
    if cargo::has("clippy") {
        process::run(cargo::command("clippy").args([
            "--workspace",
            "--all-targets",
            "--",
            "--deny",
            "warnings",
        ]))?;
    }
    process::run(
        cargo::command("test")
            .arg("--workspace")
            .args(arguments)
            .env("SOFTY_CHECK_LIVE", "1"),
    )?;
    Ok(ExitCode::SUCCESS)
}
