pub(super) mod causes;
pub(super) mod mistakes;
#[cfg(test)]
mod tests;

use super::api_answers;
use super::configuration::{self, RATE_LIMITED};
use crate::model::{Check, Finding, Judged, Judgement, Note, Text, Unjudged};
use crate::observation::{Connection, Fault, FaultKind, Held, Observation, Stage, Volley, Witness};
use crate::rotation::{Rotation, counts, interleaves_beside, rotation, rotation_beside};
use crate::witnesses::{Testimony, testimony};
use crate::wording::{code, codes};
use causes::{HASHED, LEAST_CONN, RANDOM, REPLICAS_LISTED, VARIABLE_ADDRESS};
use mistakes::{
    ANSWERS_DOUBLED, ANSWERS_MISSING, NOT_ATTRIBUTABLE, NOT_ROUND_ROBIN, ONE_REPLICA_ONLY,
    REPLICAS_IDLE, WEIGHTED, WITNESSES_DISAGREE,
};

/// Requests rotate over both replicas: in an order that repeats, with each replica equally often.
///
/// The requests use one keep-alive connection, because every worker process of nginx keeps its own rotation. An `upstream` that
/// lists a name twice passes: its order is longer, and as regular. With one request at a time, `least_conn` shows the same
/// order; it is found by pausing a replica, or in the configuration that the proxy's nginx reads.
pub(super) static CHECK: Check = Check {
    id: "round-robin",
    points: 20,
    after: &[&api_answers::CHECK],
    stage: Stage::Rotation,
    title: Text::fixed(
        "requests take turns between the two API servers",
        "les requêtes vont tour à tour aux deux serveurs API",
    ),
    mistakes: &[
        &RATE_LIMITED,
        &ANSWERS_MISSING,
        &ANSWERS_DOUBLED,
        &NOT_ATTRIBUTABLE,
        &WITNESSES_DISAGREE,
        &HASHED,
        &RANDOM,
        &LEAST_CONN,
        &VARIABLE_ADDRESS,
        &REPLICAS_LISTED,
        &ONE_REPLICA_ONLY,
        &REPLICAS_IDLE,
        &WEIGHTED,
        &NOT_ROUND_ROBIN,
    ],
    notes: &[LONG_ORDER, OTHERS_ASK],
    judge,
};

const LONG_ORDER: &str = "long-order";

const OTHERS_ASK: &str = "others-ask";

fn judge(seen: &Observation) -> Judgement {
    let volley = seen.volley(2)?;
    let judged = judge_volley(seen, volley)?;
    if judged.findings.is_empty()
        && let Some(finding) = unasked(seen).or_else(|| causes::least_busy(seen))
    {
        return Ok(Judged::failed(finding));
    }
    let notes = [long_order(volley), others_ask(seen)];
    Ok(judged.with_notes(notes.into_iter().flatten().collect()))
}

/// Returns the finding for a replica that takes turns by its log, although no request waited for it while it was paused.
fn unasked(seen: &Observation) -> Option<Finding> {
    let held = seen.held.as_ref()?;
    let number = held.unasked.first()?;
    let back_end = code(seen.back_end());
    let answered = held.period.saturating_mul(Held::ORDERS);
    Some(WITNESSES_DISAGREE.finding(Text::new(
        format!("{back_end} {number} seemed to take turns, but while the checker kept it from answering, {answered} requests in a row were answered"),
        format!("{back_end} {number} semblait prendre son tour, mais pendant que le vérificateur l’empêchait de répondre, {answered} requêtes de suite ont reçu une réponse"),
    )))
}

/// Returns a note on services of the stack that send requests in addition to the checker's.
fn others_ask(seen: &Observation) -> Option<Note> {
    let askers = codes(&seen.askers);
    (!seen.askers.is_empty()).then(|| Note {
        code: OTHERS_ASK,
        message: Text::new(
            format!("{askers} asks the same proxy: its requests take turns as well, and are counted in"),
            format!("{askers} interroge le même proxy : ses requêtes prennent aussi leur tour, et sont comptées"),
        ),
    })
}

/// Returns whether two replicas take turns with one request at a time, while the configuration does not prove that they always
/// do. If so, pausing a replica gives further evidence.
pub fn choice_is_open(seen: &Observation) -> bool {
    let takes_turns =
        |volley| judge_volley(seen, volley).is_ok_and(|judged| judged.findings.is_empty());
    seen.volley(2).is_ok_and(takes_turns) && !causes::takes_turns(seen)
}

/// Returns a note on an order that is longer than the number of replicas, and as regular.
fn long_order(volley: &Volley) -> Option<Note> {
    let replicas = volley.replicas;
    let Rotation::Balanced { period } = rotation(&volley.sequence, replicas) else {
        return None;
    };
    let longer = volley.connection == Connection::KeptAlive && period > replicas as usize;
    longer.then(|| Note {
        code: LONG_ORDER,
        message: Text::new(
            format!("the order repeats every {period} requests rather than every {replicas}: the proxy probably lists the same server several times, which does no harm"),
            format!("l’ordre se répète toutes les {period} requêtes plutôt que toutes les {replicas} : le proxy cite sans doute plusieurs fois le même serveur, ce qui ne gêne pas"),
        ),
    })
}

/// Returns the first mistake of a volley; `scales-further` uses the same function for five replicas.
pub(super) fn judge_volley(seen: &Observation, volley: &Volley) -> Judgement {
    let finding = unanswered(volley)
        .or_else(|| doubled(volley))
        .or_else(|| unattributed(seen, volley))
        .or_else(|| disagreeing(seen, volley));
    let finding = match finding {
        Some(finding) => Some(finding),
        None => unordered(volley).ok_or_else(|| open(seen))?,
    };
    let finding = finding.map(|finding| match volley.refused {
        Some(_) => configuration::limited(seen, causes::PATH, &finding.message).unwrap_or(finding),
        None => causes::explained(seen, finding),
    });
    Ok(Judged::from_findings(finding.into_iter().collect()))
}

/// Returns whether requests of others hide the result of a volley.
pub fn is_hidden(seen: &Observation, volley: &Volley) -> bool {
    !volley.others.is_empty() && judge_volley(seen, volley).is_err()
}

/// Returns whether requests of others between those of a volley may have caused the mistake that is found in it.
pub fn is_disturbed(seen: &Observation, volley: &Volley) -> bool {
    let is_right = judge_volley(seen, volley).is_ok_and(|judged| judged.findings.is_empty());
    let mut others = volley.others.iter();
    let between = others.any(|other| (1..volley.sequence.len()).contains(&(other.after as usize)));
    between && !is_right
}

fn open(seen: &Observation) -> Unjudged {
    let (en, fr) = match seen.askers.as_slice() {
        [] => (
            "something in the stack".to_owned(),
            "quelque chose dans la pile".to_owned(),
        ),
        askers => (codes(askers), codes(askers)),
    };
    Unjudged::Fault(Fault::new(
        FaultKind::Disturbed,
        Text::new(
            format!(
                "{en} asks the API through the same proxy, so often that the checker cannot tell in which order its own requests come to the replicas"
            ),
            format!(
                "{fr} interroge l’API à travers le même proxy, si souvent que le vérificateur ne peut pas dire dans quel ordre ses propres requêtes arrivent aux répliques"
            ),
        ),
    ))
}

fn unanswered(volley: &Volley) -> Option<Finding> {
    if volley.unanswered.is_empty() {
        return None;
    }
    let (failed, sent) = (volley.unanswered.len(), volley.sequence.len());
    Some(ANSWERS_MISSING.finding(Text::new(
        format!("{failed} of {sent} requests did not come back with 200 and `Hello, World!`"),
        match failed {
            1 => format!("1 requête sur {sent} n’est pas revenue avec 200 et `Hello, World!`"),
            _ => format!(
                "{failed} requêtes sur {sent} ne sont pas revenues avec 200 et `Hello, World!`"
            ),
        },
    )))
}

fn doubled(volley: &Volley) -> Option<Finding> {
    if volley.doubled.is_empty() {
        return None;
    }
    let (doubled, sent) = (volley.doubled.len(), volley.sequence.len());
    Some(ANSWERS_DOUBLED.finding(Text::new(
        format!("{doubled} of {sent} requests reached more than one replica"),
        match doubled {
            1 => format!("1 requête sur {sent} a atteint plus d’une réplique"),
            _ => format!("{doubled} requêtes sur {sent} ont atteint plus d’une réplique"),
        },
    )))
}

fn unattributed(seen: &Observation, volley: &Volley) -> Option<Finding> {
    let sent = volley.sequence.len();
    let unknown = volley
        .sequence
        .iter()
        .filter(|&&replica| replica == 0)
        .count();
    if sent > 0 && unknown == 0 && volley.witness != Witness::Nobody {
        return None;
    }
    let back_end = code(seen.back_end());
    let message = match unknown {
        1 => Text::new(
            format!("1 of {sent} requests was answered, but no replica of {back_end} received it"),
            format!(
                "1 requête sur {sent} a eu une réponse, mais aucune réplique de {back_end} ne l’a reçue"
            ),
        ),
        _ => Text::new(
            format!(
                "{unknown} of {sent} requests were answered, but no replica of {back_end} received them"
            ),
            format!(
                "{unknown} requêtes sur {sent} ont eu une réponse, mais aucune réplique de {back_end} ne les a reçues"
            ),
        ),
    };
    Some(NOT_ATTRIBUTABLE.finding(message))
}

/// Returns the finding for logs and network counters that disagree, in this volley or in one that was sent before it for the
/// same measurement.
fn disagreeing(seen: &Observation, volley: &Volley) -> Option<Finding> {
    let is_whole = |other: &&Volley| {
        let is_plain = other.others.is_empty() && other.unanswered.is_empty();
        other.replicas == volley.replicas && is_plain && !other.sequence.contains(&0)
    };
    let mut volleys = std::iter::once(volley).chain(seen.set_aside.iter().filter(is_whole));
    let (replica, logged, counted) = volleys.find_map(|volley| match testimony(volley) {
        Testimony::Contradicted {
            replica,
            logged,
            counted,
        } => Some((replica, logged, counted)),
        Testimony::Agreed | Testimony::LogsAlone | Testimony::CountersAlone | Testimony::Nobody => {
            None
        }
    })?;
    let back_end = code(seen.back_end());
    Some(WITNESSES_DISAGREE.finding(Text::new(
        format!("the logs say that {back_end} {replica} received {logged} requests, but its network traffic says about {counted:.0}"),
        format!("d’après les journaux, {back_end} {replica} a reçu {logged} requêtes ; d’après son trafic réseau, environ {counted:.0}"),
    )))
}

fn idle(volley: &Volley) -> Option<Finding> {
    let counts = counts(&volley.sequence, volley.replicas);
    let busy = counts.iter().filter(|&&count| count > 0).count();
    let replicas = volley.replicas;
    match busy {
        busy if busy == counts.len() => None,
        0 | 1 => Some(ONE_REPLICA_ONLY.finding(Text::new(
            format!("every request went to the same one of {replicas} replicas"),
            format!("toutes les requêtes sont allées à la même réplique, sur {replicas}"),
        ))),
        busy => Some(REPLICAS_IDLE.finding(Text::new(
            format!("only {busy} of {replicas} replicas received requests"),
            format!("seules {busy} répliques sur {replicas} ont reçu des requêtes"),
        ))),
    }
}

/// Returns the mistake in the order, or no finding if the order is correct; `None` if requests of others hide it.
fn unordered(volley: &Volley) -> Option<Option<Finding>> {
    let Volley {
        sequence,
        others,
        replicas,
        ..
    } = volley;
    let idle = idle(volley);
    if idle.is_none()
        && let Rotation::Balanced { .. } = rotation(sequence, *replicas)
    {
        return Some(None);
    }
    match volley.connection {
        Connection::KeptAlive => {
            let rotation = match others.as_slice() {
                [] => rotation(sequence, *replicas),
                others => rotation_beside(sequence, others, *replicas)?,
            };
            Some(match rotation {
                Rotation::Balanced { .. } => None,
                Rotation::Weighted { shares } => idle.or_else(|| Some(weighted(&shares))),
                Rotation::Aperiodic => idle.or_else(|| Some(aperiodic(volley))),
            })
        }
        Connection::ClosedByProxy | Connection::Fresh => {
            let rotates = interleaves_beside(sequence, others, *replicas, volley.workers);
            match (idle, rotates) {
                (Some(_), Some(true)) if !others.is_empty() => None,
                (Some(idle), Some(_)) => Some(Some(idle)),
                (_, None) => None,
                (None, Some(true)) => Some(None),
                (None, Some(false)) => Some(Some(aperiodic(volley))),
            }
        }
    }
}

fn weighted(shares: &[usize]) -> Finding {
    let shares = ratio(shares);
    WEIGHTED.finding(Text::new(
        format!("the replicas take turns, but not equally: {shares}"),
        format!("les répliques se relaient, mais pas à parts égales : {shares}"),
    ))
}

fn aperiodic(volley: &Volley) -> Finding {
    let shares = ratio(&counts(&volley.sequence, volley.replicas));
    NOT_ROUND_ROBIN.finding(Text::new(
        format!("every replica received requests ({shares}), but in no order that repeats"),
        format!("chaque réplique a reçu des requêtes ({shares}), mais sans ordre qui se répète"),
    ))
}

fn ratio(shares: &[usize]) -> String {
    let shares: Vec<String> = shares.iter().map(usize::to_string).collect();
    shares.join(" : ")
}
