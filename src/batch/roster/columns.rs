//! Columns of a roster, identified by their titles.

use std::path::{Component, Path, PathBuf};

use csv::StringRecord;
use softy_checks::model::Text;

use super::{Entry, Source};

/// Titles of the column of ids; the lists of Moodle and Canvas have their own.
const ID: &[&str] = &[
    "id",
    "login",
    "username",
    "identifier",
    "id number",
    "student id",
    "sis login id",
];

const NAME: &[&str] = &["name", "full name", "student", "nom"];

const GROUP: &[&str] = &["group", "section", "class", "groupe", "classe"];

const PATH: &[&str] = &["path", "folder", "dossier"];

const ADDRESS: &[&str] = &["url", "git", "repository", "git url"];

/// Prefixes of the repository addresses that git may fetch; other transports can run programs on this machine.
const TRANSPORTS: &[&str] = &["https://", "http://", "ssh://", "git://", "file://"];

/// Index of each column in a row.
pub(super) struct Columns {
    id: usize,
    name: Option<usize>,
    group: Option<usize>,
    path: Option<usize>,
    address: Option<usize>,
}

impl Columns {
    /// Finds the columns by their titles, in any case and order; ignores other columns.
    pub(super) fn of(titles: &StringRecord) -> Result<Columns, Text> {
        let column = |names: &[&str]| {
            let is_named = |title: &str| names.contains(&title.to_lowercase().as_str());
            titles.iter().position(is_named)
        };
        let id = column(ID).ok_or(Text::fixed(
            "it has no column `id` in its first line",
            "elle n’a pas de colonne `id` dans sa première ligne",
        ))?;
        Ok(Columns {
            id,
            name: column(NAME),
            group: column(GROUP),
            path: column(PATH),
            address: column(ADDRESS),
        })
    }

    /// Returns the entry of a row, or `None` for an empty row.
    pub(super) fn entry(&self, row: &StringRecord, folder: &Path) -> Result<Option<Entry>, Text> {
        if row.iter().all(str::is_empty) {
            return Ok(None);
        }
        let cell = |column: Option<usize>| {
            let text = column.and_then(|column| row.get(column));
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let id =
            cell(Some(self.id)).ok_or(Text::fixed("it has no id", "elle n’a pas d’identifiant"))?;
        let source = match (cell(self.address), cell(self.path)) {
            (Some(address), _) => repository(address)?,
            (None, Some(path)) if is_address(&path) => repository(path)?,
            (None, Some(path)) => Source::Folder(inside(folder, &path)?),
            (None, None) => Source::Folder(inside(folder, &id)?),
        };
        Ok(Some(Entry {
            id,
            name: cell(self.name),
            group: cell(self.group),
            source,
        }))
    }
}

/// Returns a path of the roster. It may be absolute, because the author of the roster knows the machine. `..` is an error.
fn inside(folder: &Path, path: &str) -> Result<PathBuf, Text> {
    let leaves = Path::new(path)
        .components()
        .any(|component| component == Component::ParentDir);
    match leaves {
        true => Err(Text::new(
            format!("`{path}` leads out of the folder of submissions"),
            format!("`{path}` sort du dossier des rendus"),
        )),
        false => Ok(folder.join(path)),
    }
}

fn repository(address: String) -> Result<Source, Text> {
    match is_address(&address) {
        true => Ok(Source::Repository(address)),
        false => Err(Text::new(
            format!(
                "`{address}` is no address of a repository: expected `https://…`, `ssh://…` or `git@host:path`"
            ),
            format!(
                "`{address}` n’est pas l’adresse d’un dépôt : attendu `https://…`, `ssh://…` ou `git@hôte:chemin`"
            ),
        )),
    }
}

/// Returns true if git treats the text as the address of a remote repository: with a scheme, or as `user@host:path`.
fn is_address(text: &str) -> bool {
    let scheme = TRANSPORTS
        .iter()
        .any(|transport| text.starts_with(transport));
    let short = text.split_once(':').is_some_and(|(host, path)| {
        host.contains('@') && !host.contains('/') && !path.starts_with(':') && !path.is_empty()
    });
    !text.starts_with('-') && (scheme || short)
}
