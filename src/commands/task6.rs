mod watch;

use std::future::pending;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use softy_checks::model::Text;
use softy_checks::observation::Observation;
use softy_checks::{TASK6, judge};
use tokio::runtime::Runtime;

use super::grading::options;
use super::interruption::interruption;
use super::{CommandError, asked, output};
use crate::cli::{Engine, Task6};
use crate::grade::{Ending, Kept, Observed, Options, observe};
use crate::progress::{Progress, REMOVING};
use crate::report::{ExitStatus, Phase, Report};
use crate::rubric::Rubric;
use crate::sandbox::{ImageOverride, ImageOverrides};
use crate::submission::{Submission, has_task};

/// Job of the command: a submission with the options of its grading.
pub(super) struct GradeJob<'a> {
    arguments: &'a Task6,
    asked: Vec<&'static str>,
    rubric: Rubric,
    options: Options,
    path: &'a Path,
}

pub(super) fn run(arguments: &Task6) -> Result<ExitStatus, CommandError> {
    let asked = asked(&arguments.shown.only, &arguments.shown.skip)?;
    let rubric = Rubric::of(arguments.shown.rubric.as_ref())?;
    let (engine, grading) = (&arguments.engine, &arguments.grading);
    let options = options(engine, grading, &asked, &rubric, Arc::default())?;
    let written = [&arguments.record, &arguments.shown.output];
    for path in written.into_iter().flatten() {
        output::check(path)?;
    }
    let order = GradeJob {
        arguments,
        asked,
        rubric,
        options: Options {
            keep: arguments.keep,
            ..options
        },
        path: path(arguments)?,
    };
    match arguments.watch {
        true => watch::run(&order),
        false => order.once(),
    }
}

impl GradeJob<'_> {
    fn once(&self) -> Result<ExitStatus, CommandError> {
        let started = Instant::now();
        let submission = Submission::open_around(self.path)?;
        let progress = self.progress();
        self.tell_of_folder(&submission, &progress);
        let observing = observe_until_interrupted(&submission, &self.options, &progress);
        let Observed { seen, ended } = Runtime::new()?.block_on(observing)?;
        let phases = progress.finish();
        self.warn(&ended, &progress);
        let status = self.hand_over(seen, started.elapsed(), phases, &progress)?;
        if let Some(kept) = &ended.kept {
            let engine = &self.arguments.engine;
            progress.say(&left_up(kept, engine));
        }
        Ok(status)
    }

    /// Creates the progress of a run, with details if `--verbose` is set.
    pub(super) fn progress(&self) -> Progress {
        let spoken = &self.arguments.shown.spoken;
        let progress = Progress::new(spoken.language(), spoken.plain);
        match self.arguments.shown.verbose {
            true => progress.in_detail(),
            false => progress,
        }
    }

    /// Reports which folder is graded, unless the given path shows it.
    fn tell_of_folder(&self, submission: &Submission, progress: &Progress) {
        if let Some(taken) = submission.taken() {
            let folder = folded(&self.path.join(taken)).display().to_string();
            progress.say(&Text::new(
                format!("`{folder}` is taken for the folder `task6`"),
                format!("`{folder}` est pris pour le dossier `task6`"),
            ));
        }
    }

    /// Reports the warnings about the engine after a run.
    pub(super) fn warn(&self, ended: &Ending, progress: &Progress) {
        for words in ended.warnings() {
            progress.say(&words);
        }
    }

    /// Judges an observation, and writes the report and the recording.
    pub(super) fn hand_over(
        &self,
        seen: Observation,
        took: Duration,
        phases: Vec<Phase>,
        progress: &Progress,
    ) -> Result<ExitStatus, CommandError> {
        let observation = self.rubric.ask(seen);
        for words in not_named(&self.options.bases, &observation) {
            progress.say(&words);
        }
        if observation.is_interrupted() {
            return Err(CommandError::Interrupted);
        }
        let recorded = self.record(&observation);
        let report = Report {
            task: "task6",
            submission: self.path.display().to_string(),
            verdicts: judge(TASK6, &observation),
            observation,
            rubric: self.rubric.clone(),
            seconds: took.as_secs_f64(),
            phases,
        };
        let status = output::hand_over(report.only(&self.asked), &self.arguments.shown)?;
        recorded.map(|()| status)
    }

    /// Waits until the reader of the reports is gone; never ends if they are written to a file.
    pub(super) async fn unread(&self) {
        match self.arguments.shown.output {
            Some(_) => pending().await,
            None => output::unread().await,
        }
    }

    fn record(&self, observation: &Observation) -> Result<(), CommandError> {
        let Some(path) = &self.arguments.record else {
            return Ok(());
        };
        let recording = serde_json::to_string_pretty(observation).map_err(std::io::Error::from)?;
        output::to_file(path, &(recording + "\n"))
    }
}

/// Returns the address of a stack that stays up, the commands for its logs, and the command that removes it.
fn left_up(kept: &Kept, engine: &Engine) -> Text {
    let named = match (&engine.host, &engine.context) {
        (Some(host), _) => format!(" --host {host}"),
        (None, Some(context)) => format!(" --context {context}"),
        (None, None) => String::new(),
    };
    let (en, fr) = match kept.address {
        Some(address) => (
            format!("the stack stays up: http://{address}/"),
            format!("la pile reste démarrée : http://{address}/"),
        ),
        None => (
            "the stack stays up, without a proxy that runs".to_owned(),
            "la pile reste démarrée, sans proxy qui tourne".to_owned(),
        ),
    };
    let logs = kept.containers.iter();
    let logs: String = logs
        .map(|name| format!("\n  docker{named} logs {name}"))
        .collect();
    Text::new(
        format!("{en}{logs}\nto remove it: softy-check clean{named}"),
        format!("{fr}{logs}\npour la supprimer : softy-check clean{named}"),
    )
}

/// Returns the given path, or else the current folder if it contains the task.
fn path(arguments: &Task6) -> Result<&Path, CommandError> {
    let here = Path::new(".");
    match &arguments.path {
        Some(path) => Ok(path),
        None if has_task(here)? => Ok(here),
        None => Err(CommandError::NoSubmission),
    }
}

async fn observe_until_interrupted(
    submission: &Submission,
    options: &Options,
    progress: &Progress,
) -> Result<Observed, CommandError> {
    let interruption = interruption()?;
    let interrupted = async {
        interruption.await;
        progress.say(&REMOVING);
    };
    Ok(observe(submission, options, progress, interrupted).await)
}

/// Returns a warning for each image override that the submission does not use; none if nothing was built.
fn not_named(bases: &ImageOverrides, seen: &Observation) -> Vec<Text> {
    let idle = bases.not_named(seen);
    idle.map(|ImageOverride { named, taken: _ }| {
        Text::new(
            format!("warning: the submission has no image `{named}`, which `--base` replaces"),
            format!("attention : le rendu n’a pas d’image `{named}`, que `--base` remplace"),
        )
    })
    .collect()
}

/// Returns a path without the names that a `..` behind them takes back.
fn folded(path: &Path) -> PathBuf {
    let mut folded = PathBuf::new();
    for part in path.components() {
        let last = folded.components().next_back();
        match (part, last) {
            (Component::ParentDir, Some(Component::Normal(_))) => drop(folded.pop()),
            (part, _) => folded.push(part),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use softy_checks::observation::{BaseImage, Sandbox};

    use super::*;

    fn seen(references: &[&str]) -> Observation {
        let images = references.iter().map(|reference| BaseImage {
            reference: (*reference).to_owned(),
            services: vec!["back-end".to_owned()],
            taken: None,
            id: None,
            digest: None,
        });
        let sandbox = Sandbox {
            engine: String::new(),
            driver: String::new(),
            reach: "address".to_owned(),
            egress: false,
            unenforced: Vec::new(),
            refused_to_builds: Vec::new(),
            base_images: images.collect(),
        };
        Observation {
            sandbox: Some(sandbox),
            ..Observation::of_answer(None)
        }
    }

    #[test]
    fn an_image_that_nothing_begins_with_is_not_replaced_in_silence() {
        let bases = ["ubuntu=ubuntu:22.04", "nginx:1=nginx:2"];
        let bases = ImageOverrides::new(bases.map(|base| base.parse().unwrap()).to_vec()).unwrap();
        let warned = not_named(&bases, &seen(&["library/ubuntu:latest", "nginx"]));
        assert_eq!(warned.len(), 1, "{warned:?}");
        assert!(warned[0].en.contains("`nginx:1`"), "{warned:?}");
        assert_eq!(not_named(&bases, &Observation::of_answer(None)), []);
    }

    #[test]
    fn a_path_is_shown_without_detours() {
        let shown = |path: &str| folded(Path::new(path)).display().to_string();
        assert_eq!(shown("x/task6/docker-compose.yml/.."), "x/task6");
        assert_eq!(shown("x/task6/back-end/../.."), "x");
        assert_eq!(shown("./task6/.."), ".");
        assert_eq!(shown("../../x"), "../../x");
    }
}
