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
    let script = String::from_utf8_lossy(&script);
    // clap_complete uses two names for the same state of a program with a hyphen in its name; without the replacement, bash
    // would complete no options of subcommands (https://github.com/clap-rs/clap/issues/6421).
    output::to_stdout(&script.replace("softy__subcmd__check", "softy__check"))?;
    Ok(ExitStatus::Passed)
}
