//! Output of reports: to stdout, or to a file that is written completely or not at all.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tempfile::NamedTempFile;
use terminal_size::{Width, terminal_size};
use tokio::time::sleep;

use super::{CommandError, not_written};
use crate::cli::{Format, Shown, Spoken};
use crate::report::{
    ExitStatus, Report, canvas, csv, github, gradescope, html, json, junit, markdown, text,
};
use text::Page;

/// Width of a report that is not shown on a terminal, in columns.
const COLUMNS: usize = 80;

/// Writes a report, and returns the exit status of the process.
pub(super) fn hand_over(report: Report, shown: &Shown) -> Result<ExitStatus, CommandError> {
    write(&report, shown)?;
    Ok(report.exit_status())
}

/// Writes a report in the selected format, to the selected place.
fn write(report: &Report, shown: &Shown) -> Result<(), CommandError> {
    let columns = prepare(shown.output.as_deref(), shown.format);
    let language = shown.spoken.language();
    let written = match shown.format {
        Format::Text => as_text(report, shown, &page(&shown.spoken, columns)),
        Format::Json => json::render(report).map_err(io::Error::from)?,
        Format::Csv => csv::render(report, language)?,
        Format::Canvas => canvas::render(report)?,
        Format::Junit => junit::render(report, language)?,
        Format::Gradescope => gradescope::render(report, language).map_err(io::Error::from)?,
        Format::Github => github::render(report, language),
        Format::Markdown => markdown::render(report, language),
        Format::Html => html::render(report, language)?,
    };
    match &shown.output {
        Some(path) => to_file(path, &written),
        None => to_stdout(&written),
    }
}

/// Writes to a file completely or not at all, or directly to stdout. `write` receives the maximum width of a line in columns.
pub(super) fn stream(
    output: Option<&Path>,
    format: Format,
    write: impl FnOnce(&mut dyn Write, usize) -> io::Result<()>,
) -> Result<(), CommandError> {
    let columns = prepare(output, format);
    if let Some(path) = output {
        return replace(path, |file| write(file, columns));
    }
    let mut stdout = BufWriter::new(io::stdout().lock());
    gone_is_done(write(&mut stdout, columns).and_then(|()| stdout.flush()))
}

/// Turns colours off except for text on stdout. Returns the maximum width of a line in columns.
fn prepare(output: Option<&Path>, format: Format) -> usize {
    if output.is_some() || format != Format::Text {
        without_colours();
    }
    columns(output.is_none() && io::stdout().is_terminal())
}

/// Turns colours off.
pub(super) fn without_colours() {
    colored::control::set_override(false);
}

/// Returns a page of this width, or a page for a screen reader.
pub(super) fn page(spoken: &Spoken, columns: usize) -> Page {
    match spoken.plain {
        true => {
            without_colours();
            Page::plain(spoken.language())
        }
        false => Page::new(spoken.language(), columns),
    }
}

fn as_text(report: &Report, shown: &Shown, page: &Page) -> String {
    let mut parts = vec![text::render(report, page)];
    if shown.verbose {
        parts.push(text::render_measurement(report, page));
        let sandbox = report.observation.sandbox.as_ref();
        parts.extend(sandbox.map(|sandbox| text::render_sandbox(sandbox, page)));
    }
    if shown.timings {
        parts.push(text::render_timings(report, page));
    }
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

/// Writes all of `content`. Ignores a closed pipe, because its reader needs nothing more.
pub(super) fn to_stdout(content: &str) -> Result<(), CommandError> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(content.as_bytes());
    gone_is_done(written.and_then(|()| stdout.flush()))
}

/// Waits until the reader of stdout is gone, as after `| head -1`.
pub(super) async fn unread() {
    const BETWEEN_LOOKS: Duration = Duration::from_millis(200);
    while !is_unread() {
        sleep(BETWEEN_LOOKS).await;
    }
}

fn is_unread() -> bool {
    let stdout = io::stdout();
    // `poll` reports `ERR` and `HUP` without a request.
    let mut looked_at = [PollFd::new(&stdout, PollFlags::empty())];
    let looked = poll(&mut looked_at, Some(&Timespec::default()));
    looked.is_ok()
        && looked_at[0]
            .revents()
            .intersects(PollFlags::ERR | PollFlags::HUP)
}

fn gone_is_done(written: io::Result<()>) -> Result<(), CommandError> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Writes a file completely or not at all: to a temporary file first, which then replaces it.
pub(super) fn to_file(path: &Path, content: &str) -> Result<(), CommandError> {
    replace(path, |file| file.write_all(content.as_bytes()))
}

/// Writes a file like [`to_file`], with the output of `write` as its content.
fn replace(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), CommandError> {
    let failed = not_written(path);
    let place = Place::of(path).map_err(failed)?;
    let (path, file) = match place {
        Place::Open(mut file) => return write(&mut file).map_err(failed),
        Place::File(path, file) => (path, file),
    };
    let mut buffer = BufWriter::new(file);
    write(&mut buffer).map_err(failed)?;
    let file = buffer.into_inner();
    let file = file.map_err(|error| failed(error.into_error()))?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Checks that a file can be written, before the work for its content begins.
pub(super) fn check(path: &Path) -> Result<(), CommandError> {
    Place::of(path).map(drop).map_err(not_written(path))
}

/// Target of the output.
enum Place {
    /// Terminal, pipe, device or link to a file descriptor: it cannot be replaced, only written to.
    Open(File),
    /// Regular file, which the temporary file in the same folder replaces.
    File(PathBuf, NamedTempFile),
}

impl Place {
    fn of(path: &Path) -> io::Result<Place> {
        let stands_for_a_descriptor = path.is_symlink()
            && ["/dev", "/proc"]
                .iter()
                .any(|folder| path.starts_with(folder));
        if path.exists() && (!path.is_file() || stands_for_a_descriptor) {
            let open = OpenOptions::new().append(true).open(path);
            return open.map(Place::Open);
        }
        // A symbolic link stays, and the file that it points to is replaced.
        let path = match path.exists() {
            true => path.canonicalize()?,
            false => path.to_owned(),
        };
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            Some(_) | None => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        // The umask applies, as for any new file.
        builder.permissions(Permissions::from_mode(0o666));
        let file = builder
            .tempfile_in(folder)
            // The full error names the temporary file, which means nothing to the user.
            .map_err(|error| io::Error::from(error.kind()))?;
        if path.exists() {
            let before = OpenOptions::new().write(true).open(&path)?;
            let permissions = before.metadata()?.permissions();
            file.as_file().set_permissions(permissions)?;
        }
        Ok(Place::File(path, file))
    }
}

fn columns(to_terminal: bool) -> usize {
    match terminal_size() {
        Some((Width(columns), _)) if to_terminal => columns.into(),
        Some(_) | None => COLUMNS,
    }
}
