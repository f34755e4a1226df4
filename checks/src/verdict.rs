//! Judgement of an observation: one verdict per check of a catalogue.

use crate::model::{Check, Finding, Note, Unjudged};
use crate::observation::{Fault, Observation};

/// A check and its result.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The check.
    pub check: &'static Check,
    /// Result of the check.
    pub status: Status,
    /// Unusual but harmless facts.
    pub notes: Vec<Note>,
}

/// Result of a check.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    /// The check found no mistake.
    Passed,
    /// A mistake of the student; `others` are further mistakes.
    Failed {
        /// The mistake to fix first.
        finding: Box<Finding>,
        /// Further mistakes.
        others: Vec<Finding>,
    },
    /// Not judged, for a reason other than a fault of the checker.
    Skipped(Reason),
    /// Not judged because of a fault of the checker.
    NotGraded(Fault),
}

/// Reason why a check was skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The check of this id did not pass, and this one is not meaningful without it.
    After(&'static str),
    /// The options of the run exclude it.
    NotAsked,
}

impl Verdict {
    /// Returns the points earned, from 0 to the check's points.
    pub fn points(&self) -> u32 {
        match self.status {
            Status::Passed => self.check.points,
            Status::Failed { .. } | Status::Skipped(_) | Status::NotGraded(_) => 0,
        }
    }
}

/// Judges `observation` by every check of `catalogue`, which lists each check after those that it depends on.
pub fn judge(catalogue: &[&'static Check], observation: &Observation) -> Vec<Verdict> {
    let mut verdicts: Vec<Verdict> = Vec::with_capacity(catalogue.len());
    for check in catalogue {
        let verdict = match obstacle(check, &verdicts) {
            Some(status) => Verdict {
                check,
                status,
                notes: Vec::new(),
            },
            None => judge_one(check, observation, &verdicts),
        };
        verdicts.push(verdict);
    }
    verdicts
}

/// Returns whether the check of this id is next: all checks that it depends on have passed, and the run has not reached it yet.
pub fn is_due(catalogue: &[&'static Check], observation: &Observation, id: &str) -> bool {
    let verdicts = judge(catalogue, observation);
    let check = catalogue.iter().find(|check| check.id == id);
    check.is_some_and(|check| {
        obstacle(check, &verdicts).is_none() && (check.judge)(observation) == Err(Unjudged::Pending)
    })
}

/// Returns the status of a check if the checks that it depends on did not all pass.
fn obstacle(check: &Check, before: &[Verdict]) -> Option<Status> {
    let mut after = check.after.iter();
    after.find_map(|needed| status_behind(needed.id, before))
}

/// Returns the status of a check that depends on the check of this id; `None` if that passed, or is not among `before`.
///
/// If a check was skipped because it was not asked for, the checks that depend on it are skipped for the same reason.
fn status_behind(id: &str, before: &[Verdict]) -> Option<Status> {
    let verdict = before.iter().find(|verdict| verdict.check.id == id)?;
    match &verdict.status {
        Status::Passed => None,
        Status::Failed { .. } => Some(Status::Skipped(Reason::After(verdict.check.id))),
        Status::Skipped(reason) => Some(Status::Skipped(*reason)),
        Status::NotGraded(fault) => Some(Status::NotGraded(fault.clone())),
    }
}

fn judge_one(check: &'static Check, observation: &Observation, before: &[Verdict]) -> Verdict {
    let (status, notes) = match (check.judge)(observation) {
        Ok(judged) => (status(judged.findings), judged.notes),
        Err(unjudged) => (unseen(check, unjudged, before), Vec::new()),
    };
    Verdict {
        check,
        status,
        notes,
    }
}

/// Returns the status of a check that has nothing to judge.
fn unseen(check: &Check, unjudged: Unjudged, before: &[Verdict]) -> Status {
    match unjudged {
        Unjudged::NotAsked => Status::Skipped(Reason::NotAsked),
        Unjudged::Pending => Status::NotGraded(Fault::nothing_seen(check.id)),
        Unjudged::Stopped(id) => status_behind(&id, before)
            .unwrap_or_else(|| Status::NotGraded(Fault::stopped_then(&id))),
        Unjudged::Fault(fault) => Status::NotGraded(fault),
    }
}

fn status(mut findings: Vec<Finding>) -> Status {
    if findings.is_empty() {
        return Status::Passed;
    }
    let others = findings.split_off(1);
    match findings.pop() {
        Some(finding) => Status::Failed {
            finding: Box::new(finding),
            others,
        },
        None => Status::Passed,
    }
}
