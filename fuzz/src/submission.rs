//! Runs on a submission's files that read, judge and report as the program does.

use std::fs;
use std::path::Path;

use softy_check::compose::project::Project;
use softy_check::compose::read;
use softy_check::grade::{Extent, Options, observe};
use softy_check::progress::Progress;
use softy_check::report::{Report, json, text};
use softy_check::rubric::Rubric;
use softy_check::submission::Submission;
use softy_checks::model::{Language, Place};
use softy_checks::observation::{FaultKind, Observation};
use softy_checks::{Expectations, Status, TASK6, judge};
use tempfile::TempDir;

/// Names of the files in one input of [`crate::compose`], in this order, in the task's folder.
pub const FILES: [&str; 4] = [
    "docker-compose.yml",
    ".env",
    "docker-compose.override.yml",
    "common.yml",
];

/// Separator of the files in an input: ASCII's file separator.
pub const SEPARATOR: u8 = 0x1c;

/// Width of the report in columns.
const COLUMNS: usize = 80;

/// Panics if a submission of these files is not read the same way twice, points outside its files, causes a fault other
/// than `Unsupported`, or is reported with a character that controls a terminal.
pub fn holds(files: &[(&str, &[u8])]) {
    let folder = folder(files);
    let seen = observed(folder.path());
    assert_eq!(seen, observed(folder.path()), "not the same twice");
    if let Some(fault) = &seen.fault {
        assert_eq!(fault.kind, FaultKind::Unsupported, "{fault:?}");
    }
    for place in places(&seen) {
        let (_, content) = files
            .iter()
            .find(|(name, _)| place.file == format!("task6/{name}"))
            .expect("a file that is there");
        // A carriage return alone also ends a line.
        let ends = |byte: &&u8| matches!(byte, b'\n' | b'\r');
        let lines = content.iter().filter(ends).count() + 1;
        assert!((1..=lines).contains(&(place.line as usize)), "{place:?}");
    }
    reported(seen);
}

/// Returns the project that the sandbox would start for these files; `None` if it would start nothing.
pub fn project(files: &[(&str, &[u8])]) -> Option<Project> {
    let folder = folder(files);
    let submission = Submission::open(folder.path()).expect("a submission");
    let (_, project) =
        read(&submission, &Expectations::default()).expect("no trouble of the checker's own");
    project
}

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::Builder::new().tempdir_in(memory());
    let folder = folder.expect("a folder");
    let task = folder.path().join("task6");
    fs::create_dir(&task).expect("a folder");
    for (name, content) in files {
        fs::write(task.join(name), content).expect("a file");
    }
    folder
}

/// Returns a folder in memory, on systems that have one; otherwise the folder of temporary files.
fn memory() -> std::path::PathBuf {
    let shared = Path::new("/dev/shm");
    if shared.is_dir() {
        return shared.to_owned();
    }
    std::env::temp_dir()
}

fn observed(folder: &Path) -> Observation {
    let submission = Submission::open(folder).expect("a submission");
    let options = Options {
        extent: Extent::Files,
        ..Options::default()
    };
    let progress = Progress::untold(Language::English);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let observing = observe(&submission, &options, &progress, std::future::pending());
    runtime.expect("a runtime").block_on(observing).seen
}

fn places(seen: &Observation) -> Vec<Place> {
    let compose = seen.compose.iter();
    let found = compose.flat_map(|compose| {
        let problems = compose.problems.iter().map(|problem| &problem.place);
        problems.chain(compose.refusals.iter().map(|refusal| &refusal.place))
    });
    let verdicts = judge(TASK6, seen);
    let judged = verdicts.iter().filter_map(|verdict| match &verdict.status {
        Status::Failed { finding, .. } => finding.place.clone(),
        Status::Passed | Status::Skipped(_) | Status::NotGraded(_) => None,
    });
    found.flatten().cloned().chain(judged).collect()
}

fn reported(seen: Observation) {
    let report = Report {
        task: "task6",
        submission: "submission".to_owned(),
        verdicts: judge(TASK6, &seen),
        observation: seen,
        rubric: Rubric::default(),
        seconds: 0.0,
        phases: Vec::new(),
    };
    for language in [Language::English, Language::French] {
        let page = text::render(&report, &text::Page::new(language, COLUMNS));
        let acted_on = |character: &char| character.is_control() && *character != '\n';
        assert_eq!(page.chars().find(acted_on), None, "{page:?}");
    }
    json::render(&report).expect("JSON");
}
