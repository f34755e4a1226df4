use softy_checks::model::Text;
use softy_checks::observation::{Circumstances, Connection, Observation, Volley};
use std::net::IpAddr;

use super::super::{Report, by_hand};
use super::page::{Page, hang};
use super::rotation::label;

static PROXY: Text = Text::fixed("proxy", "proxy");
static BY_HAND: Text = Text::fixed("by hand", "à la main");
static MEASUREMENT: Text = Text::fixed(
    "measurement: where each replica was, and what it received",
    "mesure : où était chaque réplique, et ce qu’elle a reçu",
);

/// Returns the remarks below the rotations: the proxy's workers, its DNS answers, and the commands to repeat the measurement.
pub(super) fn lines(page: &Page, report: &Report) -> Vec<String> {
    let commands = by_hand::commands(report);
    if commands.is_empty() {
        return Vec::new();
    }
    let observation = &report.observation;
    let circumstances = &observation.circumstances;
    let sentences = [workers(&observation.volleys, circumstances)]
        .into_iter()
        .chain(found(observation));
    let sentences: Vec<String> = sentences
        .map(|sentence| page.say(&sentence).to_owned())
        .collect();
    [(&PROXY, sentences), (&BY_HAND, commands)]
        .iter()
        .flat_map(|(name, paragraphs)| row(page, page.say(name), paragraphs))
        .collect()
}

/// Returns one sentence per number of replicas: the address and received bytes of each replica, and the proxy's DNS answer.
pub(super) fn details(page: &Page, report: &Report) -> Vec<String> {
    let observation = &report.observation;
    let sentences = observation.circumstances.iter().flat_map(|circumstances| {
        let sentence = detail(circumstances, observation);
        page.item(page.say(&sentence))
    });
    let sentences: Vec<String> = sentences.collect();
    if sentences.is_empty() {
        return sentences;
    }
    let heading = page.wrap(0, page.say(&MEASUREMENT));
    heading.into_iter().chain(sentences).collect()
}

/// Returns paragraphs after a name.
fn row(page: &Page, name: &str, paragraphs: &[String]) -> Vec<String> {
    let (lead, indent) = label(page, name);
    let lines = paragraphs
        .iter()
        .flat_map(|paragraph| page.wrap(indent, paragraph));
    hang(&lead, indent, lines.collect())
}

/// Returns the sentence on the proxy's workers, which are the reason to send all requests on one connection.
fn workers(volleys: &[Volley], circumstances: &[Circumstances]) -> Text {
    let counted = circumstances.iter().find_map(|met| met.workers);
    let is_kept = |volley: &Volley| volley.connection == Connection::KeptAlive;
    let (en, fr) = match volleys.iter().any(is_kept) {
        true => (
            "a connection stays with one",
            "une connexion reste chez un seul",
        ),
        false => (
            "where no connection is kept, requests meet them all",
            "sans connexion gardée, les requêtes les voient tous",
        ),
    };
    match counted {
        Some(1) => Text::fixed(
            "1 worker (nginx’s process), and so one rotation for every connection",
            "1 worker (processus de nginx), donc une seule rotation pour toute connexion",
        ),
        Some(count) => Text::new(
            format!("{count} workers (nginx’s processes), each with its own rotation; {en}"),
            format!("{count} workers (processus de nginx), chacun avec sa rotation ; {fr}"),
        ),
        None => Text::new(
            format!("where a proxy has workers, each has its own rotation; {en}"),
            format!("si un proxy a des workers, chacun a sa rotation ; {fr}"),
        ),
    }
}

/// Returns the proxy's DNS answers for the API's service, as far as they are known. It is one sentence if the answers are
/// always exactly the replicas; otherwise it is one sentence for each answer that is not.
fn found(observation: &Observation) -> Vec<Text> {
    let back_end = observation.back_end();
    let known = observation
        .circumstances
        .iter()
        .filter(|met| met.resolved.is_some());
    let known: Vec<&Circumstances> = known.collect();
    if known.is_empty() || known.iter().any(|met| !met.finds_each()) {
        let others = known.into_iter().filter(|met| !met.finds_each());
        return others.map(|met| found_otherwise(met, back_end)).collect();
    }
    let counts: Vec<String> = known.iter().map(|met| met.replicas.to_string()).collect();
    vec![Text::new(
        format!(
            "its DNS has {} addresses for `{back_end}`: one a replica",
            counts.join(", then ")
        ),
        format!(
            "son DNS a {} adresses pour `{back_end}` : une par réplique",
            counts.join(", puis ")
        ),
    )]
}

fn found_otherwise(met: &Circumstances, back_end: &str) -> Text {
    let replicas = met.replicas;
    let addresses = met.resolved.iter().flatten();
    let is_known = met.addresses.iter().all(|own| !own.is_empty());
    let owned = addresses.map(|address| match met.replica(address) {
        Some(replica) => Text::new(
            format!("{address} (replica {replica})"),
            format!("{address} (réplique {replica})"),
        ),
        None if is_known => Text::new(
            format!("{address} (no replica)"),
            format!("{address} (aucune réplique)"),
        ),
        None => Text::new(address.to_string(), address.to_string()),
    });
    let (en, fr): (Vec<_>, Vec<_>) = owned.map(|Text { en, fr }| (en, fr)).unzip();
    if en.is_empty() {
        return Text::new(
            format!("with {replicas} replicas, its DNS has no address for `{back_end}`"),
            format!("avec {replicas} répliques, son DNS n’a pas d’adresse pour `{back_end}`"),
        );
    }
    Text::new(
        format!(
            "with {replicas} replicas, its DNS has for `{back_end}`: {}",
            en.join(", ")
        ),
        format!(
            "avec {replicas} répliques, son DNS a pour `{back_end}` : {}",
            fr.join(", ")
        ),
    )
}

fn detail(met: &Circumstances, observation: &Observation) -> Text {
    let (replicas, back_end) = (met.replicas, observation.back_end());
    let volleys = observation.volleys.iter();
    let mut measured = volleys.filter(|volley| volley.replicas == replicas);
    let received = measured.next().map(|volley| volley.received.as_slice());
    let each = met.addresses.iter().enumerate().map(|(index, own)| {
        let bytes = received.and_then(|received| received.get(index));
        let (en, fr) = match bytes {
            Some(bytes) => (format!(" ({bytes} bytes)"), format!(" ({bytes} octets)")),
            None => Default::default(),
        };
        let (number, own) = (index + 1, listed(own));
        (
            format!("{number} at {own}{en}"),
            format!("{number} à {own}{fr}"),
        )
    });
    let (en, fr): (Vec<String>, Vec<String>) = each.unzip();
    let (found_en, found_fr) = match met.resolved.as_deref() {
        Some(resolved) => (
            format!("; for the proxy, `{back_end}` is {}", listed(resolved)),
            format!(" ; pour le proxy, `{back_end}` est {}", listed(resolved)),
        ),
        None => Default::default(),
    };
    Text::new(
        format!("{replicas} replicas: {}{found_en}", en.join(", ")),
        format!("{replicas} répliques : {}{found_fr}", fr.join(", ")),
    )
}

fn listed(addresses: &[IpAddr]) -> String {
    if addresses.is_empty() {
        return "?".to_owned();
    }
    let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    addresses.join(" + ")
}
