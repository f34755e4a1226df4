use std::process::ExitCode;

/// What the process ends with; scripts build on these numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Everything that was judged and is worth points passed.
    Passed,
    /// The submission lost points.
    Failed,
    /// The command line makes no sense.
    WrongUsage,
    /// The checker's own trouble, or nothing was judged; not zero points.
    CouldNotGrade,
    /// Interrupted from the keyboard.
    Interrupted,
}

impl ExitStatus {
    /// The number that the shell sees.
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
