//! Overview of all submissions.

use maud::{Markup, html};
use softy_checks::model::{Language, Text};

use super::super::visible::{MESSAGE, NAME, visible};
use super::words;
use crate::batch::{Summary, Unreadable};

/// Maximum number of mistakes in the chart.
const MOST: usize = 15;

/// Width of the longest bar, in units of its SVG.
const WIDTH: usize = 100;

/// Returns the counts, the charts of scores and mistakes, and the files that could not be read.
pub(super) fn overview(summary: &Summary, language: Language) -> Markup {
    let mistakes = summary.mistakes.iter().take(MOST);
    let mistakes = mistakes.map(|mistake| (mistake.code.to_owned(), mistake.submissions));
    let mistakes: Vec<_> = mistakes.collect();
    html! {
        (counts(summary, language))
        div.charts {
            (chart(&words::SCORES, &words::tenths(summary, language), language))
            @if !mistakes.is_empty() { (chart(&words::MISTAKES, &mistakes, language)) }
        }
        @if !summary.unreadable.is_empty() { (unreadable(&summary.unreadable, language)) }
    }
}

fn counts(summary: &Summary, language: Language) -> Markup {
    let average = |name: Text, percent: Option<f64>| {
        let sign = words::percent(language);
        percent.map(|percent| (format!("{percent:.0}{sign}"), name.to(language).to_owned()))
    };
    let count = |name: &Text, number: usize| (number.to_string(), name.to(language).to_owned());
    let mut counts = vec![
        count(&Text::fixed("graded", "notés"), summary.graded),
        count(
            &Text::fixed("without a mistake", "sans erreur"),
            summary.passed,
        ),
        count(&Text::fixed("not graded", "non notés"), summary.not_graded),
    ];
    if summary.partial > 0 {
        let name = Text::fixed("in part", "en partie");
        counts.push(count(&name, summary.partial));
    }
    if !summary.unreadable.is_empty() {
        let name = Text::fixed("unreadable", "illisibles");
        counts.push(count(&name, summary.unreadable.len()));
    }
    counts.extend(average(Text::fixed("mean", "moyenne"), summary.mean));
    counts.extend(average(Text::fixed("median", "médiane"), summary.median));
    html! {
        dl.counts {
            @for (number, name) in &counts { div { dt { (name) } dd { (number) } } }
        }
    }
}

/// Returns a table with a bar for each number.
fn chart(heading: &Text, bars: &[(String, usize)], language: Language) -> Markup {
    let most = bars.iter().map(|(_, number)| *number).max();
    let most = most.unwrap_or_default().max(1);
    html! {
        table.chart {
            caption { (heading.to(language)) }
            tbody {
                @for (name, number) in bars {
                    tr {
                        th scope="row" { (name) }
                        td { (number) }
                        td aria-hidden="true" {
                            svg.bar viewBox="0 0 100 10" preserveAspectRatio="none" {
                                rect width=((number * WIDTH).div_ceil(most)) height="10" {}
                            }
                        }
                    }
                }
            }
        }
    }
}

fn unreadable(files: &[Unreadable], language: Language) -> Markup {
    html! {
        h2 { (words::UNREADABLE.to(language)) }
        ul.unreadable {
            @for file in files {
                li {
                    code { (visible(&file.file.to_string_lossy(), NAME)) } ": "
                    (visible(&file.reason, MESSAGE))
                }
            }
        }
    }
}
