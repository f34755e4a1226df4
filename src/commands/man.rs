use std::fs;
use std::io;
use std::path::Path;

use clap::CommandFactory;
use clap_mangen::Man as Page;

use super::{CommandError, not_written, output};
use crate::cli::{Cli, Man};
use crate::report::ExitStatus;

pub(super) fn run(arguments: &Man) -> Result<ExitStatus, CommandError> {
    // A page of the subcommand `help` would add nothing.
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    match &arguments.output {
        Some(folder) => each(&program, folder)?,
        None => output::to_stdout(&set(&Page::new(program))?)?,
    }
    Ok(ExitStatus::Passed)
}

/// Writes a page for the program and each of its subcommands, under the file names that `man` expects.
fn each(program: &clap::Command, folder: &Path) -> Result<(), CommandError> {
    fs::create_dir_all(folder).map_err(not_written(folder))?;
    for command in [program].into_iter().chain(program.get_subcommands()) {
        let page = Page::new(command.clone());
        output::to_file(&folder.join(page.get_filename()), &set(&page)?)?;
    }
    Ok(())
}

fn set(page: &Page) -> io::Result<String> {
    let mut roff = Vec::new();
    page.render(&mut roff)?;
    Ok(with_lines(&String::from_utf8_lossy(&roff)))
}

/// Keeps the line breaks of the examples, which `man` would fill like a paragraph.
fn with_lines(roff: &str) -> String {
    let Some((before, rest)) = roff.split_once("\n.SH EXTRA\n") else {
        return roff.to_owned();
    };
    let (lines, after) = rest.split_once("\n.SH ").unwrap_or((rest.trim_end(), ""));
    let after = match after {
        "" => String::new(),
        after => format!(".SH {after}"),
    };
    let (heading, lines) = match lines.strip_prefix("Examples:\n") {
        Some(examples) => ("EXAMPLES", examples),
        None => ("NOTES", lines),
    };
    format!("{before}\n.SH {heading}\n.nf\n{lines}\n.fi\n{after}")
}
