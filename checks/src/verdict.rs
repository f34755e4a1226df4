//! From a catalogue and an observation to one verdict a check.

use crate::model::{Check, Finding, Note, Unjudged};
use crate::observation::{Fault, Observation};

/// A check and what came of it.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The check.
    pub check: &'static Check,
    /// What came of it.
    pub status: Status,
    /// What is odd but harmless.
    pub notes: Vec<Note>,
}

/// What can come of a check.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    /// Everything it looks for was there.
    Passed,
    /// The student's mistake; `others` are mistakes found beside it.
    Failed {
        /// The mistake to mend first.
        finding: Box<Finding>,
        /// The others.
        others: Vec<Finding>,
    },
    /// Not judged, and not because of the checker.
    Skipped(Reason),
    /// Not judged because of the checker's own trouble.
    NotGraded(Fault),
}

/// Why a check was skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The check of this id did not pass, and this one means nothing without it.
    After(&'static str),
    /// The run was asked not to look.
    NotAsked,
}

impl Verdict {
    /// What the check earns, from 0 to its points.
    pub fn points(&self) -> u32 {
        match self.status {
            Status::Passed => self.check.points,
            Status::Failed { .. } | Status::Skipped(_) | Status::NotGraded(_) => 0,
        }
    }
}

/// Judges `observation` by every check of `catalogue`, which lists a check behind those it comes after.
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

/// Whether the check of this id is next: everything before it has passed, and the run has not looked yet.
pub fn is_due(catalogue: &[&'static Check], observation: &Observation, id: &str) -> bool {
    let verdicts = judge(catalogue, observation);
    let check = catalogue.iter().find(|check| check.id == id);
    check.is_some_and(|check| {
        obstacle(check, &verdicts).is_none() && (check.judge)(observation) == Err(Unjudged::Pending)
    })
}

/// The status of a check whose predecessors did not all pass.
fn obstacle(check: &Check, before: &[Verdict]) -> Option<Status> {
    let mut after = check.after.iter();
    after.find_map(|needed| status_behind(needed.id, before))
}

/// The status of what stands behind the check of this id; `None` where that passed, or is not among `before`.
///
/// A predecessor that was not asked for leaves nothing to see, so the reason is handed on as it is.
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

/// The status of a check that has nothing to judge.
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
