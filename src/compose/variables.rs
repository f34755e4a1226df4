//! Variables that compose files can use: only those of `.env` files.

use softy_checks::model::Text;
use softy_checks::observation::{Fault, Problem, ProblemKind};

use super::dotenv::{self, Scope};
use super::environment;
use super::findings::Findings;
use super::interpolation::{Variables, note_unset};
use crate::submission::{ReadError, Submission};

/// Returns the path of the `.env` file that Compose reads in a project's folder.
pub(super) fn default_file(folder: &str) -> String {
    match folder {
        "" => ".env".to_owned(),
        folder => format!("{folder}/.env"),
    }
}

/// Returns the variables of a file, or `None` if it does not exist. An unreadable or invalid file is a problem, and has no
/// variables.
pub(super) fn read(
    submission: &Submission,
    file: &str,
    scope: Scope,
    findings: &mut Findings,
) -> Result<Option<Variables>, Fault> {
    let bytes = match submission.read(file, dotenv::CAP) {
        Ok(bytes) => bytes,
        Err(ReadError::Fault(fault)) => return Err(fault),
        Err(ReadError::Missing) => return Ok(None),
        Err(ReadError::NotRegular(_) | ReadError::TooLarge { .. }) => {
            findings.problem_elsewhere(Problem {
                kind: ProblemKind::Unreadable,
                message: Text::new(
                    format!("`{file}` is no regular file of at most 64 KiB"),
                    format!("`{file}` n’est pas un fichier ordinaire d’au plus 64 Kio"),
                ),
                place: None,
                also: None,
            });
            return Ok(Some(Variables::new()));
        }
    };
    match dotenv::parse(&environment::source(file.to_owned(), &bytes), scope) {
        Ok(parsed) => {
            note_unset(parsed.unset, findings);
            if parsed.pairs.iter().any(|(name, _)| name.is_empty()) {
                findings.oddity(Text::new(
                    format!("a line of `{file}` has no name, or is the last one and has no `=`: Compose 2.26 refuses the file, Compose 2.40 takes it"),
                    format!("une ligne de `{file}` n’a pas de nom, ou est la dernière et n’a pas de `=` : Compose 2.26 refuse le fichier, Compose 2.40 l’accepte"),
                ));
            }
            Ok(Some(parsed.pairs.into_iter().collect()))
        }
        Err(problem) => {
            findings.problem_elsewhere(*problem);
            Ok(Some(Variables::new()))
        }
    }
}
