//! A mistake: the facts, the evidence and the hint.

use maud::{Markup, html};
use softy_checks::model::{Comparison, Evidence, Finding, Language, Place};

use super::super::text::marked::Marked;
use super::super::visible::{MESSAGE, NAME, visible, without_colours};
use super::words;

/// Maximum number of further mistakes.
const OTHERS: usize = 10;

/// Returns the first mistake, then the others; a hint that they share appears once.
pub(super) fn findings(first: &Finding, others: &[Finding], language: Language) -> Markup {
    let shown = std::iter::once(first).chain(others.iter().take(OTHERS));
    let mut told = None;
    let hinted = shown.map(|finding| {
        let is_new = !finding.consequence && told != Some(&finding.hint);
        if is_new {
            told = Some(&finding.hint);
        }
        (finding, is_new.then_some(&finding.hint))
    });
    html! {
        @for (finding, hint) in hinted {
            (one(finding, language))
            @if let Some(hint) = hint { p.hint { (words(hint.to(language))) } }
        }
        @if let Some(more @ 1..) = others.len().checked_sub(OTHERS) { p { "… +" (more) } }
    }
}

fn one(finding: &Finding, language: Language) -> Markup {
    let Finding {
        code,
        message,
        hint: _,
        comparison,
        place,
        also,
        evidence,
        consequence,
    } = finding;
    html! {
        p.message {
            @if *consequence { (words::CONSEQUENCE.to(language)) }
            (words(message.to(language))) " " code.code { (code) }
        }
        @if let Some(comparison) = comparison { (compared(comparison, language)) }
        @for place in place.iter().chain(also) { (located(place, comparison.is_none())) }
        @for evidence in evidence { (log(evidence)) }
    }
}

/// Returns a message of the checker: text between backticks becomes code. The message may contain untrusted text.
pub(super) fn words(text: &str) -> Markup {
    let text = visible(text, MESSAGE);
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return html! { (text) };
    }
    html! {
        @for (index, part) in parts.iter().enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (unbroken(part)) }
        }
    }
}

/// Makes the spaces before and after French punctuation non-breaking, so that no line begins with it.
fn unbroken(words: &str) -> String {
    let marks = ["?", "!", ":", ";", "»"];
    let words = words.replace("« ", "«\u{a0}");
    marks.iter().fold(words, |words, mark| {
        words.replace(&format!(" {mark}"), &format!("\u{a0}{mark}"))
    })
}

/// Returns the expected text above the found text, so that differences are below each other.
fn compared(comparison: &Comparison, language: Language) -> Markup {
    html! {
        dl.compared {
            dt { (words::EXPECTED.to(language)) }
            dd { pre { (marked(&comparison.expected, &[])) } }
            dt { (words::FOUND.to(language)) }
            dd { pre { (marked(&comparison.found, &comparison.marks)) } }
        }
    }
}

fn located(place: &Place, is_quoted: bool) -> Markup {
    let start = place.column.saturating_sub(1) as usize;
    let mark = (start, start.saturating_add(place.width as usize));
    html! {
        p.place { code { (visible(&place.file, NAME)) ":" (place.line) ":" (place.column) } }
        @if is_quoted { pre { span.line { (place.line) } (marked(&place.snippet, &[mark])) } }
    }
}

fn marked(text: &str, marks: &[(usize, usize)]) -> Markup {
    html! {
        @for (run, is_marked) in Marked::new(text, marks).runs() {
            @if is_marked { mark { (run) } } @else { (run) }
        }
    }
}

fn log(evidence: &Evidence) -> Markup {
    html! {
        figure.log {
            figcaption { (visible(&evidence.source, NAME)) }
            pre {
                @for line in &evidence.lines {
                    (visible(&without_colours(line), MESSAGE)) "\n"
                }
            }
        }
    }
}
