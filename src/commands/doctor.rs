mod line;
mod lines;

use std::sync::Arc;

use serde::Serialize;
use softy_checks::model::Language;
use tokio::runtime::Runtime;

use super::interruption::interruption;
use super::{CommandError, output};
use crate::cli::{Doctor, ListFormat, Spoken};
use crate::report::ExitStatus;
use crate::sandbox::{Endpoint, ImageOverrides, Sandbox, System, absence, limits};
use line::{Line, Mark};

/// JSON output of the command.
#[derive(Serialize)]
struct Printed<'a> {
    /// True if stacks can be graded on this engine.
    usable: bool,
    lines: Vec<line::Printed<'a>>,
}

pub(super) fn run(arguments: &Doctor) -> Result<ExitStatus, CommandError> {
    let endpoint = arguments.engine.endpoint()?;
    let lines = Runtime::new()?.block_on(look_until_interrupted(&endpoint))?;
    let usable = lines.iter().all(|line| line.mark != Mark::Trouble);
    let written = match arguments.format {
        ListFormat::Text => text(&lines, &arguments.spoken),
        ListFormat::Json => json(&lines, usable, arguments.spoken.language())?,
    };
    output::to_stdout(&written)?;
    Ok(match usable {
        true => ExitStatus::Passed,
        false => ExitStatus::CouldNotGrade,
    })
}

async fn look_until_interrupted(endpoint: &Endpoint) -> Result<Vec<Line>, CommandError> {
    let interruption = interruption()?;
    tokio::select! {
        lines = look(endpoint) => Ok(lines),
        () = interruption => Err(CommandError::Interrupted),
    }
}

/// Returns the lines of the address and the engine, and those of its capabilities if it answers.
async fn look(endpoint: &Endpoint) -> Vec<Line> {
    let address = lines::address(endpoint);
    if let Some(absence) = absence(endpoint, limits::SILENCE).await {
        let engine = Line::new("engine", Mark::Trouble, absence.message());
        let remedy = absence.remedy(endpoint, System::here());
        return vec![address, engine.with(remedy)];
    }
    let looked = async {
        let sandbox =
            Sandbox::open(endpoint, None, ImageOverrides::default(), Arc::default()).await?;
        sandbox.diagnosis().await
    };
    match looked.await {
        Ok(diagnosis) => {
            let told = lines::of(&diagnosis, endpoint);
            std::iter::once(address).chain(told).collect()
        }
        Err(fault) => {
            let engine = Line::new("engine", Mark::Trouble, fault.detail);
            vec![address, engine.with(fault.kind.remedy())]
        }
    }
}

fn text(lines: &[Line], spoken: &Spoken) -> String {
    let language = spoken.language();
    let text = |line: &Line| match spoken.plain {
        true => line.plain_text(language),
        false => line.text(language),
    };
    lines.iter().map(text).collect()
}

fn json(lines: &[Line], usable: bool, language: Language) -> Result<String, CommandError> {
    let lines = lines.iter().map(|line| line.printed(language)).collect();
    let printed = Printed { usable, lines };
    Ok(serde_json::to_string_pretty(&printed).map_err(std::io::Error::from)? + "\n")
}
