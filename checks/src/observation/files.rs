//! Files of the submission that can keep a container from starting.

use serde::{Deserialize, Serialize};

/// A script of the submission that Linux cannot run as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// Path from the submission's root.
    pub path: String,
    /// Number of its first line that ends with a carriage return and a newline, the line ending of Windows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub windows_line: Option<u32>,
    /// True if the file has permission to be executed.
    pub is_executable: bool,
}

impl Script {
    /// Returns its name without its folders.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// A path of the submission that is mounted into a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bind {
    /// Service of the container.
    pub service: String,
    /// Path from the submission's root.
    pub source: String,
    /// Path in the container.
    pub target: String,
    /// Kind of file that the submission has at `source`.
    pub kind: BindKind,
}

/// Kind of file at the source of a bind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BindKind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// Nothing: Docker makes an empty folder there.
    Missing,
}
