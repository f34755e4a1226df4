//! What a grader would do by hand: `docker-compose up`, curl, logs, `down`.

use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::timed;
use crate::{process, workspace};

/// The script, which takes the compose command as its arguments.
const SCRIPT: &str = include_str!("compose.sh");

/// A compose command that is installed.
#[derive(Clone, Copy)]
pub struct Tool {
    words: &'static [&'static str],
}

/// The name that the exercise uses is preferred.
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

    /// From `up` until `down` has ended.
    pub fn run(self) -> Result<Duration> {
        let mut script = Command::new("sh");
        script.args(["-c", SCRIPT, "compose.sh"]).args(self.words);
        timed(|| process::text(script.current_dir(workspace::correct_task())).map(drop))
    }
}
