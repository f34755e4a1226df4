//! Grades the exercise *Scale Horizontally*: reads a submission, brings its stack up in a sandbox, watches where requests
//! go, and says what is right, what is wrong and where to look.

pub mod compose {
    pub mod project;
}
pub mod sandbox;
pub mod submission;
pub mod traffic;
