//! Progress of a run: the current step on stderr, and the duration of each step.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use softy_checks::model::{Language, Text};

use crate::report::Phase;

/// Interval between two frames of the spinner.
const TICK: Duration = Duration::from_millis(100);

/// Notice on stderr after an interrupt.
pub(crate) const REMOVING: Text = Text::fixed(
    "removing what was started, one moment",
    "suppression de ce qui a été démarré, un instant",
);

/// Step of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Reading the submission.
    Read,
    /// Building images and making networks.
    Build,
    /// Starting the stack with two replicas.
    Start,
    /// Sending requests, and finding out which replica answered.
    Measure,
    /// Measuring again with more replicas: five, or as many as the rubric sets.
    Scale,
    /// Removing everything.
    Remove,
}

impl Step {
    /// Returns the stable name of the step in reports.
    fn name(self) -> &'static str {
        match self {
            Step::Read => "read",
            Step::Build => "build",
            Step::Start => "start",
            Step::Measure => "measure",
            Step::Scale => "scale",
            Step::Remove => "remove",
        }
    }

    fn words(self) -> Text {
        match self {
            Step::Read => Text::fixed("reading the submission", "lecture du rendu"),
            Step::Build => Text::fixed("building the images", "construction des images"),
            Step::Start => Text::fixed(
                "starting the stack with two API servers",
                "démarrage de la pile avec deux serveurs API",
            ),
            Step::Measure => Text::fixed(
                "watching where requests go",
                "observation du chemin des requêtes",
            ),
            Step::Scale => Text::fixed(
                "the same with five API servers",
                "la même chose avec cinq serveurs API",
            ),
            Step::Remove => Text::fixed(
                "removing everything that was started",
                "suppression de tout ce qui a été démarré",
            ),
        }
    }
}

/// Steps so far, shown on stderr while they run.
pub struct Progress {
    language: Language,
    shown: Shown,
    /// Start of the times in detailed messages; `None` without details.
    detailed_since: Option<Instant>,
    steps: Mutex<Vec<(Step, Instant)>>,
}

/// Display of the steps.
enum Shown {
    /// The current step, with a spinner.
    Spinner(ProgressBar),
    /// One line per step.
    Lines,
    /// No display, because a batch reports this run.
    Nothing,
}

impl Progress {
    /// Creates the progress of a run that has not begun. It shows a spinner on a terminal, and lines elsewhere or for a screen
    /// reader.
    pub fn new(language: Language, is_plain: bool) -> Progress {
        let shown = match std::io::stderr().is_terminal() && !is_plain {
            true => Shown::Spinner(spinner()),
            false => Shown::Lines,
        };
        Progress::shown(language, shown)
    }

    /// Creates a progress that only measures durations, for a run of a batch: the batch has its own progress.
    pub fn untold(language: Language) -> Progress {
        Progress::shown(language, Shown::Nothing)
    }

    fn shown(language: Language, shown: Shown) -> Progress {
        Progress {
            language,
            shown,
            detailed_since: None,
            steps: Mutex::default(),
        }
    }

    /// Returns this progress with details: messages about a step, with the seconds since now.
    pub fn in_detail(self) -> Progress {
        Progress {
            detailed_since: Some(Instant::now()),
            ..self
        }
    }

    /// Ends the current step and begins the next one.
    pub fn enter(&self, step: Step) {
        self.steps
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((step, Instant::now()));
        let words = step.words();
        match &self.shown {
            Shown::Spinner(bar) => bar.set_message(words.to(self.language).to_owned()),
            Shown::Lines if step != Step::Read => eprintln_ignoring_errors(words.to(self.language)),
            Shown::Lines | Shown::Nothing => {}
        }
    }

    /// Reports a detail of the current step, if details are enabled.
    pub fn detail(&self, words: impl FnOnce() -> Text) {
        let Some(since) = self.detailed_since else {
            return;
        };
        let words = words();
        let seconds = since.elapsed().as_secs_f64();
        self.say(&Text::new(
            format!("{seconds:7.2} s  {}", words.en),
            format!("{seconds:7.2} s  {}", words.fr).replacen('.', ",", 1),
        ));
    }

    /// Reports a message that is independent of the step.
    pub fn say(&self, words: &Text) {
        let words = words.to(self.language);
        match &self.shown {
            Shown::Spinner(bar) if !bar.is_finished() => bar.println(words),
            Shown::Spinner(_) | Shown::Lines => eprintln_ignoring_errors(words),
            Shown::Nothing => {}
        }
    }

    /// Ends the display. Returns the steps with their durations.
    pub fn finish(&self) -> Vec<Phase> {
        if let Shown::Spinner(bar) = &self.shown {
            bar.finish_and_clear();
        }
        let steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let ends = steps
            .iter()
            .skip(1)
            .map(|(_, started)| *started)
            .chain([Instant::now()]);
        let timed = steps.iter().zip(ends);
        timed
            .map(|((step, started), end)| Phase {
                name: step.name().into(),
                seconds: (end - *started).as_secs_f64(),
            })
            .collect()
    }
}

fn spinner() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    bar.set_style(ProgressStyle::default_spinner());
    bar.enable_steady_tick(TICK);
    bar
}

/// Writes a line to stderr. Ignores errors, because a closed stderr must not stop the grading.
pub(crate) fn eprintln_ignoring_errors(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{line}");
}
