//! The answer file.

use softy_checks::observation::{Answer, Content, Fault};

use super::{Kind, ReadError, Submission, TASK_FOLDER};

/// The name that the exercise gives to the answer file.
pub(super) const FILE_NAME: &str = "2-api-servers.txt";

/// Largest answer file that is read, in bytes: a one-line file needs no more.
const CAP: u64 = 64 * 1024;

/// Most names inspected in the search for a misplaced answer file, and most files reported: more takes time and adds
/// nothing.
const NAMES: usize = 4000;
const SHOWN: usize = 10;

impl Submission {
    /// Reads the answer file; reports a missing, special or too large one.
    pub fn answer(&self) -> Result<Answer, Fault> {
        match self.read(&format!("{TASK_FOLDER}/{FILE_NAME}"), CAP) {
            Ok(bytes) => Ok(Answer::Read {
                content: Content::from(bytes),
            }),
            Err(ReadError::Missing) => Ok(Answer::Missing {
                elsewhere: self.elsewhere()?,
            }),
            Err(ReadError::NotRegular(kind)) => Ok(Answer::NotRegular { kind }),
            Err(ReadError::TooLarge { bytes }) => Ok(Answer::TooLarge { bytes }),
            Err(ReadError::Fault(fault)) => Err(fault),
        }
    }

    /// Returns files with nearly that name in the root, in the folders of tasks, and in folders directly inside those.
    fn elsewhere(&self) -> Result<Vec<String>, Fault> {
        let mut found = Vec::new();
        let mut left = NAMES;
        let mut folders = vec![self.top().to_owned()];
        while let Some(folder) = folders.pop() {
            let names = self.names(&folder, left)?;
            left = left.saturating_sub(names.len());
            for name in names {
                let path = self.locate(&folder, &name).unwrap_or_default();
                if is_nearly_the_answer(&name)
                    && matches!(self.kind(&path), Ok(Some(Kind::Regular { .. })))
                {
                    found.push(path);
                } else if is_searched(&path) {
                    folders.push(path);
                }
            }
        }
        found.sort();
        found.dedup();
        found.truncate(SHOWN);
        Ok(found)
    }
}

/// Returns whether the search enters a folder: the folder of a task, or one directly inside it.
fn is_searched(path: &str) -> bool {
    let task = path
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("task"));
    task && path.matches('/').count() < 2
}

/// Returns whether `name` was probably meant as the answer file: at most two edits away, ignoring case and extension.
fn is_nearly_the_answer(name: &str) -> bool {
    let lower = name.to_lowercase().replace(['_', ' '], "-");
    let stem = lower.split('.').next().unwrap_or_default();
    let expected = FILE_NAME.trim_end_matches(".txt");
    strsim::levenshtein(stem, expected) <= 2
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::path::Path;
    use std::time::{Duration, Instant};

    use softy_checks::observation::FileKind;

    use super::*;

    fn answer(prepare: impl FnOnce(&Path)) -> Answer {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("task6")).unwrap();
        prepare(&folder.path().join("task6").join(FILE_NAME));
        let start = Instant::now();
        let answer = Submission::open(folder.path()).unwrap().answer().unwrap();
        assert!(start.elapsed() < Duration::from_secs(1));
        answer
    }

    fn not_regular(kind: FileKind) -> Answer {
        Answer::NotRegular { kind }
    }

    #[test]
    fn bytes_are_kept_as_they_are() {
        let bytes = b"\xff\xfed\0".to_vec();
        let content = Content::Bytes(bytes.clone());
        let read = answer(|path| std::fs::write(path, bytes).unwrap());
        assert_eq!(read, Answer::Read { content });
    }

    #[test]
    fn what_is_no_regular_file_is_not_opened() {
        let fifo =
            answer(|path| rustix::fs::mkfifoat(rustix::fs::CWD, path, 0o644.into()).unwrap());
        assert_eq!(fifo, not_regular(FileKind::Fifo));
        let folder = answer(|path| std::fs::create_dir(path).unwrap());
        assert_eq!(folder, not_regular(FileKind::Directory));
        let socket = answer(|path| drop(UnixListener::bind(path).unwrap()));
        assert_eq!(socket, not_regular(FileKind::Socket));
    }

    #[test]
    fn links_are_followed_inside_the_submission_only() {
        let out = answer(|path| symlink("/etc/passwd", path).unwrap());
        assert_eq!(out, not_regular(FileKind::Symlink));
        let dangling = answer(|path| symlink("nothing", path).unwrap());
        assert_eq!(dangling, not_regular(FileKind::Symlink));
        let inside = answer(|path| {
            std::fs::write(path.with_file_name("other"), "x").unwrap();
            symlink("other", path).unwrap();
        });
        assert!(matches!(inside, Answer::Read { .. }));
    }

    #[test]
    fn a_gigabyte_is_not_read() {
        let sparse = answer(|path| {
            let file = std::fs::File::create(path).unwrap();
            file.set_len(1 << 30).unwrap();
        });
        assert_eq!(sparse, Answer::TooLarge { bytes: 1 << 30 });
    }

    #[test]
    fn nearly_the_name_elsewhere_is_told() {
        let missing = answer(|path| {
            let root = path.ancestors().nth(2).unwrap();
            std::fs::create_dir_all(root.join("Task5")).unwrap();
            std::fs::create_dir(root.join("task6/answer")).unwrap();
            for file in [
                "2-api-servers.txt",
                "Task5/2-API_server",
                "task6/answer/2-api-servers.txt.txt",
                "task6/README.md",
            ] {
                std::fs::write(root.join(file), "x").unwrap();
            }
        });
        let elsewhere = [
            "2-api-servers.txt",
            "Task5/2-API_server",
            "task6/answer/2-api-servers.txt.txt",
        ];
        assert_eq!(
            missing,
            Answer::Missing {
                elsewhere: elsewhere.map(str::to_owned).to_vec()
            }
        );
    }

    #[test]
    fn an_empty_repository_has_no_answer() {
        let folder = tempfile::tempdir().unwrap();
        let answer = Submission::open(folder.path()).unwrap().answer();
        assert_eq!(
            answer,
            Ok(Answer::Missing {
                elsewhere: Vec::new()
            })
        );
    }
}
