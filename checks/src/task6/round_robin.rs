use super::api_answers;
use crate::model::{Check, Finding, Judged, Judgement, Mistake, Note, Text};
use crate::observation::{Connection, Observation, Volley, Witness};
use crate::rotation::{Rotation, counts, interleaves_rotations, rotation};

/// Requests rotate over both replicas: the same order over and over, each replica equally often.
///
/// Measured on one keep-alive connection, since every worker process of nginx keeps a rotation of its own. An
/// `upstream` that lists a name twice passes: its order is longer, and as regular.
pub(super) static CHECK: Check = Check {
    id: "round-robin",
    points: 20,
    after: &[&api_answers::CHECK],
    title: Text::fixed(
        "requests take turns between the two API servers",
        "les requêtes vont tour à tour aux deux serveurs API",
    ),
    mistakes: &[
        &ANSWERS_MISSING,
        &ANSWERS_DOUBLED,
        &NOT_ATTRIBUTABLE,
        &WITNESSES_DISAGREE,
        &ONE_REPLICA_ONLY,
        &REPLICAS_IDLE,
        &WEIGHTED,
        &NOT_ROUND_ROBIN,
    ],
    judge,
};

pub(super) static ANSWERS_MISSING: Mistake = Mistake {
    code: "answers-missing",
    hint: Text::fixed(
        "does each replica answer on its own? read the log of `back-end` for the moment of the failed requests",
        "chaque réplique répond-elle, seule ? lisez le journal de `back-end` au moment des requêtes échouées",
    ),
};

pub(super) static ANSWERS_DOUBLED: Mistake = Mistake {
    code: "answers-doubled",
    hint: Text::fixed(
        "a request must reach one replica: look for `proxy_next_upstream`, `mirror`, or a replica that passes requests on",
        "une requête ne doit atteindre qu’une réplique : cherchez `proxy_next_upstream`, `mirror`, ou une réplique qui transmet les requêtes",
    ),
};

pub(super) static NOT_ATTRIBUTABLE: Mistake = Mistake {
    code: "not-attributable",
    hint: Text::fixed(
        "who answers `/api/hello`? look in the proxy’s configuration for a `return`, a cache or another server",
        "qui répond à `/api/hello` ? cherchez dans la configuration du proxy un `return`, un cache ou un autre serveur",
    ),
};

pub(super) static WITNESSES_DISAGREE: Mistake = Mistake {
    code: "witnesses-disagree",
    hint: Text::fixed(
        "an access log must tell the requests that its own replica received, and no others",
        "un journal d’accès doit rapporter les requêtes reçues par sa réplique, et aucune autre",
    ),
};

pub(super) static ONE_REPLICA_ONLY: Mistake = Mistake {
    code: "one-replica-only",
    hint: Text::fixed(
        "which name or address does the proxy send requests to, and how many replicas stand behind it? `ip_hash` and `hash` tie a client to one replica",
        "vers quel nom ou quelle adresse le proxy envoie-t-il les requêtes, et combien de répliques y a-t-il derrière ? `ip_hash` et `hash` attachent un client à une réplique",
    ),
};

pub(super) static REPLICAS_IDLE: Mistake = Mistake {
    code: "replicas-idle",
    hint: Text::fixed(
        "a list of container names or addresses fits one number of replicas only; which name stands for all of them?",
        "une liste de noms de conteneurs ou d’adresses ne vaut que pour un nombre de répliques ; quel nom les désigne toutes ?",
    ),
};

pub(super) static WEIGHTED: Mistake = Mistake {
    code: "weighted",
    hint: Text::fixed(
        "look for `weight=` in the `upstream`, or for a server that is listed more often than another",
        "cherchez `weight=` dans l’`upstream`, ou un serveur cité plus souvent qu’un autre",
    ),
};

pub(super) static NOT_ROUND_ROBIN: Mistake = Mistake {
    code: "not-round-robin",
    hint: Text::fixed(
        "round-robin is what nginx does when nothing else is asked of it: look for `random`, or for a variable in `proxy_pass`, which makes it choose afresh each time",
        "le round-robin est ce que fait nginx quand on ne lui demande rien d’autre : cherchez `random`, ou une variable dans `proxy_pass`, qui le fait choisir à neuf à chaque fois",
    ),
};

fn judge(seen: &Observation) -> Judgement {
    let volley = seen.volley(2)?;
    Ok(judge_volley(volley).with_notes(long_order(volley).into_iter().collect()))
}

/// An order that is longer than the replicas are many, which is as regular.
fn long_order(volley: &Volley) -> Option<Note> {
    let replicas = volley.replicas;
    let Rotation::Balanced { period } = rotation(&volley.sequence, replicas) else {
        return None;
    };
    let longer = volley.connection == Connection::KeptAlive && period > replicas as usize;
    longer.then(|| Note {
        code: "long-order",
        message: Text::new(
            format!("the order repeats every {period} requests rather than every {replicas}: the proxy probably lists the same server several times, which does no harm"),
            format!("l’ordre se répète toutes les {period} requêtes plutôt que toutes les {replicas} : le proxy cite sans doute plusieurs fois le même serveur, ce qui ne gêne pas"),
        ),
    })
}

/// The first thing that is wrong with a volley; `scales-further` asks the same of five replicas.
pub(super) fn judge_volley(volley: &Volley) -> Judged {
    let finding = unanswered(volley)
        .or_else(|| doubled(volley))
        .or_else(|| unattributed(volley))
        .or_else(|| disagreeing(volley))
        .or_else(|| idle(volley))
        .or_else(|| unrotated(volley));
    Judged::from_findings(finding.into_iter().collect())
}

fn unanswered(volley: &Volley) -> Option<Finding> {
    if volley.unanswered.is_empty() {
        return None;
    }
    let (failed, sent) = (volley.unanswered.len(), volley.sequence.len());
    Some(ANSWERS_MISSING.finding(Text::new(
        format!("{failed} of {sent} requests did not come back with 200 and `Hello, World!`"),
        format!("{failed} requêtes sur {sent} ne sont pas revenues avec 200 et `Hello, World!`"),
    )))
}

fn doubled(volley: &Volley) -> Option<Finding> {
    if volley.doubled.is_empty() {
        return None;
    }
    let (doubled, sent) = (volley.doubled.len(), volley.sequence.len());
    Some(ANSWERS_DOUBLED.finding(Text::new(
        format!("{doubled} of {sent} requests reached more than one replica"),
        format!("{doubled} requêtes sur {sent} ont atteint plus d’une réplique"),
    )))
}

fn unattributed(volley: &Volley) -> Option<Finding> {
    let sent = volley.sequence.len();
    let unknown = volley
        .sequence
        .iter()
        .filter(|&&replica| replica == 0)
        .count();
    if sent > 0 && unknown == 0 && volley.witness != Witness::Nobody {
        return None;
    }
    Some(NOT_ATTRIBUTABLE.finding(Text::new(
        format!("{unknown} of {sent} requests were answered, but no replica of `back-end` received them"),
        format!("{unknown} requêtes sur {sent} ont eu une réponse, mais aucune réplique de `back-end` ne les a reçues"),
    )))
}

/// Logs and network counters that tell different stories.
///
/// All requests of a volley are of one size, so a replica's share of the bytes is its share of the requests; a
/// fifth of an even share is more than the traffic beside them can make up.
fn disagreeing(volley: &Volley) -> Option<Finding> {
    let total: u64 = volley.received.iter().sum();
    if volley.witness != Witness::Logs || total == 0 {
        return None;
    }
    let requests = volley.sequence.len() as f64;
    let tolerance = requests / volley.received.len() as f64 / 5.0;
    let logged = counts(&volley.sequence, volley.replicas);
    let (index, counted) = volley
        .received
        .iter()
        .map(|&bytes| bytes as f64 / total as f64 * requests)
        .enumerate()
        .find(|&(index, counted)| {
            let logged = logged.get(index).copied().unwrap_or(0) as f64;
            (counted - logged).abs() > tolerance
        })?;
    let (replica, logged) = (index + 1, logged.get(index).copied().unwrap_or(0));
    Some(WITNESSES_DISAGREE.finding(Text::new(
        format!("the logs say that `back-end` {replica} received {logged} requests, its network traffic says about {counted:.0}"),
        format!("d’après les journaux, `back-end` {replica} a reçu {logged} requêtes ; d’après son trafic réseau, environ {counted:.0}"),
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

fn unrotated(volley: &Volley) -> Option<Finding> {
    let replicas = volley.replicas;
    match (rotation(&volley.sequence, replicas), volley.connection) {
        (Rotation::Balanced { .. }, _) => None,
        (Rotation::Weighted { shares }, Connection::KeptAlive) => {
            let shares = ratio(&shares);
            Some(WEIGHTED.finding(Text::new(
                format!("the replicas take turns, but not equally: {shares}"),
                format!("les répliques se relaient, mais pas à parts égales : {shares}"),
            )))
        }
        (Rotation::Aperiodic, Connection::KeptAlive) => Some(aperiodic(volley)),
        (
            Rotation::Weighted { .. } | Rotation::Aperiodic,
            Connection::ClosedByProxy | Connection::Fresh,
        ) => {
            let rotates = interleaves_rotations(&volley.sequence, replicas, volley.workers);
            (!rotates).then(|| aperiodic(volley))
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn volley(order: &[u32], times: usize) -> Volley {
        Volley {
            replicas: 2,
            connection: Connection::KeptAlive,
            witness: Witness::Logs,
            sequence: order.repeat(times),
            doubled: Vec::new(),
            unanswered: Vec::new(),
            received: Vec::new(),
            workers: 0,
        }
    }

    fn code(volley: &Volley) -> Option<&'static str> {
        let judged = judge_volley(volley);
        judged.findings.first().map(|finding| finding.code)
    }

    #[test]
    fn alternation_passes() {
        assert_eq!(code(&volley(&[1, 2], 20)), None);
    }

    #[test]
    fn a_name_listed_twice_passes_with_a_note() {
        let listed_twice = volley(&[1, 2, 2, 1], 10);
        assert_eq!(code(&listed_twice), None);
        assert_eq!(long_order(&listed_twice).unwrap().code, "long-order");
        assert_eq!(long_order(&volley(&[1, 2], 20)), None);
    }

    #[test]
    fn nothing_seen_is_not_a_pass() {
        assert_eq!(code(&volley(&[], 0)), Some("not-attributable"));
        assert_eq!(code(&volley(&[0], 40)), Some("not-attributable"));
    }

    #[test]
    fn a_period_over_one_replica_is_one_replica_only() {
        assert_eq!(code(&volley(&[2], 40)), Some("one-replica-only"));
    }

    #[test]
    fn a_rotation_over_two_of_five_leaves_replicas_idle() {
        let volley = Volley {
            replicas: 5,
            ..volley(&[1, 2], 50)
        };
        assert_eq!(code(&volley), Some("replicas-idle"));
    }

    #[test]
    fn a_weight_is_named() {
        assert_eq!(code(&volley(&[1, 1, 2], 14)), Some("weighted"));
    }

    #[test]
    fn no_order_is_not_round_robin() {
        let order = [
            1, 2, 2, 1, 1, 1, 2, 1, 2, 2, 2, 1, 1, 2, 1, 1, 2, 2, 1, 2, 2,
        ];
        assert_eq!(code(&volley(&order, 1)), Some("not-round-robin"));
    }

    #[test]
    fn counters_that_contradict_the_logs_are_found() {
        let even = Volley {
            received: vec![60_100, 60_300],
            ..volley(&[1, 2], 20)
        };
        assert_eq!(code(&even), None);
        let forged = Volley {
            received: vec![120_000, 400],
            ..even
        };
        assert_eq!(code(&forged), Some("witnesses-disagree"));
    }

    #[test]
    fn a_reply_missing_or_doubled_comes_before_the_order() {
        let doubled = Volley {
            doubled: vec![3],
            ..volley(&[1, 2], 20)
        };
        assert_eq!(code(&doubled), Some("answers-doubled"));
        let missing = Volley {
            unanswered: vec![3],
            ..doubled
        };
        assert_eq!(code(&missing), Some("answers-missing"));
    }

    #[test]
    fn several_workers_may_interleave_when_the_proxy_closes_connections() {
        let closed = Volley {
            connection: Connection::ClosedByProxy,
            workers: 2,
            ..volley(&[1, 1, 2, 1, 2, 2, 2, 1], 20)
        };
        assert_eq!(code(&closed), None);
    }
}
