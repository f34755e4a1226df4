//! Batch of many submissions: one result file each, from which all reports on the batch are created.

mod clone;
mod compare;
mod progress;
mod results;
mod roster;
mod run;
mod shard;
mod summary;

pub use compare::{Change, CheckChange, Comparison, Reason, Standing, compare};
pub use progress::{Progress, Style};
pub use results::{FileVerdict, Graded, Listed, ReadError, Results};
pub use roster::{Entry, RosterError, Source, of_file, of_folder};
pub use run::{Batch, BatchAbort, run};
pub use shard::{Shard, ShardError};
pub use summary::{Frequency, Outcome, Row, Slow, Summary, Unreadable};
