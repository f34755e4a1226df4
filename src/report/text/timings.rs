use softy_checks::model::Text;

use super::super::{Phase, Report};
use super::page::Page;

static TIMINGS: Text = Text::fixed("how long it took", "durées");

/// How long each part of the run took, in the order in which they began.
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
    let (name, seconds) = (&phase.name, page.seconds(phase.seconds));
    match page.is_plain() {
        true => format!("{name}{}{seconds}", page.word(": ", " : ")),
        false => format!("  {name:<10}  {seconds:>7}"),
    }
}
