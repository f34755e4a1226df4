//! What else the machine does meanwhile.

use std::process::{Child, Command, Stdio};
use std::thread;

use anyhow::{Context, Result};

/// A state of the machine's cores. A run alone keeps about one core busy; what is at work beside it are other runs and, where
/// those are too few, programs that compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// One run, and nothing else.
    Idle,
    /// Two at work a core.
    Busy,
    /// Five at work a core.
    Starved,
}

impl Condition {
    /// In the order of a round: what is built side by side on a busy machine, the others need not build.
    pub const ALL: [Condition; 3] = [Condition::Busy, Condition::Idle, Condition::Starved];

    /// The one that is called so.
    pub fn named(name: &str) -> Result<Condition> {
        let mut all = Condition::ALL.into_iter();
        let named = all.find(|condition| condition.name() == name);
        named.with_context(|| format!("a machine is idle, busy or starved, not {name:?}"))
    }

    /// The word of the table.
    pub fn name(self) -> &'static str {
        match self {
            Condition::Idle => "idle",
            Condition::Busy => "busy",
            Condition::Starved => "starved",
        }
    }

    /// How many runs and programs are at work at a time, on so many cores.
    fn at_work(self, cores: usize) -> usize {
        match self {
            Condition::Idle => 1,
            Condition::Busy => 2 * cores,
            Condition::Starved => 5 * cores,
        }
    }
}

/// What a condition puts to work, until it is dropped.
pub struct Load {
    /// How many submissions are graded at a time.
    pub at_a_time: usize,
    /// They do nothing but compute.
    programs: Vec<Child>,
}

impl Load {
    /// Of a condition under which so many submissions are to be graded; starts the programs.
    pub fn of(condition: Condition, submissions: usize) -> Result<Load> {
        let at_work = condition.at_work(thread::available_parallelism()?.get());
        let at_a_time = at_work.min(submissions);
        let mut load = Load {
            at_a_time,
            programs: Vec::new(),
        };
        for _ in at_a_time..at_work {
            load.programs.push(program()?);
        }
        Ok(load)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        for program in &mut self.programs {
            // Nobody is left to tell when it fails.
            let _ = program.kill();
            let _ = program.wait();
        }
    }
}

/// It has a session of its own, since the kernel may divide the cores by sessions first, and ends with us, however that may be.
fn program() -> Result<Child> {
    let mut command = Command::new("setsid");
    command
        .args(["setpriv", "--pdeathsig", "KILL", "--"])
        .args(["sh", "-c", "while :; do :; done"])
        .stdin(Stdio::null());
    command.spawn().context("`setsid` cannot be started")
}
