//! Grading by hand: `docker-compose up`, curl, logs, `down`.

use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::timed;
use crate::{process, workspace};

/// Script that takes the compose command as its arguments.
const SCRIPT: &str = include_str!("compose.sh");

/// An installed compose command.
#[derive(Clone, Copy)]
pub struct Tool {
    words: &'static [&'static str],
}

/// Returns the installed compose command, preferably by the name that the exercise uses.
pub fn installed() -> Option<Tool> {
    let tools = [
        Tool {
            words: &["docker-compose"],
        },
        Tool {
            words: &["docker", "compose"],
        },
    ];
    tools.into_iter().find(|tool| tool.answers())
}

impl Tool {
    fn answers(self) -> bool {
        let [program, arguments @ ..] = self.words else {
            return false;
        };
        Command::new(program)
            .args(arguments)
            .arg("version")
            .output()
            .is_ok_and(|output| output.status.success())
    }

    /// Returns the time from `up` until `down` has ended.
    pub fn run(self) -> Result<Duration> {
        let mut script = Command::new("sh");
        script.args(["-c", SCRIPT, "compose.sh"]).args(self.words);
        timed(|| process::text(script.current_dir(workspace::correct_task())).map(drop))
    }
}
