//! Files of the submission that can keep a container from starting.

use serde::{Deserialize, Serialize};

/// A script of the submission that Linux does not run as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// Its path, from the submission's root.
    pub path: String,
    /// The number of its first line that ends with a carriage return and a newline, as Windows writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub windows_line: Option<u32>,
    /// Whether it has the permission to be executed.
    pub is_executable: bool,
}

impl Script {
    /// Its name without its folders.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// A path of the submission that is mounted into a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bind {
    /// The service.
    pub service: String,
    /// The path, from the submission's root.
    pub source: String,
    /// Where the container has it.
    pub target: String,
    /// What the submission has there.
    pub kind: BindKind,
}

/// What a bind is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BindKind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// Nothing: Docker makes an empty folder in its place.
    Missing,
}
