//! Picture of the rotation: one row per replica, one column per request.

use std::fmt::Write;

use maud::{Markup, html};
use softy_checks::model::{Language, Text};
use softy_checks::observation::{Observation, Volley};

use super::super::{colon, text};
use super::{finding, words};

/// Maximum number of requests in a picture.
const REQUESTS: usize = 40;

/// Side of a request's square plus the gap after it, in pixels.
const CELL: usize = 14;

/// Width of the row names, in pixels.
const LABEL: usize = 22;

/// Returns a picture for each volley that [`text::volleys`] selects.
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
    /// Columns of its squares, from 0.
    requests: Vec<usize>,
}

/// Returns one row per replica, and one for each sign that occurs instead of a replica's number.
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

/// Returns the sign of each request: the replica's number, or one of the signs of the text report.
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

/// Returns the content of the picture as text, for screen readers.
fn sequence(volley: &Volley) -> String {
    let shown: Vec<String> = signs(volley).take(REQUESTS).collect();
    let more = if volley.sequence.len() > REQUESTS {
        " …"
    } else {
        ""
    };
    format!("{}{more}", shown.join(" "))
}

/// Returns one SVG path for all squares of a row.
fn squares(requests: &[usize], row: usize) -> String {
    let side = CELL - 2;
    requests.iter().fold(String::new(), |mut path, request| {
        let (x, y) = (LABEL + request * CELL, row * CELL + 1);
        // Writing to a `String` cannot fail.
        let _ = write!(path, "M{x} {y}h{side}v{side}h-{side}z");
        path
    })
}
