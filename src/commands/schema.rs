use super::{CommandError, output};
use crate::report::{ExitStatus, json};

pub(super) fn run() -> Result<ExitStatus, CommandError> {
    output::to_stdout(json::SCHEMA)?;
    Ok(ExitStatus::Passed)
}
