//! Changes of a submission since the previous check, found by the metadata of its files without reading them.

use std::collections::BTreeMap;

use cap_std::fs::{Dir, Metadata, MetadataExt};

use super::Submission;

/// Git's own folder, which changes with every `git status`.
const GIT: &str = ".git";

/// Most files and folders that are inspected.
const ENTRIES: usize = 200_000;

/// Most levels of nested folders that are inspected.
const DEPTH: usize = 64;

/// Metadata of all files and folders of a submission at one moment.
#[derive(Debug, PartialEq, Eq)]
pub struct Stamps {
    /// Stamps by the path from the submission's root.
    entries: BTreeMap<String, Stamp>,
    /// True if the entries are complete and no symbolic link makes a file reachable by several paths.
    is_plain: bool,
}

/// Metadata that changes with a file's identity or content: every write changes `ctime`, and no program can set it.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    bytes: u64,
    mode: u32,
    changed: (i64, i64),
}

/// Changes between two moments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changes {
    /// These paths have changed, given from the submission's root; empty if nothing has.
    These(Vec<String>),
    /// Any path may have changed.
    Unknown,
}

impl Submission {
    /// Returns the current metadata of all files and folders.
    pub fn stamps(&self) -> Stamps {
        let mut stamps = Stamps {
            entries: BTreeMap::new(),
            // Projects know the paths of `task6` by that name alone.
            is_plain: self.task.is_none(),
        };
        if let Ok(folder) = self.open_dir(self.top()) {
            stamps.add_folder(self.top(), &folder, 0);
        }
        stamps
    }
}

impl Stamps {
    /// Returns the changes since `before`.
    pub fn since(&self, before: &Stamps) -> Changes {
        if !self.is_plain || !before.is_plain {
            return match self == before {
                true => Changes::These(Vec::new()),
                false => Changes::Unknown,
            };
        }
        let entries = self.entries.iter();
        let new = entries.filter(|(path, stamp)| before.entries.get(*path) != Some(stamp));
        let entries = before.entries.iter();
        let gone = entries.filter(|(path, _)| !self.entries.contains_key(*path));
        let paths = new.chain(gone).map(|(path, _)| path.clone());
        Changes::These(paths.collect())
    }

    fn add_folder(&mut self, path: &str, folder: &Dir, depth: usize) {
        let Ok(entries) = folder.entries() else {
            return;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            if name == GIT {
                continue;
            }
            if self.entries.len() == ENTRIES || depth == DEPTH {
                self.is_plain = false;
                return;
            }
            let name = name.to_string_lossy();
            let inner = match path {
                "" => name.into_owned(),
                path => format!("{path}/{name}"),
            };
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            self.is_plain &= !metadata.is_symlink();
            let subfolder = metadata.is_dir().then(|| entry.open_dir());
            self.entries.insert(inner.clone(), Stamp::of(&metadata));
            if let Some(Ok(subfolder)) = subfolder {
                self.add_folder(&inner, &subfolder, depth + 1);
            }
        }
    }
}

impl Stamp {
    /// Returns the stamp of a file or folder. A folder's size and `ctime` are left out: they change whenever one of its
    /// files is replaced.
    fn of(metadata: &Metadata) -> Stamp {
        let is_folder = metadata.is_dir();
        Stamp {
            inode: metadata.ino(),
            bytes: if is_folder { 0 } else { metadata.len() },
            mode: metadata.mode(),
            changed: match is_folder {
                true => (0, 0),
                false => (metadata.ctime(), metadata.ctime_nsec()),
            },
        }
    }
}

impl Changes {
    /// Returns whether nothing has changed.
    pub fn is_none(&self) -> bool {
        *self == Changes::These(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_was_written_made_or_removed_has_changed_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        fs::create_dir_all(path("task6/proxy")).unwrap();
        fs::create_dir_all(path(".git")).unwrap();
        fs::write(path("task6/proxy/proxy.conf"), "a").unwrap();
        let submission = Submission::open(root.path()).unwrap();
        let mut before = submission.stamps();
        let mut changes = |change: &dyn Fn()| {
            change();
            let now = submission.stamps();
            let changes = now.since(&before);
            before = now;
            changes
        };
        let these =
            |paths: &[&str]| Changes::These(paths.iter().map(|&path| path.into()).collect());
        assert!(changes(&|| fs::write(path(".git/index"), "a").unwrap()).is_none());
        let written = changes(&|| fs::write(path("task6/proxy/proxy.conf"), "b").unwrap());
        assert_eq!(written, these(&["task6/proxy/proxy.conf"]));
        let made = changes(&|| fs::write(path("task6/new"), "").unwrap());
        assert_eq!(made, these(&["task6/new"]));
        let removed = changes(&|| fs::remove_file(path("task6/new")).unwrap());
        assert_eq!(removed, these(&["task6/new"]));
        let linked = changes(&|| symlink("proxy", path("task6/link")).unwrap());
        assert_eq!(linked, Changes::Unknown);
        assert!(changes(&|| {}).is_none());
    }
}
