//! The answer file as it lies in the submission.

use serde::{Deserialize, Serialize};

/// What stands at `task6/2-api-servers.txt`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Nothing; files of that name, or nearly so, elsewhere in the submission.
    Missing {
        /// Paths from the submission's root.
        elsewhere: Vec<String>,
    },
    /// Something that is no regular file; it was not opened.
    NotRegular {
        /// What it is.
        kind: FileKind,
    },
    /// A file over the size that is read.
    TooLarge {
        /// Its size in bytes.
        bytes: u64,
    },
    /// A regular file.
    Read {
        /// All of its bytes.
        content: Content,
    },
}

impl Answer {
    /// The bytes of the file; none where there is no regular file to read.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Answer::Missing { .. } | Answer::NotRegular { .. } | Answer::TooLarge { .. } => &[],
            Answer::Read { content } => content.bytes(),
        }
    }
}

/// What a path can be instead of a regular file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// A folder.
    Directory,
    /// A symbolic link that leads out of the submission or nowhere.
    Symlink,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A block or character device.
    Device,
}

/// The bytes of a small file: text where they are UTF-8, numbers elsewhere, so that a recording is readable and exact.
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
    /// The bytes as they were in the file.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Content::Text(text) => text.as_bytes(),
            Content::Bytes(bytes) => bytes,
        }
    }
}
