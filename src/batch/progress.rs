//! How far a batch is, told while it goes on, always on stderr.

use std::fmt;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use serde::Serialize;
use softy_checks::model::{Language, Text};

use crate::progress::eprintln_ignoring_errors;
use crate::report::{Report, json, visible};

/// Between two pictures of the bar.
const TICK: Duration = Duration::from_millis(200);

/// Characters of an id that are told.
const ID_CHARACTERS: usize = 60;

/// Columns and signs of the bar.
const TEMPLATE: &str = "{bar:30} {pos}/{len}  {rate}  {eta} LEFT  {wide_msg}";

/// A way of telling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A bar where stderr is a terminal, else lines.
    Auto,
    /// A line a submission.
    Plain,
    /// A line of JSON a submission.
    Json,
}

/// What is told of a batch.
pub struct Progress {
    language: Language,
    told: Told,
    total: usize,
    done: AtomicUsize,
}

enum Told {
    Bar(ProgressBar),
    Plain,
    Json,
}

/// A submission that is done, as a line of JSON.
#[derive(Serialize)]
struct Event<'a> {
    event: &'static str,
    id: &'a str,
    /// `None` when it could not be graded.
    score: Option<u32>,
    out_of: u32,
    #[serde(serialize_with = "json::milliseconds")]
    seconds: f64,
    done: usize,
    total: usize,
}

impl Progress {
    /// Of `total` submissions, none of which is done.
    pub fn new(style: Style, language: Language, total: usize) -> Progress {
        let told = match style {
            Style::Auto if std::io::stderr().is_terminal() => Told::Bar(bar(total, language)),
            Style::Auto | Style::Plain => Told::Plain,
            Style::Json => Told::Json,
        };
        Progress {
            language,
            told,
            total,
            done: AtomicUsize::new(0),
        }
    }

    /// A submission that a former run has graded already.
    pub fn kept(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
        if let Told::Bar(bar) = &self.told {
            bar.inc(1);
            // What took no time says nothing of the rate.
            bar.reset_eta();
        }
    }

    /// A submission that is done, or that is to be tried again.
    pub fn graded(&self, id: &str, report: &Report, is_last: bool) {
        let done = match is_last {
            true => self.done.fetch_add(1, Ordering::Relaxed) + 1,
            false => self.done.load(Ordering::Relaxed),
        };
        let words = words(id, report, is_last);
        let words = words.to(self.language);
        match &self.told {
            Told::Bar(bar) => {
                bar.inc(u64::from(is_last));
                bar.set_message(words.to_owned());
            }
            Told::Plain => {
                eprintln_ignoring_errors(&format!("{done}/{total} {words}", total = self.total));
            }
            Told::Json => self.event(&Event {
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

    /// Something to know now.
    pub fn say(&self, words: &Text) {
        let words = words.to(self.language);
        match &self.told {
            Told::Bar(bar) if !bar.is_finished() => bar.println(words),
            Told::Bar(_) | Told::Plain => eprintln_ignoring_errors(words),
            Told::Json => {
                let message = serde_json::json!({ "event": "message", "message": words });
                eprintln_ignoring_errors(&message.to_string());
            }
        }
    }

    /// Nothing more is told, but what is left to do.
    pub fn finish(&self) {
        if let Told::Bar(bar) = &self.told {
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

/// Submissions in a minute.
fn rate(state: &ProgressState, to: &mut dyn fmt::Write) {
    // A bar without its rate is still a bar.
    let _ = write!(to, "{:.1}/min", state.per_sec() * 60.0);
}

/// One submission in a few words; ids are strangers' names.
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
