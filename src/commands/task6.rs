use std::time::Instant;

use softy_checks::model::{Check, Text};
use softy_checks::observation::{Fault, FaultKind};
use softy_checks::{TASK6, judge};
use tokio::runtime::Runtime;

use super::clean::not_swept;
use super::interruption::interruption;
use super::{CommandError, REMOVING, check_ids, output};
use crate::cli::Task6;
use crate::grade::{Extent, Observed, Options, observe};
use crate::progress::Progress;
use crate::report::{ExitStatus, Report};
use crate::sandbox::{Builds, Egress};
use crate::submission::Submission;

/// The last check that files alone can answer; every check behind it in the catalogue needs an engine.
const LAST_OF_FILES: &str = "back-end-private";

pub(super) fn run(arguments: &Task6) -> Result<ExitStatus, CommandError> {
    check_ids(&arguments.shown.only)?;
    let started = Instant::now();
    let submission = Submission::open(&arguments.path)?;
    let progress = Progress::new(arguments.shown.language());
    let observed =
        Runtime::new()?.block_on(observe_until_interrupted(arguments, &submission, &progress))?;
    let phases = progress.finish();
    if let Some(left) = &observed.left {
        progress.say(&left_on_the_engine(left));
    }
    for words in observed.swept.iter().flat_map(not_swept) {
        progress.say(&words);
    }
    let observation = observed.seen;
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
        submission: arguments.path.display().to_string(),
        verdicts: judge(TASK6, &observation),
        observation,
        seconds: started.elapsed().as_secs_f64(),
        phases,
    };
    output::hand_over(report, &arguments.shown)
}

async fn observe_until_interrupted(
    arguments: &Task6,
    submission: &Submission,
    progress: &Progress,
) -> Result<Observed, CommandError> {
    let interruption = interruption()?;
    let options = Options {
        extent: extent(arguments),
        reach: arguments.reach.map(Into::into),
        builds: match arguments.unlimited_builds {
            true => Builds::Unlimited,
            false => Builds::Limited,
        },
        egress: match arguments.egress {
            true => Egress::Open,
            false => Egress::Closed,
        },
        build_hosts: arguments.build_hosts.clone(),
        runtime: arguments.runtime.clone(),
    };
    let interrupted = async {
        interruption.await;
        progress.say(&REMOVING);
    };
    Ok(observe(submission, &options, progress, interrupted).await)
}

fn left_on_the_engine(fault: &Fault) -> Text {
    let detail = &fault.detail;
    Text::new(
        format!("warning: not everything could be removed from the engine: {detail}"),
        format!("attention : tout n’a pas pu être supprimé du moteur : {detail}"),
    )
}

/// Files alone when no check that was asked for, nor one that it comes after, needs more.
fn extent(arguments: &Task6) -> Extent {
    let of_files = |check: &&Check| {
        TASK6.iter().position(|other| other.id == check.id)
            <= TASK6.iter().position(|other| other.id == LAST_OF_FILES)
    };
    let asked: Vec<&Check> = TASK6
        .iter()
        .copied()
        .filter(|check| arguments.shown.only.iter().any(|id| id == check.id))
        .collect();
    if arguments.no_stack || (!asked.is_empty() && asked.iter().all(of_files)) {
        return Extent::Files;
    }
    Extent::Everything
}
