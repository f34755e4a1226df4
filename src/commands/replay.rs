use std::fs::File;
use std::io::{self, Read};

use softy_checks::model::Text;
use softy_checks::observation::Observation;
use softy_checks::{TASK6, judge};

use super::{CommandError, asked, output};
use crate::cli::Replay;
use crate::report::{ExitStatus, Report};
use crate::rubric::Rubric;

/// Maximum size of a recording in bytes; a real one has at most a few hundred kilobytes.
const RECORDING_BYTES: u64 = 16 << 20;

pub(super) fn run(arguments: &Replay) -> Result<ExitStatus, CommandError> {
    let asked = asked(&arguments.shown.only, &arguments.shown.skip)?;
    let rubric = Rubric::of(arguments.shown.rubric.as_ref())?;
    let observation = rubric.ask(read(arguments)?);
    let report = Report {
        task: "task6",
        submission: arguments.file.display().to_string(),
        verdicts: judge(TASK6, &observation),
        observation,
        rubric,
        seconds: 0.0,
        phases: Vec::new(),
    };
    output::hand_over(report.only(&asked), &arguments.shown)
}

fn read(arguments: &Replay) -> Result<Observation, CommandError> {
    let unreadable = |reason: Text| CommandError::Recording {
        path: arguments.file.clone(),
        reason,
    };
    let by_system = |error: io::Error| unreadable(Text::verbatim(error.to_string()));
    let mut text = String::new();
    let file = File::open(&arguments.file).map_err(by_system)?;
    file.take(RECORDING_BYTES)
        .read_to_string(&mut text)
        .map_err(by_system)?;
    let observation: Observation = serde_json::from_str(&text)
        .map_err(|error| unreadable(Text::verbatim(error.to_string())))?;
    if observation.schema != Observation::SCHEMA {
        let (found, known) = (observation.schema, Observation::SCHEMA);
        return Err(unreadable(Text::new(
            format!("it has version {found}, this release reads version {known}"),
            format!("il est de version {found}, celle-ci lit la version {known}"),
        )));
    }
    Ok(observation)
}
