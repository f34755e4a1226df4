//! Many submissions: one result file each, from which everything that is said about all of them is made.

mod compare;
mod results;

pub use compare::{Change, CheckChange, Comparison, Outcome, Reason, compare};
pub use results::{FileVerdict, Graded, Listed, ReadError, Results};
