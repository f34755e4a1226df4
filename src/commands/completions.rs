use clap::CommandFactory;
use clap_complete::Shell as Known;

use super::{CommandError, output};
use crate::cli::{Cli, Completions, Shell};
use crate::report::ExitStatus;

pub(super) fn run(arguments: &Completions) -> Result<ExitStatus, CommandError> {
    let shell = match arguments.shell {
        Shell::Bash => Known::Bash,
        Shell::Zsh => Known::Zsh,
        Shell::Fish => Known::Fish,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "softy-check", &mut script);
    output::to_stdout(&String::from_utf8_lossy(&script))?;
    Ok(ExitStatus::Passed)
}
