//! Section of one submission.

use maud::{Markup, html};
use softy_checks::model::{Language, Note, Text};
use softy_checks::observation::Fault;
use softy_checks::{Reason, Status, Verdict};

use super::super::visible::{MESSAGE, visible};
use super::super::words::outcome;
use super::super::{Report, Student, by_hand, text};
use super::table::{badge, seconds};
use super::{finding, rotation, words};
use crate::batch::Outcome;

/// Returns the section that row `number` of the table links to, or the only section of a page without a table.
pub(super) fn section(
    number: Option<usize>,
    student: &Student,
    report: &Report,
    language: Language,
) -> Markup {
    let commands = by_hand::commands(report);
    let is_listed = number.is_some();
    let number = number.unwrap_or_default();
    html! {
        section.submission id={"s" (number)} aria-labelledby={"h" (number)} {
            h2 id={"h" (number)} { (student.label()) }
            p.score { (badge(Outcome::from(report), language)) " " (score(report, language)) }
            ul.verdicts { @for verdict in &report.verdicts { (line(report, verdict, language)) } }
            (rotation::pictures(number, &report.observation, language))
            @if !commands.is_empty() {
                p.caption { (words::BY_HAND.to(language)) }
                pre { code { @for command in &commands { (visible(command, MESSAGE)) "\n" } } }
            }
            @if is_listed { p.back { a href="#submissions" { (words::BACK.to(language)) } } }
        }
    }
}

fn score(report: &Report, language: Language) -> Markup {
    let time = seconds(report.seconds, language);
    html! {
        @match report.grade() {
            Some(_) => { strong { (outcome(report, language)) } }
            None => { (outcome(report, language)) }
        }
        // A replay has no duration.
        @if report.seconds > 0.0 { span.time { " · " (time) " s" } }
    }
}

fn line(report: &Report, verdict: &Verdict, language: Language) -> Markup {
    let (class, mark, word) = sign(&verdict.status);
    html! {
        li.(class) {
            p.check {
                span.mark role="img" aria-label=(word.to(language)) { (mark) }
                span.points { (points(report, verdict)) }
                span.title { (finding::words(report.title(verdict.check).to(language))) (reason(verdict, language)) }
            }
            @match &verdict.status {
                Status::Failed { finding, others } => { (finding::findings(finding, others, language)) }
                Status::NotGraded(fault) if !report.is_told(verdict) => { (trouble(fault, language)) }
                Status::NotGraded(_) | Status::Passed | Status::Skipped(_) => {}
            }
            @for note in &verdict.notes { (mention(note, language)) }
        }
    }
}

/// Returns the CSS class of a status, its sign, and the word for the sign.
fn sign(status: &Status) -> (&'static str, &'static str, Text) {
    match status {
        Status::Passed => ("passed", "✓", words::PASSED),
        Status::Failed { .. } => ("failed", "✗", words::FAILED),
        Status::Skipped(_) => ("skipped", "–", words::SKIPPED),
        Status::NotGraded(_) => ("not-graded", "?", words::NOT_GRADED),
    }
}

/// Returns the earned and the possible points; empty for a check that is worth none.
fn points(report: &Report, verdict: &Verdict) -> String {
    let worth = report.worth(verdict.check);
    match &verdict.status {
        _ if worth == 0 => String::new(),
        Status::Passed | Status::Failed { .. } | Status::Skipped(Reason::After(_)) => {
            format!("{}/{worth}", report.points(verdict))
        }
        Status::Skipped(Reason::NotAsked) => format!("–/{worth}"),
        Status::NotGraded(_) => format!("?/{worth}"),
    }
}

fn reason(verdict: &Verdict, language: Language) -> Markup {
    let reason = text::reason(verdict, language);
    html! { @if let Some(reason) = reason { " (" (finding::words(&reason)) ")" } }
}

fn trouble(fault: &Fault, language: Language) -> Markup {
    let (message, remedy) = (fault.kind.message(), fault.kind.remedy());
    html! {
        p.message { (finding::words(message.to(language))) }
        pre { (visible(fault.detail.to(language), MESSAGE)) }
        p.hint { (finding::words(remedy.to(language))) }
    }
}

fn mention(note: &Note, language: Language) -> Markup {
    html! {
        p.note { (finding::words(note.message.to(language))) " " code.code { (note.code) } }
    }
}
