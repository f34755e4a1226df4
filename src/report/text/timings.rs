use softy_checks::model::Text;

use super::super::{Phase, Report, shown_name};
use super::page::Page;

static TIMINGS: Text = Text::fixed("how long it took", "durées");

/// French names of the phases.
const IN_FRENCH: [(&str, &str); 6] = [
    ("read", "lecture"),
    ("build", "construction"),
    ("start", "démarrage"),
    ("measure", "mesure"),
    ("scale", "cinq serveurs"),
    ("remove", "suppression"),
];

/// Returns the duration of each phase, in the order in which they began.
pub(super) fn lines(page: &Page, report: &Report) -> Vec<String> {
    let lines = report.phases.iter().map(|phase| line(page, phase));
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        return lines;
    }
    [page.say(&TIMINGS).to_owned()]
        .into_iter()
        .chain(lines)
        .collect()
}

fn line(page: &Page, phase: &Phase) -> String {
    let name = shown_name(&phase.name, &IN_FRENCH, page.language());
    let seconds = page.seconds(phase.seconds);
    match page.is_plain() {
        true => format!("{name}{} {seconds}", page.colon()),
        false => format!("  {name:<13}  {seconds:>7}"),
    }
}
