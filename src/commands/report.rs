//! `softy-check report`: what is said about a batch, made again from its result files.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use softy_checks::model::Language;

use super::{CommandError, output};
use crate::batch::{Results, Summary};
use crate::cli::{Format, ReportArguments};
use crate::report::{
    ExitStatus, canvas, csv, github, gradescope, html, json, junit, markdown, text,
};

pub(super) fn run(arguments: &ReportArguments) -> Result<ExitStatus, CommandError> {
    let results = Results::of(&arguments.folder);
    let summary = Summary::of(&results).map_err(|error| CommandError::Batch {
        path: arguments.folder.clone(),
        error,
    })?;
    match (&arguments.format, &arguments.output) {
        (Format::Gradescope, Some(folder)) => one_each(&summary, folder, arguments)?,
        (Format::Gradescope, None) => return Err(CommandError::NoFolder),
        (format, output) => {
            let language = arguments.language();
            write(&summary, *format, language, output.as_deref())?;
        }
    }
    Ok(summary.exit_status())
}

/// Writes what is said about a batch to a file, or to stdout.
pub(super) fn write(
    summary: &Summary,
    format: Format,
    language: Language,
    output: Option<&Path>,
) -> Result<(), CommandError> {
    output::stream(output, format, |sink, columns| {
        render(summary, format, language, columns, sink)
    })
}

fn render(
    summary: &Summary,
    format: Format,
    language: Language,
    columns: usize,
    sink: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Text => {
            let text = text::render_summary(summary, language, columns);
            sink.write_all(text.as_bytes())
        }
        Format::Json => json::write(summary, sink),
        Format::Csv => csv::write(summary, language, sink),
        Format::Canvas => canvas::write(summary, sink),
        Format::Junit => junit::write(summary, language, sink),
        Format::Github => github::write(summary, language, sink),
        Format::Markdown => markdown::write(summary, language, sink),
        Format::Html => html::write(summary, language, sink),
        // A file each, see `one_each`.
        Format::Gradescope => Ok(()),
    }
}

/// A `results.json` for each submission, called as its result file is.
fn one_each(
    summary: &Summary,
    folder: &Path,
    arguments: &ReportArguments,
) -> Result<(), CommandError> {
    fs::create_dir_all(folder)?;
    output::without_colours();
    for row in &summary.submissions {
        let report = row.graded()?.report;
        let results = gradescope::render(&report, arguments.language());
        let name = row.file.file_name().unwrap_or_default();
        output::to_file(&folder.join(name), &results.map_err(io::Error::from)?)?;
    }
    Ok(())
}
