//! `cargo xtask pictures`: terminal output of real runs, drawn for the documentation.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};

use anstyle_svg::{Term, WIN10_CONSOLE};
use anyhow::{Context, Result, bail};

use crate::submission::lay_over;
use crate::{base_images, cargo, debian, engine, process, say, workspace};

/// Event during a run.
enum Event {
    Nothing,
    /// No engine has a socket.
    NoEngine,
    /// Ctrl-C while the stack starts.
    Interrupted,
}

/// A run that is drawn: the picture's name, the fixture that is graded, and the event.
type Scene = (&'static str, &'static str, Event);

const SCENES: [Scene; 6] = [
    ("passed", "correct", Event::Nothing),
    ("other-service", "other-service", Event::Nothing),
    ("hashed", "hashed", Event::Nothing),
    (
        "pip-externally-managed",
        "pip-externally-managed",
        Event::Nothing,
    ),
    ("no-engine", "correct", Event::NoEngine),
    ("interrupted", "correct", Event::Interrupted),
];

const LANGUAGES: [&str; 2] = ["en", "fr"];

/// Widths of the terminals, in columns.
const WIDTHS: [&str; 2] = ["60", "120"];

/// Height of the terminals, in lines: more than a report has.
const HEIGHT: &str = "120";

/// Name of the submission in the pictures.
const SUBMISSION: &str = "my-repository";

/// Name of the terminal's server, different from any that the user has.
const SERVER: &str = "softy-check-pictures";

/// Script that prints the command as it would be typed, then runs it.
const TYPED: &str = "printf '$ softy-check %s\\n' \"$*\"; exec \"$0\" \"$@\"";

/// Script that hides every engine's socket.
const WITHOUT_ENGINE: &str = "mount -t tmpfs none /run; exec \"$@\"";

/// Interval between two checks of a terminal.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Time limit of a run, with the base images present.
const RUN: Duration = Duration::from_secs(120);

/// Draws each scene in both languages and both widths into `docs/pictures`.
pub fn run() -> Result<ExitCode> {
    engine::ensure()?;
    base_images::ensure()?;
    if !process::is_installed("tmux") {
        debian::install("tmux").context("tmux is missing, and Debian's could not be installed")?;
    }
    process::run(cargo::command("build").args(["--package", "softy-check"]))?;
    serve()?;
    let drawn = SCENES.iter().try_for_each(draw);
    process::run(tmux().arg("kill-server"))?;
    drawn.map(|()| ExitCode::SUCCESS)
}

/// Starts the terminals' server. The output of a command stays on its terminal after the command has ended.
fn serve() -> Result<()> {
    process::run(
        tmux()
            .args(["start-server", ";", "set-option", "-s", "exit-empty", "off"])
            .args([";", "set-option", "-g", "remain-on-exit", "on"])
            .args([";", "set-option", "-g", "remain-on-exit-format", ""])
            .env_remove("NO_COLOR"),
    )
}

fn draw((name, fixture, event): &Scene) -> Result<()> {
    let desk = workspace::target().join("pictures").join(name);
    let fixtures = workspace::root().join("fixtures");
    // A fixture of the answer file or of the compose file contains nothing else.
    for fixture in ["correct", fixture] {
        let submission = fixtures.join(fixture).join("submission");
        lay_over(&submission, &desk.join(SUBMISSION))?;
    }
    let to = workspace::root().join("docs/pictures");
    fs::create_dir_all(&to)?;
    for language in LANGUAGES {
        for width in WIDTHS {
            let picture = format!("{name}-{width}.{language}.svg");
            say(&picture);
            open(&desk, event, language, width)?;
            let terminal = Term::new().palette(WIN10_CONSOLE);
            let svg = terminal.render_svg(&watch(event)?);
            fs::write(to.join(picture), svg)?;
            process::run(tmux().arg("kill-session"))?;
        }
    }
    Ok(())
}

/// Opens a terminal in `desk` in which the submission is graded.
fn open(desk: &Path, event: &Event, language: &str, width: &str) -> Result<()> {
    let program = workspace::target().join("debug/softy-check");
    let program = program.to_str().context("a folder's name is no text")?;
    let mut command = vec!["sh", "-c", TYPED, program, "task6", SUBMISSION];
    command.extend(["--lang", language]);
    if let Event::NoEngine = event {
        let hidden = ["unshare", "--mount", "sh", "-c", WITHOUT_ENGINE, "sh"];
        command.splice(0..0, hidden);
    }
    process::run(
        tmux()
            .args(["new-session", "-d", "-x", width, "-y", HEIGHT, "-c"])
            .arg(desk)
            .args(command),
    )
}

/// Triggers the event, and waits for the end of the run. Returns the final content of the terminal.
fn watch(event: &Event) -> Result<String> {
    let started = Instant::now();
    let mut interrupts = matches!(event, Event::Interrupted);
    while process::text(tmux().args(["display-message", "-p", "#{pane_dead}"]))? != "1" {
        if started.elapsed() > RUN {
            bail!("the run has not ended within {} s", RUN.as_secs());
        }
        // A line below the command is progress.
        if interrupts && process::text(tmux().args(["capture-pane", "-p"]))?.contains('\n') {
            process::run(tmux().args(["send-keys", "C-c"]))?;
            interrupts = false;
        }
        thread::sleep(LOOK_AGAIN);
    }
    process::text(tmux().args(["capture-pane", "-e", "-p"]))
}

fn tmux() -> Command {
    let mut command = Command::new("tmux");
    // Ignores the user's configuration, and uses UTF-8 in every locale.
    command.args(["-L", SERVER, "-f", "/dev/null", "-u"]);
    command
}
