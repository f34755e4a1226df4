//! Command-line program `softy-check`.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use softy_check::cli::Cli;
use softy_check::commands;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match commands::run(&cli) {
        Ok(status) => status.into(),
        Err(error) => {
            // A closed stderr must not change the exit status.
            let message = error.message();
            let words = message.to(cli.language());
            let _ = writeln!(std::io::stderr(), "softy-check: {words}");
            error.exit_status().into()
        }
    }
}
