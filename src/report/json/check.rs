use serde::Serialize;
use softy_checks::model::{Finding, Note, Text};
use softy_checks::observation::{Fault, FaultKind};
use softy_checks::{Reason, Status, Verdict};

use super::super::Report;

/// Check in the JSON report.
#[derive(Serialize)]
pub(super) struct Check<'a> {
    id: &'static str,
    title: Text,
    status: &'static str,
    /// `None` when the check was not judged.
    points: Option<u32>,
    out_of: u32,
    #[serde(flatten)]
    outcome: Outcome<'a>,
    notes: &'a [Note],
}

#[derive(Serialize)]
#[serde(untagged)]
enum Outcome<'a> {
    Passed {},
    Failed {
        #[serde(flatten)]
        finding: &'a Finding,
        others: &'a [Finding],
    },
    Skipped {
        reason: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        because: Option<&'static str>,
    },
    NotGraded {
        fault: Trouble<'a>,
    },
}

#[derive(Serialize)]
struct Trouble<'a> {
    kind: FaultKind,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail_fr: Option<&'a str>,
    message: Text,
    remedy: Text,
}

impl<'a> Check<'a> {
    /// Returns the entry of a verdict, with the points of the report's rubric.
    pub(super) fn of(report: &Report, verdict: &'a Verdict) -> Check<'a> {
        Check {
            id: verdict.check.id,
            title: report.title(verdict.check),
            status: status(&verdict.status),
            points: points(report, verdict),
            out_of: report.worth(verdict.check),
            outcome: Outcome::from(&verdict.status),
            notes: &verdict.notes,
        }
    }
}

impl<'a> From<&'a Status> for Outcome<'a> {
    fn from(status: &'a Status) -> Outcome<'a> {
        match status {
            Status::Passed => Outcome::Passed {},
            Status::Failed { finding, others } => Outcome::Failed { finding, others },
            Status::Skipped(Reason::After(id)) => Outcome::Skipped {
                reason: "after",
                because: Some(id),
            },
            Status::Skipped(Reason::NotAsked) => Outcome::Skipped {
                reason: "not-asked",
                because: None,
            },
            Status::NotGraded(fault) => Outcome::NotGraded {
                fault: Trouble::from(fault),
            },
        }
    }
}

impl<'a> From<&'a Fault> for Trouble<'a> {
    fn from(fault: &'a Fault) -> Trouble<'a> {
        Trouble {
            kind: fault.kind,
            detail: &fault.detail.en,
            detail_fr: fault.detail_fr(),
            message: fault.kind.message(),
            remedy: fault.kind.remedy(),
        }
    }
}

/// Returns the name of a verdict's status in the JSON report.
pub(crate) fn status(status: &Status) -> &'static str {
    match status {
        Status::Passed => "passed",
        Status::Failed { .. } => "failed",
        Status::Skipped(_) => "skipped",
        Status::NotGraded(_) => "not-graded",
    }
}

/// Returns the points of a verdict in the JSON report: `None` when it was not judged.
pub(crate) fn points(report: &Report, verdict: &Verdict) -> Option<u32> {
    match verdict.status {
        Status::Passed | Status::Failed { .. } | Status::Skipped(Reason::After(_)) => {
            Some(report.points(verdict))
        }
        Status::Skipped(Reason::NotAsked) | Status::NotGraded(_) => None,
    }
}
