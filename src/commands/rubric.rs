use super::{CommandError, output};
use crate::cli::Rubric;
use crate::report::ExitStatus;
use crate::rubric::printed;

pub(super) fn run(arguments: &Rubric) -> Result<ExitStatus, CommandError> {
    output::to_stdout(printed(arguments.spoken.language()))?;
    Ok(ExitStatus::Passed)
}
