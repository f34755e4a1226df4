//! Where reports go: whole to stdout, or whole into a file.

use std::fs::Permissions;
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use terminal_size::{Width, terminal_size};

use super::CommandError;
use crate::cli::{Format, Shown};
use crate::report::{ExitStatus, Report, json, text};

/// Columns of a report that no terminal shows.
const COLUMNS: usize = 80;

/// Hands over a report with the checks that were asked for; what the process ends with.
pub(super) fn hand_over(report: Report, shown: &Shown) -> Result<ExitStatus, CommandError> {
    let report = match shown.only.as_slice() {
        [] => report,
        ids => report.only(ids),
    };
    write(&report, shown)?;
    Ok(report.exit_status())
}

/// Writes a report as it was asked for.
fn write(report: &Report, shown: &Shown) -> Result<(), CommandError> {
    let to_terminal = shown.output.is_none() && io::stdout().is_terminal();
    if shown.output.is_some() {
        colored::control::set_override(false);
    }
    let written = match shown.format {
        Format::Text => as_text(report, shown, columns(to_terminal)),
        Format::Json => json::render(report).map_err(io::Error::from)?,
    };
    match &shown.output {
        Some(path) => to_file(path, &written),
        None => to_stdout(&written),
    }
}

fn as_text(report: &Report, shown: &Shown, columns: usize) -> String {
    let language = shown.language();
    let mut parts = vec![text::render(report, language, columns)];
    if shown.verbose {
        parts.push(text::render_measurement(report, language, columns));
        let sandbox = report.observation.sandbox.as_ref();
        parts.extend(sandbox.map(|sandbox| text::render_sandbox(sandbox, language, columns)));
    }
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

/// Writes all of `content`; a reader that has gone away has seen what it wanted.
pub(super) fn to_stdout(content: &str) -> Result<(), CommandError> {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(content.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Writes a file whole or not at all: under another name first, then in its place.
pub(super) fn to_file(path: &Path, content: &str) -> Result<(), CommandError> {
    let failed = |error| CommandError::Output {
        path: path.to_owned(),
        error,
    };
    if path.exists() && !path.is_file() {
        // A terminal or a pipe cannot be replaced, only written to.
        return std::fs::write(path, content).map_err(failed);
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    // The process's umask applies, as for any file that a program makes.
    let mut file = builder
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)
        .map_err(failed)?;
    file.write_all(content.as_bytes()).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

fn columns(to_terminal: bool) -> usize {
    match terminal_size() {
        Some((Width(columns), _)) if to_terminal => columns.into(),
        Some(_) | None => COLUMNS,
    }
}
