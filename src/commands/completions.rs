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
    // clap_complete calls the same state by two names where a program's has a hyphen, so that bash would complete no
    // subcommand's options (https://github.com/clap-rs/clap/issues/6421).
    output::to_stdout(&script.replace("softy__subcmd__check", "softy__check"))?;
    Ok(ExitStatus::Passed)
}
