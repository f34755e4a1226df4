//! The rotation as a picture: a row a replica, a column a request.

use std::fmt::Write;

use maud::{Markup, html};
use softy_checks::model::{Language, Text};
use softy_checks::observation::{Observation, Volley};

use super::super::{colon, text};
use super::{finding, words};

/// Requests that are drawn.
const REQUESTS: usize = 40;

/// The side of a request's square, with the space behind it.
const CELL: usize = 14;

/// The width of the rows' names.
const LABEL: usize = 22;

/// A picture for each volley that says something of the replicas.
pub(super) fn pictures(number: usize, seen: &Observation, language: Language) -> Markup {
    let volleys: Vec<&Volley> = text::volleys(seen).collect();
    if volleys.is_empty() {
        return html! {};
    }
    html! {
        p.caption { (words::ROTATION.to(language)) }
        @for (index, volley) in volleys.iter().enumerate() {
            (picture(&format!("p{number}-{index}"), volley, language))
        }
    }
}

fn picture(id: &str, volley: &Volley, language: Language) -> Markup {
    let rows = rows(volley);
    let columns = volley.sequence.len().min(REQUESTS);
    let (width, height) = (LABEL + columns * CELL, rows.len() * CELL);
    let replicas = Text::new(
        format!("{} replicas", volley.replicas),
        format!("{} répliques", volley.replicas),
    );
    html! {
        figure.rotation {
            figcaption { strong { (replicas.to(language)) } " " (finding::words(&text::volley(volley, language))) }
            div.scroll {
                svg role="img" aria-labelledby=(id) width=(width) height=(height)
                    viewBox=(format!("0 0 {width} {height}")) {
                    title id=(id) { (replicas.to(language)) (colon(language)) " " (sequence(volley)) }
                    @for (index, row) in rows.iter().enumerate() {
                        text x="0" y=(index * CELL + CELL - 2) { (row.name) }
                        path.lane d=(format!("M{LABEL} {}h{}", index * CELL + CELL / 2, columns * CELL)) {}
                        path.(row.class) d=(squares(&row.requests, index)) {}
                    }
                }
            }
        }
    }
}

struct Row {
    name: String,
    class: String,
    /// Columns that are drawn in it, from 0.
    requests: Vec<usize>,
}

/// A row for each replica, and one each for what no replica alone answered, where there is any.
fn rows(volley: &Volley) -> Vec<Row> {
    let signs: Vec<String> = signs(volley).take(REQUESTS).collect();
    let replicas = (1..=volley.replicas).map(|replica| replica.to_string());
    let odd = ["×", "✗", "?"].map(str::to_owned).into_iter();
    let odd = odd.filter(|sign| signs.contains(sign));
    let row = |name: String| {
        let places = signs.iter().enumerate();
        let requests = places.filter(|(_, sign)| **sign == name);
        Row {
            class: match name.parse::<u32>() {
                Ok(replica) => format!("r{}", (replica.max(1) - 1) % 5 + 1),
                Err(_) => "odd".to_owned(),
            },
            requests: requests.map(|(place, _)| place).collect(),
            name,
        }
    };
    replicas.chain(odd).map(row).collect()
}

/// What is drawn for each request: the replica's number, or a sign as in the text report.
fn signs(volley: &Volley) -> impl Iterator<Item = String> {
    (1..).zip(&volley.sequence).map(|(request, &replica)| {
        if volley.unanswered.contains(&request) {
            return "✗".to_owned();
        }
        if volley.doubled.contains(&request) {
            return "×".to_owned();
        }
        match replica {
            0 => "?".to_owned(),
            replica => replica.to_string(),
        }
    })
}

/// What the picture shows, for who does not see it.
fn sequence(volley: &Volley) -> String {
    let shown: Vec<String> = signs(volley).take(REQUESTS).collect();
    let more = if volley.sequence.len() > REQUESTS {
        " …"
    } else {
        ""
    };
    format!("{}{more}", shown.join(" "))
}

/// One path for all squares of a row.
fn squares(requests: &[usize], row: usize) -> String {
    let side = CELL - 2;
    requests.iter().fold(String::new(), |mut path, request| {
        let (x, y) = (LABEL + request * CELL, row * CELL + 1);
        // A string takes everything.
        let _ = write!(path, "M{x} {y}h{side}v{side}h-{side}z");
        path
    })
}
