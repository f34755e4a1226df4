//! Other programs: starting them, waiting for them, and naming them in errors.

use std::io::ErrorKind;
use std::process::{Command, ExitCode, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Interval between two checks of a program with a deadline.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// End of a program with a deadline.
pub enum Ending {
    /// The program succeeded.
    Succeeded,
    /// The program failed, with this text on stderr.
    Failed(String),
    /// The program was ended at its deadline.
    Overdue,
}

/// Returns whether a program of this name can be started.
pub fn is_installed(program: &str) -> bool {
    let started = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .output();
    !matches!(started, Err(error) if error.kind() == ErrorKind::NotFound)
}

/// Runs a program in front of the user.
pub fn status(command: &mut Command) -> Result<ExitStatus> {
    command.status().with_context(|| cannot_start(command))
}

/// Runs a program in front of the user; a failure is an error.
pub fn run(command: &mut Command) -> Result<()> {
    let status = status(command)?;
    if status.success() {
        return Ok(());
    }
    bail!("`{}` ended with {status}", words(command))
}

/// Converts a program's exit code into our own. A program that a signal ended has none, and counts as a plain failure.
pub fn exit_code(status: ExitStatus) -> ExitCode {
    status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from)
}

/// Runs a program silently and returns its stdout; a failure is an error that carries the program's output.
pub fn text(command: &mut Command) -> Result<String> {
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| cannot_start(command))?;
    let stdout = String::from_utf8_lossy(&stdout).trim().to_owned();
    if status.success() {
        return Ok(stdout);
    }
    bail!(
        "`{}` ended with {status}\n{stdout}\n{}",
        words(command),
        String::from_utf8_lossy(&stderr).trim()
    )
}

/// Runs a program silently, and ends it at its deadline. The pipe is read at the end, so the program must print little.
pub fn run_within(command: &mut Command, deadline: Duration) -> Result<Ending> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| cannot_start(command))?;
    let start = Instant::now();
    while child.try_wait()?.is_none() {
        if start.elapsed() > deadline {
            child.kill()?;
            child.wait()?;
            return Ok(Ending::Overdue);
        }
        thread::sleep(LOOK_AGAIN);
    }
    let Output {
        status,
        stderr,
        stdout: _,
    } = child.wait_with_output()?;
    if status.success() {
        return Ok(Ending::Succeeded);
    }
    Ok(Ending::Failed(
        String::from_utf8_lossy(&stderr).trim().to_owned(),
    ))
}

fn cannot_start(command: &Command) -> String {
    format!("cannot start `{}`", command.get_program().to_string_lossy())
}

fn words(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}
