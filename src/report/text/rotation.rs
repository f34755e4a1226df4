use colored::{Color, ColoredString, Colorize};
use softy_checks::model::Text;
use softy_checks::observation::{Choice, Connection, Held, Observation, Volley, Witness};
use softy_checks::period;
use unicode_width::UnicodeWidthStr;

use super::page::{Page, hang};

/// The colours of the replicas, the first replica's first.
const COLOURS: [Color; 5] = [
    Color::Cyan,
    Color::Magenta,
    Color::Green,
    Color::Yellow,
    Color::Blue,
];

/// Columns of numbers below which the details go on a line of their own.
const NARROW: usize = 30;

static HEADING: Text = Text::fixed("which replica answered", "quelle réplique a répondu");
static KEPT_ALIVE: Text = Text::fixed("one connection", "une connexion");
static CLOSED_BY_PROXY: Text = Text::fixed(
    "connections closed by the proxy",
    "connexions fermées par le proxy",
);
static FRESH: Text = Text::fixed("a new connection each", "une nouvelle connexion chacune");
const UNANSWERED: Text = Text::fixed("✗ no right answer", "✗ sans bonne réponse");
const DOUBLED: Text = Text::fixed(
    "× received by several replicas",
    "× reçue par plusieurs répliques",
);
const UNKNOWN: Text = Text::fixed("? received by no replica", "? reçue par aucune réplique");

/// Every volley as a line of replica numbers, in the order of the answers, and what came of a held replica; a volley on fresh
/// connections that nobody told of says nothing of the replicas.
pub(super) fn lines(page: &Page, seen: &Observation) -> Vec<String> {
    let told = |volley: &&Volley| {
        volley.connection != Connection::Fresh || volley.witness != Witness::Nobody
    };
    let told = seen.volleys.iter().filter(told);
    let held = seen.held.iter().flat_map(|held| waited(page, held));
    let drawn: Vec<String> = told
        .flat_map(|volley| drawn(page, volley))
        .chain(held)
        .collect();
    if drawn.is_empty() {
        return drawn;
    }
    let heading = page.say(&HEADING).bold().to_string();
    [heading].into_iter().chain(drawn).collect()
}

fn drawn(page: &Page, volley: &Volley) -> Vec<String> {
    let replicas = volley.replicas;
    let label = label(page, replicas);
    let indent = label.width();
    let details = details(page, volley);
    let beside = page.room(indent).saturating_sub(details.width() + 1);
    if beside >= NARROW {
        let numbers = numbers(volley, beside);
        return vec![format!("{label}{numbers} {}", details.dimmed())];
    }
    let numbers = numbers(volley, page.room(indent));
    let mut lines = vec![format!("{label}{numbers}")];
    for line in page.wrap(indent, &details) {
        lines.push(format!("{:indent$}{}", "", line.dimmed()));
    }
    lines
}

fn label(page: &Page, replicas: u32) -> String {
    let label = Text::new(
        format!("  {replicas} replicas  "),
        format!("  {replicas} répliques  "),
    );
    page.say(&label).to_owned()
}

/// How many requests waited for a held replica, where that says how it was chosen.
fn waited(page: &Page, held: &Held) -> Vec<String> {
    let (waited, passed_by) = (held.waited, held.passed_by);
    let (en, fr) = match waited {
        1 => ("request waited for it", "requête l’a attendue"),
        _ => ("requests waited for it", "requêtes l’ont attendue"),
    };
    let words = match held.choice() {
        None => return Vec::new(),
        Some(Choice::InTurn) => Text::new(
            format!("one of them held: {waited} {en}"),
            format!("l’une d’elles retenue : {waited} {fr}"),
        ),
        Some(Choice::LeastBusy) => Text::new(
            format!("one of them held: {waited} {en}, {passed_by} in a row passed it by"),
            format!("l’une d’elles retenue : {waited} {fr}, {passed_by} de suite l’ont évitée"),
        ),
    };
    let label = label(page, held.replicas);
    let indent = label.width();
    hang(&label, indent, page.wrap(indent, page.say(&words)))
}

/// As many replica numbers as fit into `room` columns, and `…` for the others.
fn numbers(volley: &Volley, room: usize) -> String {
    let requests = (1..).zip(&volley.sequence);
    let signs: Vec<ColoredString> = requests
        .map(|(request, &replica)| sign(volley, request, replica))
        .collect();
    if width(&signs) <= room {
        return joined(&signs);
    }
    let fitting = (1..signs.len()).take_while(|&count| width(&signs[..count]) + 2 <= room);
    format!("{} …", joined(&signs[..fitting.count()]))
}

/// Columns of the signs with a space between each two.
fn width(signs: &[ColoredString]) -> usize {
    let signs = signs.iter().map(|sign| sign.input.width() + 1);
    signs.sum::<usize>().saturating_sub(1)
}

fn joined(signs: &[ColoredString]) -> String {
    let signs: Vec<String> = signs.iter().map(ColoredString::to_string).collect();
    signs.join(" ")
}

/// The number of the replica that answered; `✗` for no right answer, `×` for a request that several received, `?` for an
/// answer from nobody knows whom.
fn sign(volley: &Volley, request: u32, replica: u32) -> ColoredString {
    if volley.unanswered.contains(&request) {
        return "✗".red().bold();
    }
    if volley.doubled.contains(&request) {
        return "×".red().bold();
    }
    let Some(index) = replica.checked_sub(1) else {
        return "?".red().bold();
    };
    let colour = COLOURS[index as usize % COLOURS.len()];
    replica.to_string().color(colour)
}

/// How many requests, how they travelled, and what is to say about the numbers.
fn details(page: &Page, volley: &Volley) -> String {
    let sent = volley.sequence.len();
    let requests = Text::new(format!("{sent} requests"), format!("{sent} requêtes"));
    let period = period(&volley.sequence)
        .filter(|&period| period > 1)
        .map(|period| Text::new(format!("period {period}"), format!("période {period}")));
    let unknown = volley.sequence.contains(&0).then_some(UNKNOWN);
    let unanswered = (!volley.unanswered.is_empty()).then_some(UNANSWERED);
    let doubled = (!volley.doubled.is_empty()).then_some(DOUBLED);
    let remarks = [period, unanswered, doubled, unknown].into_iter().flatten();
    let remarks = remarks.map(|remark| format!("{}{}", page.word("; ", " ; "), page.say(&remark)));
    let connection = page.say(connection(volley.connection));
    format!(
        "({}, {connection}{})",
        page.say(&requests),
        remarks.collect::<String>()
    )
}

fn connection(connection: Connection) -> &'static Text {
    match connection {
        Connection::KeptAlive => &KEPT_ALIVE,
        Connection::ClosedByProxy => &CLOSED_BY_PROXY,
        Connection::Fresh => &FRESH,
    }
}
