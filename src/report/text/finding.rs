use colored::Colorize;
use softy_checks::model::{Comparison, Finding, Place, Text};
use unicode_width::UnicodeWidthStr;

use super::super::visible::{NAME, visible};
use super::evidence;
use super::marked::Marked;
use super::page::{Page, hang};

pub(super) use super::super::visible::MESSAGE;
use super::super::words::{EXPECTED, FOUND};

static HINT: Text = Text::fixed("hint: ", "indice : ");
static AT: Text = Text::fixed("at ", "dans ");

/// Returns the lines of a mistake: the message after `lead`, then its evidence.
pub(super) fn lines(page: &Page, lead: &str, finding: &Finding) -> Vec<String> {
    let Finding {
        code,
        message,
        hint: _,
        comparison,
        place,
        also,
        evidence,
        consequence: _,
    } = finding;
    let message = visible(page.say(message), MESSAGE);
    let mut lines = page.paragraph("".normal(), &format!("{lead}{message} [{code}]"));
    lines.extend(comparison.iter().flat_map(|texts| compared(page, texts)));
    for place in place.iter().chain(also) {
        lines.extend(location(page, place));
        if comparison.is_none() {
            lines.extend(quoted(page, place));
        }
    }
    lines.extend(evidence::lines(page, evidence));
    lines
}

/// Returns the lines of a hint.
pub(super) fn hint(page: &Page, hint: &Text) -> Vec<String> {
    let lead = page.sign("→ ".cyan().bold(), &HINT);
    page.paragraph(lead, &visible(page.say(hint), MESSAGE))
}

/// Returns the expected text above the found text, so that differences are below each other.
fn compared(page: &Page, comparison: &Comparison) -> Vec<String> {
    let (expected, found) = (page.say(&EXPECTED), page.say(&FOUND));
    let (margin, label) = (page.margin(), expected.width().max(found.width()));
    let indent = margin + label + 2;
    let beside = |name: &str, text: Marked| {
        if page.is_plain() {
            return spoken(page, name, &text);
        }
        let lead = format!("{:margin$}{name:label$}  ", "");
        hang(&lead, indent, text.lines(page.room(indent)))
    };
    let mut lines = beside(expected, Marked::new(&comparison.expected, &[]));
    lines.extend(beside(
        found,
        Marked::new(&comparison.found, &comparison.marks),
    ));
    lines
}

/// Returns `file:line:column`, which editors and terminals can open.
fn location(page: &Page, place: &Place) -> Vec<String> {
    let file = visible(&place.file, NAME);
    let location = format!("{file}:{}:{}", place.line, place.column);
    page.paragraph(page.sign("--> ".blue().bold(), &AT), &location)
}

/// Returns untrusted text after its name, and the marked part of it, in words for a screen reader.
fn spoken(page: &Page, name: &str, text: &Marked) -> Vec<String> {
    let (whole, meant) = (text.whole(), text.meant());
    let said = format!("{name}{} {whole}", page.colon());
    let meant = meant.map(|(column, text)| {
        let words = Text::new(
            format!("what is meant begins at character {column}: {text}"),
            format!("il s’agit, à partir du caractère {column}, de : {text}"),
        );
        page.say(&words).to_owned()
    });
    [said].into_iter().chain(meant).collect()
}

/// Returns the quoted line after its number, with the marked part underlined.
fn quoted(page: &Page, place: &Place) -> Vec<String> {
    let start = place.column.saturating_sub(1) as usize;
    let mark = (start, start.saturating_add(place.width as usize));
    let marked = Marked::new(&place.snippet, &[mark]);
    let (margin, number) = (page.margin(), place.line.to_string());
    if page.is_plain() {
        let line = format!("{} {number}", page.word("line", "ligne"));
        return spoken(page, &line, &marked);
    }
    let digits = number.len();
    let rows = marked.lines(page.room(margin + digits + 3));
    let numbers = std::iter::once(number.as_str()).chain(std::iter::repeat(""));
    let beside = |(number, row): (&str, String)| {
        let gutter = format!("{number:digits$} │").blue();
        format!("{:margin$}{gutter} {row}", "")
    };
    numbers.zip(rows).map(beside).collect()
}
