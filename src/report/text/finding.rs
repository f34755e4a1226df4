use colored::Colorize;
use softy_checks::model::{Comparison, Finding, Place, Text};
use unicode_width::UnicodeWidthStr;

use super::super::visible::{NAME, visible};
use super::evidence;
use super::marked::Marked;
use super::page::{MARGIN, Page, hang};

pub(super) use super::super::visible::MESSAGE;
use super::super::words::{EXPECTED, FOUND};

/// A mistake: the facts, and what shows them; `lead` stands before the message.
pub(super) fn lines(page: &Page, lead: &str, finding: &Finding) -> Vec<String> {
    let Finding {
        code,
        message,
        hint: _,
        comparison,
        place,
        evidence,
        consequence: _,
    } = finding;
    let message = visible(page.say(message), MESSAGE);
    let mut lines = page.paragraph("".normal(), &format!("{lead}{message} [{code}]"));
    lines.extend(comparison.iter().flat_map(|texts| compared(page, texts)));
    lines.extend(place.iter().flat_map(|place| location(page, place)));
    if comparison.is_none() {
        lines.extend(place.iter().flat_map(|place| quoted(page, place)));
    }
    lines.extend(evidence::lines(page, evidence));
    lines
}

/// Where to look.
pub(super) fn hint(page: &Page, hint: &Text) -> Vec<String> {
    page.paragraph("→ ".cyan().bold(), &visible(page.say(hint), MESSAGE))
}

/// Expected over found, so that what differs stands one above the other.
fn compared(page: &Page, comparison: &Comparison) -> Vec<String> {
    let (expected, found) = (page.say(&EXPECTED), page.say(&FOUND));
    let label = expected.width().max(found.width());
    let indent = MARGIN + label + 2;
    let beside = |name: &str, text: Marked| {
        let lead = format!("{:MARGIN$}{name:label$}  ", "");
        hang(&lead, indent, text.lines(page.room(indent)))
    };
    let mut lines = beside(expected, Marked::new(&comparison.expected, &[]));
    lines.extend(beside(
        found,
        Marked::new(&comparison.found, &comparison.marks),
    ));
    lines
}

/// `file:line:column`, which editors and terminals open.
fn location(page: &Page, place: &Place) -> Vec<String> {
    let file = visible(&place.file, NAME);
    let location = format!("{file}:{}:{}", place.line, place.column);
    page.paragraph("--> ".blue().bold(), &location)
}

/// The line of the place behind its number, with what is meant underlined.
fn quoted(page: &Page, place: &Place) -> Vec<String> {
    let start = place.column.saturating_sub(1) as usize;
    let mark = (start, start.saturating_add(place.width as usize));
    let number = place.line.to_string();
    let digits = number.len();
    let room = page.room(MARGIN + digits + 3);
    let rows = Marked::new(&place.snippet, &[mark]).lines(room);
    let numbers = std::iter::once(number.as_str()).chain(std::iter::repeat(""));
    let beside = |(number, row): (&str, String)| {
        let gutter = format!("{number:digits$} │").blue();
        format!("{:MARGIN$}{gutter} {row}", "")
    };
    numbers.zip(rows).map(beside).collect()
}
