//! `include`: definitions of other projects, merged into this one.

use std::collections::BTreeMap;

use softy_checks::model::Text;
use softy_checks::observation::ProblemKind;

use super::dotenv::Scope;
use super::interpolation::Variables;
use super::keys::Type;
use super::load::{FileScope, LoadError, Loader};
use super::source::Mark;
use super::yaml::{Entry, Node, Value};
use super::{paths, schema, variables};

/// Type of `include`; Compose ignores the unknown keys of an entry.
static ENTRIES: Type = Type::List(&Type::Either(&[Type::Text, Type::Named(&Type::Any)]));

/// A text, or a list of texts.
const TEXTS: Type = Type::Either(&[Type::Text, Type::List(&Type::Text), Type::Null]);

/// Keys of an entry that Compose supports.
static KNOWN: [(&str, Type); 3] = [
    ("env_file", TEXTS),
    ("path", TEXTS),
    ("project_directory", Type::Either(&[Type::Text, Type::Null])),
];

/// Sections that one project can include from another.
const SECTIONS: [&str; 5] = ["services", "volumes", "networks", "secrets", "configs"];

/// Maximum length of a chain of projects that include each other.
const DEEPEST: usize = 20;

/// An entry of `include`.
struct Include {
    paths: Vec<String>,
    folder: Option<String>,
    env_files: Option<Vec<String>>,
    mark: Mark,
}

impl Loader<'_> {
    /// Resolves the `include` of a document. `including` is the chain of files up to and including the document's own.
    pub(super) fn include(
        &mut self,
        document: &mut Node,
        frame: FileScope,
        including: &[String],
    ) -> Result<(), LoadError> {
        let Some(node) = document.remove("include") else {
            return Ok(());
        };
        if node.value == Value::Null {
            return Ok(());
        }
        schema::check(&node, &ENTRIES, "include", self.findings);
        for (index, item) in node.items().iter().enumerate() {
            for (key, takes) in &KNOWN {
                if let Some(value) = item.get(key) {
                    let path = format!("include[{index}].{key}");
                    schema::check(value, takes, &path, self.findings);
                }
            }
        }
        if self.findings.has_problems() {
            return Err(LoadError::Found);
        }
        self.findings.unknown_to_v1("`include`", "`include`");
        for item in node.items() {
            let included = self.included(&include(item), frame, including)?;
            self.take_in(included, document, item.mark)?;
        }
        Ok(())
    }

    fn included(
        &mut self,
        include: &Include,
        frame: FileScope,
        including: &[String],
    ) -> Result<Node, LoadError> {
        let mark = include.mark;
        let mut files = Vec::new();
        for path in &include.paths {
            files.push(self.named(path, frame.folder, "include", mark)?);
        }
        let first = files.first().cloned().unwrap_or_default();
        self.check_circle(&first, including, mark)?;
        let folder = match &include.folder {
            Some(folder) => self.named(folder, frame.folder, "include", mark)?,
            None => paths::folder(&first).to_owned(),
        };
        let variables = self.variables(include, &folder, frame)?;
        let frame = FileScope {
            folder: &folder,
            variables: &variables,
        };
        self.model(&files, frame, including, mark)
    }

    /// Returns the variables of the including project over those of the included project's own files.
    fn variables(
        &mut self,
        include: &Include,
        folder: &str,
        frame: FileScope,
    ) -> Result<Variables, LoadError> {
        let mut own = Variables::new();
        let files = match &include.env_files {
            None => vec![variables::default_file(folder)],
            Some(names) => {
                let named = names
                    .iter()
                    .map(|name| self.named(name, frame.folder, "include", include.mark));
                named.collect::<Result<Vec<String>, LoadError>>()?
            }
        };
        for file in files {
            let scope = Scope {
                over: frame.variables,
                under: &own,
            };
            match variables::read(self.submission, &file, scope, self.findings)? {
                Some(variables) => own.extend(variables),
                None if include.env_files.is_none() => {}
                None => {
                    return Err(self.stop(
                        ProblemKind::Unreadable,
                        include.mark,
                        format!("`{file}` is not there"),
                        format!("`{file}` n’existe pas"),
                    ));
                }
            }
        }
        own.extend(frame.variables.clone());
        Ok(own)
    }

    fn check_circle(
        &mut self,
        first: &String,
        including: &[String],
        mark: Mark,
    ) -> Result<(), LoadError> {
        let is_circle = including.contains(first);
        if !is_circle && including.len() < DEEPEST {
            return Ok(());
        }
        let steps: Vec<String> = including
            .iter()
            .chain([first])
            .map(|file| format!("`{file}`"))
            .collect();
        let steps = steps.join(" → ");
        let (en, fr) = match is_circle {
            true => (
                "files include each other in a circle",
                "des fichiers s’incluent en cercle",
            ),
            false => (
                "too many files include each other in a row",
                "trop de fichiers s’incluent l’un l’autre",
            ),
        };
        Err(self.stop(
            ProblemKind::InvalidValue,
            mark,
            format!("{en}: {steps}"),
            format!("{fr} : {steps}"),
        ))
    }

    /// Adds the included definitions to a document; two definitions of the same name must be equal.
    fn take_in(
        &mut self,
        mut included: Node,
        document: &mut Node,
        mark: Mark,
    ) -> Result<(), LoadError> {
        for section in SECTIONS {
            let Some(Node {
                value: Value::Map(entries),
                ..
            }) = included.remove(section)
            else {
                continue;
            };
            for entry in entries {
                self.take_in_one(entry, section_of(document, section, mark), section)?;
            }
        }
        Ok(())
    }

    fn take_in_one(
        &mut self,
        entry: Entry,
        there: Option<&mut Vec<Entry>>,
        section: &str,
    ) -> Result<(), LoadError> {
        let Some(there) = there else {
            return Ok(());
        };
        let Some(own) = there.iter().find(|own| own.key == entry.key) else {
            there.push(entry);
            return Ok(());
        };
        if is_same(&own.value, &entry.value) {
            return Ok(());
        }
        let key = &entry.key;
        let text = Text::new(
            format!(
                "`{section}.{key}` is defined here and in an included file, and not in the same way; only an override file can change what a file of `include` defines"
            ),
            format!(
                "`{section}.{key}` est défini ici et dans un fichier inclus, mais pas de la même façon ; seul un fichier « override » peut modifier ce que définit un fichier de `include`"
            ),
        );
        self.findings
            .problem(ProblemKind::InvalidValue, own.mark, text);
        Err(LoadError::Found)
    }
}

/// Returns the entries of a section, which is created if missing, or `None` if it is not a mapping.
fn section_of<'d>(document: &'d mut Node, section: &str, mark: Mark) -> Option<&'d mut Vec<Entry>> {
    let Value::Map(entries) = &mut document.value else {
        return None;
    };
    let at = match entries.iter().position(|entry| entry.key == section) {
        Some(at) => at,
        None => {
            let value = Value::Map(Vec::new());
            entries.push(super::merge::entry(
                section.to_owned(),
                Node { mark, value },
            ));
            entries.len() - 1
        }
    };
    let value = &mut entries.get_mut(at)?.value.value;
    if *value == Value::Null {
        *value = Value::Map(Vec::new());
    }
    match value {
        Value::Map(entries) => Some(entries),
        Value::Null
        | Value::Bool(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Text(_)
        | Value::List(_) => None,
    }
}

/// Returns true if two values are equal, regardless of their positions and of the order of keys.
fn is_same(one: &Node, other: &Node) -> bool {
    match (&one.value, &other.value) {
        (Value::Map(one), Value::Map(other)) => {
            let other: BTreeMap<&String, &Node> = other
                .iter()
                .map(|entry| (&entry.key, &entry.value))
                .collect();
            let is_there = |entry: &Entry| {
                let there = other.get(&entry.key);
                there.is_some_and(|value| is_same(&entry.value, value))
            };
            one.len() == other.len() && one.iter().all(is_there)
        }
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| is_same(one, other))
        }
        (one, other) => one == other,
    }
}

fn include(item: &Node) -> Include {
    let paths = item.get("path").unwrap_or(item);
    Include {
        paths: paths.texts(),
        folder: item.text("project_directory"),
        env_files: item.get("env_file").map(Node::texts),
        mark: paths.mark,
    }
}
