//! What else the machine does meanwhile.

use std::process::{Child, Command, Stdio};
use std::thread;

use anyhow::{Context, Result};

/// A state of the machine's cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// One run, and nothing else.
    Idle,
    /// Two runs, and as many programs that compute as there are cores.
    Busy,
    /// Two runs, and four such programs a core.
    Starved,
}

impl Condition {
    /// In the order of a round: what an idle machine has built, a starved one need not build.
    pub const ALL: [Condition; 3] = [Condition::Idle, Condition::Busy, Condition::Starved];

    /// The word of the table.
    pub fn name(self) -> &'static str {
        match self {
            Condition::Idle => "idle",
            Condition::Busy => "busy",
            Condition::Starved => "starved",
        }
    }

    /// How many submissions are graded at a time.
    pub fn at_a_time(self) -> usize {
        match self {
            Condition::Idle => 1,
            Condition::Busy | Condition::Starved => 2,
        }
    }

    fn programs_a_core(self) -> usize {
        match self {
            Condition::Idle => 0,
            Condition::Busy => 1,
            Condition::Starved => 4,
        }
    }
}

/// Programs that do nothing but compute, until it is dropped.
pub struct Load {
    programs: Vec<Child>,
}

impl Load {
    /// Starts what a condition asks for.
    pub fn of(condition: Condition) -> Result<Load> {
        let cores = thread::available_parallelism()?.get();
        let mut load = Load {
            programs: Vec::new(),
        };
        for _ in 0..condition.programs_a_core() * cores {
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
