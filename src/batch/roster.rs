//! Roster of a batch: the submissions are the subfolders of a folder, or the rows of a CSV file.

mod columns;

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf, absolute};

use columns::Columns;
use softy_checks::model::Text;

use crate::submission::{OpenError, Submission, is_archive, is_of_programs, is_repository};

/// Maximum size of a roster, in bytes; a row has about a hundred.
const ROSTER_BYTES: u64 = 16 << 20;

/// Entry of a roster: a submission to grade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Id, unique in the batch.
    pub id: String,
    /// The student's name.
    pub name: Option<String>,
    /// The student's group.
    pub group: Option<String>,
    /// Location of the work.
    pub source: Source,
}

/// Location of a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Folder on this machine.
    Folder(PathBuf),
    /// Address of a repository that git can clone.
    Repository(String),
}

/// Error of a list of submissions.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.message().en)]
pub enum RosterError {
    /// The folder of submissions cannot be listed.
    Folder {
        /// Path of the folder.
        path: PathBuf,
        /// Error of the operating system.
        reason: io::Error,
    },
    /// The folder has no subfolder.
    Empty(PathBuf),
    /// The folder contains archives, and no unpacked submission.
    Packed(PathBuf),
    /// The folder contains one subfolder, which contains the submissions.
    Nested(PathBuf),
    /// The results would be among the submissions.
    Among(PathBuf),
    /// The folder is a single submission.
    One(PathBuf),
    /// The roster cannot be read.
    Unreadable {
        /// Path of the file.
        path: PathBuf,
        /// Description of the error.
        reason: Text,
    },
    /// A row is not valid.
    Row {
        /// Path of the file.
        path: PathBuf,
        /// Line of the row, from 1.
        line: u64,
        /// Description of the error.
        reason: Text,
    },
}

impl RosterError {
    /// Returns a description of the error with its remedy.
    pub fn message(&self) -> Text {
        match self {
            RosterError::Folder { path, reason } => {
                let path = path.display();
                Text::new(
                    format!(
                        "`{path}` cannot be listed ({reason}): give the folder that has one subfolder for each submission"
                    ),
                    format!(
                        "`{path}` ne peut pas être listé ({reason}) : donnez le dossier qui a un sous-dossier par rendu"
                    ),
                )
            }
            RosterError::Empty(path) => {
                let path = path.display();
                Text::new(
                    format!(
                        "`{path}` has no subfolder: give the folder that has one for each submission, or a roster with `--roster FILE.csv`"
                    ),
                    format!(
                        "`{path}` n’a pas de sous-dossier : donnez le dossier qui en a un par rendu, ou une liste avec `--roster FICHIER.csv`"
                    ),
                )
            }
            RosterError::Packed(path) => {
                let path = path.display();
                Text::new(
                    format!(
                        "`{path}` has archives and no folder: unpack each into a folder of its own"
                    ),
                    format!(
                        "`{path}` a des archives et aucun dossier : décompressez chacune dans son propre dossier"
                    ),
                )
            }
            RosterError::Nested(path) => {
                let path = path.display();
                Text::new(
                    format!(
                        "the only subfolder, `{path}`, has several submissions: did you mean it? give its path"
                    ),
                    format!(
                        "le seul sous-dossier, `{path}`, contient plusieurs rendus : s’agit-il de lui ? donnez son chemin"
                    ),
                )
            }
            RosterError::Among(path) => {
                let path = path.display();
                Text::new(
                    format!(
                        "the results would lie among the submissions in `{path}`: give another folder with `--out`"
                    ),
                    format!(
                        "les résultats se mêleraient aux rendus dans `{path}` : donnez un autre dossier avec `--out`"
                    ),
                )
            }
            RosterError::One(path) => {
                let path = path.display();
                Text::new(
                    format!(
                        "`{path}` is one submission, not a folder of them: grade it with `softy-check task6`"
                    ),
                    format!(
                        "`{path}` est un rendu, et non un dossier de rendus : notez-le avec `softy-check task6`"
                    ),
                )
            }
            RosterError::Unreadable { path, reason } => {
                let path = path.display();
                Text::new(
                    format!("the roster `{path}` cannot be read: {}", reason.en),
                    format!("la liste `{path}` ne peut pas être lue : {}", reason.fr),
                )
            }
            RosterError::Row { path, line, reason } => {
                let path = path.display();
                Text::new(
                    format!("the roster `{path}`, line {line}: {}", reason.en),
                    format!("la liste `{path}`, ligne {line} : {}", reason.fr),
                )
            }
        }
    }
}

/// Returns every subfolder of `folder` by name, except hidden ones, those that systems create, and the one that is or contains
/// `out`.
///
/// # Errors
/// When no subfolder exists, `folder` is a submission itself, or the only subfolder has several.
pub fn of_folder(folder: &Path, out: &Path) -> Result<Vec<Entry>, RosterError> {
    if is_repository(folder) {
        return Err(RosterError::One(folder.to_owned()));
    }
    let whole = |path: &Path| path.canonicalize().or_else(|_| absolute(path));
    let out = whole(out).ok();
    if out.is_some() && out == whole(folder).ok() {
        return Err(RosterError::Among(folder.to_owned()));
    }
    let unlisted = |reason| RosterError::Folder {
        path: folder.to_owned(),
        reason,
    };
    let has_results = |path: &Path| {
        let path = path.canonicalize().ok();
        path.zip(out.as_ref())
            .is_some_and(|(path, out)| out.starts_with(path))
    };
    let (mut entries, mut has_archive) = (Vec::new(), false);
    for entry in fs::read_dir(folder).map_err(unlisted)? {
        let path = entry.map_err(unlisted)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        has_archive |= is_archive(&name);
        if is_of_programs(&name) || !path.is_dir() || has_results(&path) {
            continue;
        }
        entries.push(Entry {
            id: name.into_owned(),
            name: None,
            group: None,
            source: Source::Folder(path),
        });
    }
    entries.sort_by(|one, other| one.id.cmp(&other.id));
    match entries.as_slice() {
        [] if has_archive => Err(RosterError::Packed(folder.to_owned())),
        [] => Err(RosterError::Empty(folder.to_owned())),
        [
            Entry {
                source: Source::Folder(only),
                ..
            },
        ] if matches!(Submission::open(only), Err(OpenError::Several { .. })) => {
            Err(RosterError::Nested(only.clone()))
        }
        [..] => Ok(entries),
    }
}

/// Returns every row of a roster in its order; relative paths are relative to `folder`.
///
/// # Errors
/// When the file is not a roster, or one of its rows is not valid.
pub fn of_file(file: &Path, folder: &Path) -> Result<Vec<Entry>, RosterError> {
    let unreadable = |reason: Text| RosterError::Unreadable {
        path: file.to_owned(),
        reason,
    };
    let by_system = |error: io::Error| unreadable(Text::verbatim(error.to_string()));
    let by_reader = |error: csv::Error| unreadable(Text::verbatim(error.to_string()));
    let size = fs::metadata(file).map_err(by_system)?.len();
    if size > ROSTER_BYTES {
        let reason = Text::new(
            format!("it has {size} bytes"),
            format!("elle a {size} octets"),
        );
        return Err(unreadable(reason));
    }
    let text = fs::read(file).map_err(by_system)?;
    let no_text = Text::fixed(
        "it is no UTF-8 text: save it as CSV in UTF-8",
        "ce n’est pas du texte en UTF-8 : enregistrez-la en CSV, en UTF-8",
    );
    let text = String::from_utf8(text).map_err(|_| unreadable(no_text))?;
    let mut rows = csv::ReaderBuilder::new()
        .delimiter(delimiter(&text))
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let titles = rows.headers().map_err(by_reader)?;
    let columns = Columns::of(titles).map_err(unreadable)?;
    let mut entries = Vec::new();
    let mut lines: HashMap<String, u64> = HashMap::new();
    for row in rows.records() {
        let row = row.map_err(by_reader)?;
        let line = row.position().map_or(0, csv::Position::line);
        let wrong = |reason| RosterError::Row {
            path: file.to_owned(),
            line,
            reason,
        };
        let Some(entry) = columns.entry(&row, folder).map_err(wrong)? else {
            continue;
        };
        if let Some(first) = lines.insert(entry.id.clone(), line) {
            let id = &entry.id;
            let reason = Text::new(
                format!("line {first} has the id `{id}` already"),
                format!("la ligne {first} a déjà l’identifiant `{id}`"),
            );
            return Err(wrong(reason));
        }
        entries.push(entry);
    }
    match entries.as_slice() {
        [] => Err(unreadable(Text::fixed(
            "it has no row below its titles",
            "elle n’a aucune ligne sous ses titres",
        ))),
        [..] => Ok(entries),
    }
}

/// Returns the delimiter of the titles. Spreadsheets choose it by their language.
fn delimiter(text: &str) -> u8 {
    let titles = text.lines().next().unwrap_or_default();
    let most = [b',', b';', b'\t'];
    let count = |delimiter: &u8| titles.bytes().filter(|byte| byte == delimiter).count();
    most.into_iter().rev().max_by_key(count).unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Entry>, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("roster.csv");
        fs::write(&file, text).unwrap();
        let read = of_file(&file, Path::new("class"));
        read.map_err(|error| {
            error
                .to_string()
                .replace(&file.display().to_string(), "roster.csv")
        })
    }

    fn sources(text: &str) -> Vec<(String, Source)> {
        let entries = read(text).unwrap().into_iter();
        entries.map(|entry| (entry.id, entry.source)).collect()
    }

    #[test]
    fn a_row_is_a_folder_or_a_repository() {
        let text =
            "\u{feff}ID;Name;Group;Path\n7;Zoë;B;seven\n\n8;;;https://example.org/8.git\n9;;;\n";
        let folder = |name: &str| Source::Folder(Path::new("class").join(name));
        assert_eq!(
            sources(text),
            [
                ("7".to_owned(), folder("seven")),
                (
                    "8".to_owned(),
                    Source::Repository("https://example.org/8.git".to_owned())
                ),
                ("9".to_owned(), folder("9")),
            ]
        );
        let first = read(text).unwrap().remove(0);
        assert_eq!(
            (first.name.as_deref(), first.group.as_deref()),
            (Some("Zoë"), Some("B"))
        );
    }

    #[test]
    fn what_makes_no_sense_is_told_with_its_line() {
        let wrong = |text: &str, words: &str| {
            let error = read(text).unwrap_err();
            assert!(error.contains(words), "{error}");
        };
        wrong("name,path\na,b\n", "no column `id`");
        wrong("id\n1\n2\n1\n", "line 4: line 2 has the id `1` already");
        wrong("id,path\n,x\n", "line 2: it has no id");
        wrong("id,path\n1,../other\n", "line 2: `../other` leads out");
        wrong(
            "id,url\n1,ext::sh -c id\n",
            "line 2: `ext::sh -c id` is no address",
        );
        wrong("id,url\n1,--upload-pack=x\n", "line 2");
        wrong("id\n", "no row");
        wrong("", "no column `id`");
    }

    #[test]
    fn a_folder_s_subfolders_are_its_submissions() {
        let class = tempfile::tempdir().unwrap();
        for folder in ["b", "a", ".git", "out"] {
            fs::create_dir(class.path().join(folder)).unwrap();
        }
        fs::write(class.path().join("notes.txt"), "").unwrap();
        let out = class.path().join("out");
        let entries = of_folder(class.path(), &out).unwrap();
        let ids: Vec<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
        assert_eq!(ids, ["a", "b"]);
        let entries = of_folder(class.path(), &out.join("further/down")).unwrap();
        assert_eq!(entries.len(), 2);
        let among = of_folder(class.path(), class.path());
        assert!(matches!(among, Err(RosterError::Among(_))));
        fs::create_dir(class.path().join("task6")).unwrap();
        let one = of_folder(class.path(), &out);
        assert!(matches!(one, Err(RosterError::One(_))));
        let empty = tempfile::tempdir().unwrap();
        assert!(matches!(
            of_folder(empty.path(), &out),
            Err(RosterError::Empty(_))
        ));
        let absent = of_folder(&empty.path().join("x"), &out);
        assert!(matches!(absent, Err(RosterError::Folder { .. })));
    }
}
