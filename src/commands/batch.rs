use std::collections::HashSet;
use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::sync::Arc;
use std::thread::available_parallelism;

use softy_checks::model::{Language, Text};
use tokio::runtime::Runtime;

use super::grading::options;
use super::interruption::interruption;
use super::report::write;
use super::{CommandError, engine_trouble, ids, not_written};
use crate::batch::{
    BatchAbort, Entry, Progress, Results, Summary, of_file, of_folder, run as run_batch,
};
use crate::cli::{Batch, Format, Task};
use crate::progress::eprintln_ignoring_errors;
use crate::report::ExitStatus;
use crate::rubric::Rubric;
use crate::sandbox::{SharedLimits, engine_answers};
use crate::submission::is_archive;

/// Memory in kibibytes that a submission's stack and its checker use here: seven containers of the exercise, and a build.
const MEMORY_OF_A_JOB: u64 = 1 << 20;

/// Reports that are written after the last result, with their formats.
const REPORTS: [(&str, Format); 4] = [
    ("summary.csv", Format::Csv),
    ("summary.md", Format::Markdown),
    ("junit.xml", Format::Junit),
    ("index.html", Format::Html),
];

/// Name of the file that a batch locks while it runs.
const LOCK: &str = ".lock";

pub(super) fn run(arguments: &Batch) -> Result<ExitStatus, CommandError> {
    let Task::Task6 = arguments.task;
    let entries = entries(arguments)?;
    let _lock = lock(&arguments.out)?;
    let cores = cores();
    let jobs = arguments.jobs.map_or_else(|| jobs(cores), usize::from);
    let rubric = Rubric::of(arguments.rubric.as_ref())?;
    let asked: Vec<&str> = ids().collect();
    let turns = Arc::new(SharedLimits::new(cores, cores));
    let options = options(
        &arguments.engine,
        &arguments.grading,
        &asked,
        &rubric,
        turns,
    )?;
    let progress = Progress::new(
        arguments.progress.into(),
        arguments.spoken.language(),
        entries.len(),
    );
    let settings = format!(
        "{} {:?} {rubric:?}",
        env!("CARGO_PKG_VERSION"),
        arguments.grading
    );
    let batch = crate::batch::Batch {
        out: arguments.out.clone(),
        entries,
        jobs,
        options,
        rubric,
        settings,
        again: arguments.again,
        language: arguments.spoken.language(),
    };
    let listed: HashSet<String> = batch.entries.iter().map(|entry| entry.id.clone()).collect();
    Runtime::new()?.block_on(async {
        let interruption = interruption()?;
        if let Some(engine) = batch.options.extent.engine() {
            // The batch itself waits for an engine that stops answering later.
            if let Err(fault) = engine_answers(engine).await {
                return Err(engine_trouble(engine, fault).await);
            }
        }
        let ended = run_batch(batch, progress, interruption).await;
        ended.map_err(CommandError::from)
    })?;
    report(arguments, &listed)
}

/// Writes the reports on all submissions to the folder and to stdout. Warns about results whose submissions are no longer
/// `listed`.
fn report(arguments: &Batch, listed: &HashSet<String>) -> Result<ExitStatus, CommandError> {
    let (out, language) = (&arguments.out, arguments.spoken.language());
    let results = Results::of(out);
    let summary = Summary::of(&results, None).map_err(|error| CommandError::Batch {
        path: out.clone(),
        error,
    })?;
    write(&summary, Format::Text, &arguments.spoken, None)?;
    let rows = summary.submissions.iter();
    let unlisted = rows.filter(|row| !listed.contains(&row.id)).count();
    if unlisted > 0 && arguments.shard.is_none() {
        eprintln_ignoring_errors(unlisted_words(unlisted, out).to(language));
    }
    for (file, format) in REPORTS {
        write(&summary, format, &arguments.spoken, Some(&out.join(file)))?;
    }
    eprintln_ignoring_errors(reported(out).to(language));
    Ok(summary.exit_status())
}

fn reported(out: &Path) -> Text {
    let files = REPORTS.map(|(file, _)| format!("`{}`", out.join(file).display()));
    let files = files.join(", ");
    Text::new(
        format!("more in {files}"),
        format!("plus de détails dans {files}"),
    )
}

fn unlisted_words(unlisted: usize, out: &Path) -> Text {
    let folder = Results::of(out).folder().display().to_string();
    Text::new(
        format!(
            "{unlisted} of the results are of submissions that are not there any more: take their files out of `{folder}`, or leave them"
        ),
        format!(
            "{unlisted} des résultats concernent des rendus qui ne sont plus là : retirez leurs fichiers de `{folder}`, ou laissez-les"
        ),
    )
}

fn entries(arguments: &Batch) -> Result<Vec<Entry>, CommandError> {
    let entries = match &arguments.roster {
        Some(roster) => of_file(roster, &arguments.submissions)?,
        None => {
            let entries = of_folder(&arguments.submissions, &arguments.out)?;
            warn_of_archives(&arguments.submissions, arguments.spoken.language())?;
            entries
        }
    };
    Ok(match arguments.shard {
        Some(shard) => shard.of(entries),
        None => entries,
    })
}

/// Warns about archives in the folder of submissions: each may be a student's work.
fn warn_of_archives(submissions: &Path, language: Language) -> Result<(), CommandError> {
    let files = fs::read_dir(submissions)?.flatten();
    let archives = files.filter(|file| is_archive(&file.file_name().to_string_lossy()));
    let count = archives.filter(|file| file.path().is_file()).count();
    if count > 0 {
        let folder = submissions.display();
        let words = Text::new(
            format!(
                "warning: archives in `{folder}` that are not graded: {count}; unpack each into a folder of its own"
            ),
            format!(
                "attention : archives de `{folder}` qui ne sont pas notées : {count} ; décompressez chacune dans son propre dossier"
            ),
        );
        eprintln_ignoring_errors(words.to(language));
    }
    Ok(())
}

/// Locks the folder of a batch. Two batches with one folder would remove each other's files as leftovers.
fn lock(out: &Path) -> Result<File, CommandError> {
    let path = out.join(LOCK);
    let failed = not_written(&path);
    fs::create_dir_all(out).map_err(failed)?;
    let file = File::create(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(CommandError::Busy(out.to_owned())),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

fn cores() -> usize {
    available_parallelism().map_or(1, usize::from)
}

/// Returns the number of jobs: twice the number of cores, because a run waits half of its time, or fewer if the available
/// memory is not enough.
fn jobs(cores: usize) -> usize {
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let available = memory.lines().find_map(|line| {
        let rest = line.strip_prefix("MemAvailable:")?;
        rest.split_whitespace().next()?.parse::<u64>().ok()
    });
    let by_memory = available.map_or(usize::MAX, |kibibytes| {
        usize::try_from(kibibytes / MEMORY_OF_A_JOB).unwrap_or(usize::MAX)
    });
    (2 * cores).min(by_memory).max(1)
}

impl From<BatchAbort> for CommandError {
    fn from(stop: BatchAbort) -> CommandError {
        match stop {
            BatchAbort::Interrupted => CommandError::Interrupted,
            BatchAbort::Engine(fault) => CommandError::Engine {
                fault,
                advice: None,
            },
            BatchAbort::Output(path, error) => CommandError::Output { path, error },
        }
    }
}
