//! Compose files: read as Compose v2 reads them, and translated into a project that the sandbox runs.
//!
//! `load` builds one tree from the files and from everything that they extend and include. The files are untrusted: they are
//! never passed to Compose or to the engine. The table in `keys` decides about each key of the specification; a key that the
//! table lacks is a problem.

mod addresses;
mod build;
mod command;
mod conflicts;
mod context;
mod dangers;
mod dependencies;
mod dotenv;
mod engine;
mod environment;
mod extends;
mod files;
mod findings;
mod formats;
mod grants;
mod healthcheck;
mod hooks;
mod hosts;
pub(crate) mod images;
mod include;
pub(crate) mod interpolation;
mod keys;
mod load;
mod merge;
mod mounts;
mod namespaces;
mod networks;
mod paths;
mod ports;
pub mod project;
mod schema;
mod service;
mod services;
mod source;
mod variables;
mod yaml;

use softy_checks::model::Text;
use softy_checks::observation::{Compose, Fault, ProblemKind};
use softy_checks::{BACK_END, Expectations};

use self::context::Context;
use self::dotenv::Scope;
use self::files::Files;
use self::findings::Findings;
use self::interpolation::Variables;
use self::load::{FileScope, LoadError, Loader};
use self::project::Project;
use self::source::Mark;
use self::yaml::{Node, Value};
use crate::submission::{Submission, TASK_FOLDER};

/// Versions that Compose v1 accepts; v2 ignores the key.
const VERSIONS: [&str; 19] = [
    "1", "1.0", "2", "2.0", "2.1", "2.2", "2.3", "2.4", "3", "3.0", "3.1", "3.2", "3.3", "3.4",
    "3.5", "3.6", "3.7", "3.8", "3.9",
];

/// Position of the problems of a file without content.
const FIRST_LINE: Mark = Mark {
    file: 0,
    line: 1,
    column: 1,
    width: 1,
};

/// Reads the compose files of a submission and translates them into a project. `asked` lists the names that the service of the
/// API servers may have.
///
/// The project exists only if Compose would accept the files and the sandbox refuses nothing in them. An error is the checker's
/// own, such as a file that it has no permission to read.
pub fn read(
    submission: &Submission,
    asked: &Expectations,
) -> Result<(Compose, Option<Project>), Fault> {
    let mut findings = Findings::default();
    let file = variables::default_file(TASK_FOLDER);
    let none = Variables::new();
    let variables = variables::read(submission, &file, Scope::over(&none), &mut findings)?;
    let variables = variables.unwrap_or_default();
    let Files {
        read: mut files,
        passed_over,
        first_of_v1,
        mut misnamed,
    } = files::find(submission)?;
    if let Some(names) = files::named(&variables) {
        misnamed = Vec::new();
        let named: Result<Vec<String>, LoadError> = {
            let mut loader = Loader::new(submission, &mut findings);
            let key = "COMPOSE_FILE";
            let locate = |name| loader.named(name, TASK_FOLDER, key, Mark::default());
            names.iter().copied().map(locate).collect()
        };
        files = match named {
            Ok(files) => files,
            Err(LoadError::Fault(fault)) => return Err(fault),
            Err(LoadError::Found) => {
                let files = names.into_iter().map(str::to_owned).collect();
                return Ok((
                    Compose {
                        files,
                        ..findings.into_compose()
                    },
                    None,
                ));
            }
        };
    }
    if files.is_empty() {
        return Ok((
            Compose {
                misnamed,
                ..Compose::default()
            },
            None,
        ));
    }
    if files::named(&variables).is_none() {
        note_passed_over(&passed_over, first_of_v1, &mut findings);
    }
    let (compose, project) = translate(submission, asked, &files, variables, findings)?;
    Ok((
        Compose {
            files,
            misnamed,
            ..compose
        },
        project,
    ))
}

fn translate(
    submission: &Submission,
    asked: &Expectations,
    files: &[String],
    mut variables: Variables,
    mut findings: Findings,
) -> Result<(Compose, Option<Project>), Fault> {
    let folder = files
        .first()
        .map_or(TASK_FOLDER, |file| paths::folder(file));
    if folder != TASK_FOLDER {
        let file = variables::default_file(folder);
        let own = variables::read(submission, &file, Scope::over(&variables), &mut findings)?;
        variables = own.into_iter().flatten().chain(variables).collect();
    }
    check_project_name(&variables, &mut findings);
    let frame = FileScope {
        folder,
        variables: &variables,
    };
    let loaded = Loader::new(submission, &mut findings).model(files, frame, &[], Mark::default());
    let root = match loaded {
        Ok(root) if root.value == Value::Null => Node {
            mark: FIRST_LINE,
            ..root
        },
        Ok(root) => root,
        Err(LoadError::Found) => return Ok((findings.into_compose(), None)),
        Err(LoadError::Fault(fault)) => return Err(fault),
    };
    schema::check(&root, &keys::ROOT, "", &mut findings);
    note_version(&root, &mut findings);
    if findings.has_problems() {
        return Ok((findings.into_compose(), None));
    }
    let mut context = Context {
        submission,
        variables: &variables,
        root: &root,
        folder,
        asked,
        back_end: BACK_END,
        env_files: 0,
        findings,
    };
    let (services, project) = services::services(&mut context)?;
    let back_end = context.back_end.to_owned();
    let findings = context.findings;
    let project = findings.allow_a_stack().then_some(project);
    let services = if findings.has_problems() {
        Vec::new()
    } else {
        services
    };
    Ok((
        Compose {
            services,
            back_end,
            ..findings.into_compose()
        },
        project,
    ))
}

fn note_passed_over(
    passed_over: &[(String, String)],
    first_of_v1: Option<String>,
    findings: &mut Findings,
) {
    for (other, read) in passed_over {
        findings.oddity(Text::new(
            format!("Compose reads `{read}` and passes over `{other}`"),
            format!("Compose lit `{read}` et ignore `{other}`"),
        ));
    }
    if let Some(first) = first_of_v1 {
        findings.oddity(Text::new(
            format!("Compose v1 reads `{first}` instead"),
            format!("Compose v1 lit `{first}` à la place"),
        ));
    }
}

/// Notes a project name that Compose would refuse. A valid name changes nothing in the sandbox.
fn check_project_name(variables: &Variables, findings: &mut Findings) {
    let Some(name) = variables.get("COMPOSE_PROJECT_NAME") else {
        return;
    };
    let is_letter = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit();
    let is_good = |character: char| is_letter(character) || "_-".contains(character);
    if name.is_empty() || (name.starts_with(is_letter) && name.chars().all(is_good)) {
        return;
    }
    let en = "`COMPOSE_PROJECT_NAME` must be made of lower-case letters, digits, `_` and `-`, and begin with a letter or digit";
    let fr = "`COMPOSE_PROJECT_NAME` doit être fait de minuscules, de chiffres, de `_` et de `-`, et commencer par une minuscule ou un chiffre";
    findings.problem(
        ProblemKind::InvalidValue,
        Mark::default(),
        Text::new(format!("{en}: `{name}`"), format!("{fr} : `{name}`")),
    );
}

fn note_version(root: &Node, findings: &mut Findings) {
    let Some(version) = root.text("version") else {
        return;
    };
    if VERSIONS.contains(&version.as_str()) {
        return;
    }
    findings.oddity(Text::new(
        format!("Compose v2 ignores `version`, but v1 refuses `{version}`"),
        format!("Compose v2 ignore `version`, mais v1 refuse `{version}`"),
    ));
}

#[cfg(test)]
mod loader_tests;
#[cfg(test)]
mod tests;
