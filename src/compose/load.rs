//! Construction of one tree from files: documents are interpolated, extended, completed by their includes, and merged.

use std::collections::BTreeMap;
use std::rc::Rc;

use softy_checks::model::Text;
use softy_checks::observation::{Fault, Problem, ProblemKind};

use super::findings::Findings;
use super::interpolation::{Variables, interpolate};
use super::merge::{merge, settle, unify};
use super::source::Mark;
use super::yaml::{self, Node, Value};
use super::{environment, keys, paths, schema};
use crate::submission::{ReadError, Submission};

/// Maximum size of a compose file, in bytes.
pub(super) const CAP: u64 = 1024 * 1024;

/// Maximum number of files that are read for a project; a file counts each time that it is extended or included.
const FILES: usize = 100;

/// Maximum number of nodes of all these files together; each [`TEXT`] bytes of a text count as one more node.
const NODES: usize = 200_000;
const TEXT: usize = 64;

/// Reason for which the tree cannot be built.
#[derive(Debug)]
pub(super) enum LoadError {
    /// A finding contains the reason.
    Found,
    /// The checker's own error.
    Fault(Fault),
}

impl From<Fault> for LoadError {
    fn from(fault: Fault) -> LoadError {
        LoadError::Fault(fault)
    }
}

/// Base folder and variables of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct FileScope<'f> {
    /// Folder of the submission to which the file's relative paths refer.
    pub folder: &'f str,
    /// The only variables that the file can use.
    pub variables: &'f Variables,
}

/// Loader of the files of one project.
#[derive(Debug)]
pub(super) struct Loader<'a> {
    /// Submission that contains the files.
    pub submission: &'a Submission,
    /// Findings so far.
    pub findings: &'a mut Findings,
    documents: BTreeMap<String, Rc<Vec<Node>>>,
    files_left: usize,
    nodes_left: usize,
}

impl<'a> Loader<'a> {
    /// Returns a loader that has not read anything yet.
    pub fn new(submission: &'a Submission, findings: &'a mut Findings) -> Loader<'a> {
        Loader {
            submission,
            findings,
            documents: BTreeMap::new(),
            files_left: FILES,
            nodes_left: NODES,
        }
    }

    /// Returns the tree of files, each merged over the one before it. `including` is the chain of files that include them, from
    /// the first.
    ///
    /// The tree is null if the files are empty.
    pub fn model(
        &mut self,
        files: &[String],
        frame: FileScope,
        including: &[String],
        at: Mark,
    ) -> Result<Node, LoadError> {
        let mut tree = nothing(at);
        for file in files {
            let mut including = including.to_vec();
            including.push(file.clone());
            for mut document in self.read(file, frame, at)? {
                self.extend(&mut document, file, frame)?;
                self.include(&mut document, frame, &including)?;
                tree = self.laid(tree, document);
                self.findings
                    .problems_of(|findings| schema::check(&tree, &keys::ROOT, "", findings));
                self.stop_at_problems()?;
            }
        }
        paths::fill_in_contexts(&mut tree, frame.folder);
        if !including.is_empty() {
            environment::fill_in_names(&mut tree, frame.variables);
        }
        Ok(tree)
    }

    /// Returns the tree of a file that a service extends; its own `extends` and `include` are not resolved.
    pub fn extended(&mut self, file: &str, frame: FileScope, at: Mark) -> Result<Node, LoadError> {
        let mut tree = nothing(at);
        for document in self.read(file, frame, at)? {
            tree = self.laid(tree, document);
        }
        self.stop_at_problems()?;
        Ok(tree)
    }

    /// Returns the path of a file that another file names; a path outside the submission is a finding.
    pub fn named(
        &mut self,
        name: &str,
        folder: &str,
        key: &str,
        at: Mark,
    ) -> Result<String, LoadError> {
        use super::dangers::{OUTSIDE, REMOTE};
        if paths::is_remote(name) {
            self.findings.refuse(key, at, &REMOTE);
            return Err(LoadError::Found);
        }
        match paths::inside(folder, name, self.submission)? {
            Some(path) => Ok(path),
            None => {
                self.findings.refuse(key, at, &OUTSIDE);
                Err(LoadError::Found)
            }
        }
    }

    /// Counts the nodes of a tree that is kept or copied; too many are a finding.
    pub fn count(&mut self, tree: &Node, at: Mark) -> Result<(), LoadError> {
        match weigh(tree, self.nodes_left) {
            Some(left) => self.nodes_left = left,
            None => return Err(self.too_much(at)),
        }
        Ok(())
    }

    /// Notes a problem that prevents a project, and returns the error to stop with.
    pub fn stop(&mut self, kind: ProblemKind, at: Mark, en: String, fr: String) -> LoadError {
        self.findings.problem(kind, at, Text::new(en, fr));
        LoadError::Found
    }

    /// Returns the documents of a file: interpolated, with paths relative to the task's folder. `at` is the position that names
    /// the file.
    fn read(&mut self, file: &str, frame: FileScope, at: Mark) -> Result<Vec<Node>, LoadError> {
        let documents = self.documents(file, at)?;
        let mut read = Vec::new();
        for document in documents.iter() {
            self.count(document, at)?;
            let mut document = document.clone();
            interpolate(&mut document, frame.variables, self.findings);
            self.count(&document, at)?;
            paths::rebase(&mut document, frame.folder);
            read.push(document);
        }
        Ok(read)
    }

    fn documents(&mut self, file: &str, at: Mark) -> Result<Rc<Vec<Node>>, LoadError> {
        self.files_left = match self.files_left.checked_sub(1) {
            Some(left) => left,
            None => return Err(self.too_much(at)),
        };
        if let Some(documents) = self.documents.get(file) {
            return Ok(Rc::clone(documents));
        }
        let text = match text(self.submission, file)? {
            Ok((text, Encoding::Utf8)) => text,
            Ok((text, Encoding::Utf16)) => {
                self.findings
                    .unknown_to_v1("files in UTF-16", "les fichiers en UTF-16");
                text
            }
            Err(message) => {
                let place = self.findings.place(at);
                self.findings.problem_elsewhere(Problem {
                    kind: ProblemKind::Unreadable,
                    message,
                    place,
                    also: None,
                });
                return Err(LoadError::Found);
            }
        };
        let source = self.findings.add(file.to_owned(), text);
        let documents = yaml::parse(&source, self.findings).ok_or(LoadError::Found)?;
        if documents.len() > 1 {
            self.findings.unknown_to_v1(
                "several documents in one file",
                "plusieurs documents dans un fichier",
            );
        }
        self.check_mappings(&documents);
        self.stop_at_problems()?;
        let documents = Rc::new(documents);
        self.documents
            .insert(file.to_owned(), Rc::clone(&documents));
        Ok(documents)
    }

    /// Notes documents that are not mappings.
    fn check_mappings(&mut self, documents: &[Node]) {
        for document in documents {
            match document.value {
                Value::Map(_) => {}
                Value::Null => self.findings.problem(
                    ProblemKind::WrongType,
                    document.mark,
                    Text::fixed(
                        "the document that begins here is empty, which Compose refuses",
                        "le document qui commence ici est vide, ce que Compose refuse",
                    ),
                ),
                Value::Bool(_)
                | Value::Integer(_)
                | Value::Float(_)
                | Value::Text(_)
                | Value::List(_) => schema::check(document, &keys::ROOT, "", self.findings),
            }
        }
    }

    fn laid(&mut self, tree: Node, document: Node) -> Node {
        let mut tree = merge(tree, document, &[], self.findings);
        settle(&mut tree);
        unify(&mut tree);
        tree
    }

    fn stop_at_problems(&self) -> Result<(), LoadError> {
        match self.findings.has_problems() {
            true => Err(LoadError::Found),
            false => Ok(()),
        }
    }

    fn too_much(&mut self, at: Mark) -> LoadError {
        self.stop(
            ProblemKind::Syntax,
            at,
            "with all that is extended and included, the files are too many or too large"
                .to_owned(),
            "avec tout ce qui est étendu et inclus, les fichiers sont trop nombreux ou trop gros"
                .to_owned(),
        )
    }
}

/// Returns the tree of files without content.
fn nothing(mark: Mark) -> Node {
    let value = Value::Null;
    Node { mark, value }
}

/// Subtracts the nodes of a tree from `left`; returns `None` if they are too many.
fn weigh(tree: &Node, left: usize) -> Option<usize> {
    let left = left.checked_sub(1)?;
    match &tree.value {
        Value::Text(text) => left.checked_sub(text.len() / TEXT),
        Value::List(items) => items.iter().try_fold(left, |left, item| weigh(item, left)),
        Value::Map(entries) => entries
            .iter()
            .try_fold(left, |left, entry| weigh(&entry.value, left)),
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) => Some(left),
    }
}

/// Encoding of a file.
enum Encoding {
    Utf8,
    /// The encoding of PowerShell's `>`.
    Utf16,
}

/// Reads a file's text, or returns the reason for which it has none.
fn text(submission: &Submission, file: &str) -> Result<Result<(String, Encoding), Text>, Fault> {
    let (en, fr) = match submission.read(file, CAP) {
        Ok(bytes) => match decoded(bytes) {
            Some(text) => return Ok(Ok(text)),
            None => ("is not UTF-8 text", "n’est pas du texte UTF-8"),
        },
        Err(ReadError::Fault(fault)) => return Err(fault),
        Err(ReadError::Missing) if file.contains('\\') => (
            "is not there: write `/` between folders",
            "n’existe pas : écrivez `/` entre les dossiers",
        ),
        Err(ReadError::Missing) => ("is not there", "n’existe pas"),
        Err(ReadError::NotRegular(_)) => {
            ("is not a regular file", "n’est pas un fichier ordinaire")
        }
        Err(ReadError::TooLarge { .. }) => ("is larger than 1 MiB", "dépasse 1 Mio"),
    };
    Ok(Err(Text::new(
        format!("`{file}` {en}"),
        format!("`{file}` {fr}"),
    )))
}

/// Decodes a file. Its byte order mark determines the encoding, as in YAML; without one it is UTF-8, as in all files of the
/// exercise.
fn decoded(bytes: Vec<u8>) -> Option<(String, Encoding)> {
    let unit: fn([u8; 2]) -> u16 = match bytes.get(..2) {
        Some([0xff, 0xfe]) => u16::from_le_bytes,
        Some([0xfe, 0xff]) => u16::from_be_bytes,
        Some(_) | None => return Some((String::from_utf8(bytes).ok()?, Encoding::Utf8)),
    };
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    let text = String::from_utf16(&units).ok()?;
    rest.is_empty().then_some((text, Encoding::Utf16))
}
