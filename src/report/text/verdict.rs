use colored::{ColoredString, Colorize};
use softy_checks::model::{Finding, Note, Text};
use softy_checks::observation::Fault;
use softy_checks::{Reason, Status, Verdict};

use super::super::Report;
use super::super::visible::visible;
use super::finding::{self, MESSAGE};
use super::page::{Page, hang};

/// Maximum number of further mistakes.
const OTHERS: usize = 10;

static ALSO: Text = Text::fixed("also: ", "aussi : ");
static DETAIL: Text = Text::fixed("in detail: ", "en détail : ");
static NOTE: Text = Text::fixed("note: ", "remarque : ");
static CONSEQUENCE: Text = Text::fixed("as a consequence: ", "par conséquent : ");

/// Returns every verdict, in the catalogue's order.
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

/// Returns the lines below a verdict's title. `advice` replaces the usual remedy of a fault, if a better one is known.
pub(super) fn details(page: &Page, verdict: &Verdict, advice: Option<&Text>) -> Vec<String> {
    let mut lines = match &verdict.status {
        Status::Passed | Status::Skipped(_) => Vec::new(),
        Status::Failed { finding, others } => findings(page, finding, others),
        Status::NotGraded(fault) => trouble(page, fault, advice),
    };
    lines.extend(notes(page, &verdict.notes));
    lines
}

/// Returns true if both checks were skipped for the same reason.
fn are_skipped_alike(one: &Verdict, other: &Verdict) -> bool {
    matches!(one.status, Status::Skipped(_)) && one.status == other.status
}

/// Returns one line for several checks that were skipped for the same reason.
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

/// Returns the sign, the points and the title.
fn heading(page: &Page, report: &Report, verdict: &Verdict) -> Vec<String> {
    let title = format!(
        "{}{}",
        page.say(&report.title(verdict.check)),
        remark(page, &verdict.status, 1)
    );
    let (earned, possible) = (report.points(verdict), report.worth(verdict.check));
    titled(page, &verdict.status, &title, earned, possible)
}

/// Returns a title after the sign of its status and the points; without points for a check that is worth none.
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

/// Returns the status and the points in words.
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

/// Returns the text after the title of a check that was not judged, or after the ids of `count` such checks.
fn remark(page: &Page, status: &Status, count: usize) -> String {
    match reason(status, count) {
        // The text before the title contains this reason already.
        Some(_) if page.is_plain() && matches!(status, Status::NotGraded(_)) => String::new(),
        Some(reason) => format!(" ({})", page.say(&reason)),
        None => String::new(),
    }
}

/// Returns the reason why `count` checks were not judged.
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

/// Returns the first mistake, then the others. A hint that they share appears once; a consequence has none.
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

/// Returns the line that replaces the mistakes that are not shown.
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
