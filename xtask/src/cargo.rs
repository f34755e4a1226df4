//! The cargo that runs us.

use std::env;
use std::process::Command;

use crate::workspace;

/// `cargo SUBCOMMAND` in the repository's top folder.
pub fn command(subcommand: &str) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.arg(subcommand).current_dir(workspace::root());
    command
}

/// Whether a component such as clippy is installed beside cargo.
pub fn has(subcommand: &str) -> bool {
    command(subcommand)
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success())
}
