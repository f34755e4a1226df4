//! Report of one submission: its verdicts, their score, and the output formats.

mod by_hand;
pub mod canvas;
pub mod comparison;
pub mod csv;
mod exit_status;
pub mod github;
pub mod gradescope;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
#[cfg(test)]
mod sample;
mod student;
pub mod text;
mod visible;
mod words;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use softy_checks::model::{Check, Text};
use softy_checks::observation::Observation;
use softy_checks::{Reason, Status, Verdict, title};

use crate::rubric::Rubric;

pub use exit_status::ExitStatus;
pub use student::Student;
pub(crate) use visible::visible;
pub(crate) use words::{colon, shown_name};

/// Result of grading one submission; every format reports this data only.
#[derive(Clone, Debug)]
pub struct Report {
    /// Name of the task, as on the command line.
    pub task: &'static str,
    /// Path of the submission, as given.
    pub submission: String,
    /// One verdict per check, in the catalogue's order.
    pub verdicts: Vec<Verdict>,
    /// Observation that the checks judged.
    pub observation: Observation,
    /// Rubric that sets the points.
    pub rubric: Rubric,
    /// Duration of the run in seconds.
    pub seconds: f64,
    /// Phases of the run with their durations, in order.
    pub phases: Vec<Phase>,
}

/// Phase of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// Stable name in reports, in kebab case.
    pub name: Cow<'static, str>,
    /// Duration in seconds; reports round it to milliseconds.
    #[serde(serialize_with = "json::milliseconds")]
    pub seconds: f64,
}

impl Report {
    /// Skips every check that is not in `ids`: the others were judged only as prerequisites. A failed prerequisite that kept
    /// one of `ids` from being judged stays, because it is the cause to report.
    pub fn only(mut self, ids: &[&str]) -> Report {
        let verdicts = self.verdicts.iter();
        let asked = verdicts.filter(|verdict| ids.contains(&verdict.check.id));
        let in_the_way: Vec<&str> = asked
            .filter_map(|verdict| match verdict.status {
                Status::Skipped(Reason::After(id)) => Some(id),
                _ => None,
            })
            .collect();
        for verdict in &mut self.verdicts {
            let id = verdict.check.id;
            let is_failed = matches!(verdict.status, Status::Failed { .. });
            let stays = ids.contains(&id) || (is_failed && in_the_way.contains(&id));
            if !stays {
                verdict.status = Status::Skipped(Reason::NotAsked);
                verdict.notes.clear();
            }
        }
        self
    }

    /// Returns the points that a passed check earns.
    pub fn worth(&self, check: &Check) -> u32 {
        self.rubric.worth(check)
    }

    /// Returns the points that a verdict earns: all points of its check, or 0.
    pub fn points(&self, verdict: &Verdict) -> u32 {
        match verdict.status {
            Status::Passed => self.worth(verdict.check),
            Status::Failed { .. } | Status::Skipped(_) | Status::NotGraded(_) => 0,
        }
    }

    /// Returns a short description of what the check requires.
    pub fn title(&self, check: &Check) -> Text {
        title(check, &self.observation)
    }

    /// Returns whether the score reaches the rubric's pass mark. Returns `None` without a pass mark or a score, and when too
    /// few checks were selected to decide. The exit status does not depend on it.
    pub fn reaches_pass_mark(&self) -> Option<bool> {
        let (mark, score) = (self.rubric.pass_mark?, self.score()?);
        (score >= mark || self.is_whole()).then_some(score >= mark)
    }

    /// Returns the points earned, or `None` when the submission could not be graded, which is not a score of zero.
    pub fn score(&self) -> Option<u32> {
        self.gradable().then(|| {
            self.verdicts
                .iter()
                .map(|verdict| self.points(verdict))
                .sum()
        })
    }

    /// Returns the score of a submission judged as a whole. The points of a part, as with `--no-stack`, are not a grade.
    pub fn grade(&self) -> Option<u32> {
        self.score().filter(|_| self.is_whole())
    }

    /// Returns whether every check that is worth points was selected.
    pub fn is_whole(&self) -> bool {
        let mut verdicts = self.verdicts.iter();
        verdicts.all(|verdict| {
            verdict.status != Status::Skipped(Reason::NotAsked) || self.worth(verdict.check) == 0
        })
    }

    /// Returns the points of all selected checks.
    pub fn out_of(&self) -> u32 {
        self.asked().map(|verdict| self.worth(verdict.check)).sum()
    }

    /// Returns true if at least one check was selected and no fault of the checker kept a selected check from being judged.
    pub fn gradable(&self) -> bool {
        let mut asked = self.asked().peekable();
        asked.peek().is_some()
            && !asked.any(|verdict| matches!(verdict.status, Status::NotGraded(_)))
    }

    /// Returns the exit status of the process, provided that nothing else fails.
    pub fn exit_status(&self) -> ExitStatus {
        if !self.gradable() {
            return ExitStatus::CouldNotGrade;
        }
        if self.asked().any(|verdict| self.loses_points(verdict)) {
            return ExitStatus::Failed;
        }
        ExitStatus::Passed
    }

    /// Returns the failed check to fix first, if any points are lost.
    pub fn first_failure(&self) -> Option<&Verdict> {
        self.failures().first().copied()
    }

    /// Returns the failed checks that cost points, directly or through the checks skipped because of them. The one to fix first
    /// comes first. Omits failures that are only a consequence of another one.
    pub fn failures(&self) -> Vec<&Verdict> {
        self.asked()
            .filter(|verdict| match &verdict.status {
                Status::Failed { finding, .. } => !finding.consequence && self.costs(verdict),
                Status::Passed | Status::Skipped(_) | Status::NotGraded(_) => false,
            })
            .collect()
    }

    /// Returns true if an earlier verdict has the same fault, which is reported only once.
    fn is_told(&self, verdict: &Verdict) -> bool {
        let mut verdicts = self.verdicts.iter();
        let first = verdicts.find(|other| other.status == verdict.status);
        let is_first = first.is_some_and(|first| first.check.id == verdict.check.id);
        matches!(verdict.status, Status::NotGraded(_)) && !is_first
    }

    /// Returns true if a failed check costs points: its own, or those of a check that was skipped because of it.
    fn costs(&self, failed: &Verdict) -> bool {
        let skipped = Status::Skipped(Reason::After(failed.check.id));
        let is_lost =
            |verdict: &&Verdict| verdict.check.id == failed.check.id || verdict.status == skipped;
        let mut lost = self.asked().filter(is_lost);
        lost.any(|verdict| self.loses_points(verdict))
    }

    /// Returns true if a mistake of the student costs the points of this check: the check failed, or it was skipped because
    /// another one failed.
    fn loses_points(&self, verdict: &Verdict) -> bool {
        let failed = match verdict.status {
            Status::Failed { .. } | Status::Skipped(Reason::After(_)) => true,
            Status::Passed | Status::Skipped(Reason::NotAsked) | Status::NotGraded(_) => false,
        };
        failed && self.worth(verdict.check) > 0
    }

    fn asked(&self) -> impl Iterator<Item = &Verdict> {
        self.verdicts
            .iter()
            .filter(|verdict| verdict.status != Status::Skipped(Reason::NotAsked))
    }
}

#[cfg(test)]
mod tests {
    use super::sample::{NOT_ASKED, after, bare, failed, not_graded, report};
    use super::*;

    const PASSED: Status = Status::Passed;

    fn sums(statuses: [Status; 4]) -> (Option<u32>, u32, ExitStatus) {
        let report = report(statuses);
        (report.score(), report.out_of(), report.exit_status())
    }

    #[test]
    fn everything_passed() {
        assert_eq!(
            sums([PASSED, PASSED, PASSED, PASSED]),
            (Some(40), 40, ExitStatus::Passed)
        );
    }

    #[test]
    fn a_failed_check_worth_points_is_a_failure() {
        assert_eq!(
            sums([PASSED, PASSED, failed(bare()), PASSED]),
            (Some(20), 40, ExitStatus::Failed)
        );
    }

    #[test]
    fn failed_advice_changes_nothing() {
        assert_eq!(
            sums([PASSED, PASSED, PASSED, failed(bare())]),
            (Some(40), 40, ExitStatus::Passed)
        );
    }

    #[test]
    fn a_failed_gate_fails_what_it_kept_from_being_judged() {
        let statuses = [
            PASSED,
            failed(bare()),
            after("compose-safe"),
            after("compose-safe"),
        ];
        assert_eq!(sums(statuses), (Some(20), 40, ExitStatus::Failed));
    }

    #[test]
    fn trouble_outweighs_a_failure_and_is_no_zero() {
        let statuses = [failed(bare()), PASSED, not_graded(), PASSED];
        assert_eq!(sums(statuses), (None, 40, ExitStatus::CouldNotGrade));
        let first = [not_graded(), PASSED, PASSED, PASSED];
        assert_eq!(sums(first), (None, 40, ExitStatus::CouldNotGrade));
    }

    #[test]
    fn what_was_not_asked_for_counts_neither_way() {
        assert_eq!(
            sums([PASSED, NOT_ASKED, NOT_ASKED, NOT_ASKED]),
            (Some(20), 20, ExitStatus::Passed)
        );
    }

    #[test]
    fn a_part_is_no_grade() {
        let grade = |statuses| report(statuses).grade();
        assert_eq!(grade([PASSED, PASSED, PASSED, NOT_ASKED]), Some(40));
        assert_eq!(grade([PASSED, PASSED, NOT_ASKED, PASSED]), None);
        assert_eq!(grade([PASSED, PASSED, not_graded(), PASSED]), None);
        let skipped = after("compose-safe");
        assert_eq!(grade([PASSED, failed(bare()), skipped, PASSED]), Some(20));
    }

    #[test]
    fn nothing_judged_is_not_a_pass() {
        assert_eq!(
            sums([NOT_ASKED, NOT_ASKED, NOT_ASKED, NOT_ASKED]),
            (None, 0, ExitStatus::CouldNotGrade)
        );
    }

    #[test]
    fn only_what_was_asked_for_counts() {
        let report = report([failed(bare()), PASSED, PASSED, not_graded()]);
        let only = report.only(&["round-robin"]);
        assert_eq!(
            (only.score(), only.out_of(), only.exit_status()),
            (Some(20), 20, ExitStatus::Passed)
        );
    }

    #[test]
    fn a_failure_that_was_not_asked_for_is_told_where_it_is_in_the_way() {
        let statuses = [
            failed(bare()),
            failed(bare()),
            after("compose-safe"),
            PASSED,
        ];
        let only = report(statuses).only(&["round-robin"]);
        let told = only.verdicts.iter().map(|verdict| &verdict.status);
        let told: Vec<bool> = told.map(|status| *status != NOT_ASKED).collect();
        assert_eq!(told, [false, true, true, false]);
        let first = only.first_failure().map(|verdict| verdict.check.id);
        assert_eq!(first, Some("compose-safe"));
        assert_eq!(only.exit_status(), ExitStatus::Failed);
    }

    #[test]
    fn the_first_failure_is_the_gate_that_costs_points() {
        let gate = report([PASSED, failed(bare()), after("compose-safe"), PASSED]);
        assert_eq!(
            gate.first_failure().map(|verdict| verdict.check.id),
            Some("compose-safe")
        );
        let advice = report([PASSED, PASSED, PASSED, failed(bare())]);
        assert!(advice.first_failure().is_none());
    }

    #[test]
    fn every_failure_that_costs_points_is_to_be_mended_but_no_consequence() {
        let ids = |statuses| {
            let report = report(statuses);
            let failures = report.failures().into_iter();
            failures.map(|verdict| verdict.check.id).collect::<Vec<_>>()
        };
        let gate = [
            failed(bare()),
            failed(bare()),
            after("compose-safe"),
            failed(bare()),
        ];
        assert_eq!(ids(gate), ["answer-command", "compose-safe"]);
        let consequence = [PASSED, PASSED, failed(bare().following()), failed(bare())];
        assert!(ids(consequence).is_empty());
    }
}
