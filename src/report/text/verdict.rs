use colored::{ColoredString, Colorize};
use softy_checks::model::{Finding, Note, Text};
use softy_checks::observation::Fault;
use softy_checks::{Reason, Status, Verdict};

use super::super::Report;
use super::super::visible::visible;
use super::finding::{self, MESSAGE};
use super::page::{Page, hang};

/// Mistakes beside the first that are shown.
const OTHERS: usize = 10;

static ALSO: Text = Text::fixed("also: ", "aussi : ");
static DETAIL: Text = Text::fixed("in detail: ", "en détail : ");
static NOTE: Text = Text::fixed("note: ", "remarque : ");
static CONSEQUENCE: Text = Text::fixed("as a consequence: ", "par conséquent : ");

/// Every verdict, in the catalogue's order.
pub(super) fn lines(page: &Page, report: &Report) -> Vec<String> {
    let mut told: Option<&Fault> = None;
    let mut lines = Vec::new();
    for same in report.verdicts.chunk_by(are_skipped_alike) {
        let [verdict] = same else {
            lines.extend(skipped(page, report, same));
            continue;
        };
        lines.extend(heading(page, report, verdict));
        match &verdict.status {
            Status::NotGraded(fault) if told == Some(fault) => continue,
            Status::NotGraded(fault) => told = Some(fault),
            Status::Passed | Status::Skipped(_) | Status::Failed { .. } => {}
        }
        lines.extend(details(page, verdict, report.observation.advice.as_ref()));
    }
    lines
}

/// What stands below a verdict's title; `advice` is what helps against trouble, where that is known better than for its kind.
pub(super) fn details(page: &Page, verdict: &Verdict, advice: Option<&Text>) -> Vec<String> {
    let mut lines = match &verdict.status {
        Status::Passed | Status::Skipped(_) => Vec::new(),
        Status::Failed { finding, others } => findings(page, finding, others),
        Status::NotGraded(fault) => trouble(page, fault, advice),
    };
    lines.extend(notes(page, &verdict.notes));
    lines
}

/// Whether both were skipped, for the same reason.
fn are_skipped_alike(one: &Verdict, other: &Verdict) -> bool {
    matches!(one.status, Status::Skipped(_)) && one.status == other.status
}

/// Several checks that were skipped for one reason, on one line.
fn skipped(page: &Page, report: &Report, verdicts: &[Verdict]) -> Vec<String> {
    let Some(first) = verdicts.first() else {
        return Vec::new();
    };
    let ids: Vec<String> = verdicts
        .iter()
        .map(|verdict| format!("`{}`", verdict.check.id))
        .collect();
    let title = format!(
        "{}{}",
        ids.join(", "),
        remark(page, &first.status, verdicts.len())
    );
    let worth = verdicts.iter().map(|verdict| report.worth(verdict.check));
    titled(page, &first.status, &title, 0, worth.sum())
}

/// Mark, points and title.
fn heading(page: &Page, report: &Report, verdict: &Verdict) -> Vec<String> {
    let title = format!(
        "{}{}",
        page.say(&report.title(verdict.check)),
        remark(page, &verdict.status, 1)
    );
    let (earned, possible) = (report.points(verdict), report.worth(verdict.check));
    titled(page, &verdict.status, &title, earned, possible)
}

/// A title behind how it went and the points; none where nothing could be earned.
fn titled(page: &Page, status: &Status, title: &str, earned: u32, possible: u32) -> Vec<String> {
    if page.is_plain() {
        let lead = spoken(page, status, earned, possible);
        return page.paragraph(lead.normal(), title);
    }
    let points = match status {
        _ if possible == 0 => String::new(),
        Status::Passed | Status::Failed { .. } | Status::Skipped(Reason::After(_)) => {
            format!("{earned}/{possible}")
        }
        Status::Skipped(Reason::NotAsked) => format!("–/{possible}"),
        Status::NotGraded(_) => format!("?/{possible}"),
    };
    let lines = page.wrap(page.margin(), title);
    let lines = lines.iter().map(|line| styled(line, status).to_string());
    let lead = format!("{} {points:>5}  ", mark(status));
    hang(&lead, page.margin(), lines.collect())
}

fn mark(status: &Status) -> ColoredString {
    match status {
        Status::Passed => "✓".green().bold(),
        Status::Failed { .. } => "✗".red().bold(),
        Status::Skipped(_) => "–".dimmed(),
        Status::NotGraded(_) => "?".yellow().bold(),
    }
}

/// Mark and points in words.
fn spoken(page: &Page, status: &Status, earned: u32, possible: u32) -> String {
    let went = match status {
        Status::Passed => page.word("passed", "réussi"),
        Status::Failed { .. } => page.word("failed", "échoué"),
        Status::Skipped(_) => page.word("not judged", "non jugé"),
        Status::NotGraded(_) => page.word("not graded", "non noté"),
    };
    let points = match status {
        _ if possible == 0 => None,
        Status::Passed | Status::Failed { .. } | Status::Skipped(Reason::After(_)) => Some((
            format!(", {earned} of {possible} points"),
            format!(
                ", {earned} point{} sur {possible}",
                if earned > 1 { "s" } else { "" }
            ),
        )),
        Status::Skipped(Reason::NotAsked) | Status::NotGraded(_) => Some((
            format!(", {possible} points"),
            format!(", {possible} points"),
        )),
    };
    let points = points.map_or_else(String::new, |(en, fr)| {
        page.say(&Text::new(en, fr)).to_owned()
    });
    format!("{went}{points}{} ", page.colon())
}

fn styled(title: &str, status: &Status) -> ColoredString {
    match status {
        Status::Passed | Status::NotGraded(_) => title.normal(),
        Status::Failed { .. } => title.bold(),
        Status::Skipped(_) => title.dimmed(),
    }
}

/// What follows the title of a check that was not judged, or the ids of `count` such checks.
fn remark(page: &Page, status: &Status, count: usize) -> String {
    match reason(status, count) {
        // What stands before the title says it.
        Some(_) if page.is_plain() && matches!(status, Status::NotGraded(_)) => String::new(),
        Some(reason) => format!(" ({})", page.say(&reason)),
        None => String::new(),
    }
}

/// Why `count` checks were not judged.
pub(super) fn reason(status: &Status, count: usize) -> Option<Text> {
    let plural = if count > 1 { "s" } else { "" };
    Some(match status {
        Status::Passed | Status::Failed { .. } => return None,
        Status::NotGraded(_) => Text::fixed("not graded", "non noté"),
        Status::Skipped(Reason::NotAsked) => {
            Text::new("not asked for".to_owned(), format!("non demandé{plural}"))
        }
        Status::Skipped(Reason::After(id)) => Text::new(
            format!("skipped because `{id}` did not pass"),
            format!("non jugé{plural}, car `{id}` n’est pas réussi"),
        ),
    })
}

/// The first mistake, then those beside it; a hint that they share is given once, and none where nothing is to be mended.
fn findings(page: &Page, first: &Finding, others: &[Finding]) -> Vec<String> {
    let mut told: Option<&Text> = None;
    let mut lines = Vec::new();
    let others_shown = others
        .iter()
        .take(OTHERS)
        .map(|other| (page.say(&ALSO), other));
    for (lead, finding) in [("", first)].into_iter().chain(others_shown) {
        if finding.consequence {
            lines.extend(finding::lines(page, page.say(&CONSEQUENCE), finding));
            continue;
        }
        lines.extend(finding::lines(page, lead, finding));
        if told != Some(&finding.hint) {
            lines.extend(finding::hint(page, &finding.hint));
            told = Some(&finding.hint);
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
    let margin = page.margin();
    (hidden > 0).then(|| format!("{:margin$}{}", "", page.say(&more)))
}

fn trouble(page: &Page, fault: &Fault, advice: Option<&Text>) -> Vec<String> {
    let message = fault.kind.message();
    let detail = visible(page.say(&fault.detail), MESSAGE);
    let mut lines = page.paragraph("".normal(), page.say(&message));
    lines.extend(page.paragraph(page.sign("│ ".dimmed(), &DETAIL), &detail));
    let remedy = fault.kind.remedy();
    lines.extend(finding::hint(page, advice.unwrap_or(&remedy)));
    lines
}

fn notes(page: &Page, notes: &[Note]) -> Vec<String> {
    let lines = notes.iter().flat_map(|note| {
        let message = visible(page.say(&note.message), MESSAGE);
        page.paragraph(
            page.sign("· ".dimmed(), &NOTE),
            &format!("{message} [{}]", note.code),
        )
    });
    lines.collect()
}
