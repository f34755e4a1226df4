//! Tests of the route of requests to the API.

use super::*;
use crate::nginx::sample::site;

const PATH: &str = "/api/hello";

/// Returns the target of the route of `/api/hello`; `none` if it passes no requests on, `unknown` if the route is not
/// certain.
fn passed(text: &str) -> String {
    let seen = site(text);
    let effective = Effective::read(&seen);
    let Some(route) = Route::of(&effective, 80, PATH) else {
        return "unknown".to_owned();
    };
    match route.pass() {
        Some(pass) => pass.authority.to_owned(),
        None => "none".to_owned(),
    }
}

fn among(locations: &str) -> String {
    passed(&format!("server {{ listen 80; {locations} }}"))
}

fn forwarded(location: &str, pass: &str) -> Option<String> {
    let text = format!("server {{ location {location} {{ proxy_pass {pass}; }} }}");
    let seen = site(&text);
    let effective = Effective::read(&seen);
    let route = Route::of(&effective, 80, PATH)?;
    route.forwarded(&route.pass()?, PATH)
}

#[test]
fn the_longest_prefix_answers() {
    let site = "location / { proxy_pass http://site; }";
    assert_eq!(among(site), "site");
    assert_eq!(
        among(&format!(
            "location /api {{ proxy_pass http://api:1; }} {site}"
        )),
        "api:1"
    );
    assert_eq!(
        among(&format!(
            "location /api/hello/ {{ proxy_pass http://api; }} {site}"
        )),
        "unknown"
    );
    for location in ["/app", "@api"] {
        let text = format!("location {location} {{ proxy_pass http://api; }}");
        assert_eq!(among(&text), "none", "{location}");
    }
}

#[test]
fn an_exact_path_and_a_plain_expression_come_first() {
    let prefix = "location /api { proxy_pass http://prefix; }";
    for (first, found) in [
        ("= /api/hello", "first"),
        ("= /api", "prefix"),
        ("~ ^/api", "first"),
        ("~^/api/(.*)", "first"),
        ("~ hello$", "unknown"),
        ("~ hello", "first"),
        ("~ ^hello", "prefix"),
        ("~ ^/api(/.*)?$", "unknown"),
        ("~ ^/app(/.*)?$", "prefix"),
        ("~ ^/API", "prefix"),
        ("~* ^/API", "first"),
        ("~ ^/app", "prefix"),
        ("~ \\.php$", "unknown"),
    ] {
        let text = format!("{prefix} location {first} {{ proxy_pass http://first; }}");
        assert_eq!(among(&text), found, "{first}");
    }
    let text = "location ^~ /api { proxy_pass http://prefix; } location ~ . { return 1; }";
    assert_eq!(among(text), "prefix");
}

#[test]
fn the_first_expression_that_finds_something_answers() {
    for (expressions, found) in [
        (["^/app", "^/api", "hello"], "1"),
        (["^/api", "\\.php$", "^/app"], "0"),
        (["^/app", "\\.php$", "^/api"], "unknown"),
    ] {
        let locations = expressions.iter().enumerate();
        let locations = locations.map(|(number, expression)| {
            format!("location ~ {expression} {{ proxy_pass http://{number}; }} ")
        });
        let text: String = locations.collect();
        assert_eq!(among(&text), found, "{text}");
    }
}

#[test]
fn what_is_not_followed_is_unknown() {
    for text in [
        "location / { if ($x) { return 1; } }",
        "rewrite ^ /x; location / { proxy_pass http://a; }",
        "location / { location /api { proxy_pass http://a; } }",
        "location / { try_files $uri @api; }",
    ] {
        assert_eq!(among(text), "unknown", "{text}");
    }
    assert_eq!(
        passed("server { location / { proxy_pass http://a }"),
        "unknown"
    );
}

#[test]
fn the_server_of_the_port_and_the_name_answers() {
    let server = |listen: &str, name: &str, pass: &str| {
        format!(
            "server {{ {listen} server_name {name}; location / {{ proxy_pass http://{pass}; }} }}\n"
        )
    };
    let other = server("listen 8080;", "localhost", "other");
    let first = server("listen 80;", "example.org", "first");
    assert_eq!(passed(&(other.clone() + &first)), "first");
    let named = server("listen 80;", "LOCALHOST", "named");
    assert_eq!(passed(&(first.clone() + &named)), "named");
    let default = server("listen *:80 default_server;", "_", "default");
    assert_eq!(passed(&(first.clone() + &default)), "default");
    let pattern = server("listen 80;", "*.org", "pattern");
    assert_eq!(passed(&(first.clone() + &pattern)), "unknown");
    let inside = server("listen 127.0.0.1:80;", "localhost", "inside");
    assert_eq!(passed(&(first + &inside)), "unknown");
    assert_eq!(passed(&other), "unknown");
    assert_eq!(passed(""), "unknown");
}

#[test]
fn a_server_listens_on_every_address_or_it_is_unknown() {
    for (listen, found) in [
        ("listen *;", "a"),
        ("listen 0.0.0.0;", "a"),
        ("listen 127.0.0.1;", "unknown"),
        ("listen localhost;", "unknown"),
        ("listen 80; listen [::]:80;", "a"),
        ("listen [::]:80;", "unknown"),
        ("listen unix:/run/nginx.sock; listen 80;", "a"),
    ] {
        let text = format!("server {{ {listen} location / {{ proxy_pass http://a; }} }}");
        assert_eq!(passed(&text), found, "{listen}");
    }
}

#[test]
fn an_address_has_a_scheme_or_begins_with_a_variable() {
    for (address, found) in [("http://a:1/b", "a:1"), ("$a/b", "$a"), ("a:1", "none")] {
        let text = format!("location / {{ proxy_pass {address}; }}");
        assert_eq!(among(&text), found, "{address}");
    }
}

#[test]
fn a_path_in_the_address_takes_the_place_of_the_prefix() {
    assert_eq!(forwarded("/api/", "http://a:1/").as_deref(), Some("/hello"));
    assert_eq!(forwarded("/api", "http://a/").as_deref(), Some("//hello"));
    assert_eq!(forwarded("/api", "http://a/api").as_deref(), Some(PATH));
    assert_eq!(forwarded("/api", "http://a").as_deref(), Some(PATH));
    assert_eq!(forwarded("/", "http://a/").as_deref(), Some(PATH));
    assert_eq!(
        forwarded("^~ /api/", "http://a/").as_deref(),
        Some("/hello")
    );
    assert_eq!(
        forwarded("= /api/hello", "http://a/b").as_deref(),
        Some("/b")
    );
    assert_eq!(forwarded("~ /api", "http://a/b"), None);
    assert_eq!(forwarded("/", "http://$a/x").as_deref(), Some("/x"));
    assert_eq!(
        forwarded("/", "http://a$request_uri").as_deref(),
        Some(PATH)
    );
    assert_eq!(forwarded("/", "http://a/$request_uri"), None);
}

#[test]
fn servers_are_those_of_the_group_or_the_one_that_is_named() {
    let servers = |pass: &str| {
        let text = format!(
            "upstream api {{ server a:1; server b:2; }} server {{ location / {{ proxy_pass {pass}; }} }}"
        );
        let seen = site(&text);
        let effective = Effective::read(&seen);
        let route = Route::of(&effective, 80, PATH)?;
        let servers = route.pass()?.servers(&effective)?;
        let servers = servers
            .iter()
            .map(|(host, port, _)| format!("{host}:{port}"));
        Some(servers.collect::<Vec<_>>().join(" "))
    };
    assert_eq!(servers("http://api").as_deref(), Some("a:1 b:2"));
    assert_eq!(servers("http://c:3/x").as_deref(), Some("c:3"));
    assert_eq!(servers("http://c").as_deref(), Some("c:80"));
    assert_eq!(servers("http://$c"), None);
}
