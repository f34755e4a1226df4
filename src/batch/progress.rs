//! Progress of a batch, always on stderr.

use std::fmt;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use serde::Serialize;
use softy_checks::model::{Language, Text};

use crate::progress::eprintln_ignoring_errors;
use crate::report::{Report, json, visible};

/// Interval between two frames of the bar.
const TICK: Duration = Duration::from_millis(200);

/// Maximum width of an id, in columns.
const ID_CHARACTERS: usize = 60;

/// Template of the bar.
const TEMPLATE: &str = "{bar:30} {pos}/{len}  {rate}  {eta} LEFT  {wide_msg}";

/// Format of the progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A bar if stderr is a terminal, or else lines.
    Auto,
    /// One line per submission.
    Plain,
    /// One line of JSON per submission.
    Json,
}

/// Progress of a batch.
pub struct Progress {
    language: Language,
    told: Sink,
    total: usize,
    done: AtomicUsize,
}

enum Sink {
    Bar(ProgressBar),
    Plain,
    Json,
}

/// Event of a graded submission, as a line of JSON.
#[derive(Serialize)]
struct Event<'a> {
    event: &'static str,
    id: &'a str,
    /// Score; `None` when the submission could not be graded.
    score: Option<u32>,
    out_of: u32,
    #[serde(serialize_with = "json::milliseconds")]
    seconds: f64,
    done: usize,
    total: usize,
}

impl Progress {
    /// Creates the progress of `total` submissions, none of which is graded yet.
    pub fn new(style: Style, language: Language, total: usize) -> Progress {
        let told = match style {
            Style::Auto if std::io::stderr().is_terminal() => Sink::Bar(bar(total, language)),
            Style::Auto | Style::Plain => Sink::Plain,
            Style::Json => Sink::Json,
        };
        Progress {
            language,
            told,
            total,
            done: AtomicUsize::new(0),
        }
    }

    /// Counts a submission that has a valid result of an earlier run.
    pub fn kept(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
        if let Sink::Bar(bar) = &self.told {
            bar.inc(1);
            // A kept result takes no time and must not count for the rate.
            bar.reset_eta();
        }
    }

    /// Reports a submission that is graded, or that will be tried again.
    pub fn graded(&self, id: &str, report: &Report, is_last: bool) {
        let done = match is_last {
            true => self.done.fetch_add(1, Ordering::Relaxed) + 1,
            false => self.done.load(Ordering::Relaxed),
        };
        let words = words(id, report, is_last);
        let words = words.to(self.language);
        match &self.told {
            Sink::Bar(bar) => {
                bar.inc(u64::from(is_last));
                bar.set_message(words.to_owned());
            }
            Sink::Plain => {
                eprintln_ignoring_errors(&format!("{done}/{total} {words}", total = self.total));
            }
            Sink::Json => self.event(&Event {
                event: if is_last { "graded" } else { "again" },
                id,
                score: report.score(),
                out_of: report.out_of(),
                seconds: report.seconds,
                done,
                total: self.total,
            }),
        }
    }

    /// Reports a message that is independent of a submission.
    pub fn say(&self, words: &Text) {
        let words = words.to(self.language);
        match &self.told {
            Sink::Bar(bar) if !bar.is_finished() => bar.println(words),
            Sink::Bar(_) | Sink::Plain => eprintln_ignoring_errors(words),
            Sink::Json => {
                let message = serde_json::json!({ "event": "message", "message": words });
                eprintln_ignoring_errors(&message.to_string());
            }
        }
    }

    /// Ends the display, and reports the number of remaining submissions.
    pub fn finish(&self) {
        if let Sink::Bar(bar) = &self.told {
            bar.finish_and_clear();
        }
        let left = self.total - self.done.load(Ordering::Relaxed);
        if left > 0 {
            self.say(&Text::new(
                format!(
                    "{left} of {} are left: the same command goes on with them",
                    self.total
                ),
                format!(
                    "il en reste {left} sur {} : la même commande continue",
                    self.total
                ),
            ));
        }
    }

    fn event(&self, event: &Event<'_>) {
        if let Ok(line) = serde_json::to_string(event) {
            eprintln_ignoring_errors(&line);
        }
    }
}

/// Writes the rate in submissions per minute.
fn rate(state: &ProgressState, to: &mut dyn fmt::Write) {
    // The bar works without its rate.
    let _ = write!(to, "{:.1}/min", state.per_sec() * 60.0);
}

/// Returns the result of one submission on one line; an id is untrusted text.
fn words(id: &str, report: &Report, is_last: bool) -> Text {
    let id = visible(id, ID_CHARACTERS);
    let seconds = report.seconds;
    match (report.score(), is_last) {
        (Some(score), _) => {
            let out_of = report.out_of();
            Text::new(
                format!("{id}: {score}/{out_of} in {seconds:.1} s"),
                format!("{id} : {score}/{out_of} en {seconds:.1} s"),
            )
        }
        (None, true) => Text::new(
            format!("{id}: could not be graded"),
            format!("{id} : n’a pas pu être noté"),
        ),
        (None, false) => Text::new(
            format!("{id}: could not be graded, will be tried again"),
            format!("{id} : n’a pas pu être noté, nouvel essai plus tard"),
        ),
    }
}

fn bar(total: usize, language: Language) -> ProgressBar {
    let target = ProgressDrawTarget::stderr();
    let bar = ProgressBar::with_draw_target(Some(total as u64), target);
    let words = Text::fixed("left", "restant");
    let template = TEMPLATE.replace("LEFT", words.to(language));
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style.with_key("rate", rate));
    }
    bar.enable_steady_tick(TICK);
    bar
}
