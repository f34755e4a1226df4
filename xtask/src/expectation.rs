//! What must come out of a submission, and whether a report says it.

use serde::Deserialize;
use serde_json::Value;

/// Checks that files alone answer; the engine is not asked when one of them fails before `images-build`.
const OF_FILES: [&str; 2] = ["compose-file", "compose-safe"];

/// Something that may come out of grading a submission.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ComesOut {
    /// The submission is right; an attack does not get anywhere.
    FullMarks,
    /// A mistake of the submission, said by its code.
    Finding {
        /// The check.
        check: String,
        /// The mistake's code.
        code: String,
        /// Words of its message.
        says: Option<String>,
        /// The code of a note that some check has beside it.
        noted: Option<String>,
    },
    /// The checker's own trouble: exit status 3, and no verdict against the student.
    Fault(String),
}

impl ComesOut {
    /// Whether the engine is not asked.
    pub fn is_of_files(&self) -> bool {
        match self {
            ComesOut::FullMarks | ComesOut::Fault(_) => false,
            ComesOut::Finding { check, .. } => OF_FILES.contains(&check.as_str()),
        }
    }

    /// It in a word.
    pub fn word(&self) -> &str {
        match self {
            ComesOut::FullMarks => "full marks",
            ComesOut::Finding { code, .. } => code,
            ComesOut::Fault(kind) => kind,
        }
    }

    /// Whether a report and its exit status say it; in a word for a line.
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

/// What a report says, in a line for whoever expected something else.
pub fn summary(report: &Value) -> String {
    let mut said = failed(report);
    said.extend(faults(report).map(|kind| format!("not graded ({kind})")));
    said.dedup();
    format!("score {}, {}", report["score"], said.join(", "))
}

/// The codes of all checks that failed.
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
