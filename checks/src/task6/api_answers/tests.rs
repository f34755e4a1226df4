//! Tests of the symptoms of an API that does not answer; `causes_tests` has their causes.

use super::*;
use crate::observation::correct::{correct, reply};

fn first(judgement: Judgement) -> Option<&'static str> {
    let judged = judgement.ok()?;
    judged.findings.first().map(|finding| finding.code)
}

fn replies(replies: Vec<Reply>) -> Option<&'static str> {
    let api = Some(replies);
    first(judge(&Observation { api, ..correct() }))
}

fn code(outcome: Outcome) -> Option<&'static str> {
    let path = "/api/hello".to_owned();
    let location = None;
    replies(vec![Reply {
        path,
        outcome,
        location,
    }])
}

fn answered(status: u16, body: &str) -> Option<&'static str> {
    replies(vec![reply("/api/hello", status, body)])
}

/// Judges the correct stack with one change, without any reply.
fn stack(change: impl FnMut(&mut Stack)) -> Option<&'static str> {
    let mut seen = Observation {
        api: None,
        ..correct()
    };
    seen.stack.iter_mut().for_each(change);
    first(judge(&seen))
}

#[test]
fn hello_world_passes_with_white_space_around_it() {
    assert_eq!(judge(&correct()), Ok(Judged::passed()));
    assert_eq!(answered(200, "Hello, World!\n"), None);
}

#[test]
fn nothing_seen_is_not_a_pass() {
    let none = Observation {
        api: None,
        ..correct()
    };
    assert_eq!(judge(&none), Err(Unjudged::Pending));
    let empty = Observation {
        api: Some(Vec::new()),
        ..correct()
    };
    assert!(matches!(judge(&empty), Err(Unjudged::Fault(_))));
}

#[test]
fn no_published_port_is_no_proxy() {
    assert_eq!(stack(|stack| stack.proxy = None), Some("no-proxy"));
}

#[test]
fn a_replica_that_listens_on_nothing_is_silent() {
    let silent = stack(|stack| stack.containers[1].state = State::Silent { seconds: 20 });
    assert_eq!(silent, Some("back-end-silent"));
}

#[test]
fn a_replica_that_listens_to_itself_is_loopback_only() {
    for address in ["127.0.0.1:5252", "[::1]:5252", "[::ffff:127.0.0.1]:5252"] {
        let found = stack(|stack| stack.containers[0].listening = vec![address.to_owned()]);
        assert_eq!(found, Some("loopback-only"), "{address}");
    }
}

#[test]
fn a_replica_that_listens_to_others_too_is_not() {
    let mut seen = correct();
    for replica in seen
        .stack
        .iter_mut()
        .flat_map(|stack| &mut stack.containers)
    {
        replica.listening = vec!["127.0.0.1:5252".to_owned(), "0.0.0.0:5252".to_owned()];
    }
    assert_eq!(judge(&seen), Ok(Judged::passed()));
}

#[test]
fn a_proxy_that_does_not_listen_is_silent() {
    let silent = stack(|stack| stack.containers[3].state = State::Silent { seconds: 20 });
    assert_eq!(silent, Some("proxy-silent"));
    assert_eq!(code(Outcome::Refused), Some("proxy-silent"));
}

#[test]
fn each_status_has_its_code() {
    assert_eq!(answered(404, "Not Found"), Some("api-not-found"));
    assert_eq!(answered(502, "Bad Gateway"), Some("api-bad-gateway"));
    assert_eq!(answered(503, ""), Some("api-bad-gateway"));
    assert_eq!(answered(504, ""), Some("api-bad-gateway"));
    assert_eq!(answered(500, ""), Some("api-other-status"));
    assert_eq!(answered(301, ""), Some("api-other-status"));
}

#[test]
fn another_body_is_found() {
    assert_eq!(answered(200, "Hello World"), Some("api-other-body"));
    assert_eq!(answered(200, ""), Some("api-other-body"));
}

#[test]
fn no_http_answer_is_no_answer() {
    let error = "connection reset".to_owned();
    assert_eq!(code(Outcome::Broken { error }), Some("api-no-answer"));
    assert_eq!(
        code(Outcome::TimedOut { seconds: 10 }),
        Some("api-no-answer")
    );
    assert_eq!(
        code(Outcome::TooLarge { limit: 1 << 20 }),
        Some("api-no-answer")
    );
}

#[test]
fn a_later_reply_that_fails_is_found() {
    let (good, bad) = (
        reply("/api/hello", 200, "Hello, World!"),
        reply("/api/hello", 502, ""),
    );
    assert_eq!(
        replies(vec![good, bad.clone()]),
        Some("api-sometimes-fails")
    );
    assert_eq!(replies(vec![bad.clone(), bad]), Some("api-bad-gateway"));
}

#[test]
fn replies_that_fail_are_counted() {
    let mut seen = correct();
    let replies = seen.api.as_mut().unwrap();
    replies[1] = reply("/api/hello", 502, "");
    let message = judge(&seen).unwrap().findings.remove(0).message.en;
    assert!(message.starts_with("the first of 3 requests got the right answer, 1 of the others"));
}

#[test]
fn a_failure_is_shown_by_the_logs_of_the_proxy_and_of_the_replica_that_was_asked() {
    let mut seen = Observation {
        api: Some(vec![reply("/api/hello", 403, "")]),
        ..correct()
    };
    let containers = seen
        .stack
        .iter_mut()
        .flat_map(|stack| &mut stack.containers);
    let logs = [
        "Serving Flask app",
        "\"GET /api/hello HTTP/1.0\" 403 -",
        "ready",
        "\"GET /api/hello HTTP/1.1\" 403",
    ];
    for (container, line) in containers.zip(logs) {
        container.log = vec![line.to_owned()];
    }
    let evidence = judge(&seen).unwrap().findings.remove(0).evidence;
    let sources = evidence.iter().map(|evidence| evidence.source.as_str());
    assert_eq!(sources.collect::<Vec<_>>(), ["proxy", "back-end 2"]);
}

#[test]
fn a_proxy_that_listens_to_itself_is_loopback_only() {
    for address in ["127.0.0.1:80", "[::1]:80"] {
        let found = stack(|stack| stack.containers[3].listening = vec![address.to_owned()]);
        assert_eq!(found, Some("loopback-only"), "{address}");
    }
    let both = stack(|stack| {
        stack.containers[3].listening = vec!["127.0.0.1:80".to_owned(), "0.0.0.0:80".to_owned()];
    });
    assert_eq!(both, None);
}

#[test]
fn a_proxy_of_version_6_alone_is_told_from_one_that_listens_nowhere() {
    let refused = |listening: &[&str]| {
        let path = "/api/hello".to_owned();
        let outcome = Outcome::Refused;
        let mut seen = Observation {
            api: Some(vec![Reply {
                path,
                outcome,
                location: None,
            }]),
            ..correct()
        };
        let containers = seen
            .stack
            .iter_mut()
            .flat_map(|stack| &mut stack.containers);
        for proxy in containers.filter(|container| container.service == "proxy") {
            proxy.listening = listening
                .iter()
                .map(|&address| address.to_owned())
                .collect();
        }
        judge(&seen).unwrap().findings.remove(0)
    };
    let finding = refused(&["[::]:80"]);
    assert_eq!(finding.code, "proxy-silent");
    assert!(
        finding
            .message
            .en
            .ends_with("`proxy` listens on `[::]:80`, and requests come in at its IPv4 address")
    );
    for listening in [&["[::]:81"][..], &["[::]:80", "10.0.0.9:80"], &[]] {
        assert!(
            !refused(listening).message.en.contains("IPv4"),
            "{listening:?}"
        );
    }
}

#[test]
fn a_limit_that_refuses_the_first_request_is_named() {
    let limited = "limit_req_zone $uri zone=a:1m rate=1r/m;\nserver { location / { limit_req zone=a; proxy_pass http://back-end:5252; } }";
    for (status, expected) in [
        (503, "rate-limited"),
        (429, "rate-limited"),
        (502, "api-bad-gateway"),
    ] {
        let seen = Observation {
            api: Some(vec![reply("/api/hello", status, "")]),
            nginx: Some(crate::nginx::sample::site(limited)),
            ..correct()
        };
        assert_eq!(first(judge(&seen)), Some(expected), "{status}");
    }
}
