//! Access to a submission's folder, treated as untrusted input.

mod answer;
mod changes;
mod empty;
mod find;
mod fingerprint;

use std::borrow::Cow;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, FileType, FileTypeExt, MetadataExt, OpenOptions, OpenOptionsExt};
use rustix::fs::OFlags;
use softy_checks::model::Text;
use softy_checks::observation::{Fault, FaultKind, FileKind};

pub use changes::{Changes, Stamps};
use find::Place;
pub use find::{is_archive, is_of_programs, is_repository};

/// Name of the graded folder in the repository. Every path inside it begins with this name, also if only that folder was
/// given.
pub const TASK_FOLDER: &str = "task6";

/// A student's repository, or its `task6` folder alone.
///
/// Paths are those that reports show: relative to the repository's root, with `/`. No path leads out of the given folder,
/// and only regular files and folders are opened.
#[derive(Debug)]
pub struct Submission {
    given: Given,
    folder: Dir,
    /// Name of the task's folder in the repository, if it is not `task6`.
    task: Option<String>,
    /// Path of the folder taken for `task6`, if the given path does not show it.
    taken: Option<String>,
}

/// Kind of folder that was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Given {
    Repository,
    TaskFolder,
}

/// Reason why a folder cannot be graded: wrong usage, not a student's mistake.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.message().en)]
pub enum OpenError {
    /// No file or folder has this path.
    Absent(PathBuf),
    /// The path is a file.
    NotAFolder(PathBuf),
    /// More than one folder could be the submission.
    Several {
        /// Folder that was given.
        path: PathBuf,
        /// Some of the candidates.
        folders: Vec<PathBuf>,
        /// Number of further candidates.
        more: usize,
    },
    /// An archive, or a folder with nothing but one.
    Packed(PathBuf),
    /// A folder that this user may not read.
    Unreadable {
        /// Path of the folder.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
}

impl OpenError {
    /// Returns the message for the user: the error, and which path to give instead.
    pub fn message(&self) -> Text {
        match self {
            OpenError::Absent(path) => {
                let path = path.display();
                Text::new(
                    format!(
                        "`{path}` does not exist: give the path of a cloned repository, or of its `task6` folder"
                    ),
                    format!(
                        "`{path}` n’existe pas : donnez le chemin d’un dépôt cloné, ou de son dossier `task6`"
                    ),
                )
            }
            OpenError::NotAFolder(path) => {
                let path = path.display();
                Text::new(
                    format!(
                        "`{path}` is not a folder: give the path of a cloned repository, or of its `task6` folder"
                    ),
                    format!(
                        "`{path}` n’est pas un dossier : donnez le chemin d’un dépôt cloné, ou de son dossier `task6`"
                    ),
                )
            }
            OpenError::Several {
                path,
                folders,
                more,
            } => {
                let path = path.display();
                let names = folders
                    .iter()
                    .map(|folder| format!("`{}`", folder.display()));
                let mut names: Vec<String> = names.collect();
                if *more > 0 {
                    names.push("…".to_owned());
                }
                let (en, fr) = (names.join(", "), names.join(", "));
                Text::new(
                    format!(
                        "more than one folder in `{path}` could be the submission; did you mean one of {en}? `softy-check batch task6` grades a folder of submissions"
                    ),
                    format!(
                        "plusieurs dossiers de `{path}` pourraient être le rendu ; s’agit-il de l’un de ceux-ci : {fr} ? `softy-check batch task6` note un dossier de rendus"
                    ),
                )
            }
            OpenError::Packed(path) => {
                let path = path.display();
                Text::new(
                    format!(
                        "`{path}` is an archive: unpack it, then give the folder with `task6` in it"
                    ),
                    format!(
                        "`{path}` est une archive : décompressez-la, puis donnez le dossier qui contient `task6`"
                    ),
                )
            }
            OpenError::Unreadable { path, source } => {
                let path = path.display();
                Text::new(
                    format!(
                        "`{path}` cannot be read ({source}): check who owns the folder and its permissions"
                    ),
                    format!(
                        "`{path}` ne peut pas être lu ({source}) : vérifiez le propriétaire du dossier et ses permissions"
                    ),
                )
            }
        }
    }
}

/// Kind of file at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file, or a symbolic link to one inside the submission.
    Regular {
        /// Size in bytes.
        bytes: u64,
    },
    /// A folder, or a file of a kind that is not read.
    Other(FileKind),
}

/// Reason why a file was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// No file has this path.
    Missing,
    /// The file is not a regular one; it was not read.
    NotRegular(FileKind),
    /// The file is larger than the cap.
    TooLarge {
        /// Size in bytes.
        bytes: u64,
    },
    /// A fault of the checker: it may not read the file.
    Fault(Fault),
}

/// Returns whether the task is in this folder, below it, or around it.
///
/// # Errors
/// An error when more than one folder may be the submission.
pub fn has_task(path: &Path) -> Result<bool, OpenError> {
    match find::around(path) {
        Ok(place) => Ok(place.has_task()),
        Err(error @ OpenError::Several { .. }) => Err(error),
        Err(_) => Ok(false),
    }
}

impl Submission {
    /// Opens a repository, its `task6` folder, or the only submission below a folder.
    pub fn open(path: impl AsRef<Path>) -> Result<Submission, OpenError> {
        find::below(path.as_ref()).map(Submission::at)
    }

    /// Opens a submission like [`Submission::open`], but from a path that a person gave: it may also be a file or a folder
    /// inside `task6`.
    pub fn open_around(path: &Path) -> Result<Submission, OpenError> {
        find::around(path).map(Submission::at)
    }

    fn at(place: Place) -> Submission {
        let Place {
            folder,
            given,
            task,
            taken,
        } = place;
        Submission {
            given,
            folder,
            task,
            taken,
        }
    }

    /// Returns the path of the folder taken for `task6`, relative to the given path; `None` if the given path shows it.
    pub fn taken(&self) -> Option<&str> {
        self.taken.as_deref()
    }

    /// Returns the path of `relative`, resolved against the folder `from`; `None` if it leads out of the submission.
    ///
    /// Only the text of the path is processed: `..` removes the name before it. Symbolic links are followed later, when the
    /// path is used.
    pub fn locate(&self, from: &str, relative: &str) -> Option<String> {
        let mut names: Vec<&str> = from.split('/').filter(|name| !name.is_empty()).collect();
        for name in relative.split('/') {
            match name {
                "" | "." => {}
                ".." => drop(names.pop()?),
                name => names.push(name),
            }
        }
        let path = names.join("/");
        self.inside(&path)?;
        Some(path)
    }

    /// Returns the kind of the file at `path`, with symbolic links followed; `None` if no file exists there.
    pub fn kind(&self, path: &str) -> Result<Option<Kind>, Fault> {
        let Some(inside) = self.inside(path) else {
            return Ok(None);
        };
        match self.folder.metadata(&*inside) {
            Ok(metadata) if metadata.is_file() => Ok(Some(Kind::Regular {
                bytes: metadata.len(),
            })),
            Ok(metadata) => Ok(Some(Kind::Other(file_kind(metadata.file_type())))),
            Err(error) => self.unfollowed(path, &inside, &error),
        }
    }

    /// Returns whether any user may execute the file at `path`. Follows links.
    pub fn is_executable(&self, path: &str) -> bool {
        let metadata = self
            .inside(path)
            .map(|inside| self.folder.metadata(&*inside));
        metadata.is_some_and(|read| read.is_ok_and(|file| file.mode() & 0o111 != 0))
    }

    /// Returns the content of a regular file of at most `cap` bytes.
    pub fn read(&self, path: &str, cap: u64) -> Result<Vec<u8>, ReadError> {
        match self.kind(path).map_err(ReadError::Fault)? {
            None => return Err(ReadError::Missing),
            Some(Kind::Other(kind)) => return Err(ReadError::NotRegular(kind)),
            Some(Kind::Regular { bytes }) if bytes > cap => {
                return Err(ReadError::TooLarge { bytes });
            }
            Some(Kind::Regular { .. }) => {}
        }
        let file = self.open_file(path)?;
        let fault = |error| ReadError::Fault(fault(path, &error));
        let mut content = Vec::new();
        let bytes = file
            .take(cap.saturating_add(1))
            .read_to_end(&mut content)
            .map_err(fault)? as u64;
        if bytes > cap {
            return Err(ReadError::TooLarge { bytes });
        }
        Ok(content)
    }

    /// Opens a folder. No path inside it can lead out of it.
    pub fn open_dir(&self, path: &str) -> Result<Dir, ReadError> {
        match self.kind(path).map_err(ReadError::Fault)? {
            None => Err(ReadError::Missing),
            Some(Kind::Regular { .. }) => Err(ReadError::Missing),
            Some(Kind::Other(FileKind::Directory)) => {
                let inside = self.inside(path).unwrap_or(".".into());
                let opened = self.folder.open_dir(&*inside);
                opened.map_err(|error| ReadError::Fault(fault(path, &error)))
            }
            Some(Kind::Other(kind)) => Err(ReadError::NotRegular(kind)),
        }
    }

    /// Returns the sorted names in a folder: at most `limit`, those that the system lists first. Empty if the path is not a
    /// folder.
    pub fn names(&self, path: &str, limit: usize) -> Result<Vec<String>, Fault> {
        let folder = match self.open_dir(path) {
            Ok(folder) => folder,
            Err(ReadError::Fault(fault)) => return Err(fault),
            Err(ReadError::Missing | ReadError::NotRegular(_) | ReadError::TooLarge { .. }) => {
                return Ok(Vec::new());
            }
        };
        let entries = folder.entries().map_err(|error| fault(path, &error))?;
        let names = entries.take(limit).flatten().map(|entry| entry.file_name());
        let mut names: Vec<String> = names.flat_map(|name| name.into_string()).collect();
        names.sort();
        Ok(names)
    }

    /// Returns the path of the given folder.
    fn top(&self) -> &'static str {
        match self.given {
            Given::Repository => "",
            Given::TaskFolder => TASK_FOLDER,
        }
    }

    /// Returns the path relative to the given folder; `None` if it is outside.
    fn inside<'a>(&self, path: &'a str) -> Option<Cow<'a, str>> {
        let in_task = path.strip_prefix(TASK_FOLDER);
        let in_task = in_task.filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let inside = match (self.given, &self.task, in_task) {
            (Given::Repository, Some(task), Some(rest)) => Cow::Owned(format!("{task}{rest}")),
            (Given::Repository, _, _) => Cow::Borrowed(path),
            (Given::TaskFolder, _, Some(rest)) => {
                Cow::Borrowed(rest.strip_prefix('/').unwrap_or(rest))
            }
            (Given::TaskFolder, _, None) => return None,
        };
        Some(match inside.is_empty() {
            true => Cow::Borrowed("."),
            false => inside,
        })
    }

    /// Returns the kind of a path that could not be followed to its end: a symbolic link, or `None` if no file exists
    /// there.
    fn unfollowed(
        &self,
        path: &str,
        inside: &str,
        error: &io::Error,
    ) -> Result<Option<Kind>, Fault> {
        let link = Ok(Some(Kind::Other(FileKind::Symlink)));
        if is_escape(error) || error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
        {
            return link;
        }
        match error.kind() {
            io::ErrorKind::NotFound if self.folder.symlink_metadata(inside).is_ok() => link,
            io::ErrorKind::NotFound
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::InvalidFilename => Ok(None),
            _ => Err(fault(path, error)),
        }
    }

    /// Opens a file that was regular when it was last checked, and checks it again. Without `O_NONBLOCK`, opening a pipe
    /// that was put there meanwhile would block until a writer opened it.
    fn open_file(&self, path: &str) -> Result<File, ReadError> {
        let fault = |error| ReadError::Fault(fault(path, &error));
        let mut options = OpenOptions::new();
        options
            .read(true)
            .custom_flags(OFlags::NONBLOCK.bits() as i32);
        let inside = self.inside(path).ok_or(ReadError::Missing)?;
        let file = self.folder.open_with(&*inside, &options).map_err(fault)?;
        let kind = file.metadata().map_err(fault)?.file_type();
        if !kind.is_file() {
            return Err(ReadError::NotRegular(file_kind(kind)));
        }
        Ok(file)
    }
}

fn open_folder(path: &Path) -> Result<Dir, OpenError> {
    let unreadable = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => OpenError::Absent(path.to_owned()),
        io::ErrorKind::NotADirectory => OpenError::NotAFolder(path.to_owned()),
        _ => OpenError::Unreadable {
            path: path.to_owned(),
            source,
        },
    };
    let folder = Dir::open_ambient_dir(path, ambient_authority()).map_err(unreadable)?;
    folder.entries().map_err(unreadable)?;
    Ok(folder)
}

fn file_kind(kind: FileType) -> FileKind {
    if kind.is_dir() {
        return FileKind::Directory;
    }
    if kind.is_symlink() {
        return FileKind::Symlink;
    }
    if kind.is_fifo() {
        return FileKind::Fifo;
    }
    if kind.is_socket() {
        return FileKind::Socket;
    }
    FileKind::Device
}

/// Returns whether cap-std refused a path that leads out. Such an error has no error number of the system.
fn is_escape(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied && error.raw_os_error().is_none()
}

fn fault(path: &str, error: &io::Error) -> Fault {
    Fault::told(FaultKind::Files, format!("{path}: {error}"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn repository() -> (tempfile::TempDir, Submission) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("task6/site")).unwrap();
        std::fs::create_dir(folder.path().join("task5")).unwrap();
        std::fs::write(folder.path().join("task6/site/index.html"), "hello").unwrap();
        let submission = Submission::open(folder.path()).unwrap();
        (folder, submission)
    }

    #[test]
    fn a_repository_and_its_task_folder_show_the_same_paths() {
        let (folder, repository) = repository();
        let task = Submission::open(folder.path().join("task6")).unwrap();
        for submission in [&repository, &task] {
            let read = submission.read("task6/site/index.html", 5);
            assert_eq!(read.unwrap(), b"hello");
            assert_eq!(submission.names("task6", 10).unwrap(), ["site"]);
        }
        assert_eq!(
            repository.locate("task6", "../task5/x"),
            Some("task5/x".to_owned())
        );
        assert_eq!(task.locate("task6", "../task5/x"), None);
        assert_eq!(task.locate("task6", "./site/../"), Some("task6".to_owned()));
    }

    #[test]
    fn a_task_folder_of_another_name_is_known_by_its_files() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("compose.yaml"), "{}").unwrap();
        let submission = Submission::open(folder.path()).unwrap();
        assert_eq!(submission.read("task6/compose.yaml", 10).unwrap(), b"{}");
    }

    #[test]
    fn nothing_leads_out() {
        let (folder, submission) = repository();
        symlink("/etc", folder.path().join("task6/out")).unwrap();
        symlink("loop", folder.path().join("task6/loop")).unwrap();
        symlink("../../..", folder.path().join("task6/up")).unwrap();
        for path in [
            "task6/out",
            "task6/out/passwd",
            "task6/loop",
            "task6/up",
            "task6/up/etc/passwd",
        ] {
            let kind = submission.kind(path).unwrap();
            assert_eq!(kind, Some(Kind::Other(FileKind::Symlink)), "{path}");
            assert!(submission.read(path, 1000).is_err() && submission.open_dir(path).is_err());
        }
        assert_eq!(submission.locate("task6", "../../etc"), None);
        assert_eq!(
            submission.kind("../etc").unwrap(),
            Some(Kind::Other(FileKind::Symlink))
        );
    }

    #[test]
    fn wrong_usage_says_what_to_give() {
        let folder = tempfile::tempdir().unwrap();
        let absent = Submission::open(folder.path().join("absent"));
        assert!(matches!(absent, Err(OpenError::Absent(_))));
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(matches!(
            Submission::open(&file),
            Err(OpenError::NotAFolder(_))
        ));
    }

    #[test]
    fn files_over_the_cap_are_not_read() {
        let (_folder, submission) = repository();
        let read = submission.read("task6/site/index.html", 4);
        assert_eq!(read, Err(ReadError::TooLarge { bytes: 5 }));
        assert_eq!(
            submission.read("task6/site", 4),
            Err(ReadError::NotRegular(FileKind::Directory))
        );
        assert_eq!(submission.read("task6/none\0", 4), Err(ReadError::Missing));
        assert_eq!(
            submission.read("task6/site/index.html/x", 4),
            Err(ReadError::Missing)
        );
    }
}
