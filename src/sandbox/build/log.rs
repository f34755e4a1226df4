//! Bounded output of a build, and its image.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bollard::moby::buildkit::v1::StatusResponse;
use bollard::models::{BuildInfo, BuildInfoAux};
use softy_checks::model::Evidence;
use softy_checks::observation::{BuildFailure, ImageState, Resource};

use super::disk_budget::DiskBudget;
use super::error::failed_instruction;
use crate::sandbox::limits;

/// Colour codes that the classic builder puts around everything that a step writes to stderr.
const ERROR_COLOUR: [&str; 2] = ["\u{1b}[91m", "\u{1b}[0m"];

/// Log of a running build.
#[derive(Default)]
pub(super) struct Log {
    /// Last lines of the current or failed step.
    pub(super) lines: VecDeque<String>,
    /// True while the last line is incomplete: programs write lines in parts, which arrive one by one.
    is_open: bool,
    /// Instruction of that step.
    pub(super) step: String,
    /// Id of the image that the classic builder has made.
    pub(super) image: Option<String>,
    /// Time of the last output.
    printed: Option<Instant>,
    /// Size of the output, in bytes.
    bytes: usize,
    /// Disk budget of all builds of the run; counts the layers that this one pulls.
    taken: Arc<DiskBudget>,
}

impl Log {
    /// Creates the log of a build, with the disk budget of its run.
    pub(super) fn of(taken: Arc<DiskBudget>) -> Log {
        Log {
            taken,
            ..Log::default()
        }
    }

    /// Adds the next message of a build. Returns the limit that it exceeds, if it does.
    pub(super) fn add(&mut self, info: BuildInfo) -> Option<Resource> {
        self.printed = Some(Instant::now());
        if let (Some(id), Some(progress)) = (info.id, info.progress_detail) {
            if let Some(total) = progress.total.and_then(|total| u64::try_from(total).ok()) {
                self.taken.note(&id, total);
            }
            if self.taken.is_too_much() {
                return Some(Resource::Disk);
            }
        }
        if let Some(text) = info.stream {
            self.add_classic(&text);
        }
        match info.aux {
            Some(BuildInfoAux::BuildKit(status)) => self.add_status(status),
            Some(BuildInfoAux::Default(image)) => self.image = image.id,
            None => {}
        }
        (self.bytes > limits::BUILD_OUTPUT_BYTES).then_some(Resource::Output)
    }

    /// Returns whether the build printed something within the last `period`.
    pub(super) fn printed_within(&self, period: Duration) -> bool {
        self.printed
            .is_some_and(|printed| printed.elapsed() < period)
    }

    /// Returns the state of the failed build for the checks.
    pub(super) fn failed(
        self,
        failure: BuildFailure,
        error: String,
        path: &str,
        dockerfile: &str,
    ) -> ImageState {
        ImageState::BuildFailed {
            place: failed_instruction(path, dockerfile, &self.step, &error),
            failure,
            error,
            log: Evidence {
                source: path.to_owned(),
                lines: self.lines.into(),
            },
        }
    }

    fn add_status(&mut self, status: StatusResponse) {
        for vertex in status
            .vertexes
            .iter()
            .filter(|vertex| !vertex.error.is_empty())
        {
            let step = vertex.name.split_once("] ").map(|(_, step)| step);
            self.step = step.unwrap_or(&vertex.name).to_owned();
        }
        for log in status.logs {
            self.add_lines(&String::from_utf8_lossy(&log.msg));
        }
    }

    /// Adds output of the classic builder, which mixes its own messages with the steps' output.
    fn add_classic(&mut self, text: &str) {
        let step = text
            .strip_prefix("Step ")
            .and_then(|step| step.split_once(" : "));
        if let Some((_, step)) = step {
            self.step = step.trim_end().to_owned();
            self.lines.clear();
            self.is_open = false;
        } else if !text.starts_with(" ---> ")
            && !text.starts_with("Removing intermediate container ")
        {
            let text = ERROR_COLOUR
                .iter()
                .fold(text.to_owned(), |text, code| text.replace(code, ""));
            self.add_lines(&text);
        }
    }

    fn add_lines(&mut self, text: &str) {
        self.bytes = self.bytes.saturating_add(text.len());
        for part in text.split_inclusive('\n') {
            let words = part.trim_end_matches(['\r', '\n']);
            match self.lines.back_mut() {
                Some(line) if self.is_open => {
                    let room = limits::LOG_LINE_CHARACTERS.saturating_sub(line.chars().count());
                    line.extend(words.chars().take(room));
                }
                Some(_) | None if words.trim().is_empty() => continue,
                Some(_) | None => {
                    if self.lines.len() == limits::LOG_LINES {
                        self.lines.pop_front();
                    }
                    self.lines
                        .push_back(words.chars().take(limits::LOG_LINE_CHARACTERS).collect());
                }
            }
            self.is_open = !part.ends_with('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(parts: &[&str]) -> Vec<String> {
        let mut log = Log::default();
        for part in parts {
            log.add(BuildInfo {
                stream: Some((*part).to_owned()),
                ..BuildInfo::default()
            });
        }
        log.lines.into()
    }

    #[test]
    fn a_line_that_comes_in_parts_is_one() {
        let parts = [
            "\u{1b}[91mE\u{1b}[0m",
            "\u{1b}[91m: \u{1b}[0m",
            "\u{1b}[91mno\n\u{1b}[0m",
            "b\nc",
            "\n\n",
            "d",
        ];
        assert_eq!(lines(&parts), ["E: no", "b", "c", "d"]);
    }

    #[test]
    fn a_line_without_an_end_is_cut() {
        let parts = vec!["x"; 2 * limits::LOG_LINE_CHARACTERS];
        assert_eq!(lines(&parts), ["x".repeat(limits::LOG_LINE_CHARACTERS)]);
    }
}
