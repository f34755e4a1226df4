//! A compose file, read as Compose v2 reads it and translated into what the sandbox carries out.
//!
//! The file is a stranger's: it is never handed over. The table in `keys` says for each key of the specification what becomes
//! of it; what is not in the table is a problem, what is not done yet is said by name.

mod build;
mod command;
mod context;
mod dangers;
mod dependencies;
mod dotenv;
mod environment;
mod files;
mod findings;
mod healthcheck;
mod interpolation;
mod keys;
mod mounts;
mod networks;
mod ports;
pub mod project;
mod schema;
mod service;
mod services;
mod source;
mod yaml;

use softy_checks::model::Text;
use softy_checks::observation::{Compose, Fault, Problem, ProblemKind};

use self::context::Context;
use self::files::Files;
use self::findings::Findings;
use self::interpolation::Variables;
use self::project::Project;
use self::source::{Mark, Source};
use self::yaml::Node;
use crate::submission::{ReadError, Submission, TASK_FOLDER};

/// What a compose file may measure, in bytes.
const CAP: u64 = 1024 * 1024;

/// Versions that Compose v1 knows; v2 ignores the key.
const VERSIONS: [&str; 19] = [
    "1", "1.0", "2", "2.0", "2.1", "2.2", "2.3", "2.4", "3", "3.0", "3.1", "3.2", "3.3", "3.4",
    "3.5", "3.6", "3.7", "3.8", "3.9",
];

/// What the compose files of a submission say, and the project that they make.
///
/// There is a project only when Compose would accept the files, the sandbox refuses nothing in them, and nothing in them waits
/// for support. An error is the checker's own: a file that it may not read.
pub fn read(submission: &Submission) -> Result<(Compose, Option<Project>), Fault> {
    let Files {
        first,
        over,
        passed_over,
        misnamed,
    } = files::find(submission)?;
    let files: Vec<String> = first.iter().chain(&over).cloned().collect();
    let Some(first) = first else {
        return Ok((
            Compose {
                misnamed,
                ..Compose::default()
            },
            None,
        ));
    };
    let (compose, project) = match source(submission, first)? {
        Ok(source) => translate(submission, &source, &over, &passed_over)?,
        Err(problem) => (
            Compose {
                problems: vec![problem],
                ..Compose::default()
            },
            None,
        ),
    };
    Ok((
        Compose {
            files,
            misnamed,
            ..compose
        },
        project,
    ))
}

/// A file's text, or why it has none.
fn source(submission: &Submission, file: String) -> Result<Result<Source, Problem>, Fault> {
    let (en, fr) = match submission.read(&file, CAP) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => return Ok(Ok(Source::new(file, text))),
            Err(_) => ("is not UTF-8 text", "n’est pas du texte UTF-8"),
        },
        Err(ReadError::Fault(fault)) => return Err(fault),
        Err(ReadError::Missing | ReadError::NotRegular(_)) => {
            ("is not a regular file", "n’est pas un fichier ordinaire")
        }
        Err(ReadError::TooLarge { .. }) => ("is larger than 1 MiB", "dépasse 1 Mio"),
    };
    let message = Text::new(format!("`{file}` {en}"), format!("`{file}` {fr}"));
    Ok(Err(Problem {
        kind: ProblemKind::Unreadable,
        message,
        place: None,
    }))
}

fn translate(
    submission: &Submission,
    source: &Source,
    over: &Option<String>,
    passed_over: &[String],
) -> Result<(Compose, Option<Project>), Fault> {
    let mut findings = Findings::new(source);
    note_other_files(source, over, passed_over, &mut findings);
    let variables = variables(submission, &mut findings)?;
    let Some(mut root) = yaml::parse(&source.text, &mut findings) else {
        return Ok((findings.into_compose(), None));
    };
    interpolation::interpolate(&mut root, &variables, &mut findings);
    schema::check(&root, &keys::ROOT, "", &mut findings);
    note_version(&root, &mut findings);
    if findings.has_problems() {
        return Ok((findings.into_compose(), None));
    }
    let mut context = Context {
        submission,
        variables: &variables,
        root: &root,
        env_files: 0,
        findings,
    };
    let (services, project) = services::services(&mut context)?;
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
            ..findings.into_compose()
        },
        project,
    ))
}

/// The variables of `task6/.env`, the only ones there are.
fn variables(submission: &Submission, findings: &mut Findings) -> Result<Variables, Fault> {
    let file = format!("{TASK_FOLDER}/.env");
    let bytes = match submission.read(&file, dotenv::CAP) {
        Ok(bytes) => bytes,
        Err(ReadError::Fault(fault)) => return Err(fault),
        Err(ReadError::Missing) => return Ok(Variables::new()),
        Err(ReadError::NotRegular(_) | ReadError::TooLarge { .. }) => {
            findings.problem_elsewhere(Problem {
                kind: ProblemKind::Unreadable,
                message: Text::new(
                    format!("`{file}` is no regular file of at most 64 KiB"),
                    format!("`{file}` n’est pas un fichier ordinaire d’au plus 64 Kio"),
                ),
                place: None,
            });
            return Ok(Variables::new());
        }
    };
    let variables: Variables = match environment::pairs_of(file, bytes, &Variables::new()) {
        Ok(pairs) => pairs.into_iter().collect(),
        Err(problem) => {
            findings.problem_elsewhere(problem);
            Variables::new()
        }
    };
    if variables.contains_key("COMPOSE_FILE") {
        findings.unsupported("COMPOSE_FILE in task6/.env".to_owned(), Mark::default());
    }
    Ok(variables)
}

fn note_other_files(
    source: &Source,
    over: &Option<String>,
    passed_over: &[String],
    findings: &mut Findings,
) {
    if let Some(over) = over {
        findings.unsupported(format!("the override file {over}"), Mark::default());
    }
    let first = &source.file;
    for other in passed_over {
        findings.oddity(Text::new(
            format!("Compose reads `{first}` and passes over `{other}`"),
            format!("Compose lit `{first}` et ignore `{other}`"),
        ));
    }
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
mod tests;
