//! Fingerprint of a submission's content: the same as long as nothing in it changes.

use std::io::Read;

use cap_std::fs::{Dir, MetadataExt};
use softy_checks::observation::{Fault, FileKind};

use super::{Kind, ReadError, Submission, fault};

/// Git's own folder, which changes with every `git status`.
const GIT: &str = ".git";

/// Most files and folders that are inspected.
const ENTRIES: usize = 200_000;

/// Most levels of nested folders that are inspected.
const DEPTH: usize = 64;

/// Most bytes read of all files together. A file beyond this bound counts by its size and the time of its last change.
const BYTES: u64 = 1 << 30;

/// Remainder of the bounds above.
struct Budget {
    entries: usize,
    bytes: u64,
}

impl Submission {
    /// Adds the names, kinds and contents of all files and folders to `hasher`.
    ///
    /// # Errors
    /// Returns a fault if a folder cannot be listed or the kind of an entry cannot be determined. Content that cannot be
    /// read counts as unreadable.
    pub fn fingerprint(&self, hasher: &mut blake3::Hasher) -> Result<(), Fault> {
        let mut budget = Budget {
            entries: ENTRIES,
            bytes: BYTES,
        };
        self.add_folder(self.top(), 0, hasher, &mut budget)
    }

    fn add_folder(
        &self,
        path: &str,
        depth: usize,
        hasher: &mut blake3::Hasher,
        budget: &mut Budget,
    ) -> Result<(), Fault> {
        let Ok(folder) = self.open_dir(path) else {
            hasher.update(b"unreadable");
            return Ok(());
        };
        let entries = folder.entries().map_err(|error| fault(path, &error))?;
        let names = entries.flatten().map(|entry| entry.file_name());
        let mut names: Vec<_> = names.take(budget.entries).collect();
        budget.entries -= names.len();
        names.sort();
        for name in names {
            hasher.update(name.as_encoded_bytes());
            hasher.update(&[0]);
            let Some(name) = name.to_str().filter(|name| *name != GIT) else {
                continue;
            };
            let inner = match path {
                "" => name.to_owned(),
                path => format!("{path}/{name}"),
            };
            if let Ok(target) = folder.read_link_contents(name) {
                hasher.update(target.as_os_str().as_encoded_bytes());
                continue;
            }
            match self.kind(&inner)? {
                Some(Kind::Other(FileKind::Directory)) if depth < DEPTH => {
                    hasher.update(b"folder");
                    self.add_folder(&inner, depth + 1, hasher, budget)?;
                    hasher.update(b"end");
                }
                Some(Kind::Regular { .. }) => self.add_file(&folder, name, &inner, hasher, budget),
                Some(Kind::Other(_)) | None => {
                    hasher.update(b"other");
                }
            }
        }
        Ok(())
    }

    fn add_file(
        &self,
        folder: &Dir,
        name: &str,
        path: &str,
        hasher: &mut blake3::Hasher,
        budget: &mut Budget,
    ) {
        let Ok(metadata) = folder.symlink_metadata(name) else {
            return;
        };
        hasher.update(&metadata.len().to_le_bytes());
        hasher.update(&metadata.mode().to_le_bytes());
        if metadata.len() > budget.bytes {
            hasher.update(&metadata.mtime().to_le_bytes());
            return;
        }
        budget.bytes -= metadata.len();
        if self.add_content(path, metadata.len(), hasher).is_err() {
            hasher.update(b"unreadable");
        }
    }

    fn add_content(
        &self,
        path: &str,
        bytes: u64,
        hasher: &mut blake3::Hasher,
    ) -> Result<(), ReadError> {
        let content = self.open_file(path)?.take(bytes);
        let read = hasher.update_reader(content).map(drop);
        read.map_err(|error| ReadError::Fault(fault(path, &error)))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::*;

    fn fingerprint(path: &Path) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        let submission = Submission::open(path).unwrap();
        submission.fingerprint(&mut hasher).unwrap();
        hasher.finalize()
    }

    #[test]
    fn every_change_changes_it_and_nothing_else_does() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        fs::create_dir_all(path("task6/front-end")).unwrap();
        fs::create_dir_all(path(".git")).unwrap();
        fs::write(path("task6/a"), "a").unwrap();
        let mut seen = vec![fingerprint(root.path())];
        let mut changes = |change: &dyn Fn()| {
            change();
            let now = fingerprint(root.path());
            assert!(!seen.contains(&now));
            seen.push(now);
        };
        changes(&|| fs::write(path("task6/a"), "b").unwrap());
        changes(&|| fs::create_dir(path("task6/front-end/site")).unwrap());
        changes(&|| symlink("a", path("task6/b")).unwrap());
        changes(&|| fs::rename(path("task6/a"), path("task6/front-end/a")).unwrap());
        fs::write(path(".git/index"), "changed").unwrap();
        fs::write(path("task6/front-end/a"), "b").unwrap();
        assert_eq!(Some(&fingerprint(root.path())), seen.last());
    }
}
