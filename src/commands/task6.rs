use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use softy_checks::model::Text;
use softy_checks::observation::{Fault, FaultKind, Observation};
use softy_checks::{TASK6, judge};
use tokio::runtime::Runtime;

use super::clean::not_swept;
use super::grading::options;
use super::interruption::interruption;
use super::{CommandError, check_ids, output};
use crate::cli::Task6;
use crate::grade::{Observed, Options, left_on_the_engine, observe};
use crate::progress::{Progress, REMOVING};
use crate::report::{ExitStatus, Report};
use crate::rubric::Rubric;
use crate::sandbox::{Base, Bases};
use crate::submission::{Submission, has_task};

pub(super) fn run(arguments: &Task6) -> Result<ExitStatus, CommandError> {
    check_ids(&arguments.shown.only)?;
    let rubric = Rubric::of(arguments.shown.rubric.as_ref())?;
    let (engine, grading) = (&arguments.engine, &arguments.grading);
    let only = &arguments.shown.only;
    let options = options(engine, grading, only, &rubric, Arc::default())?;
    let started = Instant::now();
    let path = path(arguments)?;
    let submission = Submission::open(path)?;
    let progress = Progress::new(arguments.shown.spoken.language());
    let observed =
        Runtime::new()?.block_on(observe_until_interrupted(&submission, &options, &progress))?;
    let phases = progress.finish();
    if let Some(left) = &observed.left {
        progress.say(&left_on_the_engine(left));
    }
    for words in observed.swept.iter().flat_map(not_swept) {
        progress.say(&words);
    }
    let observation = rubric.ask(observed.seen);
    for words in not_named(&options.bases, &observation) {
        progress.say(&words);
    }
    let interrupted = |fault: &Fault| fault.kind == FaultKind::Interrupted;
    if observation.fault.as_ref().is_some_and(interrupted) {
        return Err(CommandError::Interrupted);
    }
    if let Some(path) = &arguments.record {
        let recording = serde_json::to_string_pretty(&observation).map_err(std::io::Error::from)?;
        output::to_file(path, &(recording + "\n"))?;
    }
    let report = Report {
        task: "task6",
        submission: path.display().to_string(),
        verdicts: judge(TASK6, &observation),
        observation,
        rubric,
        seconds: started.elapsed().as_secs_f64(),
        phases,
    };
    output::hand_over(report, &arguments.shown)
}

/// The path that was given, else the current folder where the task is there.
fn path(arguments: &Task6) -> Result<&Path, CommandError> {
    let here = Path::new(".");
    match &arguments.path {
        Some(path) => Ok(path),
        None if has_task(here) => Ok(here),
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

/// A warning for each image that was to be replaced and that the submission does not name; none where nothing was built.
fn not_named(bases: &Bases, seen: &Observation) -> Vec<Text> {
    let Some(sandbox) = &seen.sandbox else {
        return Vec::new();
    };
    let is_named = |base: &&Base| {
        let mut images = sandbox.base_images.iter();
        images.any(|image| base.is_named(&image.reference))
    };
    let idle = bases.iter().filter(|base| !is_named(base));
    idle.map(|Base { named, taken: _ }| {
        Text::new(
            format!("warning: the submission has no image `{named}`, which `--base` replaces"),
            format!("attention : le rendu n’a pas d’image `{named}`, que `--base` remplace"),
        )
    })
    .collect()
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
        let bases = Bases::new(bases.map(|base| base.parse().unwrap()).to_vec()).unwrap();
        let warned = not_named(&bases, &seen(&["library/ubuntu:latest", "nginx"]));
        assert_eq!(warned.len(), 1, "{warned:?}");
        assert!(warned[0].en.contains("`nginx:1`"), "{warned:?}");
        assert_eq!(not_named(&bases, &Observation::of_answer(None)), []);
    }
}
