//! Empty folders, which git does not keep: a clone has one where a submodule was not fetched.

use std::collections::VecDeque;

use softy_checks::observation::{Fault, FileKind};

use super::{Kind, Submission};

/// Most empty folders that are reported.
const NAMED: usize = 5;

/// Most entries inspected per folder.
const ENTRIES: usize = 100;

/// Most folders inspected.
const FOLDERS: usize = 100;

impl Submission {
    /// Returns the empty folders among `folder` and the folders below it, at any depth. Large folders are inspected only in
    /// part.
    ///
    /// # Errors
    /// Returns a fault if a folder cannot be listed.
    pub fn empty_folders(&self, folder: &str) -> Result<Vec<String>, Fault> {
        let mut empty = Vec::new();
        let mut waiting = VecDeque::from([folder.to_owned()]);
        for _ in 0..FOLDERS {
            let Some(folder) = waiting.pop_front() else {
                break;
            };
            let names = self.names(&folder, ENTRIES)?;
            if names.is_empty() && self.kind(&folder)?.is_some() {
                empty.push(folder.clone());
            }
            for name in names {
                let path = format!("{folder}/{name}");
                if self.kind(&path)? == Some(Kind::Other(FileKind::Directory)) {
                    waiting.push_back(path);
                }
            }
        }
        empty.sort();
        empty.truncate(NAMED);
        Ok(empty)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn empty_folders_are_found_at_any_depth() {
        let root = tempfile::tempdir().unwrap();
        let site = root.path().join("task6/front-end/site");
        fs::create_dir_all(site.join("images")).unwrap();
        fs::create_dir_all(root.path().join("task6/front-end/empty")).unwrap();
        fs::write(site.join("index.html"), "").unwrap();
        let submission = Submission::open(root.path()).unwrap();
        let found = |folder| submission.empty_folders(folder).unwrap();
        let both = ["task6/front-end/empty", "task6/front-end/site/images"];
        assert_eq!(found("task6/front-end"), both);
        assert_eq!(found("task6/front-end/empty"), both[..1]);
        assert_eq!(found("task6/nowhere"), [""; 0]);
    }

    #[test]
    fn a_forest_of_folders_is_looked_at_in_part() {
        let root = tempfile::tempdir().unwrap();
        for number in 0..2 * FOLDERS {
            fs::create_dir_all(root.path().join(format!("task6/{number}"))).unwrap();
        }
        let submission = Submission::open(root.path()).unwrap();
        assert_eq!(submission.empty_folders("task6").unwrap().len(), NAMED);
    }
}
