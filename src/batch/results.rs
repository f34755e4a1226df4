//! Result files: each has the JSON report of one submission, and its entry in the batch.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use softy_checks::observation::Observation;
use softy_checks::{Status, TASK6, Verdict, judge};

use crate::report::{Phase, Report, json};
use crate::rubric::Rubric;

/// Prefix of a temporary file's name, before its random part.
pub(super) const PREFIX: &str = ".new-";

/// Name of the folder of result files in a batch's folder.
const FOLDER: &str = "results";

/// Maximum size of a result file in bytes; a real one has at most a few hundred kilobytes.
const FILE_BYTES: u64 = 16 << 20;

/// Maximum length of a file's name in bytes. File systems allow 255, and a temporary file's name is longer.
const NAME_BYTES: usize = 200;

/// Result files of a batch.
#[derive(Clone, Debug)]
pub struct Results {
    folder: PathBuf,
}

/// Content of a result file.
#[derive(Clone, Debug)]
pub struct Graded {
    /// Entry of the submission in the batch, with the fingerprint of the graded content.
    pub listed: Listed,
    /// Release that graded the submission.
    pub version: String,
    /// Verdicts in the file, one per check.
    pub written: Vec<FileVerdict>,
    /// Score in the file, and the possible points; the score is `None` when the submission could not be graded.
    pub written_score: (Option<u32>, u32),
    /// Rubric that the submission was graded by.
    pub graded_by: Rubric,
    /// Report in which this release judges the observation again.
    pub report: Report,
}

/// Entry of a submission in a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Id, unique in its batch: a student's number or login, or the folder's name.
    pub id: String,
    /// Student's name, if the roster has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Student's group, if the roster has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Hash that changes with the submission's content, the grading options or the release.
    pub fingerprint: String,
    /// Number of the attempt that gave this result, from 1.
    pub attempts: u32,
}

/// Verdict of a check in a result file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FileVerdict {
    /// Check's id.
    pub id: String,
    /// Status: `passed`, `failed`, `skipped` or `not-graded`.
    pub status: String,
    /// Points earned; `None` when the check was not judged.
    pub points: Option<u32>,
    /// Code of the first mistake.
    pub code: Option<String>,
}

/// Error of a result file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("`{path}` is no result file that this release can read: {reason}")]
pub struct ReadError {
    /// Path of the file.
    pub path: PathBuf,
    /// Description of the error.
    pub reason: String,
}

/// Fields that [`Graded::read`] uses of a result file.
#[derive(Deserialize)]
struct Document {
    schema: u32,
    tool: Tool,
    submission: String,
    score: Option<u32>,
    out_of: u32,
    #[serde(default)]
    rubric: Rubric,
    seconds: f64,
    phases: Vec<Phase>,
    batch: Listed,
    checks: Vec<FileVerdict>,
    observation: Observation,
}

/// Fields that decide whether a result is still valid.
#[derive(Deserialize)]
struct Kept {
    gradable: bool,
    batch: Listed,
}

#[derive(Deserialize)]
struct Tool {
    version: String,
}

impl Results {
    /// Returns the result files in the folder of a batch, which need not exist yet.
    pub fn of(batch: &Path) -> Results {
        Results {
            folder: batch.join(FOLDER),
        }
    }

    /// Returns the folder of the result files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the path of a submission's result file.
    pub fn file(&self, id: &str) -> PathBuf {
        self.folder.join(file_name(id))
    }

    /// Returns true if a submission has a valid result: it could be graded, and its entry and fingerprint are the same.
    pub fn has(&self, listed: &Listed) -> bool {
        let Ok(text) = fs::read(self.file(&listed.id)) else {
            return false;
        };
        let Ok(kept) = serde_json::from_slice::<Kept>(&text) else {
            return false;
        };
        let attempts = kept.batch.attempts;
        let listed = Listed {
            attempts,
            ..listed.clone()
        };
        kept.gradable && kept.batch == listed
    }

    /// Writes the result of a submission atomically: the whole file or nothing.
    ///
    /// It does not sync the file to disk: a result that a power failure damages is graded again.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, listed: &Listed, report: &Report) -> io::Result<()> {
        let text = json::render_listed(report, Some(listed))?;
        let mut builder = tempfile::Builder::new();
        // The umask applies, as for any new file.
        builder.permissions(Permissions::from_mode(0o666));
        let mut file = builder.prefix(PREFIX).tempfile_in(&self.folder)?;
        file.write_all(text.as_bytes())?;
        file.persist(self.file(&listed.id))?;
        Ok(())
    }

    /// Returns every result file, sorted by name; ignores other files.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn files(&self) -> io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let is_hidden = |path: &Path| {
                let name = path.file_name().unwrap_or_default();
                name.as_encoded_bytes().starts_with(b".")
            };
            if path.extension().is_some_and(|end| end == "json") && !is_hidden(&path) {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }
}

impl Graded {
    /// Reads a result file, and judges its observation by `rubric`, or else by the rubric that it was graded by.
    ///
    /// # Errors
    /// When it is not a result file, is too large, or has the layout of another release.
    pub fn read(path: &Path, rubric: Option<&Rubric>) -> Result<Graded, ReadError> {
        let error = |reason: String| ReadError {
            path: path.to_owned(),
            reason,
        };
        let size = fs::metadata(path).map_err(|reason| error(reason.to_string()))?;
        if size.len() > FILE_BYTES {
            return Err(error(format!("it has {} bytes", size.len())));
        }
        let text = fs::read(path).map_err(|reason| error(reason.to_string()))?;
        let document: Document =
            serde_json::from_slice(&text).map_err(|reason| error(reason.to_string()))?;
        if document.schema != json::VERSION || document.observation.schema != Observation::SCHEMA {
            return Err(error("it has the layout of another release".to_owned()));
        }
        let rubric = rubric.unwrap_or(&document.rubric).clone();
        let observation = rubric.ask(document.observation);
        Ok(Graded {
            listed: document.batch,
            version: document.tool.version,
            written: document.checks,
            written_score: (document.score, document.out_of),
            graded_by: document.rubric,
            report: Report {
                task: "task6",
                submission: document.submission,
                verdicts: judge(TASK6, &observation),
                observation,
                rubric,
                seconds: document.seconds,
                phases: document.phases,
            },
        })
    }
}

impl FileVerdict {
    /// Returns a verdict as a result file has it.
    pub fn of(report: &Report, verdict: &Verdict) -> FileVerdict {
        let code = match &verdict.status {
            Status::Failed { finding, .. } => Some(finding.code.to_owned()),
            Status::Passed | Status::Skipped(_) | Status::NotGraded(_) => None,
        };
        FileVerdict {
            id: verdict.check.id.to_owned(),
            status: json::status(&verdict.status).to_owned(),
            points: json::points(report, verdict),
            code,
        }
    }
}

/// Returns the name of a submission's file: its id, with each byte that a file system may refuse as `%` and a number.
fn file_name(id: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let mut name = String::new();
    for (index, byte) in id.bytes().enumerate() {
        match byte {
            b'.' if index == 0 => name.push_str("%2E"),
            byte if is_plain(byte) => name.push(char::from(byte)),
            byte => name.push_str(&format!("%{byte:02X}")),
        }
    }
    if name.len() > NAME_BYTES {
        let digest = blake3::hash(id.as_bytes()).to_hex();
        name.truncate(NAME_BYTES - digest.len());
        name.push_str(&digest);
    }
    if name.is_empty() {
        name.push('%');
    }
    name.push_str(".json");
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::{Reason, Standing, compare};

    /// Returns a result file of a recorded fixture.
    fn result(fixture: &str, rubric: &Rubric) -> tempfile::NamedTempFile {
        let text = fs::read_to_string(format!("fixtures/{fixture}/observation.json")).unwrap();
        let observation = rubric.ask(serde_json::from_str(&text).unwrap());
        let report = Report {
            task: "task6",
            submission: fixture.to_owned(),
            verdicts: judge(TASK6, &observation),
            observation,
            rubric: rubric.clone(),
            seconds: 1.0,
            phases: Vec::new(),
        };
        let listed = Listed {
            id: fixture.to_owned(),
            name: None,
            group: None,
            fingerprint: "1".to_owned(),
            attempts: 1,
        };
        let file = tempfile::NamedTempFile::new().unwrap();
        let written = json::render_listed(&report, Some(&listed)).unwrap();
        fs::write(file.path(), written).unwrap();
        file
    }

    fn equivalent() -> Rubric {
        let mut rubric = Rubric::default();
        rubric.answer.equivalent_commands = true;
        rubric
    }

    #[test]
    fn a_result_file_is_judged_by_the_rubric_it_was_graded_by_or_another() {
        let score = |file: &tempfile::NamedTempFile, rubric: Option<&Rubric>| {
            let graded = Graded::read(file.path(), rubric).unwrap();
            let is_as_written =
                Standing::written(&graded).checks == Standing::judged(&graded).checks;
            (graded.written_score.0, graded.report.score(), is_as_written)
        };
        let usual = result("detached", &Rubric::default());
        assert_eq!(score(&usual, None), (Some(30), Some(30), true));
        assert_eq!(
            score(&usual, Some(&equivalent())),
            (Some(30), Some(50), false)
        );
        let other = result("detached", &equivalent());
        assert_eq!(score(&other, None), (Some(50), Some(50), true));
        assert_eq!(
            score(&other, Some(&Rubric::default())),
            (Some(50), Some(30), false)
        );
    }

    #[test]
    fn what_another_rubric_changes_is_told() {
        let file = result("detached", &Rubric::default());
        let old = Graded::read(file.path(), None).unwrap();
        let new = Graded::read(file.path(), Some(&equivalent())).unwrap();
        let comparison = compare([Standing::written(&old)], [Standing::judged(&new)]);
        let [change] = comparison.changed.as_slice() else {
            panic!("{comparison:?}");
        };
        assert_eq!(change.reasons, [Reason::Rubric]);
        assert_eq!(
            (change.before, change.after),
            ((Some(30), 50), (Some(50), 50))
        );
        assert_eq!(change.checks[0].id, "answer-command");
        let same = compare([Standing::written(&old)], [Standing::judged(&old)]);
        assert_eq!((same.unchanged, same.changed.len()), (1, 0));
    }

    #[test]
    fn every_id_has_a_file_of_its_own_inside_the_folder() {
        let long = "é".repeat(300);
        let longer = "é".repeat(301);
        let ids = [
            "alice", "Alice", "a b", "a%20b", "..", ".a", "a/b", "a\nb", "", &long, &longer,
        ];
        let names: Vec<String> = ids.iter().map(|id| file_name(id)).collect();
        for (index, name) in names.iter().enumerate() {
            assert!(name.len() < 255 && !name.starts_with('.') && !name.contains('/'));
            assert!(!names[..index].contains(name), "{name}");
        }
        assert_eq!(names[2], "a%20b.json");
    }
}
