//! Grades the exercise *Scale Horizontally*: reads a submission, brings its stack up in a sandbox, watches where requests
//! go, and says what is right, what is wrong and where to look.

pub mod batch;
pub mod cli;
pub mod commands;
pub mod compose;
pub mod grade;
pub mod likeness;
pub mod progress;
pub mod report;
pub mod rubric;
pub mod sandbox;
pub mod submission;
pub mod traffic;
