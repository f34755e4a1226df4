use colored::Colorize;
use softy_checks::model::Text;
use softy_checks::observation::Fault;
use softy_checks::{Status, Verdict};

use super::super::Report;
use super::super::visible::visible;
use super::finding::MESSAGE;
use super::page::Page;

static PASSED: Text = Text::fixed("everything passed", "tout est réussi");
static ASKED_PASSED: Text = Text::fixed(
    "everything that was asked for passed",
    "tout ce qui était demandé est réussi",
);
static COUNTING_PASSED: Text = Text::fixed(
    "everything that is worth points passed",
    "tout ce qui vaut des points est réussi",
);
static UNGRADED: Text = Text::fixed("could not be graded", "impossible à noter");
static NOT_ZERO: Text = Text::fixed(
    "; this is not a score of zero",
    " ; ce n’est pas une note de zéro",
);
static NOTHING_ASKED: Text = Text::fixed("nothing was judged", "rien n’a été jugé");

/// Returns the score, the duration and the conclusion.
pub(super) fn lines(page: &Page, report: &Report) -> Vec<String> {
    let mut lines = vec![score(page, report)];
    // A replay has no duration.
    if report.seconds > 0.0 {
        let seconds = page.seconds(report.seconds);
        lines = vec![format!("{}  {}", score(page, report), seconds.dimmed())];
    }
    let mistake = report
        .first_failure()
        .and_then(|verdict| fix_first(page, verdict));
    let mark = pass_mark(page, report);
    let sentences = mark
        .into_iter()
        .chain(sentence(page, report))
        .chain(mistake);
    for sentence in sentences.chain(fix_then(page, report)) {
        lines.extend(page.wrap(0, &sentence));
    }
    lines
}

fn score(page: &Page, report: &Report) -> String {
    let Some(score) = report.score() else {
        return format!("? {}", page.say(&UNGRADED))
            .yellow()
            .bold()
            .to_string();
    };
    let score = format!("{score}/{}", report.out_of());
    match report.first_failure() {
        Some(_) => score.red().bold().to_string(),
        None => score.green().bold().to_string(),
    }
}

/// Returns the sentence on the pass mark, if the rubric has one and the score decides it.
fn pass_mark(page: &Page, report: &Report) -> Option<String> {
    let mark = report.rubric.pass_mark?;
    let words = match report.reaches_pass_mark()? {
        true => Text::new(
            format!("the pass mark, {mark} points, is reached"),
            format!("le seuil de réussite, {mark} points, est atteint"),
        ),
        false => Text::new(
            format!("the pass mark, {mark} points, is not reached"),
            format!("le seuil de réussite, {mark} points, n’est pas atteint"),
        ),
    };
    Some(page.say(&words).to_owned())
}

/// Returns the conclusion of the run; `None` when the first mistake is the conclusion.
fn sentence(page: &Page, report: &Report) -> Option<String> {
    if let Some(fault) = report.verdicts.iter().find_map(fault) {
        let message = fault.kind.message();
        return Some(format!("{}{}", page.say(&message), page.say(&NOT_ZERO)));
    }
    if !report.gradable() {
        return Some(page.say(&NOTHING_ASKED).to_owned());
    }
    match report.first_failure() {
        Some(_) => None,
        None => Some(page.say(praise(report)).to_owned()),
    }
}

/// Returns the sentence for a run in which no check that is worth points failed.
fn praise(report: &Report) -> &'static Text {
    let is_failed = |verdict: &Verdict| matches!(verdict.status, Status::Failed { .. });
    if report.verdicts.iter().any(is_failed) {
        return &COUNTING_PASSED;
    }
    let checks = report.verdicts.iter();
    let possible = checks.map(|verdict| report.worth(verdict.check));
    if report.out_of() < possible.sum() {
        return &ASKED_PASSED;
    }
    &PASSED
}

fn fault(verdict: &Verdict) -> Option<&Fault> {
    match &verdict.status {
        Status::NotGraded(fault) => Some(fault),
        Status::Passed | Status::Failed { .. } | Status::Skipped(_) => None,
    }
}

/// Returns the other checks to fix, which failed independently of the first mistake.
fn fix_then(page: &Page, report: &Report) -> Option<String> {
    let others = report.failures().into_iter().skip(1);
    let others: Vec<String> = others
        .map(|verdict| format!("`{}`", verdict.check.id))
        .collect();
    let then = page.word("then", "ensuite");
    (!others.is_empty()).then(|| format!("{then} {}", others.join(", ")))
}

fn fix_first(page: &Page, verdict: &Verdict) -> Option<String> {
    let Status::Failed { finding, .. } = &verdict.status else {
        return None;
    };
    let id = verdict.check.id;
    let message = visible(page.say(&finding.message), MESSAGE);
    let sentence = Text::new(
        format!("fix `{id}` first – {message}"),
        format!("corrigez d’abord `{id}` – {message}"),
    );
    Some(page.say(&sentence).to_owned())
}
