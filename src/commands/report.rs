//! `softy-check report`: creates the reports on a batch again from its result files.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::{CommandError, output};
use crate::batch::{Comparison, Graded, Results, Standing, Summary, Unreadable, compare};
use crate::cli::{Format, ReportArguments, Spoken};
use crate::report::{
    ExitStatus, canvas, comparison, csv, github, gradescope, html, json, junit, markdown, text,
};
use crate::rubric::Rubric;

pub(super) fn run(arguments: &ReportArguments) -> Result<ExitStatus, CommandError> {
    let results = Results::of(&arguments.folder);
    let rubric = match &arguments.rubric {
        Some(path) => Some(Rubric::read(path)?),
        None => None,
    };
    if let Some(old) = &arguments.compare {
        return compared(arguments, old, rubric.as_ref());
    }
    let summary = Summary::of(&results, rubric.as_ref()).map_err(|error| CommandError::Batch {
        path: arguments.folder.clone(),
        error,
    })?;
    match (&arguments.format, &arguments.output) {
        (Format::Gradescope, Some(folder)) => one_each(&summary, folder, arguments)?,
        (Format::Gradescope, None) => return Err(CommandError::NoFolder),
        (format, output) => {
            write(&summary, *format, &arguments.spoken, output.as_deref())?;
        }
    }
    Ok(summary.exit_status())
}

/// Writes the submissions whose score or verdicts differ from those in `old`, with the reasons.
fn compared(
    arguments: &ReportArguments,
    old: &Path,
    rubric: Option<&Rubric>,
) -> Result<ExitStatus, CommandError> {
    let (old, mut unreadable) = standings(old, None)?;
    let (new, others) = standings(&arguments.folder, rubric)?;
    unreadable.extend(others);
    let comparison = Comparison {
        unreadable,
        ..compare(old, new)
    };
    let written = comparison::render(&comparison, arguments.spoken.language());
    match &arguments.output {
        Some(path) => output::to_file(path, &written)?,
        None => output::to_stdout(&written)?,
    }
    Ok(match comparison.changed.as_slice() {
        _ if !comparison.unreadable.is_empty() => ExitStatus::CouldNotGrade,
        [] => ExitStatus::Passed,
        [..] => ExitStatus::Failed,
    })
}

/// Returns the result of each submission of a batch, from its file or judged again by `rubric`, and the unreadable files.
fn standings(
    batch: &Path,
    rubric: Option<&Rubric>,
) -> Result<(Vec<Standing>, Vec<Unreadable>), CommandError> {
    let failed = |error| CommandError::Batch {
        path: batch.to_owned(),
        error,
    };
    let files = Results::of(batch).files().map_err(failed)?;
    let (mut standings, mut unreadable) = (Vec::new(), Vec::new());
    for file in files {
        match (Graded::read(&file, rubric), rubric) {
            (Ok(graded), Some(_)) => standings.push(Standing::judged(&graded)),
            (Ok(graded), None) => standings.push(Standing::written(&graded)),
            (Err(error), _) => unreadable.push(Unreadable {
                file,
                reason: error.to_string(),
            }),
        }
    }
    Ok((standings, unreadable))
}

/// Writes the report on a batch to a file or to stdout.
pub(super) fn write(
    summary: &Summary,
    format: Format,
    spoken: &Spoken,
    output: Option<&Path>,
) -> Result<(), CommandError> {
    output::stream(output, format, |sink, columns| {
        render(summary, format, spoken, columns, sink)
    })
}

fn render(
    summary: &Summary,
    format: Format,
    spoken: &Spoken,
    columns: usize,
    sink: &mut dyn Write,
) -> io::Result<()> {
    let language = spoken.language();
    match format {
        Format::Text => {
            let text = text::render_summary(summary, &output::page(spoken, columns));
            sink.write_all(text.as_bytes())
        }
        Format::Json => json::write(summary, sink),
        Format::Csv => csv::write(summary, language, sink),
        Format::Canvas => canvas::write(summary, sink),
        Format::Junit => junit::write(summary, language, sink),
        Format::Github => github::write(summary, language, sink),
        Format::Markdown => markdown::write(summary, language, sink),
        Format::Html => html::write(summary, language, sink),
        // This format has one file per submission, see `one_each`.
        Format::Gradescope => Ok(()),
    }
}

/// Writes a `results.json` for each submission, under the name of its result file.
fn one_each(
    summary: &Summary,
    folder: &Path,
    arguments: &ReportArguments,
) -> Result<(), CommandError> {
    fs::create_dir_all(folder)?;
    output::without_colours();
    for row in &summary.submissions {
        let report = summary.graded(row)?.report;
        let results = gradescope::render(&report, arguments.spoken.language());
        let name = row.file.file_name().unwrap_or_default();
        output::to_file(&folder.join(name), &results.map_err(io::Error::from)?)?;
    }
    Ok(())
}
