//! Catalogue of checks, and the values that they judge.
//!
//! This crate reads no file, contacts no engine and uses no clock. A check is data and one pure function from an
//! [`Observation`](observation::Observation) to a judgement. Read `task6/round_robin.rs` first.

mod command_line;
mod expectations;
pub mod model;
pub mod nginx;
pub mod observation;
mod rotation;
mod task6;
mod verdict;
mod witnesses;
mod wording;

pub use expectations::{BACK_END, Expectations};
pub use rotation::{enough, period};
pub use task6::{TASK6, choice_is_open, is_disturbed, is_hidden, title};
pub use verdict::{Reason, Status, Verdict, is_due, judge};
pub use witnesses::{Testimony, testimony};
