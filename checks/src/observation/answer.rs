//! The answer file of a submission.

use serde::{Deserialize, Serialize};

/// State of `task6/2-api-servers.txt`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// No such file; files with that name, or nearly so, elsewhere in the submission.
    Missing {
        /// Paths from the submission's root.
        elsewhere: Vec<String>,
    },
    /// Not a regular file, and therefore not opened.
    NotRegular {
        /// Kind of file.
        kind: FileKind,
    },
    /// A file over the size limit.
    TooLarge {
        /// Size in bytes.
        bytes: u64,
    },
    /// A regular file.
    Read {
        /// All of its bytes.
        content: Content,
    },
}

impl Answer {
    /// Returns the bytes of the file; empty if there is no regular file to read.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Answer::Missing { .. } | Answer::NotRegular { .. } | Answer::TooLarge { .. } => &[],
            Answer::Read { content } => content.bytes(),
        }
    }
}

/// Kind of file other than a regular one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// A folder.
    Directory,
    /// A symbolic link that points out of the submission, or to nothing.
    Symlink,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A block or character device.
    Device,
}

/// Bytes of a small file: text if they are UTF-8, numbers otherwise, so that a recording is readable and exact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Content {
    /// Valid UTF-8.
    Text(String),
    /// Anything else.
    Bytes(Vec<u8>),
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Content {
        match String::from_utf8(bytes) {
            Ok(text) => Content::Text(text),
            Err(error) => Content::Bytes(error.into_bytes()),
        }
    }
}

impl Content {
    /// Returns the bytes as they were in the file.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Content::Text(text) => text.as_bytes(),
            Content::Bytes(bytes) => bytes,
        }
    }
}
