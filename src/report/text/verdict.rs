use colored::{ColoredString, Colorize};
use softy_checks::model::{Finding, Note, Text};
use softy_checks::observation::Fault;
use softy_checks::{Reason, Status, Verdict};

use super::super::visible::visible;
use super::finding::{self, MESSAGE};
use super::page::{MARGIN, Page, hang};

/// Mistakes beside the first that are shown.
const OTHERS: usize = 10;

static ALSO: Text = Text::fixed("also: ", "aussi : ");

/// Every verdict, in the catalogue's order.
pub(super) fn lines(page: &Page, verdicts: &[Verdict]) -> Vec<String> {
    let mut told: Option<&Fault> = None;
    let mut lines = Vec::new();
    for same in verdicts.chunk_by(are_skipped_alike) {
        let [verdict] = same else {
            lines.extend(skipped(page, same));
            continue;
        };
        lines.extend(heading(page, verdict));
        match &verdict.status {
            Status::Passed | Status::Skipped(_) => {}
            Status::Failed { finding, others } => lines.extend(findings(page, finding, others)),
            Status::NotGraded(fault) if told == Some(fault) => {}
            Status::NotGraded(fault) => {
                lines.extend(trouble(page, fault));
                told = Some(fault);
            }
        }
        lines.extend(notes(page, &verdict.notes));
    }
    lines
}

/// Whether both were skipped, for the same reason.
fn are_skipped_alike(one: &Verdict, other: &Verdict) -> bool {
    matches!(one.status, Status::Skipped(_)) && one.status == other.status
}

/// Several checks that were skipped for one reason, on one line.
fn skipped(page: &Page, verdicts: &[Verdict]) -> Vec<String> {
    let Some(first) = verdicts.first() else {
        return Vec::new();
    };
    let ids: Vec<String> = verdicts
        .iter()
        .map(|verdict| format!("`{}`", verdict.check.id))
        .collect();
    let title = format!("{}{}", ids.join(", "), remark(page, &first.status));
    let possible: u32 = verdicts.iter().map(|verdict| verdict.check.points).sum();
    let points = match first.status {
        _ if possible == 0 => String::new(),
        Status::Skipped(Reason::NotAsked) => format!("–/{possible}"),
        Status::Passed
        | Status::Failed { .. }
        | Status::Skipped(Reason::After(_))
        | Status::NotGraded(_) => {
            format!("0/{possible}")
        }
    };
    let lines = page.wrap(MARGIN, &title);
    let lines = lines
        .iter()
        .map(|line| styled(line, &first.status).to_string());
    hang(
        &format!("{} {points:>5}  ", mark(&first.status)),
        MARGIN,
        lines.collect(),
    )
}

/// Mark, points and title.
fn heading(page: &Page, verdict: &Verdict) -> Vec<String> {
    let title = format!(
        "{}{}",
        page.say(&verdict.check.title),
        remark(page, &verdict.status)
    );
    let lines = page.wrap(MARGIN, &title);
    let lines = lines
        .iter()
        .map(|line| styled(line, &verdict.status).to_string());
    let lead = format!("{} {:>5}  ", mark(&verdict.status), points(verdict));
    hang(&lead, MARGIN, lines.collect())
}

fn mark(status: &Status) -> ColoredString {
    match status {
        Status::Passed => "✓".green().bold(),
        Status::Failed { .. } => "✗".red().bold(),
        Status::Skipped(_) => "–".dimmed(),
        Status::NotGraded(_) => "?".yellow().bold(),
    }
}

/// Earned and possible points; empty for a check that is worth none.
fn points(verdict: &Verdict) -> String {
    let possible = verdict.check.points;
    if possible == 0 {
        return String::new();
    }
    match verdict.status {
        Status::Passed | Status::Failed { .. } | Status::Skipped(Reason::After(_)) => {
            format!("{}/{possible}", verdict.points())
        }
        Status::Skipped(Reason::NotAsked) => format!("–/{possible}"),
        Status::NotGraded(_) => format!("?/{possible}"),
    }
}

fn styled(title: &str, status: &Status) -> ColoredString {
    match status {
        Status::Passed | Status::NotGraded(_) => title.normal(),
        Status::Failed { .. } => title.bold(),
        Status::Skipped(_) => title.dimmed(),
    }
}

/// What follows the title of a check that was not judged.
fn remark(page: &Page, status: &Status) -> String {
    let remark = match status {
        Status::Passed | Status::Failed { .. } => return String::new(),
        Status::NotGraded(_) => Text::fixed("not graded", "non noté"),
        Status::Skipped(Reason::NotAsked) => Text::fixed("not asked for", "non demandé"),
        Status::Skipped(Reason::After(id)) => Text::new(
            format!("skipped because `{id}` did not pass"),
            format!("non jugé, car `{id}` n’est pas réussi"),
        ),
    };
    format!(" ({})", page.say(&remark))
}

/// The first mistake, then those beside it; a hint that they share is given once.
fn findings(page: &Page, first: &Finding, others: &[Finding]) -> Vec<String> {
    let mut hint = &first.hint;
    let mut lines = finding::lines(page, "", first);
    lines.extend(finding::hint(page, hint));
    for other in others.iter().take(OTHERS) {
        lines.extend(finding::lines(page, page.say(&ALSO), other));
        if *hint != other.hint {
            hint = &other.hint;
            lines.extend(finding::hint(page, hint));
        }
    }
    lines.extend(more(page, others.len().saturating_sub(OTHERS)));
    lines
}

/// The line that stands for the mistakes that are not shown.
fn more(page: &Page, hidden: usize) -> Option<String> {
    let more = Text::new(
        format!("… and {hidden} more"),
        format!("… et {hidden} de plus"),
    );
    (hidden > 0).then(|| format!("{:MARGIN$}{}", "", page.say(&more)))
}

fn trouble(page: &Page, fault: &Fault) -> Vec<String> {
    let message = fault.kind.message();
    let detail = visible(&fault.detail, MESSAGE);
    let mut lines = page.paragraph("".normal(), page.say(&message));
    lines.extend(page.paragraph("│ ".dimmed(), &detail));
    lines.extend(finding::hint(page, &fault.kind.remedy()));
    lines
}

fn notes(page: &Page, notes: &[Note]) -> Vec<String> {
    let lines = notes.iter().flat_map(|note| {
        let message = visible(page.say(&note.message), MESSAGE);
        page.paragraph("· ".dimmed(), &format!("{message} [{}]", note.code))
    });
    lines.collect()
}
