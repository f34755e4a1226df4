//! What softy-check looks for: the catalogue of checks, and the values they judge.
//!
//! Nothing here reads a file, talks to an engine or looks at a clock: a check is data and one pure function from an
//! [`Observation`](observation::Observation) to a judgement. Read `task6/round_robin.rs` first.

mod asked;
mod command_line;
pub mod model;
pub mod nginx;
pub mod observation;
mod rotation;
mod task6;
mod verdict;
mod witnesses;
mod wording;

pub use asked::{Asked, BACK_END};
pub use rotation::{enough, period};
pub use task6::{TASK6, choice_is_open, is_disturbed, is_hidden, title};
pub use verdict::{Reason, Status, Verdict, is_due, judge};
pub use witnesses::{Testimony, testimony};
