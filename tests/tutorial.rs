//! The tutorial, followed as its reader does: files are written, commands typed, outputs compared. Commands that need an
//! engine are typed only with `SOFTY_CHECK_LIVE=1`.

#![expect(clippy::expect_used, reason = "a test ends at what it cannot do")]

mod fixture;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use fixture::{is_asked, top};
use tempfile::TempDir;

/// A step of the reader.
enum Step {
    /// Writing a file.
    Write { path: String, content: String },
    /// Typing a command, with the output that the page shows.
    Type { command: String, shown: String },
}

#[test]
fn whoever_follows_the_tutorial_sees_what_it_shows() {
    for (page, lang) in [("docs/tutorial.md", "en"), ("docs/tutorial.fr.md", "fr")] {
        let page = fs::read_to_string(top().join(page)).expect("the page is there");
        let steps = steps(&page);
        assert!(steps.len() > 10, "nothing to do");
        follow(&steps, lang);
    }
}

fn follow(steps: &[Step], lang: &str) {
    let folder = TempDir::new().expect("a folder can be made");
    let mut here = folder.path().to_owned();
    let is_live = is_asked("SOFTY_CHECK_LIVE");
    for step in steps {
        match step {
            Step::Write { path, content } => {
                let path = here.join(path);
                let parent = path.parent().expect("a path in a folder");
                fs::create_dir_all(parent).expect("a folder can be made");
                fs::write(path, content).expect("a file can be written");
            }
            Step::Type { command, .. } if command == "softy-check task6" && !is_live => {}
            Step::Type { command, shown } => match command.strip_prefix("cd ") {
                Some(folder) => here.push(folder),
                None => assert_shown(command, shown, &typed(command, &here, lang)),
            },
        }
    }
}

/// Returns the files and commands of a page, in its order.
fn steps(page: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut file: Option<String> = None;
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(kind) = line.strip_prefix("```") else {
            if let Some(path) = line.strip_prefix('`') {
                let path = path.strip_suffix("`:").or(path.strip_suffix("` :"));
                file = path.map(str::to_owned);
            }
            continue;
        };
        let block = lines.by_ref().take_while(|line| *line != "```");
        let block: Vec<&str> = block.collect();
        match (kind, file.take()) {
            ("console", _) => steps.extend(commands(&block)),
            (_, Some(path)) => steps.push(Step::Write {
                path,
                content: block.join("\n") + "\n",
            }),
            (_, None) => {}
        }
    }
    steps
}

/// Returns the commands of a block, each with the output shown below it.
fn commands(block: &[&str]) -> Vec<Step> {
    let mut commands: Vec<Step> = Vec::new();
    for line in block {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push(Step::Type {
                command: command.to_owned(),
                shown: String::new(),
            }),
            (None, Some(Step::Type { shown, .. })) => {
                shown.push_str(line);
                shown.push('\n');
            }
            (None, _) => {}
        }
    }
    commands
}

/// Returns a command's output on stdout.
fn typed(command: &str, folder: &Path, lang: &str) -> String {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_softy-check"));
    let mut path = OsString::from(program.parent().expect("it is in a folder"));
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let locale = match lang {
        "fr" => "fr_FR.UTF-8",
        _ => "C.UTF-8",
    };
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", path)
        .env("LC_ALL", locale)
        .output()
        .expect("a shell runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Checks that the output has each shown line, in this order. `…` replaces omitted lines, and durations may differ.
fn assert_shown(command: &str, shown: &str, said: &str) {
    let mut said_lines = said.lines();
    let mut left_out = false;
    for line in shown.lines() {
        if line == "…" {
            left_out = true;
            continue;
        }
        let comes = match left_out {
            true => said_lines.any(|said| is_same(line, said)),
            false => said_lines.next().is_some_and(|said| is_same(line, said)),
        };
        assert!(
            comes,
            "`{line}` of\n{shown}\ndoes not come of `{command}`:\n{said}"
        );
        left_out = false;
    }
    let rest: Vec<&str> = said_lines.collect();
    assert!(
        left_out || rest.is_empty(),
        "`{command}` says more: {rest:?}"
    );
}

/// Returns whether two lines are equal except for the numbers at their ends: a duration, or the first replica's number.
fn is_same(shown: &str, said: &str) -> bool {
    let is_number = |character: char| character.is_ascii_digit() || " .,…".contains(character);
    let numberless = |line: &str| {
        let line = line.strip_suffix(" s").unwrap_or(line);
        line.trim_end_matches(is_number).to_owned()
    };
    numberless(shown) == numberless(said)
}
