//! Cases: every folder of `fixtures/soak`, and every right fixture.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

use super::condition::Condition;
use super::graded::Verdict;
use crate::expectation::{ComesOut, failed, summary};
use crate::submission::lay_over;
use crate::workspace;

/// File in a case's folder with the expected results.
const EXPECTED: &str = "case.json";

/// Prefix of the names of right fixtures, and the name of the fixture that others are laid over.
const CORRECT: &str = "correct";

/// Exit code of a run that could not grade.
const NOT_GRADED: i32 = 3;

/// A submission with a known verdict.
pub struct Case {
    /// Name of its folder.
    pub name: String,
    expected: Expected,
}

/// The content of [`EXPECTED`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// The case in one sentence, for readers of the file.
    #[serde(rename = "case")]
    _case: String,
    /// Folders of `fixtures` that the case's own files are laid over, each over the one before.
    #[serde(default = "correct")]
    fixtures: Vec<String>,
    /// Possible results; one of them must occur, and no other check may fail.
    comes_out: Vec<ComesOut>,
}

fn correct() -> Vec<String> {
    vec![CORRECT.to_owned()]
}

impl Case {
    /// Returns every case: the right fixtures, then the others, each group sorted by name.
    pub fn all() -> Result<Vec<Case>> {
        let mut cases: Vec<Case> = names(&fixtures())?
            .into_iter()
            .filter(|name| name.starts_with(CORRECT))
            .map(Case::of_fixture)
            .collect();
        for name in names(&fixtures().join("soak"))? {
            cases.push(Case::read(name)?);
        }
        Ok(cases)
    }

    /// Makes the submission in an empty folder.
    pub fn make(&self, at: &Path) -> Result<()> {
        for fixture in &self.expected.fixtures {
            lay_over(&fixtures().join(fixture).join("submission"), at)?;
        }
        let own = fixtures().join("soak").join(&self.name).join("submission");
        if own.is_dir() {
            lay_over(&own, at)?;
        }
        Ok(())
    }

    /// Returns the expected results as one word each, for the table.
    pub fn comes_out(&self) -> String {
        let words = self.expected.comes_out.iter().map(ComesOut::word);
        words.collect::<Vec<_>>().join(" / ")
    }

    /// Returns the verdict on a report, its exit code and the complaints about its form.
    pub fn verdict(
        &self,
        condition: Condition,
        report: &Value,
        status: i32,
        complaints: &[String],
    ) -> Verdict {
        if !complaints.is_empty() {
            return Verdict::Wrong(complaints.join("; "));
        }
        let mut expected = self.expected.comes_out.iter();
        let is_said =
            expected.any(|out| out.is_said(report, status).is_some() && is_all(out, report));
        if is_said {
            return Verdict::Right;
        }
        let what = format!("exit status {status}, {}", summary(report));
        if status == NOT_GRADED && condition == Condition::Starved {
            return Verdict::NotGraded(what);
        }
        Verdict::Wrong(what)
    }

    fn of_fixture(name: String) -> Case {
        let expected = Expected {
            _case: String::new(),
            fixtures: vec![name.clone()],
            comes_out: vec![ComesOut::FullMarks],
        };
        Case { name, expected }
    }

    fn read(name: String) -> Result<Case> {
        let path = fixtures().join("soak").join(&name).join(EXPECTED);
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let expected = serde_json::from_str(&text).with_context(|| path.display().to_string())?;
        Ok(Case { name, expected })
    }
}

/// Returns whether only the expected check has failed. With full marks, checks that are advice may fail.
fn is_all(out: &ComesOut, report: &Value) -> bool {
    match out {
        ComesOut::FullMarks => true,
        ComesOut::Finding { .. } | ComesOut::Fault(_) => failed(report).len() <= 1,
    }
}

fn fixtures() -> PathBuf {
    workspace::root().join("fixtures")
}

/// Returns the names in a folder, sorted.
fn names(folder: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let mut names = names.collect::<Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn verdict(status: i32, condition: Condition, failed: &[(&str, &str)]) -> Verdict {
        let checks = failed.iter().map(
            |(id, code)| json!({"id": id, "code": code, "status": "failed", "message": {"en": ""}}),
        );
        let report = json!({"score": 75, "checks": checks.collect::<Vec<_>>()});
        let expected = json!({
            "case": "",
            "comes_out": [{"finding": {"check": "round-robin", "code": "random"}}]
        });
        let case = Case {
            name: "random".to_owned(),
            expected: serde_json::from_value(expected).unwrap(),
        };
        case.verdict(condition, &report, status, &[])
    }

    #[test]
    fn the_expected_code_alone_is_right() {
        let random = ("round-robin", "random");
        assert_eq!(verdict(1, Condition::Idle, &[random]), Verdict::Right);
        for failed in [
            &[][..],
            &[("images-build", "build-failed")],
            &[random, ("can-scale", "container-name")],
        ] {
            let verdict = verdict(1, Condition::Idle, failed);
            assert!(matches!(verdict, Verdict::Wrong(_)), "{failed:?}");
        }
    }

    #[test]
    fn a_starved_machine_alone_may_not_grade() {
        let not_graded = |condition| verdict(3, condition, &[]);
        assert!(matches!(
            not_graded(Condition::Starved),
            Verdict::NotGraded(_)
        ));
        assert!(matches!(not_graded(Condition::Idle), Verdict::Wrong(_)));
        assert!(matches!(not_graded(Condition::Busy), Verdict::Wrong(_)));
    }

    #[test]
    fn every_case_can_be_read_and_made_of_what_is_there() {
        let cases = Case::all().unwrap();
        for case in cases {
            for fixture in &case.expected.fixtures {
                let submission = fixtures().join(fixture).join("submission");
                assert!(submission.is_dir(), "{}: {fixture}", case.name);
            }
            assert!(!case.expected.comes_out.is_empty(), "{}", case.name);
        }
    }
}
