//! Tests of the mistakes of a volley, and of their causes in the configuration.

use super::*;
use crate::nginx::sample::site;
use crate::observation::correct::correct;
use crate::observation::{AllHeld, Held, Other};

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
        others: Vec::new(),
        refused: None,
    }
}

fn code(volley: &Volley) -> Option<&'static str> {
    let judged = judge_volley(&correct(), volley).unwrap();
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
    let weighted = volley(&[1, 1, 2], 14);
    assert_eq!(code(&weighted), Some("weighted"));
    let judged = judge_volley(&correct(), &weighted).unwrap();
    let message = &judged.findings[0].message;
    assert!(message.en.ends_with("not equally: 2 : 1"));
}

/// Sequence without an order that repeats, in which one replica is at most three requests ahead of the other.
const DRIFTING: [u32; 21] = [
    1, 2, 2, 1, 1, 1, 2, 1, 2, 2, 2, 1, 1, 2, 1, 1, 2, 2, 1, 2, 2,
];

#[test]
fn no_order_is_not_round_robin() {
    assert_eq!(code(&volley(&DRIFTING, 1)), Some("not-round-robin"));
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
fn one_request_is_spoken_of_as_one() {
    let message = |volley: &Volley| {
        let judged = judge_volley(&correct(), volley).unwrap();
        judged.findings.first().unwrap().message.clone()
    };
    let of = |doubled: &[u32], unanswered: &[u32]| Volley {
        doubled: doubled.to_vec(),
        unanswered: unanswered.to_vec(),
        ..volley(&[1, 2], 20)
    };
    let unknown = |count: usize| {
        let mut volley = volley(&[1, 2], 20);
        volley.sequence[..count].fill(0);
        volley
    };
    for (volley, words) in [
        (of(&[3], &[]), "1 requête sur 40 a atteint"),
        (of(&[3, 4], &[]), "2 requêtes sur 40 ont atteint"),
        (of(&[], &[3]), "1 requête sur 40 n’est pas revenue"),
        (of(&[], &[3, 4]), "2 requêtes sur 40 ne sont pas revenues"),
        (unknown(1), "1 requête sur 40 a eu une réponse"),
        (unknown(2), "2 requêtes sur 40 ont eu une réponse"),
    ] {
        let message = message(&volley).fr;
        assert!(message.starts_with(words), "{message}");
    }
    assert!(message(&unknown(1)).en.ends_with("received it"));
    assert!(message(&unknown(2)).en.ends_with("received them"));
}

#[test]
fn several_workers_may_interleave_when_the_proxy_closes_connections() {
    let closed = |order: &[u32], workers| {
        code(&Volley {
            connection: Connection::ClosedByProxy,
            workers,
            ..volley(order, 1)
        })
    };
    assert_eq!(closed(&[1, 1, 2, 1, 2, 2, 2, 1].repeat(20), 2), None);
    assert_eq!(closed(&DRIFTING, 2), None);
    assert_eq!(closed(&DRIFTING, 1), Some("not-round-robin"));
    let favourite = [1, 1, 2].repeat(20);
    assert_eq!(closed(&favourite, 2), Some("not-round-robin"));
}

/// Returns code and line of the finding of `round-robin` for a volley, through a proxy that reads this configuration.
fn found(text: &str, volley: Volley) -> Option<(&'static str, Option<u32>)> {
    let seen = Observation {
        nginx: Some(site(text)),
        volleys: vec![volley],
        ..correct()
    };
    let finding = judge(&seen).unwrap().findings.into_iter().next()?;
    Some((finding.code, finding.place.map(|place| place.line)))
}

/// Returns the same as [`found`], for an order that repeats.
fn explained(text: &str, order: &[u32]) -> Option<(&'static str, Option<u32>)> {
    found(text, volley(order, 14))
}

/// Returns the same as [`explained`], with these lines in the `upstream` of the API.
fn upstream(lines: &str, order: &[u32]) -> Option<(&'static str, Option<u32>)> {
    let server = "server { location / { proxy_pass http://api; } }";
    explained(&format!("upstream api {{\n{lines}\n}}\n{server}\n"), order)
}

const ONE: &[u32] = &[1];
const TURNS: &[u32] = &[1, 2];
const UNORDERED: &[u32] = &[
    1, 2, 2, 1, 1, 1, 2, 1, 2, 2, 2, 1, 1, 2, 1, 1, 2, 2, 1, 2, 2, 2, 2, 1, 1, 2,
];

fn unordered(text: &str) -> Option<(&'static str, Option<u32>)> {
    found(text, volley(UNORDERED, 1))
}

#[test]
fn a_method_that_explains_the_order_is_named() {
    let back_end = "server back-end:5252;";
    let hashed = upstream(&format!("{back_end}\nip_hash;"), ONE);
    assert_eq!(hashed, Some(("hashed", Some(3))));
    let hashed = upstream(&format!("hash $remote_addr;\n{back_end}"), ONE);
    assert_eq!(hashed, Some(("hashed", Some(2))));
    let text = "upstream api {\n random;\n server back-end:5252;\n}\nserver { location / { proxy_pass http://api; } }\n";
    assert_eq!(unordered(text), Some(("random", Some(2))));
    assert_eq!(upstream(back_end, ONE), Some(("one-replica-only", None)));
    let missing = Volley {
        unanswered: vec![3],
        ..volley(UNORDERED, 1)
    };
    assert_eq!(found(text, missing), Some(("answers-missing", None)));
}

#[test]
fn a_method_that_does_not_show_in_the_order_is_no_mistake_but_least_conn() {
    for method in ["ip_hash;", "random;", "sticky;"] {
        assert_eq!(
            upstream(&format!("server back-end:5252;\n{method}"), TURNS),
            None
        );
    }
    let least = upstream("least_conn;\nserver back-end:5252;", TURNS);
    assert_eq!(least, Some(("least-conn", Some(2))));
    assert_eq!(
        upstream("# least_conn;\nserver back-end:5252;", TURNS),
        None
    );
    let other = "upstream site { least_conn; server front-end:9000; }\nserver { location / { proxy_pass http://site; }\nlocation /api { proxy_pass http://back-end:5252; } }\n";
    assert_eq!(explained(other, TURNS), None);
    let unknown = "upstream api { least_conn; server back-end:5252; }\nserver { location ~ \\.x { return 1; }\nlocation /api { proxy_pass http://api; } }\n";
    assert_eq!(explained(unknown, TURNS), None);
}

/// Returns the finding after a replica was paused and `waited` requests waited for it.
fn held(nginx: Option<&str>, waited: u32) -> Option<Finding> {
    let held = Held {
        replicas: 2,
        period: 2,
        workers: 1,
        waited,
        passed_by: 6,
        all: Some(AllHeld {
            requests: 4,
            answered: 2,
        }),
        unasked: Vec::new(),
    };
    let seen = Observation {
        nginx: nginx.map(site),
        held: Some(held),
        ..correct()
    };
    judge(&seen).unwrap().findings.into_iter().next()
}

const LEAST: &str = "upstream api {\n least_conn;\n server back-end:5252;\n}\nserver { location / { proxy_pass http://api; } }\n";

#[test]
fn a_held_replica_that_is_passed_by_is_told_with_its_cause_where_there_is_one() {
    let least = held(None, 1).unwrap();
    assert_eq!((least.code, &least.place), ("least-conn", &None));
    assert_eq!(
        least.message.en,
        "while the checker kept one of 2 replicas from answering, 1 request waited for it and 6 in a row went to the others; the proxy chooses the replica with the least to do"
    );
    let least = held(Some(LEAST), 1).unwrap();
    assert_eq!(least.code, "least-conn");
    assert_eq!(least.place.map(|place| place.line), Some(2));
    assert!(least.message.fr.contains("1 requête l’a attendue"));
    let asked = "`least_conn`, dans l’`upstream` `api`, fait choisir";
    assert!(least.message.fr.contains(asked));
}

#[test]
fn turns_that_a_held_replica_shows_are_believed_before_the_configuration() {
    assert_eq!(held(None, 2), None);
    assert_eq!(held(Some(LEAST), 2), None);
    assert_eq!(held(Some(LEAST), 0).unwrap().code, "least-conn");
}

#[test]
fn a_replica_that_no_request_waits_for_takes_no_turns() {
    let seen = Observation {
        held: Some(Held {
            replicas: 2,
            period: 2,
            workers: 1,
            waited: 2,
            passed_by: 0,
            all: None,
            unasked: vec![2],
        }),
        ..correct()
    };
    let finding = judge(&seen).unwrap().findings.remove(0);
    assert_eq!(finding.code, "witnesses-disagree");
    assert_eq!(
        finding.message.en,
        "`back-end` 2 seemed to take turns, but while the checker kept it from answering, 6 requests in a row were answered"
    );
}

#[test]
fn one_container_is_no_certain_turn() {
    let is_open = |servers: &str| {
        choice_is_open(&Observation {
            nginx: Some(site(&format!(
                "upstream api {{ {servers} }} server {{ location / {{ proxy_pass http://api; }} }}"
            ))),
            ..correct()
        })
    };
    assert!(!is_open("server back-end:5252;"));
    assert!(!is_open("server a-back-end-1:1; server a-back-end-2:1;"));
    assert!(is_open("server task6-back-end-1:5252;"));
    assert!(is_open("server a-back-end-1:1; server a-back-end-1:1;"));
}

#[test]
fn the_choice_is_open_where_turns_are_measured_and_not_certain_to_be_asked_for() {
    let is_open = |text: &str, order: &[u32]| {
        choice_is_open(&Observation {
            nginx: Some(site(text)),
            volleys: vec![volley(order, 14)],
            ..correct()
        })
    };
    let plain = "server { location / { proxy_pass http://back-end:5252; } }";
    assert!(!is_open(plain, TURNS));
    assert!(is_open(LEAST, TURNS));
    assert!(!is_open(LEAST, ONE));
    let chained = "server { location / { proxy_pass http://other:80; } }";
    assert!(is_open(chained, TURNS));
    let unknown = "upstream api { sticky; server back-end:1; } server { location / { proxy_pass http://api; } }";
    assert!(is_open(unknown, TURNS));
    assert!(choice_is_open(&correct()));
    let nothing = Observation::of_answer(None);
    assert!(!choice_is_open(&nothing));
}

#[test]
fn servers_that_are_listed_one_by_one_are_named() {
    let one = "server {\n location / {\n  proxy_pass http://task6_back-end_1:5252;\n }\n}\n";
    assert_eq!(explained(one, ONE), Some(("replicas-listed", Some(3))));
    let listed = "server 172.18.0.2:5252;\nserver task6-back-end-2:5252;";
    assert_eq!(upstream(listed, ONE), Some(("replicas-listed", Some(2))));
    let held_back = "server task6-back-end-1:5252;\nserver task6-back-end-2:5252 backup;";
    assert_eq!(upstream(held_back, ONE), Some(("one-replica-only", None)));
    assert_eq!(upstream(listed, TURNS), None);
}

#[test]
fn a_weight_has_its_line() {
    let weighted = "server task6-back-end-1:5252;\nserver task6-back-end-2:5252 weight=2;";
    assert_eq!(upstream(weighted, &[1, 2, 2]), Some(("weighted", Some(3))));
    let twice = "server a-back-end-1:1;\nserver a-back-end-2:1;\nserver a-back-end-2:1;";
    assert_eq!(upstream(twice, &[1, 2, 2]), Some(("weighted", Some(4))));
}

#[test]
fn a_server_in_a_variable_is_named_where_it_is_looked_up() {
    let site = |set: &str, pass: &str| {
        format!(
            "upstream api {{ server back-end:5252; }}\nserver {{ resolver 127.0.0.11;\nlocation / {{ set {set}; proxy_pass {pass}; }} }}\n"
        )
    };
    for (set, pass) in [
        ("$api back-end", "http://$api:5252"),
        ("$api http://back-end:5252", "$api"),
        ("$api back-end:5252", "http://${api}"),
    ] {
        let found = unordered(&site(set, pass));
        assert_eq!(found, Some(("variable-address", Some(3))), "{set}");
    }
    let group = unordered(&site("$to api", "http://$to"));
    assert_eq!(group, Some(("not-round-robin", None)));
    let with_port = site("$to api", "http://$to:5252").replace("api", "back-end");
    let found = unordered(&with_port);
    assert_eq!(found, Some(("variable-address", Some(3))));
}

#[test]
fn a_server_in_a_variable_that_is_another_or_not_looked_up_explains_nothing() {
    for (resolver, given, pass) in [
        ("resolver 127.0.0.11;", "set $api web", "http://$api:5252"),
        ("resolver 127.0.0.11;", "set $api back-end", "http://$api"),
        ("", "set $api task6-back-end-1", "http://$api:5252"),
        (
            "resolver 127.0.0.11;",
            "auth_request_set $api task6-back-end-1",
            "http://$api:5252",
        ),
    ] {
        let text = format!(
            "upstream back-end {{ server task6-back-end-1:5252; }}\nserver {{ {resolver}\nlocation / {{ {given}; proxy_pass {pass}; }} }}\n"
        );
        let found = unordered(&text);
        assert_eq!(found, Some(("not-round-robin", None)), "{given}");
    }
}

/// Returns a pseudo-random generator of numbers below a bound.
fn by_chance(mut seed: u64) -> impl FnMut(u32) -> u32 {
    move |below| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as u32 % below.max(1)
    }
}

/// Returns a volley with random logs: an order, a weight or chance, with or without requests of others.
fn told(chance: &mut impl FnMut(u32) -> u32, replicas: u32) -> Volley {
    let requests = replicas * 20;
    let kind = chance(4);
    let order: Vec<u32> = (1..=replicas).collect();
    let sequence: Vec<u32> = (0..requests)
        .map(|request| match kind {
            0 | 1 => order[(request % replicas) as usize],
            2 => chance(replicas) + 1,
            _ => 1 + (request % (replicas + 1)) % replicas,
        })
        .collect();
    let others = match chance(3) {
        0 => 0,
        1 => chance(10),
        _ => chance(200),
    };
    let mut after: Vec<u32> = (0..others).map(|_| chance(requests + 1)).collect();
    after.sort_unstable();
    let others: Vec<Other> = (after.into_iter())
        .map(|after| Other {
            replica: chance(replicas) + 1,
            after,
        })
        .collect();
    Volley {
        replicas,
        connection: match chance(3) {
            0 => Connection::ClosedByProxy,
            _ => Connection::KeptAlive,
        },
        sequence,
        others,
        workers: chance(9),
        ..volley(&[1], 1)
    }
}

/// Returns received bytes of which one replica has nearly all: each other has at most a tenth of an even share.
fn uneven(chance: &mut impl FnMut(u32) -> u32, volley: &Volley) -> Vec<u64> {
    let busy = chance(volley.replicas);
    let each = 300 + u64::from(chance(3000));
    let even = 20 * each;
    let mut received: Vec<u64> = (0..volley.replicas)
        .map(|_| even * u64::from(chance(11)) / 100)
        .collect();
    let rest: u64 = received.iter().sum();
    received[busy as usize] = even * u64::from(volley.replicas) - rest;
    received
}

#[test]
fn no_logs_make_a_pass_of_one_replica_that_receives_nearly_everything() {
    let mut would_pass = 0;
    for seed in 0..3000 {
        let mut chance = by_chance(seed);
        let chance = &mut chance;
        let set_aside = (0..chance(4)).map(|_| {
            let mut volley = told(chance, 2);
            volley.received = (0..2).map(|_| u64::from(chance(100_000))).collect();
            volley
        });
        let set_aside = set_aside.collect();
        let mut volleys = vec![told(chance, 2), told(chance, 5)];
        let forged = chance(2) as usize;
        let agreeing = judge_volley(&correct(), &volleys[forged]);
        would_pass += u32::from(agreeing.is_ok_and(|judged| judged.findings.is_empty()));
        volleys[forged].received = uneven(chance, &volleys[forged]);
        let seen = Observation {
            volleys,
            set_aside,
            ..correct()
        };
        let id = ["round-robin", "scales-further"][forged];
        let verdicts = crate::judge(crate::TASK6, &seen);
        let verdict = verdicts.iter().find(|verdict| verdict.check.id == id);
        let status = &verdict.unwrap().status;
        assert_ne!(status, &crate::Status::Passed, "{seed}: {seen:?}");
    }
    assert!(would_pass > 1000, "{would_pass} logs pass by themselves");
}

#[test]
fn a_volley_that_was_sent_again_still_has_two_witnesses() {
    let aside = |received: &[u64], others: Vec<Other>| Volley {
        received: received.to_vec(),
        others,
        ..volley(&DRIFTING, 1)
    };
    let code = |aside: Volley| {
        let seen = Observation {
            set_aside: vec![aside],
            ..correct()
        };
        let judged = judge(&seen).unwrap();
        judged.findings.first().map(|finding| finding.code)
    };
    let other = Other {
        replica: 1,
        after: 3,
    };
    assert_eq!(
        code(aside(&[60_000, 700], vec![])),
        Some("witnesses-disagree")
    );
    assert_eq!(code(aside(&[30_000, 31_000], vec![])), None);
    assert_eq!(code(aside(&[], vec![])), None);
    assert_eq!(code(aside(&[60_000, 700], vec![other])), None);
}

#[test]
fn requests_of_others_that_hide_the_order_are_named_and_no_mistake() {
    let others = (1..40).map(|after| Other { replica: 2, after }).collect();
    let hidden = Volley {
        others,
        ..volley(&[1], 40)
    };
    let seen = Observation {
        volleys: vec![hidden],
        askers: vec!["smoke-test".to_owned()],
        ..correct()
    };
    assert!(is_hidden(&seen, &seen.volleys[0]) && is_disturbed(&seen, &seen.volleys[0]));
    let Err(Unjudged::Fault(fault)) = judge(&seen) else {
        panic!("judged");
    };
    assert!(fault.detail.en.starts_with("`smoke-test` asks the API"));
}

#[test]
fn requests_of_others_are_counted_in_with_a_note() {
    let mut sequence = [1, 2].repeat(20);
    sequence.insert(10, 2);
    let slipped = Volley {
        others: vec![Other {
            replica: 1,
            after: 10,
        }],
        ..volley(&sequence, 1)
    };
    assert_eq!(code(&slipped), None);
    let unseen = Volley {
        others: Vec::new(),
        ..slipped.clone()
    };
    assert_eq!(code(&unseen), Some("not-round-robin"));
    let seen = Observation {
        volleys: vec![slipped],
        askers: vec!["monitor".to_owned()],
        ..correct()
    };
    assert_eq!(judge(&seen).unwrap().notes[0].code, "others-ask");
}

#[test]
fn a_limit_that_refuses_requests_is_named_with_its_line() {
    let limited = "limit_req_zone $uri zone=a:1m rate=1r/m;\nserver { location / {\n limit_req zone=a;\n proxy_pass http://back-end:5252; } }\n";
    let refused = Volley {
        unanswered: (6..=40).collect(),
        refused: Some(503),
        ..volley(&[1, 2], 20)
    };
    assert_eq!(
        found(limited, refused.clone()),
        Some(("rate-limited", Some(1)))
    );
    let plain = "server { location / { proxy_pass http://back-end:5252; } }";
    assert_eq!(found(plain, refused), Some(("answers-missing", None)));
}
