//! Other work of the machine during a run.

use std::process::{Child, Command, Stdio};
use std::thread;

use anyhow::{Context, Result};

/// Load of the machine's cores. One run keeps about one core busy. The load consists of runs and, if those are too few, of
/// programs that only compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// One run, and nothing else.
    Idle,
    /// Two runs or programs per core.
    Busy,
    /// Five runs or programs per core.
    Starved,
}

impl Condition {
    /// All conditions, in the order of a round: images built in parallel on a busy machine need not be built in the others.
    pub const ALL: [Condition; 3] = [Condition::Busy, Condition::Idle, Condition::Starved];

    /// Returns the condition of this name.
    pub fn named(name: &str) -> Result<Condition> {
        let mut all = Condition::ALL.into_iter();
        let named = all.find(|condition| condition.name() == name);
        named.with_context(|| format!("a machine is idle, busy or starved, not {name:?}"))
    }

    /// Returns the name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Condition::Idle => "idle",
            Condition::Busy => "busy",
            Condition::Starved => "starved",
        }
    }

    /// Returns the number of runs and programs that work in parallel on `cores` cores.
    fn at_work(self, cores: usize) -> usize {
        match self {
            Condition::Idle => 1,
            Condition::Busy => 2 * cores,
            Condition::Starved => 5 * cores,
        }
    }
}

/// Work of a condition, which ends when this is dropped.
pub struct Load {
    /// Number of submissions that are graded in parallel.
    pub at_a_time: usize,
    /// Programs that only compute.
    programs: Vec<Child>,
}

impl Load {
    /// Starts the programs of a condition under which `submissions` submissions will be graded.
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
            // A failure cannot be reported here.
            let _ = program.kill();
            let _ = program.wait();
        }
    }
}

/// Starts a program that only computes. It has its own session, because the kernel may divide the cores by sessions first,
/// and it ends when this process ends for any reason.
fn program() -> Result<Child> {
    let mut command = Command::new("setsid");
    command
        .args(["setpriv", "--pdeathsig", "KILL", "--"])
        .args(["sh", "-c", "while :; do :; done"])
        .stdin(Stdio::null());
    command.spawn().context("`setsid` cannot be started")
}
