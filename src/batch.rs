//! Many submissions: one result file each, from which everything that is said about all of them is made.

mod results;
mod summary;

pub use results::{FileVerdict, Graded, Listed, ReadError, Results};
pub use summary::{Frequency, Outcome, Row, Slow, Summary, Unreadable};
