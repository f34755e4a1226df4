use colored::{Color, ColoredString, Colorize};
use softy_checks::model::Text;
use softy_checks::observation::{Choice, Connection, Held, Observation, Volley, Witness};
use softy_checks::{Testimony, period, testimony};
use unicode_width::UnicodeWidthStr;

use super::page::{Page, hang};

/// Colours of the replicas, in the order of their numbers.
const COLOURS: [Color; 5] = [
    Color::Cyan,
    Color::Magenta,
    Color::Green,
    Color::Yellow,
    Color::Blue,
];

/// Minimum columns of numbers next to the details; with fewer, the details have their own line.
const NARROW: usize = 30;

static REPLICAS: Text = Text::fixed("replicas", "répliques");
static HEADING: Text = Text::fixed(
    "which API container answered",
    "quel conteneur d’API a répondu",
);
static KEPT_ALIVE: Text = Text::fixed("one connection", "une connexion");
static CLOSED_BY_PROXY: Text = Text::fixed(
    "connections closed by the proxy",
    "connexions fermées par le proxy",
);
static FRESH: Text = Text::fixed("a new connection each", "une nouvelle connexion chacune");
static UNANSWERED: Mark = Mark {
    sign: "✗",
    word: Text::fixed("wrong", "faux"),
    meaning: Text::fixed("no right answer", "sans bonne réponse"),
};
static DOUBLED: Mark = Mark {
    sign: "×",
    word: Text::fixed("several", "plusieurs"),
    meaning: Text::fixed(
        "received by several replicas",
        "reçue par plusieurs répliques",
    ),
};
static UNKNOWN: Mark = Mark {
    sign: "?",
    word: Text::fixed("unknown", "inconnue"),
    meaning: Text::fixed("received by no replica", "reçue par aucune réplique"),
};
static AGREED: Text = Text::fixed("logs and traffic agree", "journaux et trafic d’accord");
static CONTRADICTED: Text = Text::fixed(
    "logs and traffic disagree",
    "journaux et trafic en désaccord",
);
static LOGS_ALONE: Text = Text::fixed("by the logs", "d’après les journaux");
static COUNTERS_ALONE: Text = Text::fixed(
    "by the traffic, the logs are silent",
    "d’après le trafic, les journaux étant muets",
);

/// Sign that replaces a replica's number.
struct Mark {
    sign: &'static str,
    /// Word for it on a page for a screen reader.
    word: Text,
    meaning: Text,
}

impl Mark {
    fn drawn(&self, page: &Page) -> ColoredString {
        page.sign(self.sign.red().bold(), &self.word)
    }

    fn explained(&self, page: &Page) -> String {
        let (word, meaning) = (page.say(&self.word), page.say(&self.meaning));
        match page.is_plain() {
            true => format!("{word}{} {meaning}", page.colon()),
            false => format!("{} {meaning}", self.sign),
        }
    }
}

/// Returns each volley as a line of replica numbers, in the order of the answers, then the result of the paused replica. Omits
/// the volleys that show nothing of the replicas: those on fresh connections without a witness.
pub(super) fn lines(page: &Page, seen: &Observation) -> Vec<String> {
    let held = seen.held.iter().flat_map(|held| waited(page, held));
    let drawn: Vec<String> = told_of(seen)
        .flat_map(|volley| drawn(page, volley))
        .chain(held)
        .collect();
    if drawn.is_empty() {
        return drawn;
    }
    let heading = page.say(&HEADING).bold().to_string();
    [heading].into_iter().chain(drawn).collect()
}

/// Returns the volleys that show which replicas answered: all except those on fresh connections without a witness.
pub(super) fn told_of(seen: &Observation) -> impl Iterator<Item = &Volley> {
    let told = |volley: &&Volley| {
        volley.connection != Connection::Fresh || volley.witness != Witness::Nobody
    };
    seen.volleys.iter().filter(told)
}

fn drawn(page: &Page, volley: &Volley) -> Vec<String> {
    let (label, indent) = label(page, &replicas(page, volley.replicas));
    let details = details(page, volley);
    let beside = page.room(indent).saturating_sub(details.width() + 1);
    if beside >= NARROW {
        let numbers = numbers(page, volley, beside);
        return vec![format!("{label}{numbers} {}", details.dimmed())];
    }
    let numbers = numbers(page, volley, page.room(indent));
    let mut lines = vec![format!("{label}{numbers}")];
    for line in page.wrap(indent, &details) {
        lines.push(format!("{:indent$}{}", "", line.dimmed()));
    }
    lines
}

/// Returns the beginning of a line in this section, and its width in columns.
pub(super) fn label(page: &Page, name: &str) -> (String, usize) {
    if page.is_plain() {
        return (format!("{name}{} ", page.colon()), 0);
    }
    let widest = page.say(&REPLICAS).width() + 2;
    let padding = widest.saturating_sub(name.width());
    let label = format!("  {name}{:padding$}  ", "");
    let columns = label.width();
    (label, columns)
}

/// Returns the name of a line: the number of replicas.
fn replicas(page: &Page, count: u32) -> String {
    format!("{count} {}", page.say(&REPLICAS))
}

/// Returns the number of requests that waited for a paused replica, if it shows how the proxy chooses replicas.
fn waited(page: &Page, held: &Held) -> Vec<String> {
    let (waited, passed_by) = (held.waited, held.passed_by);
    let (en, fr) = match waited {
        1 => ("request waited for it", "requête l’a attendue"),
        _ => ("requests waited for it", "requêtes l’ont attendue"),
    };
    let words = match held.choice() {
        None => return Vec::new(),
        Some(Choice::InTurn) => Text::new(
            format!("one of them kept from answering: {waited} {en}"),
            format!("l’une d’elles empêchée de répondre : {waited} {fr}"),
        ),
        Some(Choice::LeastBusy) => Text::new(
            format!(
                "one of them kept from answering: {waited} {en}, {passed_by} in a row passed it by"
            ),
            format!(
                "l’une d’elles empêchée de répondre : {waited} {fr}, {passed_by} de suite l’ont évitée"
            ),
        ),
    };
    let (label, indent) = label(page, &replicas(page, held.replicas));
    hang(&label, indent, page.wrap(indent, page.say(&words)))
}

/// Returns as many replica numbers as fit into `room` columns, and `…` for the others.
fn numbers(page: &Page, volley: &Volley, room: usize) -> String {
    let requests = (1..).zip(&volley.sequence);
    let signs: Vec<ColoredString> = requests
        .map(|(request, &replica)| sign(page, volley, request, replica))
        .collect();
    if width(&signs) <= room {
        return joined(&signs);
    }
    let fitting = (1..signs.len()).take_while(|&count| width(&signs[..count]) + 2 <= room);
    format!("{} …", joined(&signs[..fitting.count()]))
}

/// Returns the width of the signs in columns, with a space between each two.
fn width(signs: &[ColoredString]) -> usize {
    let signs = signs.iter().map(|sign| sign.input.width() + 1);
    signs.sum::<usize>().saturating_sub(1)
}

fn joined(signs: &[ColoredString]) -> String {
    let signs: Vec<String> = signs.iter().map(ColoredString::to_string).collect();
    signs.join(" ")
}

/// Returns the number of the replica that answered, or the sign that replaces it.
fn sign(page: &Page, volley: &Volley, request: u32, replica: u32) -> ColoredString {
    if volley.unanswered.contains(&request) {
        return UNANSWERED.drawn(page);
    }
    if volley.doubled.contains(&request) {
        return DOUBLED.drawn(page);
    }
    let Some(index) = replica.checked_sub(1) else {
        return UNKNOWN.drawn(page);
    };
    let colour = COLOURS[index as usize % COLOURS.len()];
    replica.to_string().color(colour)
}

/// Returns the number of requests, the type of connection, and the remarks on the numbers.
pub(super) fn details(page: &Page, volley: &Volley) -> String {
    let sent = volley.sequence.len();
    let requests = Text::new(format!("{sent} requests"), format!("{sent} requêtes"));
    // Fresh connections reach several rotations: if the numbers repeat, it is by chance.
    let period = period(&volley.sequence)
        .filter(|&period| period > 1 && volley.connection != Connection::Fresh)
        .map(|period| {
            Text::new(
                format!("repeats every {period} requests"),
                format!("se répète toutes les {period} requêtes"),
            )
        });
    let period = period.map(|period| page.say(&period).to_owned());
    let marks = [
        (!volley.unanswered.is_empty(), &UNANSWERED),
        (!volley.doubled.is_empty(), &DOUBLED),
        (volley.sequence.contains(&0), &UNKNOWN),
    ];
    let marks = marks.into_iter().filter(|(is_there, _)| *is_there);
    let marks = marks.map(|(_, mark)| mark.explained(page));
    let told = told(volley).map(|told| page.say(told).to_owned());
    let remarks = period.into_iter().chain(marks).chain(told);
    let remarks = remarks.map(|remark| format!("{}{remark}", page.word("; ", " ; ")));
    let connection = page.say(connection(volley.connection));
    format!(
        "({}, {connection}{})",
        page.say(&requests),
        remarks.collect::<String>()
    )
}

/// Returns the sources of the replica numbers, and whether they agree; `None` without a source.
fn told(volley: &Volley) -> Option<&'static Text> {
    match testimony(volley) {
        Testimony::Agreed => Some(&AGREED),
        Testimony::Contradicted { .. } => Some(&CONTRADICTED),
        Testimony::LogsAlone => Some(&LOGS_ALONE),
        Testimony::CountersAlone => Some(&COUNTERS_ALONE),
        Testimony::Nobody => None,
    }
}

fn connection(connection: Connection) -> &'static Text {
    match connection {
        Connection::KeptAlive => &KEPT_ALIVE,
        Connection::ClosedByProxy => &CLOSED_BY_PROXY,
        Connection::Fresh => &FRESH,
    }
}
