//! softy-check

pub mod submission;
