//! Expected results of a submission, and their comparison with a report.

use serde::Deserialize;
use serde_json::Value;

/// Checks that need files only; if one of them fails before `images-build`, the engine is not used.
const OF_FILES: [&str; 2] = ["compose-file", "compose-safe"];

/// A possible result of grading a submission.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ComesOut {
    /// Full marks: the submission is right, or an attack has no effect.
    FullMarks,
    /// A mistake of the submission, reported by its code.
    Finding {
        /// Id of the check.
        check: String,
        /// Code of the mistake.
        code: String,
        /// Text that the message must contain.
        says: Option<String>,
        /// Code of a note that some check must have.
        noted: Option<String>,
    },
    /// A fault of the checker: exit code 3, and no verdict against the student.
    Fault(String),
}

impl ComesOut {
    /// Returns whether files alone lead to this result, without the engine.
    pub fn is_of_files(&self) -> bool {
        match self {
            ComesOut::FullMarks | ComesOut::Fault(_) => false,
            ComesOut::Finding { check, .. } => OF_FILES.contains(&check.as_str()),
        }
    }

    /// Returns the result as one word.
    pub fn word(&self) -> &str {
        match self {
            ComesOut::FullMarks => "full marks",
            ComesOut::Finding { code, .. } => code,
            ComesOut::Fault(kind) => kind,
        }
    }

    /// Returns a short description if a report and its exit code have this result.
    pub fn is_said(&self, report: &Value, status: i32) -> Option<String> {
        match self {
            ComesOut::FullMarks => {
                (status == 0 && report["score"] == 100).then(|| "100 points".to_owned())
            }
            ComesOut::Finding {
                check,
                code,
                says,
                noted,
            } => {
                let is_said = status == 1 && {
                    let mut findings = findings(report, check);
                    findings.any(|finding| says_so(finding, code, says.as_deref()))
                };
                let is_noted = |code: &String| notes(report).any(|note| note == code);
                (is_said && noted.as_ref().is_none_or(is_noted)).then(|| code.clone())
            }
            ComesOut::Fault(kind) => {
                let is_said = status == 3
                    && faults(report).any(|fault| fault == kind)
                    && failed(report).is_empty();
                is_said.then(|| format!("not graded ({kind})"))
            }
        }
    }
}

/// Returns a one-line summary of a report that was not as expected.
pub fn summary(report: &Value) -> String {
    let mut said = failed(report);
    said.extend(faults(report).map(|kind| format!("not graded ({kind})")));
    said.dedup();
    format!("score {}, {}", report["score"], said.join(", "))
}

/// Returns the ids and codes of all checks that failed.
pub fn failed(report: &Value) -> Vec<String> {
    let failed = checks(report).filter(|check| check["status"] == "failed");
    failed
        .map(|check| format!("{}: {}", text(&check["id"]), text(&check["code"])))
        .collect()
}

fn findings<'a>(report: &'a Value, id: &'a str) -> impl Iterator<Item = &'a Value> {
    let check =
        checks(report).filter(move |check| check["id"] == id && check["status"] == "failed");
    check.flat_map(|check| {
        let others = check["others"].as_array();
        std::iter::once(check).chain(others.into_iter().flatten())
    })
}

fn says_so(finding: &Value, code: &str, says: Option<&str>) -> bool {
    let message = text(&finding["message"]["en"]);
    finding["code"] == code && says.is_none_or(|words| message.contains(words))
}

fn notes(report: &Value) -> impl Iterator<Item = &str> {
    let notes = checks(report).filter_map(|check| check["notes"].as_array());
    notes.flatten().map(|note| text(&note["code"]))
}

fn faults(report: &Value) -> impl Iterator<Item = &str> {
    checks(report).filter_map(|check| check["fault"]["kind"].as_str())
}

fn checks(report: &Value) -> impl Iterator<Item = &Value> {
    report["checks"].as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
