//! Comparison of two gradings of the same submissions: the changes of scores and verdicts, with their reasons.

use std::collections::BTreeMap;

use super::{FileVerdict, Graded, Unreadable};
use crate::rubric::Rubric;

/// Result of one submission without its observation, so that thousands fit into memory.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Submission's id.
    pub id: String,
    /// Student's name, if the roster has one.
    pub name: Option<String>,
    /// Hash that changes with the submission's content, the grading options or the release.
    pub fingerprint: String,
    /// Release that observed the submission.
    pub version: String,
    /// Release that judged the submission.
    pub judged_by: String,
    /// Rubric for which the submission was observed.
    pub graded_by: Rubric,
    /// Rubric that the submission was judged by.
    pub rubric: Rubric,
    /// Score; `None` when the submission could not be graded.
    pub score: Option<u32>,
    /// Sum of the points of all selected checks.
    pub out_of: u32,
    /// Verdicts of the checks.
    pub checks: Vec<FileVerdict>,
}

/// Differences between two gradings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Submissions whose score or verdicts changed, by id.
    pub changed: Vec<Change>,
    /// Number of submissions without a change.
    pub unchanged: usize,
    /// Ids that only the new grading has.
    pub added: Vec<String>,
    /// Ids that only the old grading has.
    pub gone: Vec<String>,
    /// Files of either grading that could not be read; their submissions are missing above.
    pub unreadable: Vec<Unreadable>,
}

/// Submission with a changed result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Submission's id.
    pub id: String,
    /// Student's name, if the roster has one.
    pub name: Option<String>,
    /// Score and possible points before; the score is `None` when the submission could not be graded.
    pub before: (Option<u32>, u32),
    /// Score and possible points afterwards; the score is `None` when the submission could not be graded.
    pub after: (Option<u32>, u32),
    /// Checks with a changed verdict, in the order of the new grading.
    pub checks: Vec<CheckChange>,
    /// Reasons for the change, other than the checks; never empty.
    pub reasons: Vec<Reason>,
}

/// Check with a changed verdict; `None` on the side whose release does not have the check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckChange {
    /// Check's id.
    pub id: String,
    /// Verdict before.
    pub before: Option<FileVerdict>,
    /// Verdict afterwards.
    pub after: Option<FileVerdict>,
}

/// Reason for a changed result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The submission could not be graded before.
    NotGradedBefore,
    /// The submission could not be graded this time.
    NotGradedNow,
    /// Another rubric judges it.
    Rubric,
    /// Another release judges it.
    Release,
    /// Its content or the grading options differ.
    Content,
    /// Nothing differs, but it was graded again.
    GradedAgain,
}

impl Standing {
    /// Returns the result in a result file.
    pub fn written(graded: &Graded) -> Standing {
        let (score, out_of) = graded.written_score;
        Standing {
            id: graded.listed.id.clone(),
            name: graded.listed.name.clone(),
            fingerprint: graded.listed.fingerprint.clone(),
            version: graded.version.clone(),
            judged_by: graded.version.clone(),
            graded_by: graded.graded_by.clone(),
            rubric: graded.graded_by.clone(),
            score,
            out_of,
            checks: graded.written.clone(),
        }
    }

    /// Returns the result of judging the observation again, by this release and the rubric of the report.
    pub fn judged(graded: &Graded) -> Standing {
        let report = &graded.report;
        let verdicts = report.verdicts.iter();
        Standing {
            judged_by: env!("CARGO_PKG_VERSION").to_owned(),
            rubric: report.rubric.clone(),
            score: report.score(),
            out_of: report.out_of(),
            checks: verdicts
                .map(|verdict| FileVerdict::of(report, verdict))
                .collect(),
            ..Standing::written(graded)
        }
    }
}

/// Returns the differences between `old` and `new`; each of them has an id only once.
pub fn compare(
    old: impl IntoIterator<Item = Standing>,
    new: impl IntoIterator<Item = Standing>,
) -> Comparison {
    let by_id = |outcome: Standing| (outcome.id.clone(), outcome);
    let mut old: BTreeMap<String, Standing> = old.into_iter().map(by_id).collect();
    let new: BTreeMap<String, Standing> = new.into_iter().map(by_id).collect();
    let mut comparison = Comparison::default();
    for (id, after) in new {
        match old.remove(&id) {
            None => comparison.added.push(id),
            Some(before) => match change(&before, &after) {
                None => comparison.unchanged += 1,
                Some(change) => comparison.changed.push(change),
            },
        }
    }
    comparison.gone = old.into_keys().collect();
    comparison
}

fn change(before: &Standing, after: &Standing) -> Option<Change> {
    let checks = checks(before, after);
    let points = |outcome: &Standing| (outcome.score, outcome.out_of);
    if checks.is_empty() && points(before) == points(after) {
        return None;
    }
    Some(Change {
        id: after.id.clone(),
        name: after.name.clone(),
        before: points(before),
        after: points(after),
        checks,
        reasons: reasons(before, after),
    })
}

fn checks(before: &Standing, after: &Standing) -> Vec<CheckChange> {
    let find = |outcome: &Standing, id: &str| {
        let mut checks = outcome.checks.iter();
        checks.find(|check| check.id == id).cloned()
    };
    let is_new_to = |check: &&FileVerdict| find(after, &check.id).is_none();
    let gone = before.checks.iter().filter(is_new_to);
    let all = after.checks.iter().chain(gone);
    let pairs = all.map(|check| CheckChange {
        id: check.id.clone(),
        before: find(before, &check.id),
        after: find(after, &check.id),
    });
    pairs.filter(|pair| pair.before != pair.after).collect()
}

/// Returns the differences between the two gradings that explain a change. The fingerprint depends on the release and the
/// rubric, too, so it shows different content only if both are the same.
fn reasons(before: &Standing, after: &Standing) -> Vec<Reason> {
    let is_looked_at_alike = before.version == after.version && before.graded_by == after.graded_by;
    let differs = [
        (
            Reason::NotGradedBefore,
            before.score.is_none() && after.score.is_some(),
        ),
        (
            Reason::NotGradedNow,
            before.score.is_some() && after.score.is_none(),
        ),
        (Reason::Rubric, before.rubric != after.rubric),
        (Reason::Release, before.judged_by != after.judged_by),
        (
            Reason::Content,
            is_looked_at_alike && before.fingerprint != after.fingerprint,
        ),
    ];
    let reasons = differs.into_iter().filter(|(_, differs)| *differs);
    let mut reasons: Vec<Reason> = reasons.map(|(reason, _)| reason).collect();
    if reasons.is_empty() {
        reasons.push(Reason::GradedAgain);
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(id: &str, status: &str, points: u32, code: Option<&str>) -> FileVerdict {
        FileVerdict {
            id: id.to_owned(),
            status: status.to_owned(),
            points: Some(points),
            code: code.map(str::to_owned),
        }
    }

    fn outcome(id: &str) -> Standing {
        Standing {
            id: id.to_owned(),
            name: None,
            fingerprint: "1".to_owned(),
            version: "1.0.0".to_owned(),
            judged_by: "1.0.0".to_owned(),
            graded_by: Rubric::default(),
            rubric: Rubric::default(),
            score: Some(20),
            out_of: 40,
            checks: vec![
                check("answer-command", "failed", 0, Some("detached")),
                check("round-robin", "passed", 20, None),
            ],
        }
    }

    fn passing(id: &str) -> Standing {
        Standing {
            score: Some(40),
            checks: vec![
                check("answer-command", "passed", 20, None),
                check("round-robin", "passed", 20, None),
            ],
            ..outcome(id)
        }
    }

    fn change_to(after: Standing) -> Change {
        compare([outcome("a")], [after]).changed.remove(0)
    }

    #[test]
    fn what_is_the_same_is_counted_and_the_rest_is_listed() {
        let old = ["a", "b", "c"].map(outcome);
        let comparison = compare(old, [outcome("d"), outcome("b"), passing("c")]);
        assert_eq!(comparison.unchanged, 1);
        assert_eq!(
            (comparison.added, comparison.gone),
            (vec!["d".to_owned()], vec!["a".to_owned()])
        );
        let ids = comparison.changed.iter().map(|change| change.id.as_str());
        assert_eq!(ids.collect::<Vec<_>>(), ["c"]);
    }

    #[test]
    fn the_checks_that_changed_are_told() {
        let change = change_to(passing("a"));
        assert_eq!(
            (change.before, change.after),
            ((Some(20), 40), (Some(40), 40))
        );
        let [only] = change.checks.as_slice() else {
            panic!("{:?}", change.checks);
        };
        let code = only.before.as_ref().and_then(|check| check.code.as_deref());
        assert_eq!(
            (only.id.as_str(), code),
            ("answer-command", Some("detached"))
        );
    }

    #[test]
    fn every_reason_is_told() {
        let reasons = |after| change_to(after).reasons;
        assert_eq!(reasons(passing("a")), [Reason::GradedAgain]);
        let rubric = Rubric {
            pass_mark: Some(50),
            ..Rubric::default()
        };
        let by_rubric = Standing {
            rubric,
            ..passing("a")
        };
        assert_eq!(reasons(by_rubric), [Reason::Rubric]);
        let fingerprint = "2".to_owned();
        let content = Standing {
            fingerprint: fingerprint.clone(),
            ..passing("a")
        };
        assert_eq!(reasons(content), [Reason::Content]);
        let (version, judged_by) = ("2".to_owned(), "2".to_owned());
        let release = Standing {
            fingerprint,
            version,
            judged_by,
            ..passing("a")
        };
        assert_eq!(reasons(release), [Reason::Release]);
        let ungraded = Standing {
            score: None,
            ..outcome("a")
        };
        assert_eq!(reasons(ungraded.clone()), [Reason::NotGradedNow]);
        let graded = compare([ungraded], [outcome("a")]).changed.remove(0);
        assert_eq!(graded.reasons, [Reason::NotGradedBefore]);
    }
}
