use std::process::ExitCode;

/// Exit status of the process; scripts depend on these numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Every judged check that is worth points passed.
    Passed,
    /// The submission lost points.
    Failed,
    /// The command line is not valid.
    WrongUsage,
    /// A fault of the checker, or nothing was judged; this is not a score of zero.
    CouldNotGrade,
    /// The user interrupted the run from the keyboard.
    Interrupted,
}

impl ExitStatus {
    /// Returns the exit code.
    pub fn code(self) -> u8 {
        match self {
            ExitStatus::Passed => 0,
            ExitStatus::Failed => 1,
            ExitStatus::WrongUsage => 2,
            ExitStatus::CouldNotGrade => 3,
            ExitStatus::Interrupted => 130,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> ExitCode {
        ExitCode::from(status.code())
    }
}
