//! Table of submissions, which the page's script makes sortable and filterable.

use maud::{Markup, html};
use softy_checks::model::{Language, Text};

use super::super::Student;
use super::super::visible::{NAME, visible};
use super::words;
use crate::batch::{Outcome, Row, Summary};

const COLUMNS: [Text; 6] = [
    words::STUDENT,
    words::GROUP,
    words::SCORE,
    words::STATUS,
    words::MISTAKE,
    words::SECONDS,
];

/// Returns the table with one row per submission, in the order of the result files; the script can sort it.
pub(super) fn table(summary: &Summary, language: Language) -> Markup {
    html! {
        h2 id="submissions" { (words::SUBMISSIONS.to(language)) }
        (filter(language))
        div.scroll role="region" tabindex="0" aria-labelledby="submissions" {
            table.submissions {
                thead {
                    tr { @for column in &COLUMNS { th scope="col" { (column.to(language)) } } }
                }
                tbody {
                    @for (number, row) in summary.submissions.iter().enumerate() {
                        (line(number, row, language))
                    }
                }
            }
        }
    }
}

/// Returns the filter, which stays hidden without a script.
fn filter(language: Language) -> Markup {
    let outcomes = [
        Outcome::Passed,
        Outcome::Failed,
        Outcome::Partial,
        Outcome::NotGraded,
    ];
    html! {
        search.filter hidden {
            label { (words::SEARCH.to(language)) " " input id="find" type="search" autocomplete="off"; }
            label {
                (words::STATUS.to(language)) " "
                select id="status" {
                    option value="" { (words::ALL.to(language)) }
                    @for outcome in outcomes {
                        option value=(class(outcome)) { (name(outcome).to(language)) }
                    }
                }
            }
            p id="shown" role="status" data-words=(words::SHOWN.to(language)) {}
        }
    }
}

fn line(number: usize, row: &Row, language: Language) -> Markup {
    let group = visible(row.group.as_deref().unwrap_or_default(), NAME);
    let percent = row.percent().map_or(-1.0, f64::round);
    html! {
        tr data-section={"s" (number)} data-status=(class(row.status)) {
            th scope="row" { a href={"#s" (number)} { (Student::from(row).label()) } }
            td { (group) }
            td.number data-value=(percent) {
                @match row.score { Some(score) => { (score) "/" (row.out_of) } None => "–" }
            }
            td { (badge(row.status, language)) }
            td { (trouble(row, language)) }
            td.number data-value=(row.seconds) { (seconds(row.seconds, language)) }
        }
    }
}

/// Returns the mistake's code, or the fault that prevented a score.
fn trouble(row: &Row, language: Language) -> Markup {
    match (&row.fault, row.mistake) {
        (Some(fault), _) => html! { (fault.kind.message().to(language)) },
        (None, Some(code)) => html! { code { (code) } },
        (None, None) => html! {},
    }
}

/// Returns the outcome of a submission as a sign, a word and a colour.
pub(super) fn badge(outcome: Outcome, language: Language) -> Markup {
    let mark = match outcome {
        Outcome::Passed => "✓",
        Outcome::Failed => "✗",
        Outcome::Partial => "–",
        Outcome::NotGraded => "?",
    };
    html! {
        span.badge.(class(outcome)) {
            span aria-hidden="true" { (mark) } " " (name(outcome).to(language))
        }
    }
}

/// Returns a duration to a tenth of a second, without its unit.
pub(super) fn seconds(seconds: f64, language: Language) -> String {
    let decimal = format!("{seconds:.1}");
    match language {
        Language::English => decimal,
        Language::French => decimal.replace('.', ","),
    }
}

fn class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "failed",
        Outcome::Partial => "partial",
        Outcome::NotGraded => "not-graded",
    }
}

fn name(outcome: Outcome) -> Text {
    match outcome {
        Outcome::Passed => words::PASSED,
        Outcome::Failed => words::FAILED,
        Outcome::Partial => words::PARTIAL,
        Outcome::NotGraded => words::NOT_GRADED,
    }
}
