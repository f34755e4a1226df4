//! The cargo that runs xtask.

use std::env;
use std::process::Command;

use crate::workspace;

/// Returns the command `cargo SUBCOMMAND` in the repository's top folder.
pub fn command(subcommand: &str) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.arg(subcommand).current_dir(workspace::root());
    command
}

/// Returns whether a component such as clippy is installed with cargo.
pub fn has(subcommand: &str) -> bool {
    command(subcommand)
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success())
}
