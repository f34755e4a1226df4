//! Tests of nginx's error messages, with and without its configuration.

use super::*;
use crate::nginx::sample::{nginx, site};
use crate::observation::Service;
use crate::observation::correct::{compose, container, correct, service};

const SITE: &str = "/etc/nginx/conf.d/default.conf";

/// Returns the finding for a proxy that exited with this message, and reads this configuration.
fn found(seen: Option<Nginx>, words: &str) -> Finding {
    let seen = Observation {
        nginx: seen,
        ..correct()
    };
    judged(&seen, words)
}

fn judged(seen: &Observation, words: &str) -> Finding {
    let proxy = Container {
        log: vec![format!("2026/11/24 04:00:00 [emerg] 1#1: {words}")],
        state: State::Exited { status: 1 },
        ..container("proxy", 1)
    };
    cause(seen, &proxy, "`proxy`").unwrap()
}

/// Returns code and line of the finding for a site that nginx refuses at a line.
fn refused(text: &str, words: &str, line: u32) -> (&'static str, u32) {
    let finding = found(Some(site(text)), &format!("{words} in {SITE}:{line}"));
    let place = finding.place.unwrap();
    assert_eq!(place.file, "task6/proxy/default.conf");
    (finding.code, place.line)
}

#[test]
fn each_refusal_has_its_cause_and_line() {
    let server = "server {\n location /api {\n  proxy_pass http://a\n }\n}\n";
    assert_eq!(
        refused(server, "unexpected \"}\"", 4),
        ("missing-semicolon", 3)
    );
    let twice = "server {\n location / {\n  proxy_pass http://a;\n  proxy_pass http://b;\n }\n}\n";
    let words = "\"proxy_pass\" directive is duplicate";
    assert_eq!(refused(twice, words, 4), ("proxy-pass-twice", 4));
    let port = "upstream a { server a:1; }\nserver { location / { proxy_pass http://a:1; } }\n";
    let words = "upstream \"a\" may not have port 1";
    assert_eq!(refused(port, words, 2), ("upstream-with-port", 2));
    let words = "\"http\" directive is not allowed here";
    assert_eq!(refused("\nhttp {\n}\n", words, 2), ("http-inside-http", 2));
    let words = "unknown directive \"prox_pass\"";
    assert_eq!(
        refused("prox_pass x;\n", words, 1),
        ("nginx-configuration", 1)
    );
    let marked = "server { location / {\n proxy_pass http://<back-end>:5252; } }\n";
    let words = "invalid host in upstream \"<back-end>:5252\"";
    assert_eq!(refused(marked, words, 2), ("placeholder-left", 2));
}

#[test]
fn a_word_that_is_no_address_is_not_called_a_placeholder() {
    for (text, words) in [
        (
            "server {\n proxy_set_header X_REAL_IP;\n}\n",
            "invalid number of arguments in \"proxy_set_header\" directive",
        ),
        (
            "\nserver MY_SITE {\n}\n",
            "invalid number of arguments in \"server\" directive",
        ),
        (
            "server {\n listen x; location / {\n proxy_pass http://<api>:80; } }\n",
            "invalid port in \"x\" of the \"listen\" directive",
        ),
        (
            "server { location / {\n proxy_pass http://[::1]:x; } }\n",
            "invalid port in upstream \"[::1]:x\"",
        ),
    ] {
        assert_eq!(refused(text, words, 2), ("nginx-configuration", 2));
    }
    let group = "upstream api {\n server <back-end>:5252;\n}\n";
    let words = "invalid host in upstream \"<back-end>:5252\"";
    assert_eq!(refused(group, words, 2), ("placeholder-left", 2));
}

#[test]
fn another_misplaced_directive_is_told_in_nginx_s_words() {
    let words = "\"location\" directive is not allowed here";
    let site = "\nlocation / {\n}\n";
    assert_eq!(refused(site, words, 2), ("nginx-configuration", 2));
    let main = nginx(&[("nginx.conf", site)]);
    let finding = found(Some(main), &format!("{words} in /etc/nginx/nginx.conf:2"));
    assert_eq!(finding.code, "nginx-configuration");
}

#[test]
fn a_server_alone_is_no_main_configuration() {
    let main = nginx(&[("nginx.conf", "# mine\nserver {\n listen 80;\n}\n")]);
    let words = "\"server\" directive is not allowed here in /etc/nginx/nginx.conf:2";
    let finding = found(Some(main), words);
    assert_eq!(finding.code, "server-outside-http");
    assert_eq!(finding.place.map(|place| place.line), Some(2));
}

#[test]
fn an_empty_main_configuration_has_no_events() {
    let words = "no \"events\" section in configuration";
    let empty = found(Some(nginx(&[("nginx.conf", "# later\n")])), words);
    assert_eq!(empty.code, "configuration-empty");
    let other = found(Some(nginx(&[("nginx.conf", "user x;\n")])), words);
    assert_eq!(other.code, "nginx-configuration");
}

#[test]
fn a_variable_without_a_value_is_found() {
    let text = "server {\n location / {\n  proxy_pass http://${API_HOST}:5252;\n }\n}\n";
    let finding = found(Some(site(text)), "unknown \"api_host\" variable");
    assert_eq!(finding.code, "placeholder-left");
    assert_eq!(finding.place.map(|place| place.line), Some(3));
    let second = "server {\n location / { proxy_pass http://$api_host; }\n location /api { proxy_pass http://$api; }\n}\n";
    let finding = found(Some(site(second)), "unknown \"api\" variable");
    assert_eq!(finding.place.map(|place| place.line), Some(3));
    let text = "server {\n location / {\n  add_header X $api_host;\n }\n}\n";
    let finding = found(Some(site(text)), "unknown \"api_host\" variable");
    assert_eq!(finding.code, "nginx-configuration");
}

#[test]
fn a_name_that_is_not_found_is_compared_with_the_services() {
    let text = "server { location / {\n proxy_pass http://backend:5252; } }\n";
    let words = "host not found in upstream \"backend\" in /etc/nginx/conf.d/default.conf:2";
    let finding = found(Some(site(text)), words);
    assert_eq!(finding.code, "upstream-host-not-found");
    assert!(
        finding
            .message
            .en
            .ends_with("the compose file has a service `back-end`")
    );
    assert_eq!(finding.place.map(|place| place.line), Some(2));
    for host in ["BACKEND_HOST", "your-api", "<service>"] {
        let words = format!("host not found in upstream \"{host}:80\" in {SITE}:2");
        assert_eq!(found(None, &words).code, "placeholder-left");
    }
    for host in ["API", "A_B", "back-end"] {
        let words = format!("host not found in upstream \"{host}:80\" in {SITE}:2");
        assert_eq!(found(None, &words).code, "upstream-host-not-found");
    }
}

#[test]
fn a_service_that_waits_for_the_proxy_is_there_too_late() {
    let mut compose = compose();
    compose.services = vec![
        Service {
            depends_on: vec!["proxy".to_owned()],
            ..service("back-end")
        },
        service("proxy"),
    ];
    let seen = Observation {
        compose: Some(compose),
        ..correct()
    };
    let words = format!("host not found in upstream \"back-end\" in {SITE}:2");
    assert_eq!(judged(&seen, &words).code, "proxy-starts-first");
}

#[test]
fn without_the_configuration_nginx_s_words_are_told() {
    let words = format!("unexpected \"}}\" in {SITE}:9");
    let finding = found(None, &words);
    assert_eq!(finding.code, "nginx-configuration");
    assert_eq!(finding.place, None);
    assert!(
        finding
            .message
            .en
            .contains("refuses line 9 of `/etc/nginx/conf.d/default.conf`: `unexpected \"}\"`")
    );
}
