//! `extends`: services based on others, of the same file or of another one.

use softy_checks::observation::ProblemKind;

use super::findings::Findings;
use super::load::{FileScope, LoadError, Loader};
use super::merge::{merge, settle};
use super::paths;
use super::source::Mark;
use super::yaml::{Node, Value};

/// Maximum length of a chain of services that extend each other.
const DEEPEST: usize = 40;

/// A service and its file: one step of a chain of `extends`.
type Step = (String, String);

/// The service that another one extends.
struct Extends {
    service: String,
    file: Option<String>,
    mark: Mark,
}

impl Loader<'_> {
    /// Resolves every `extends` of a document of `file`.
    pub(super) fn extend(
        &mut self,
        document: &mut Node,
        file: &str,
        frame: FileScope,
    ) -> Result<(), LoadError> {
        let Some(services) = document.get_mut("services") else {
            return Ok(());
        };
        let names = services.entries().iter().map(|entry| entry.key.clone());
        for name in names.collect::<Vec<String>>() {
            let steps = [(name.clone(), file.to_owned())];
            self.extend_one(&name, services, frame, &steps)?;
        }
        Ok(())
    }

    /// Replaces a service by the merge of itself over the service that it extends. `steps` is the chain up to and including the
    /// service.
    fn extend_one(
        &mut self,
        name: &str,
        services: &mut Node,
        frame: FileScope,
        steps: &[Step],
    ) -> Result<(), LoadError> {
        let service = services.get_mut(name);
        let Some(node) = service.and_then(|service| service.remove("extends")) else {
            return Ok(());
        };
        let extends = self.read_extends(&node, name)?;
        let base = match &extends.file {
            None => self.base(&extends, services, frame, steps)?,
            Some(file) => {
                let key = format!("services.{name}.extends.file");
                let file = self.named(file, frame.folder, &key, extends.mark)?;
                self.base_of_file(&extends, &file, frame, steps)?
            }
        };
        if let Some(service) = services.get_mut(name) {
            *service = over(base, service, name, self.findings);
        }
        Ok(())
    }

    /// Returns the extended service from another file.
    fn base_of_file(
        &mut self,
        extends: &Extends,
        file: &str,
        frame: FileScope,
        steps: &[Step],
    ) -> Result<Node, LoadError> {
        let frame = FileScope {
            folder: paths::folder(file),
            ..frame
        };
        let mut tree = self.extended(file, frame, extends.mark)?;
        let mut services = tree.remove("services").unwrap_or(tree);
        let extends = Extends {
            service: extends.service.clone(),
            file: Some(file.to_owned()),
            ..*extends
        };
        self.base(&extends, &mut services, frame, steps)
    }

    /// Returns the extended service from `services`, after its own `extends` is resolved.
    fn base(
        &mut self,
        extends: &Extends,
        services: &mut Node,
        frame: FileScope,
        steps: &[Step],
    ) -> Result<Node, LoadError> {
        let name = &extends.service;
        let here = steps.last().map(|(_, file)| file);
        let file = extends.file.as_ref().or(here).cloned().unwrap_or_default();
        if services.get(name).is_none() {
            return Err(self.stop(
                ProblemKind::UndefinedName,
                extends.mark,
                format!("`extends` looks for a service `{name}` in `{file}`, which has none of that name"),
                format!("`extends` cherche un service `{name}` dans `{file}`, qui n’en a pas de ce nom"),
            ));
        }
        let steps = self.further(steps, (name.clone(), file), extends.mark)?;
        self.extend_one(name, services, frame, &steps)?;
        let Some(base) = services.get(name) else {
            return Err(LoadError::Found);
        };
        self.count(base, extends.mark)?;
        Ok(base.clone())
    }

    fn read_extends(&mut self, node: &Node, name: &str) -> Result<Extends, LoadError> {
        let service = node.get("service").unwrap_or(node);
        let file = node.get("file");
        let texts = [Some(service), file].into_iter().flatten();
        if texts.clone().any(|node| node.scalar().is_none()) {
            return Err(self.stop(
                ProblemKind::WrongType,
                node.mark,
                format!("`services.{name}.extends` takes the name of a service, alone or under `service`, beside the `file` that has it"),
                format!("`services.{name}.extends` attend le nom d’un service, seul ou sous `service`, à côté du fichier (`file`) qui le contient"),
            ));
        }
        Ok(Extends {
            service: service.scalar().unwrap_or_default(),
            file: file.and_then(Node::scalar),
            mark: file.unwrap_or(service).mark,
        })
    }

    /// Appends a step to the chain; a cycle or a chain that is too long is a finding.
    fn further(&mut self, steps: &[Step], step: Step, mark: Mark) -> Result<Vec<Step>, LoadError> {
        let is_circle = steps.contains(&step);
        let mut steps = steps.to_vec();
        steps.push(step);
        if !is_circle && steps.len() <= DEEPEST {
            return Ok(steps);
        }
        let named = steps
            .iter()
            .map(|(name, file)| format!("`{name}` ({file})"));
        let names: Vec<String> = named.collect();
        let names = names.join(" → ");
        let (en, fr) = match is_circle {
            true => (
                "services extend each other in a circle",
                "des services s’étendent en cercle",
            ),
            false => (
                "too many services extend each other in a row",
                "trop de services s’étendent l’un l’autre",
            ),
        };
        Err(self.stop(
            ProblemKind::InvalidValue,
            mark,
            format!("{en}: {names}"),
            format!("{fr} : {names}"),
        ))
    }
}

/// Merges a service over the service that it extends.
fn over(mut base: Node, service: &mut Node, name: &str, findings: &mut Findings) -> Node {
    let mark = service.mark;
    let nothing = Node {
        mark,
        value: Value::Null,
    };
    let service = std::mem::replace(service, nothing);
    settle(&mut base);
    Node {
        mark,
        ..merge(base, service, &["services", name], findings)
    }
}
