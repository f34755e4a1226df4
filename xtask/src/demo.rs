//! `cargo xtask demo`: grades the correct submission in front of the user.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::{base_images, cargo, engine, process, workspace};

/// Prepares the engine and the images, grades, and returns the checker's exit code.
pub fn run() -> Result<ExitCode> {
    engine::ensure()?;
    base_images::ensure()?;
    process::run(cargo::command("build").args(["--package", "softy-check"]))?;
    let mut checker = Command::new(workspace::target().join("debug/softy-check"));
    checker
        .args(["task6", workspace::CORRECT_SUBMISSION])
        .current_dir(workspace::root());
    Ok(process::exit_code(process::status(engine::address_for(
        &mut checker,
    )?)?))
}
