//! Gradescope's `results.json`, <https://gradescope-autograders.readthedocs.io/en/latest/specs/>.

use serde::Serialize;
use softy_checks::model::Language;
use softy_checks::{Reason, Status, Verdict};

use super::words::outcome;
use super::{Report, text};

#[derive(Serialize)]
struct Results {
    /// Omitted when the submission could not be graded, or only in part. Gradescope then adds up the tests' scores, which are
    /// omitted as well, and reports that the autograder failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<u32>,
    execution_time: f64,
    output: String,
    output_format: &'static str,
    visibility: &'static str,
    tests: Vec<Test>,
}

#[derive(Serialize)]
struct Test {
    name: String,
    name_format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<u32>,
    max_score: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    output: String,
    output_format: &'static str,
    visibility: &'static str,
}

/// Returns the result of one submission as indented JSON, with a newline at its end.
///
/// # Errors
/// None that a report can cause.
pub fn render(report: &Report, language: Language) -> serde_json::Result<String> {
    let verdicts = report.verdicts.iter();
    let results = Results {
        score: report.grade(),
        execution_time: (report.seconds * 1000.0).round() / 1000.0,
        output: outcome(report, language),
        output_format: "text",
        visibility: "visible",
        tests: verdicts
            .map(|verdict| test(report, verdict, language))
            .collect(),
    };
    Ok(serde_json::to_string_pretty(&results)? + "\n")
}

fn test(report: &Report, verdict: &Verdict, language: Language) -> Test {
    let judged = match verdict.status {
        Status::Passed => Some("passed"),
        Status::Failed { .. } | Status::Skipped(Reason::After(_)) => Some("failed"),
        Status::Skipped(Reason::NotAsked) | Status::NotGraded(_) => None,
    };
    let score = judged.filter(|_| report.grade().is_some());
    Test {
        name: format!(
            "{}: {}",
            verdict.check.id,
            report.title(verdict.check).to(language)
        ),
        name_format: "text",
        score: score.map(|_| report.points(verdict)),
        max_score: report.worth(verdict.check),
        status: judged,
        output: details(verdict, language),
        output_format: "text",
        visibility: "visible",
    }
}

fn details(verdict: &Verdict, language: Language) -> String {
    let reason = text::reason(verdict, language);
    let lines = reason.into_iter().chain(text::details(verdict, language));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::sample::{
        NOT_ASKED, after, failed, hostile, not_graded, report, shown, without_colours,
    };
    use super::*;

    fn results(statuses: [Status; 4]) -> Value {
        let text = without_colours(|| render(&report(statuses), Language::English).unwrap());
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_graded_submission_has_its_score_and_that_of_each_check() {
        let results = results([
            failed(shown()),
            after("answer-command"),
            Status::Passed,
            NOT_ASKED,
        ]);
        assert_eq!(
            (&results["score"], &results["output"]),
            (&20.into(), &"20/40".into())
        );
        let tests = results["tests"].as_array().unwrap();
        let failed = &tests[0];
        assert_eq!(
            failed["name"],
            "answer-command: the file says how to start two servers"
        );
        assert_eq!(
            (&failed["score"], &failed["max_score"]),
            (&0.into(), &20.into())
        );
        assert!(
            failed["output"]
                .as_str()
                .unwrap()
                .starts_with("`backend` is scaled [other-service]\n")
        );
        let statuses: Vec<&Value> = tests.iter().map(|test| &test["status"]).collect();
        assert_eq!(
            statuses,
            ["failed", "failed", "passed"]
                .map(Value::from)
                .iter()
                .chain([&Value::Null])
                .collect::<Vec<_>>()
        );
        assert!(tests[3].get("score").is_none());
    }

    #[test]
    fn a_part_has_no_score_anywhere() {
        let results = results([Status::Passed, Status::Passed, NOT_ASKED, Status::Passed]);
        assert!(results.get("score").is_none());
        let output = results["output"].as_str().unwrap();
        assert!(output.starts_with("20/20, a part"), "{output}");
        let tests = results["tests"].as_array().unwrap();
        assert!(tests.iter().all(|test| test.get("score").is_none()));
    }

    #[test]
    fn what_could_not_be_graded_has_no_score_anywhere() {
        let results = results([
            failed(hostile()),
            Status::Passed,
            not_graded(),
            not_graded(),
        ]);
        assert!(results.get("score").is_none());
        assert!(
            results["output"]
                .as_str()
                .unwrap()
                .starts_with("could not be graded")
        );
        let tests = results["tests"].as_array().unwrap();
        assert!(tests.iter().all(|test| test.get("score").is_none()));
        assert!(!results.to_string().contains(['\u{202e}', '\u{9b}']));
    }
}
