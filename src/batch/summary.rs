//! Summary of a batch as plain data, with one row per submission.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use serde::Serialize;
use softy_checks::observation::Fault;
use softy_checks::{Status, Verdict};

use super::{Graded, Results};
use crate::report::{ExitStatus, Report};
use crate::rubric::Rubric;

/// Number of submissions in the list of the slowest.
const SLOWEST: usize = 5;

/// Maximum number of characters kept of a fault's detail.
const DETAIL: usize = 200;

/// Summary of many submissions.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Summary {
    /// Number of submissions with a score.
    pub graded: usize,
    /// Number of submissions with a score that lost no points.
    pub passed: usize,
    /// Submissions judged only in part, as with `--no-stack`: the points of a part are no score.
    pub partial: usize,
    /// Submissions that could not be graded.
    pub not_graded: usize,
    /// Mean of the scores in percent of the possible points; `None` without scores.
    pub mean: Option<f64>,
    /// Median of the scores in percent of the possible points; `None` without scores.
    pub median: Option<f64>,
    /// Number of scores below 10 %, from 10 % to below 20 %, and so on; the last entry is the number of scores of 100 %.
    pub distribution: [usize; 11],
    /// Mistakes that cost points, the most frequent first.
    pub mistakes: Vec<Frequency>,
    /// Submissions that took longest, the slowest first.
    pub slowest: Vec<Slow>,
    /// Rows of all submissions, in the order of their files' names.
    pub submissions: Vec<Row>,
    /// Result files that cannot be used.
    pub unreadable: Vec<Unreadable>,
    /// Rubric that judges all submissions; `None` if each is judged by its own.
    #[serde(skip)]
    pub rubric: Option<Rubric>,
}

/// Row of a submission.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Id, unique in the batch.
    pub id: String,
    /// Student's name, if known.
    pub name: Option<String>,
    /// Student's group, if known.
    pub group: Option<String>,
    /// Outcome of the submission.
    pub status: Outcome,
    /// Score; `None` if not graded, which is not zero points, or if graded only in part.
    pub score: Option<u32>,
    /// Points of the judged part; `None` if the whole submission was judged or none of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<u32>,
    /// Possible points, of the judged part if only a part was judged.
    pub out_of: u32,
    /// Code of the mistake to fix first, if points were lost.
    pub mistake: Option<&'static str>,
    /// Fault that prevented the grading.
    pub fault: Option<Fault>,
    /// Duration of the grading in seconds.
    pub seconds: f64,
    /// Path of the result file.
    pub file: PathBuf,
    /// Exit status of grading this submission alone.
    #[serde(skip)]
    pub exit_status: ExitStatus,
}

/// Outcome of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// No points were lost.
    Passed,
    /// Points were lost.
    Failed,
    /// Only a part of it was judged.
    Partial,
    /// It could not be graded.
    NotGraded,
}

/// Frequency of a mistake that cost points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Frequency {
    /// Mistake's code.
    pub code: &'static str,
    /// Number of submissions with this mistake.
    pub submissions: usize,
}

/// Duration of a submission's grading.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Slow {
    /// Submission's id.
    pub id: String,
    /// Duration in seconds.
    pub seconds: f64,
}

/// Result file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unreadable {
    /// Path of the file.
    pub file: PathBuf,
    /// Description of the error.
    pub reason: String,
}

impl Summary {
    /// Reads the result files one after the other. Judges each by `rubric`, or else by its own rubric.
    ///
    /// # Errors
    /// When their folder cannot be listed.
    pub fn of(results: &Results, rubric: Option<&Rubric>) -> io::Result<Summary> {
        let mut summary = Summary {
            rubric: rubric.cloned(),
            ..Summary::default()
        };
        let mut mistakes = BTreeMap::new();
        for file in results.files()? {
            match Graded::read(&file, rubric) {
                Ok(graded) => {
                    count(&mut mistakes, &graded.report);
                    summary.submissions.push(Row::new(file, &graded));
                }
                Err(error) => summary.unreadable.push(Unreadable {
                    file,
                    reason: error.reason,
                }),
            }
        }
        summary.mistakes = frequencies(mistakes);
        Ok(summary.counted())
    }

    /// Reads the whole report of a row again.
    ///
    /// # Errors
    /// When the file no longer exists, or another file that is not a result has replaced it.
    pub fn graded(&self, row: &Row) -> io::Result<Graded> {
        Graded::read(&row.file, self.rubric.as_ref()).map_err(io::Error::other)
    }

    /// Returns the exit status of the process. A batch without a score does not pass, and a missing score outweighs a failure.
    pub fn exit_status(&self) -> ExitStatus {
        let rows = &self.submissions;
        if rows.is_empty() || self.not_graded > 0 || !self.unreadable.is_empty() {
            return ExitStatus::CouldNotGrade;
        }
        let mut statuses = rows.iter().map(|row| row.exit_status);
        match statuses.all(|status| status == ExitStatus::Passed) {
            true => ExitStatus::Passed,
            false => ExitStatus::Failed,
        }
    }

    /// Returns the submissions that could not be graded.
    pub fn troubled(&self) -> impl Iterator<Item = &Row> {
        let rows = self.submissions.iter();
        rows.filter(|row| row.status == Outcome::NotGraded)
    }

    fn counted(mut self) -> Summary {
        let with = |outcome| {
            let rows = self.submissions.iter();
            rows.filter(|row| row.status == outcome).count()
        };
        self.passed = with(Outcome::Passed);
        self.partial = with(Outcome::Partial);
        self.not_graded = with(Outcome::NotGraded);
        self.graded = self.submissions.len() - self.partial - self.not_graded;
        let rows = self.submissions.iter();
        let mut percents: Vec<f64> = rows.filter_map(Row::percent).collect();
        percents.sort_by(f64::total_cmp);
        for percent in &percents {
            self.distribution[(*percent as usize / 10).min(10)] += 1;
        }
        self.mean = mean(&percents);
        self.median = median(&percents);
        self.slowest = slowest(&self.submissions);
        self
    }
}

impl Row {
    fn new(file: PathBuf, graded: &Graded) -> Row {
        let report = &graded.report;
        Row {
            id: graded.listed.id.clone(),
            name: graded.listed.name.clone(),
            group: graded.listed.group.clone(),
            status: Outcome::from(report),
            score: report.grade(),
            part: report.score().filter(|_| !report.is_whole()),
            out_of: report.out_of(),
            mistake: report.first_failure().and_then(code),
            fault: report.verdicts.iter().find_map(fault),
            seconds: report.seconds,
            file,
            exit_status: report.exit_status(),
        }
    }

    /// Returns the score in percent of the possible points.
    pub fn percent(&self) -> Option<f64> {
        let score = self.score?;
        (self.out_of > 0).then(|| f64::from(score) * 100.0 / f64::from(self.out_of))
    }
}

impl From<&Report> for Outcome {
    fn from(report: &Report) -> Outcome {
        match report.exit_status() {
            ExitStatus::Passed | ExitStatus::Failed if !report.is_whole() => Outcome::Partial,
            ExitStatus::Passed => Outcome::Passed,
            ExitStatus::Failed => Outcome::Failed,
            ExitStatus::WrongUsage | ExitStatus::CouldNotGrade | ExitStatus::Interrupted => {
                Outcome::NotGraded
            }
        }
    }
}

/// Counts each mistake once per submission, even if two checks find it.
fn count(mistakes: &mut BTreeMap<&'static str, usize>, report: &Report) {
    let mut codes: Vec<&str> = report.failures().into_iter().filter_map(code).collect();
    codes.sort_unstable();
    codes.dedup();
    for code in codes {
        *mistakes.entry(code).or_default() += 1;
    }
}

fn frequencies(mistakes: BTreeMap<&'static str, usize>) -> Vec<Frequency> {
    let mistakes = mistakes.into_iter();
    let mut frequencies: Vec<Frequency> = mistakes
        .map(|(code, submissions)| Frequency { code, submissions })
        .collect();
    frequencies.sort_by_key(|frequency| std::cmp::Reverse(frequency.submissions));
    frequencies
}

fn code(verdict: &Verdict) -> Option<&'static str> {
    match &verdict.status {
        Status::Failed { finding, .. } => Some(finding.code),
        Status::Passed | Status::Skipped(_) | Status::NotGraded(_) => None,
    }
}

fn fault(verdict: &Verdict) -> Option<Fault> {
    match &verdict.status {
        Status::NotGraded(fault) => {
            let cut = |words: &str| words.chars().take(DETAIL).collect();
            Some(Fault::new(fault.kind, fault.detail.map(cut)))
        }
        Status::Passed | Status::Skipped(_) | Status::Failed { .. } => None,
    }
}

fn mean(sorted: &[f64]) -> Option<f64> {
    (!sorted.is_empty()).then(|| sorted.iter().sum::<f64>() / sorted.len() as f64)
}

fn median(sorted: &[f64]) -> Option<f64> {
    let upper = sorted.get(sorted.len() / 2)?;
    let lower = sorted.get((sorted.len() - 1) / 2)?;
    Some(f64::midpoint(*lower, *upper))
}

fn slowest(rows: &[Row]) -> Vec<Slow> {
    let mut rows: Vec<&Row> = rows.iter().collect();
    rows.sort_by(|one, other| other.seconds.total_cmp(&one.seconds));
    rows.truncate(SLOWEST);
    let slow = |row: &Row| Slow {
        id: row.id.clone(),
        seconds: row.seconds,
    };
    rows.into_iter().map(slow).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(score: Option<u32>) -> Row {
        Row {
            id: "alice".to_owned(),
            name: None,
            group: None,
            status: match score {
                Some(100) => Outcome::Passed,
                Some(_) => Outcome::Failed,
                None => Outcome::NotGraded,
            },
            score,
            part: None,
            out_of: 100,
            mistake: None,
            fault: None,
            seconds: f64::from(score.unwrap_or_default()),
            file: PathBuf::new(),
            exit_status: match score {
                Some(100) => ExitStatus::Passed,
                Some(_) => ExitStatus::Failed,
                None => ExitStatus::CouldNotGrade,
            },
        }
    }

    fn summary(scores: &[Option<u32>]) -> Summary {
        let rows = scores.iter().copied().map(row);
        let submissions = rows.collect();
        let summary = Summary {
            submissions,
            ..Summary::default()
        };
        summary.counted()
    }

    #[test]
    fn what_was_not_graded_is_in_no_mean() {
        let summary = summary(&[Some(100), None, Some(50), Some(45), Some(9)]);
        assert_eq!(
            (summary.graded, summary.passed, summary.not_graded),
            (4, 1, 1)
        );
        assert_eq!((summary.mean, summary.median), (Some(51.0), Some(47.5)));
        assert_eq!(summary.distribution, [1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1]);
        assert_eq!(summary.slowest[0].seconds, 100.0);
    }

    #[test]
    fn a_part_is_in_no_mean_and_counted_apart() {
        let part = |exit_status| Row {
            status: Outcome::Partial,
            part: Some(30),
            out_of: 50,
            exit_status,
            ..row(None)
        };
        let of = |rows: Vec<Row>| {
            let summary = Summary {
                submissions: rows,
                ..Summary::default()
            };
            summary.counted()
        };
        let mixed = of(vec![part(ExitStatus::Failed), row(Some(100))]);
        assert_eq!((mixed.graded, mixed.partial, mixed.passed), (1, 1, 1));
        assert_eq!((mixed.mean, mixed.distribution[6]), (Some(100.0), 0));
        assert_eq!(mixed.exit_status(), ExitStatus::Failed);
        let parts = of(vec![part(ExitStatus::Passed)]);
        assert_eq!((parts.graded, parts.mean), (0, None));
        assert_eq!(parts.exit_status(), ExitStatus::Passed);
    }

    #[test]
    fn what_is_missing_outweighs_a_failure_and_nothing_is_no_pass() {
        let status = |scores: &[Option<u32>]| summary(scores).exit_status();
        assert_eq!(status(&[Some(100)]), ExitStatus::Passed);
        assert_eq!(status(&[Some(100), Some(0)]), ExitStatus::Failed);
        assert_eq!(status(&[Some(0), None]), ExitStatus::CouldNotGrade);
        assert_eq!(status(&[]), ExitStatus::CouldNotGrade);
        let mut corrupt = summary(&[Some(100)]);
        corrupt.unreadable.push(Unreadable {
            file: PathBuf::new(),
            reason: String::new(),
        });
        assert_eq!(corrupt.exit_status(), ExitStatus::CouldNotGrade);
    }

    #[test]
    fn the_most_frequent_mistake_comes_first() {
        let counts = BTreeMap::from([("a", 1), ("b", 3), ("c", 1)]);
        let codes: Vec<&str> = frequencies(counts).iter().map(|one| one.code).collect();
        assert_eq!(codes, ["b", "a", "c"]);
    }
}
