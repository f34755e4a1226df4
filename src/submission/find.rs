//! Search for the task in a given folder. Work arrives as the folder of a clone, an archive, a learning platform or a student,
//! with `task6` in it or a misspelt name. A single candidate is taken; several candidates are an error that asks the user to
//! choose.

use std::path::{Path, PathBuf};

use cap_std::fs::Dir;

use super::{Given, OpenError, TASK_FOLDER, answer, open_folder};

/// Maximum depth of the search: folders of a platform, an archive, a repository, and one more.
const DEPTH: usize = 4;

/// Maximum number of entries considered per folder.
const ENTRIES: usize = 400;

/// Maximum number of searched folders.
const FOLDERS: usize = 1000;

/// Maximum number of candidates in an error.
const NAMED: usize = 5;

/// Maximum number of folders considered above a path.
const ABOVE: usize = 8;

/// Names of folders that systems and programs create.
const OF_PROGRAMS: [&str; 8] = [
    "__MACOSX",
    "__pycache__",
    "@eaDir",
    "$RECYCLE.BIN",
    "System Volume Information",
    "lost+found",
    "node_modules",
    "venv",
];

/// Default names of the Compose file.
const COMPOSE_FILES: [&str; 4] = [
    "compose.yaml",
    "compose.yml",
    "docker-compose.yaml",
    "docker-compose.yml",
];

/// File name endings of archives.
const ARCHIVES: [&str; 8] = [
    ".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".rar", ".7z",
];

/// Suffixes after `task6` in the name of a folder that was unpacked from an archive or copied.
const BEHIND: [&str; 7] = ["", "main", "master", "copy", "copie", "final", "solution"];

/// Folder to open as a submission.
pub(super) struct Place {
    pub(super) folder: Dir,
    pub(super) given: Given,
    /// Name of the task's folder in the repository, if it is not `task6`.
    pub(super) task: Option<String>,
    /// Path of the folder taken for `task6`, relative to the given path; `None` if it is that path or its `task6`.
    pub(super) taken: Option<String>,
}

/// Folder that may be the submission.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Candidate {
    /// Path of the repository, or of the task's own folder.
    path: String,
    given: Given,
    task: Option<String>,
}

/// Returns whether a system or a program creates folders of this name, and no student does.
pub fn is_of_programs(name: &str) -> bool {
    name.starts_with('.')
        || OF_PROGRAMS
            .iter()
            .any(|known| known.eq_ignore_ascii_case(name))
}

/// Returns whether a file of this name is an archive.
pub fn is_archive(name: &str) -> bool {
    let name = name.to_lowercase();
    ARCHIVES.iter().any(|end| name.ends_with(end))
}

/// Returns whether a folder is a repository of the tasks, with or without `task6`.
pub fn is_repository(path: &Path) -> bool {
    let Ok(folder) = open_folder(path) else {
        return false;
    };
    folder.is_dir(TASK_FOLDER) || !misspelt(&folder).is_empty() || has_other_tasks(&folder)
}

/// Finds the submission in a folder: the folder itself, or the only candidate below it.
pub(super) fn below(path: &Path) -> Result<Place, OpenError> {
    let folder = open_folder(path)?;
    match here(path, &folder)? {
        Some(candidate) => Ok(candidate.open(folder)),
        None => search(path, folder),
    }
}

/// Finds the submission like [`below`], but from a path that a person gave, which may also be a file or a folder inside the
/// task's folder.
pub(super) fn around(path: &Path) -> Result<Place, OpenError> {
    let error = match below(path) {
        Ok(place) if place.has_task() => return Ok(place),
        Err(
            error @ (OpenError::Absent(_)
            | OpenError::Several { .. }
            | OpenError::Unreadable { .. }),
        ) => {
            return Err(error);
        }
        Ok(nothing) => return Ok(above(path).unwrap_or(nothing)),
        Err(error @ OpenError::Packed(_)) => error,
        Err(OpenError::NotAFolder(path)) if is_archive(&path.to_string_lossy()) => {
            OpenError::Packed(path)
        }
        Err(error @ OpenError::NotAFolder(_)) => error,
    };
    above(path).ok_or(error)
}

impl Place {
    /// Returns whether the task's folder exists in it.
    pub(super) fn has_task(&self) -> bool {
        match self.given {
            Given::Repository => self
                .folder
                .is_dir(self.task.as_deref().unwrap_or(TASK_FOLDER)),
            Given::TaskFolder => true,
        }
    }
}

impl Candidate {
    fn repository(path: &str, task: Option<String>) -> Candidate {
        Candidate {
            path: path.to_owned(),
            given: Given::Repository,
            task,
        }
    }

    fn task_folder(path: &str) -> Candidate {
        Candidate {
            path: path.to_owned(),
            given: Given::TaskFolder,
            task: None,
        }
    }

    /// Returns the path of the task's folder.
    fn shown(&self) -> String {
        let task = self.task.as_deref().unwrap_or(TASK_FOLDER);
        match (self.given, self.path.as_str()) {
            (Given::Repository, "") => task.to_owned(),
            (Given::Repository, path) => format!("{path}/{task}"),
            (Given::TaskFolder, "") => ".".to_owned(),
            (Given::TaskFolder, path) => path.to_owned(),
        }
    }

    /// Returns the place of a candidate whose folder is open.
    fn open(self, folder: Dir) -> Place {
        let is_another = !self.path.is_empty() || self.task.is_some();
        Place {
            taken: is_another.then(|| self.shown()),
            folder,
            given: self.given,
            task: self.task,
        }
    }
}

/// Returns the folder itself as a candidate; `None` when the folders below it decide.
///
/// # Errors
/// An error when several folders in it may be the task's.
fn here(path: &Path, folder: &Dir) -> Result<Option<Candidate>, OpenError> {
    if folder.is_dir(TASK_FOLDER) {
        return Ok(Some(Candidate::repository("", None)));
    }
    match misspelt(folder).as_slice() {
        [] => {}
        [task] => return Ok(Some(Candidate::repository("", Some(task.clone())))),
        several => return Err(several_of(path, several.to_vec())),
    }
    if has_other_tasks(folder) {
        return Ok(Some(Candidate::repository("", None)));
    }
    let name = path.canonicalize().ok();
    let name = name.as_deref().and_then(Path::file_name);
    let name = name.unwrap_or_default().to_string_lossy();
    let is_task = has(folder, answer::FILE_NAME) || (is_like(&name) && has_work(folder));
    Ok(is_task.then(|| Candidate::task_folder("")))
}

/// Returns the only candidate below a folder; the folder itself when none exists.
///
/// # Errors
/// An error for several candidates, for a folder with only an archive, or for an unreadable folder.
fn search(path: &Path, folder: Dir) -> Result<Place, OpenError> {
    let mut search = Search {
        left: FOLDERS,
        candidates: Vec::new(),
        archive: None,
    };
    search.look(&folder, "", 0);
    let mut candidates = search.candidates;
    if COMPOSE_FILES.iter().any(|file| has(&folder, file)) {
        // The folder has the task's files but another name. If a task exists below it too, either may be meant.
        candidates.push(Candidate::task_folder(""));
    }
    match candidates.as_slice() {
        [one] => {
            let inner = match one.path.as_str() {
                "" => Ok(folder),
                inner => folder.open_dir(inner),
            };
            let inner = inner.map_err(|source| OpenError::Unreadable {
                path: path.join(&one.path),
                source,
            })?;
            Ok(one.clone().open(inner))
        }
        [] => {
            let is_named = path
                .canonicalize()
                .is_ok_and(|path| path.ends_with(TASK_FOLDER));
            match search.archive {
                Some(archive) if !folder.is_dir(".git") => {
                    Err(OpenError::Packed(path.join(archive)))
                }
                Some(_) | None if is_named => Ok(Candidate::task_folder("").open(folder)),
                Some(_) | None => Ok(Candidate::repository("", None).open(folder)),
            }
        }
        several => Err(several_of(
            path,
            several.iter().map(Candidate::shown).collect(),
        )),
    }
}

fn several_of(path: &Path, mut names: Vec<String>) -> OpenError {
    names.sort();
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    OpenError::Several {
        path: path.to_owned(),
        folders: names.iter().map(|name| path.join(name)).collect(),
        more,
    }
}

/// Returns the nearest folder above a path that is the task's.
fn above(path: &Path) -> Option<Place> {
    let whole = path.canonicalize().ok()?;
    let above: Vec<&Path> = whole.ancestors().skip(1).take(ABOVE).collect();
    let found = above.iter().enumerate().find_map(|(levels, task)| {
        let name = task.file_name()?.to_str()?;
        if !is_like(name) || !has_work(&open_folder(task).ok()?) {
            return None;
        }
        let folder = open_folder(task.parent()?).ok()?;
        let shown: PathBuf = std::iter::repeat_n("..", levels + 1).collect();
        Some(Place {
            folder,
            given: Given::Repository,
            task: (name != TASK_FOLDER).then(|| name.to_owned()),
            taken: Some(shown.to_string_lossy().into_owned()),
        })
    });
    found.or_else(|| beside(&whole))
}

/// Returns the folder of a file if it is the task's, whatever its name.
fn beside(file: &Path) -> Option<Place> {
    let path = file.parent().filter(|_| file.is_file())?;
    let folder = open_folder(path).ok()?;
    let candidate = match is_repository(path) {
        true => here(path, &folder).ok()??,
        false if has_work(&folder) => Candidate::task_folder(""),
        false => return None,
    };
    Some(Place {
        taken: Some("..".to_owned()),
        ..candidate.open(folder)
    })
}

/// Search of the folders below a folder.
struct Search {
    /// Number of folders that may still be searched.
    left: usize,
    /// Folders with `task6` or its answer file.
    candidates: Vec<Candidate>,
    /// Path of the first archive.
    archive: Option<String>,
}

impl Search {
    fn look(&mut self, folder: &Dir, path: &str, depth: usize) {
        for (name, is_folder) in entries(folder) {
            let inner = match path {
                "" => name.clone(),
                path => format!("{path}/{name}"),
            };
            if is_of_programs(&name) {
                continue;
            }
            if !is_folder {
                if is_archive(&name) {
                    self.archive.get_or_insert(inner);
                }
                continue;
            }
            let Some(left) = self.left.checked_sub(1) else {
                return;
            };
            self.left = left;
            if let Ok(folder) = folder.open_dir(&name) {
                self.consider(&folder, &name, &inner, depth);
            }
        }
    }

    fn consider(&mut self, folder: &Dir, name: &str, path: &str, depth: usize) {
        if folder.is_dir(TASK_FOLDER) {
            return self.candidates.push(Candidate::repository(path, None));
        }
        let misspelt = misspelt(folder);
        if !misspelt.is_empty() {
            let tasks = misspelt.into_iter();
            let repositories = tasks.map(|task| Candidate::repository(path, Some(task)));
            return self.candidates.extend(repositories);
        }
        if has_other_tasks(folder) {
            return;
        }
        if has(folder, answer::FILE_NAME) || (is_like(name) && has_work(folder)) {
            return self.candidates.push(Candidate::task_folder(path));
        }
        if depth + 1 < DEPTH {
            self.look(folder, path, depth + 1);
        }
    }
}

/// Returns the sorted names in a folder, each with true for a folder; does not follow links.
fn entries(folder: &Dir) -> Vec<(String, bool)> {
    let Ok(entries) = folder.entries() else {
        return Vec::new();
    };
    let mut entries: Vec<(String, bool)> = entries
        .take(ENTRIES)
        .flatten()
        .filter_map(|entry| {
            let is_folder = entry.file_type().ok()?.is_dir();
            Some((entry.file_name().into_string().ok()?, is_folder))
        })
        .collect();
    entries.sort();
    entries
}

/// Returns the names of the folders that are nearly `task6` and contain files of the task.
fn misspelt(folder: &Dir) -> Vec<String> {
    let names = entries(folder).into_iter();
    let likely = names.filter(|(name, is_folder)| *is_folder && is_like(name));
    let is_handed_in = |name: &String| folder.open_dir(name).is_ok_and(|inner| has_work(&inner));
    likely.map(|(name, _)| name).filter(is_handed_in).collect()
}

/// Returns whether a name is `task6`, apart from capitals, separators, and the suffixes of a download or a copy.
fn is_like(name: &str) -> bool {
    let without_number = name
        .strip_suffix(')')
        .and_then(|name| name.rsplit_once('('))
        .filter(|(_, number)| number.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(name, |(name, _)| name);
    let letters: String = without_number
        .chars()
        .filter(|character| character.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    let behind = letters
        .strip_prefix("task6")
        .or_else(|| letters.strip_prefix("task06"));
    behind.is_some_and(|behind| BEHIND.contains(&behind))
}

fn has_other_tasks(folder: &Dir) -> bool {
    (0..6).any(|number| folder.is_dir(format!("task{number}")))
}

/// Returns whether a folder has a file of the task.
fn has_work(folder: &Dir) -> bool {
    let mut files = COMPOSE_FILES.iter().chain([&answer::FILE_NAME]);
    files.any(|file| has(folder, file))
}

fn has(folder: &Dir, file: &str) -> bool {
    folder.symlink_metadata(file).is_ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::{TempDir, tempdir};

    use super::*;

    /// Creates a folder with these files.
    fn folder(files: &[&str]) -> TempDir {
        let root = tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        root
    }

    /// Finds the submission from a path in such a folder. Returns the folder taken, empty if it is the given one.
    fn found(files: &[&str], from: &str) -> Result<String, String> {
        let root = folder(files);
        match around(&root.path().join(from)) {
            Ok(place) if place.has_task() => Ok(place.taken.unwrap_or_default()),
            Ok(_) => Err("nothing".to_owned()),
            Err(OpenError::Several { folders, .. }) => {
                let names = folders.iter().map(|path| path.strip_prefix(root.path()));
                let names = names.map(|name| name.unwrap().display().to_string());
                Err(names.collect::<Vec<_>>().join(" "))
            }
            Err(OpenError::Packed(_)) => Err("packed".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn taken(files: &[&str], from: &str) -> String {
        found(files, from).unwrap()
    }

    const ANSWER: &str = "task6/2-api-servers.txt";

    #[test]
    fn a_repository_and_its_task_folder_are_what_they_are() {
        let files = ["task6/docker-compose.yml", "task5/docker-compose.yml"];
        assert_eq!(taken(&files, ""), "");
        assert_eq!(taken(&files, "task6"), "");
        assert_eq!(taken(&["compose.yaml", "back-end/Dockerfile"], ""), "");
    }

    #[test]
    fn a_folder_around_is_looked_through() {
        for path in ["x", "x/repo-main", "Ann_1_assignsubmission_file_/a/b/c"] {
            let file = format!("{path}/{ANSWER}");
            let files = [
                file.as_str(),
                "__MACOSX/task6/._x",
                ".DS_Store",
                "desktop.ini",
            ];
            assert_eq!(taken(&files, ""), format!("{path}/task6"));
        }
        assert_eq!(taken(&["x/2-api-servers.txt"], ""), "x");
        assert_eq!(
            found(&["a/b/c/d/e/f/task6/x"], ""),
            Err("nothing".to_owned())
        );
    }

    #[test]
    fn a_name_that_is_nearly_task6_is_taken_where_there_is_work_in_it() {
        for name in [
            "Task6",
            "TASK6",
            "task-6",
            "task_6",
            "Task 6",
            "task06",
            "task6-main",
            "task6 (1)",
        ] {
            let file = format!("{name}/docker-compose.yml");
            assert_eq!(taken(&[&file, "task5/docker-compose.yml"], ""), name);
            assert_eq!(taken(&[&file], name), "");
            let nested = format!("x/{file}");
            assert_eq!(taken(&[&nested], ""), format!("x/{name}"));
        }
        for name in ["task66", "task16", "task6b"] {
            let files = [&*format!("{name}/docker-compose.yml"), "task5/x"];
            assert_eq!(found(&files, ""), Err("nothing".to_owned()), "{name}");
        }
        assert_eq!(
            found(&["Task6/readme.md", "task5/x"], ""),
            Err("nothing".to_owned())
        );
    }

    #[test]
    fn two_that_could_be_meant_are_asked_for() {
        let two = ["a/task6/x", "b/task6/x"];
        assert_eq!(found(&two, ""), Err("a/task6 b/task6".to_owned()));
        let spelt = ["Task6/compose.yml", "task_6/compose.yml"];
        assert_eq!(found(&spelt, ""), Err("Task6 task_6".to_owned()));
        let exact = ["task6/compose.yml", "Task6/compose.yml"];
        assert_eq!(taken(&exact, ""), "");
        let beside = ["compose.yml", "x/task6/compose.yml"];
        assert_eq!(found(&beside, ""), Err(" x/task6".to_owned()));
    }

    #[test]
    fn a_path_inside_of_the_task_is_the_task() {
        let files = [ANSWER, "task6/back-end/Dockerfile", "task6/back-end/app/x"];
        assert_eq!(taken(&files, "task6/back-end"), "..");
        assert_eq!(taken(&files, "task6/back-end/app"), "../..");
        assert_eq!(taken(&files, ANSWER), "..");
        let spelt = ["Task6/compose.yml", "Task6/back-end/Dockerfile"];
        assert_eq!(taken(&spelt, "Task6/back-end"), "..");
        let other = ["solution/compose.yml", "solution/a/Dockerfile"];
        assert_eq!(taken(&other, "solution/compose.yml"), "..");
    }

    #[test]
    fn a_class_that_is_called_task6_is_no_submission_of_a_student_in_it() {
        let files = ["task6/ann/readme.md", "task6/bob/Dockerfile"];
        assert_eq!(found(&files, "task6/ann"), Err("nothing".to_owned()));
    }

    #[test]
    fn an_archive_is_to_be_unpacked() {
        for files in [["work.zip"], ["x/work.tar.gz"], ["TASK6.ZIP"]] {
            assert_eq!(found(&files, ""), Err("packed".to_owned()));
            assert_eq!(found(&files, files[0]), Err("packed".to_owned()));
        }
        assert_eq!(taken(&["work.zip", "x/task6/y"], ""), "x/task6");
        let committed = ["work.zip", ".git/config"];
        assert_eq!(found(&committed, ""), Err("nothing".to_owned()));
    }

    #[test]
    fn nothing_stays_nothing() {
        for files in [
            &["readme.md"][..],
            &["task5/compose.yml"],
            &["x/y/Dockerfile"],
        ] {
            assert_eq!(found(files, ""), Err("nothing".to_owned()), "{files:?}");
        }
    }

    #[test]
    fn links_are_not_followed_in_a_search() {
        let root = folder(&["x/readme.md"]);
        let elsewhere = folder(&[ANSWER]);
        std::os::unix::fs::symlink(elsewhere.path(), root.path().join("x/link")).unwrap();
        assert!(!around(root.path()).is_ok_and(|place| place.has_task()));
    }

    #[test]
    fn a_forest_of_folders_is_searched_in_part() {
        let root = tempdir().unwrap();
        for number in 0..ENTRIES {
            fs::create_dir_all(root.path().join(format!("{number}/a/b/c"))).unwrap();
        }
        let mut search = Search {
            left: FOLDERS,
            candidates: Vec::new(),
            archive: None,
        };
        search.look(&open_folder(root.path()).unwrap(), "", 0);
        assert_eq!(search.left, 0);
    }
}
