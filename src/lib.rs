//! Grades the exercise *Scale Horizontally*: reads a submission, runs its stack in a sandbox, measures which replica answers
//! each request, and reports each mistake with a hint.

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
