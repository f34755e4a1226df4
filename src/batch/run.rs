//! Grades every submission of a batch once, several in parallel. Writes each result file as soon as its result is known.

use std::collections::VecDeque;
use std::fmt::Display;
use std::fs;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use softy_checks::model::{Language, Text};
use softy_checks::observation::{Fault, FaultKind, Observation};
use softy_checks::{TASK6, judge};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use super::clone::{self, clone, without_secrets};
use super::progress::Progress;
use super::results::{self, Listed, Results};
use super::roster::{Entry, Source};
use crate::grade::{self, Ending, Options};
use crate::progress;
use crate::report::Report;
use crate::rubric::Rubric;
use crate::sandbox::{self, ImageOverride};
use crate::submission::{OpenError, Submission};

/// Maximum number of attempts to grade a submission.
const ATTEMPTS: u32 = 3;

/// Maximum time that a batch waits for an engine that no longer answers.
const ENGINE_BACK: Duration = Duration::from_secs(600);

/// Submissions to grade, and the options of their grading.
pub struct Batch {
    /// Folder of all output.
    pub out: PathBuf,
    /// Submissions to grade.
    pub entries: Vec<Entry>,
    /// Number of submissions graded in parallel.
    pub jobs: usize,
    /// Options of each grading.
    pub options: Options,
    /// Rubric that judges each submission.
    pub rubric: Rubric,
    /// Text that represents the options that affect verdicts: if it changes, all submissions are graded again.
    pub settings: String,
    /// True if submissions with a valid result are graded again.
    pub again: bool,
    /// Language of messages.
    pub language: Language,
}

/// Reason why a batch ended before its last submission.
#[derive(Debug)]
pub enum BatchAbort {
    /// The user or the system interrupted the batch.
    Interrupted,
    /// The engine stopped answering, and did not return.
    Engine(Fault),
    /// A result could not be written.
    Output(PathBuf, io::Error),
}

/// State of a batch that is running.
struct Running {
    batch: Batch,
    results: Results,
    progress: Progress,
    waiting: Mutex<VecDeque<(Entry, u32)>>,
    stopped: Mutex<Option<BatchAbort>>,
    /// True once no further submission may begin and running ones must end.
    ending: watch::Sender<bool>,
    /// Image overrides of `--base` that no submission has used so far; `None` before the first build.
    idle: Mutex<Option<Vec<ImageOverride>>>,
    /// Lock of the task that waits for the engine, so that only one task polls it.
    engine: tokio::sync::Mutex<()>,
}

/// Submission that can be read, with the hash of everything that its result depends on.
struct Opened {
    submission: Submission,
    fingerprint: String,
    /// Temporary folder of the clone, removed on drop.
    _clone: Option<TempDir>,
}

/// Outcome of one attempt.
enum AttemptOutcome {
    Kept,
    Graded(Box<Report>),
    Nothing,
}

/// Grades every submission without a valid result; ends early when `interrupted` completes.
pub async fn run(
    batch: Batch,
    progress: Progress,
    interrupted: impl Future<Output = ()>,
) -> Result<(), BatchAbort> {
    let results = Results::of(&batch.out);
    prepare(&batch.out, &results).map_err(|error| BatchAbort::Output(batch.out.clone(), error))?;
    let jobs = batch.jobs.max(1);
    let waiting = batch
        .entries
        .iter()
        .map(|entry| (entry.clone(), 1))
        .collect();
    let running = Running {
        batch,
        results,
        progress,
        waiting: Mutex::new(waiting),
        stopped: Mutex::default(),
        ending: watch::Sender::new(false),
        idle: Mutex::default(),
        engine: tokio::sync::Mutex::default(),
    };
    let working = join_all((0..jobs).map(|_| running.work()));
    tokio::pin!(working);
    tokio::select! {
        _ = &mut working => {}
        () = interrupted => {
            running.progress.say(&progress::REMOVING);
            running.stop(BatchAbort::Interrupted);
            working.await;
        }
    }
    running.progress.finish();
    running.warn_of_idle_bases();
    let stopped = running.stopped().take();
    stopped.map_or(Ok(()), Err)
}

/// Creates the folders, and removes the leftovers of a killed run from them.
fn prepare(out: &Path, results: &Results) -> io::Result<()> {
    fs::create_dir_all(results.folder())?;
    for (folder, prefix) in [(results.folder(), results::PREFIX), (out, clone::PREFIX)] {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default();
            if !name.as_encoded_bytes().starts_with(prefix.as_bytes()) {
                continue;
            }
            match path.is_dir() {
                true => fs::remove_dir_all(path)?,
                false => fs::remove_file(path)?,
            }
        }
    }
    Ok(())
}

impl Running {
    /// Grades one submission after the other until none is waiting.
    async fn work(&self) {
        while let Some((entry, attempt)) = self.next() {
            match self.grade(&entry, attempt).await {
                AttemptOutcome::Kept => self.progress.kept(),
                AttemptOutcome::Graded(report) => self.came(entry, attempt, &report).await,
                AttemptOutcome::Nothing => {}
            }
        }
    }

    fn next(&self) -> Option<(Entry, u32)> {
        if *self.ending.borrow() {
            return None;
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.pop_front()
    }

    /// Grades one submission, and writes its result file.
    async fn grade(&self, entry: &Entry, attempt: u32) -> AttemptOutcome {
        let started = Instant::now();
        let progress = progress::Progress::untold(self.batch.language);
        let opened = tokio::select! {
            opened = self.open(entry) => opened,
            () = self.ending() => return AttemptOutcome::Nothing,
        };
        let (listed, seen) = match opened {
            Err(fault) => (listed(entry, String::new(), attempt), unseen(fault)),
            Ok(opened) => {
                let listed = listed(entry, opened.fingerprint, attempt);
                if attempt == 1 && !self.batch.again && self.results.has(&listed) {
                    return AttemptOutcome::Kept;
                }
                let options = &self.batch.options;
                let observed =
                    grade::observe(&opened.submission, options, &progress, self.ending()).await;
                self.warn(&entry.id, &observed.ended);
                self.note_bases(&observed.seen);
                (listed, self.batch.rubric.ask(observed.seen))
            }
        };
        if seen.is_interrupted() {
            return AttemptOutcome::Nothing;
        }
        let report = Report {
            task: "task6",
            submission: shown(&entry.source),
            verdicts: judge(TASK6, &seen),
            observation: seen,
            rubric: self.batch.rubric.clone(),
            seconds: started.elapsed().as_secs_f64(),
            phases: progress.finish(),
        };
        match self.results.write(&listed, &report) {
            Ok(()) => AttemptOutcome::Graded(Box::new(report)),
            Err(error) => {
                let file = self.results.file(&listed.id);
                self.stop(BatchAbort::Output(file, error));
                AttemptOutcome::Nothing
            }
        }
    }

    async fn open(&self, entry: &Entry) -> Result<Opened, Fault> {
        let (path, clone) = match &entry.source {
            Source::Folder(path) => (path.clone(), None),
            Source::Repository(address) => {
                let clone = clone(address, &self.batch.out).await?;
                (clone.path().to_owned(), Some(clone))
            }
        };
        let files = |error: &dyn Display| Fault::told(FaultKind::Files, error.to_string());
        let settings = self.batch.settings.clone();
        let opened = spawn_blocking(move || {
            let submission = Submission::open(path).map_err(|error| unopened(&error))?;
            let mut hasher = blake3::Hasher::new();
            hasher.update(settings.as_bytes());
            submission.fingerprint(&mut hasher)?;
            Ok(Opened {
                submission,
                fingerprint: hasher.finalize().to_hex().to_string(),
                _clone: clone,
            })
        });
        opened.await.unwrap_or_else(|error| Err(files(&error)))
    }

    /// Reports the result of an attempt. If a fault may be temporary, puts the submission at the end of the queue again.
    async fn came(&self, entry: Entry, attempt: u32, report: &Report) {
        let fault = report
            .observation
            .fault
            .as_ref()
            .filter(|_| !report.gradable());
        let again = fault.is_some_and(|fault| may_pass(fault.kind)) && attempt < ATTEMPTS;
        self.progress.graded(&entry.id, report, !again);
        if again {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.push_back((entry, attempt + 1));
        }
        if fault.is_some_and(|fault| fault.kind == FaultKind::Engine) {
            self.engine_is_back().await;
        }
    }

    /// Waits for an engine that no longer answers; stops the batch if it does not return.
    async fn engine_is_back(&self) {
        let Some(engine) = self.batch.options.extent.engine() else {
            return;
        };
        let _one_asks = self.engine.lock().await;
        if *self.ending.borrow() {
            return;
        }
        if sandbox::engine_answers(engine).await.is_ok() {
            return;
        }
        self.progress.say(&Text::fixed(
            "the engine does not answer: waiting for it",
            "le moteur ne répond pas : attente de son retour",
        ));
        let back = sandbox::engine_is_back(engine, ENGINE_BACK);
        tokio::select! {
            back = back => if let Err(fault) = back { self.stop(BatchAbort::Engine(fault)) },
            () = self.ending() => {}
        }
    }

    /// Removes the image overrides that a submission uses from the unused ones.
    fn note_bases(&self, seen: &Observation) {
        if seen.sandbox.is_none() {
            return;
        }
        let bases = &self.batch.options.bases;
        let own: Vec<&ImageOverride> = bases.not_named(seen).collect();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let so_far = idle.get_or_insert_with(|| bases.iter().cloned().collect());
        so_far.retain(|base| own.contains(&base));
    }

    /// Warns about image overrides of `--base` that no submission uses, because their names may be wrong.
    fn warn_of_idle_bases(&self) {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        for ImageOverride { named, taken: _ } in idle.iter().flatten() {
            self.progress.say(&Text::new(
                format!("warning: no submission that was graded now has an image `{named}`, which `--base` replaces"),
                format!("attention : aucun des rendus notés à l’instant n’a d’image `{named}`, que `--base` remplace"),
            ));
        }
    }

    /// Reports the warnings of a run's end, such as leftovers on the engine.
    fn warn(&self, id: &str, ending: &Ending) {
        for words in ending.warnings() {
            self.progress.say(&Text::new(
                format!("{id}: {}", words.en),
                format!("{id} : {}", words.fr),
            ));
        }
    }

    /// Stops the batch: no further submission begins, and running ones end. Keeps the first reason.
    fn stop(&self, stop: BatchAbort) {
        self.stopped().get_or_insert(stop);
        self.ending.send_replace(true);
    }

    /// Waits until the batch must end.
    async fn ending(&self) {
        let mut ending = self.ending.subscribe();
        // The sender lives as long as the batch.
        let _ended = ending.wait_for(|ending| *ending).await;
    }

    fn stopped(&self) -> MutexGuard<'_, Option<BatchAbort>> {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns true if another attempt may succeed. A fault that the submission itself causes stays.
fn may_pass(kind: FaultKind) -> bool {
    match kind {
        FaultKind::Engine
        | FaultKind::Network
        | FaultKind::Disk
        | FaultKind::Time
        | FaultKind::Checker => true,
        FaultKind::Files
        | FaultKind::Folder
        | FaultKind::Unsupported
        | FaultKind::Disturbed
        | FaultKind::Closed
        | FaultKind::Unlimited
        | FaultKind::Base
        | FaultKind::Rubric
        | FaultKind::Stopped
        | FaultKind::Interrupted => false,
    }
}

/// Returns the fault of a submission that cannot be opened.
fn unopened(error: &OpenError) -> Fault {
    let kind = match error {
        OpenError::Several { .. } | OpenError::Packed(_) => FaultKind::Folder,
        OpenError::Absent(_) | OpenError::NotAFolder(_) | OpenError::Unreadable { .. } => {
            FaultKind::Files
        }
    };
    Fault::new(kind, error.message())
}

fn listed(entry: &Entry, fingerprint: String, attempts: u32) -> Listed {
    Listed {
        id: entry.id.clone(),
        name: entry.name.clone(),
        group: entry.group.clone(),
        fingerprint,
        attempts,
    }
}

/// Returns the location of a submission for reports.
fn shown(source: &Source) -> String {
    match source {
        Source::Folder(path) => path.display().to_string(),
        Source::Repository(address) => without_secrets(address),
    }
}

/// Returns the observation of a submission that could not be opened.
fn unseen(fault: Fault) -> Observation {
    Observation {
        fault: Some(fault),
        ..Observation::of_answer(None)
    }
}
