use colored::Colorize;
use softy_checks::model::{Evidence, Text};
use unicode_width::UnicodeWidthStr;

use super::super::visible::{visible, without_colours};
use super::marked::Marked;
use super::page::Page;

/// Number of lines shown of one source: the last ones.
const LINES: usize = 8;

/// Returns log lines, each with the name of its source, as `docker-compose` prints them.
pub(super) fn lines(page: &Page, evidence: &[Evidence]) -> Vec<String> {
    let longest = page.room(page.margin()) / 2 - 1;
    let sources = evidence
        .iter()
        .map(|evidence| visible(&evidence.source, longest));
    let sources: Vec<String> = sources.collect();
    let widths = sources.iter().map(|source| source.width());
    let widest = widths.max().unwrap_or(0);
    let evidence = evidence.iter().zip(&sources);
    evidence
        .flat_map(|(evidence, source)| log(page, &evidence.lines, source, widest))
        .collect()
}

/// Returns the last of `lines`, each after its source in a gutter of `widest` columns.
fn log(page: &Page, lines: &[String], source: &str, widest: usize) -> Vec<String> {
    let (margin, padding) = (page.margin(), widest.saturating_sub(source.width()));
    let gutter = match page.is_plain() {
        true => format!("{source}{}", page.colon()),
        false => format!(
            "{:margin$}{}{:padding$} {}",
            "",
            source.cyan(),
            "",
            "│".dimmed()
        ),
    };
    let room = page.room(margin + widest + 3);
    let lines: Vec<String> = lines
        .iter()
        .map(|line| without_colours(line))
        .filter(|line| !line.trim().is_empty())
        .collect();
    let skipped = lines.len().saturating_sub(LINES);
    let shown = lines
        .iter()
        .skip(skipped)
        .flat_map(|line| Marked::new(line, &[]).lines(room));
    let lines = earlier(page, skipped).into_iter().chain(shown);
    lines.map(|line| format!("{gutter} {line}")).collect()
}

/// Returns the line that replaces the earlier lines, which are not shown.
fn earlier(page: &Page, skipped: usize) -> Option<String> {
    let earlier = match skipped {
        1 => Text::fixed("… (1 earlier line)", "… (1 ligne avant)"),
        _ => Text::new(
            format!("… ({skipped} earlier lines)"),
            format!("… ({skipped} lignes avant)"),
        ),
    };
    (skipped > 0).then(|| page.say(&earlier).dimmed().to_string())
}
