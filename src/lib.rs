//! softy-check

pub mod report;
pub mod submission;
