//! Tests of the causes of a reply, with replies that have none of them.

use crate::model::Finding;
use crate::nginx::sample::{nginx, site};
use crate::observation::correct::{correct, reply};
use crate::observation::{Nginx, NginxFile, Observation, SourceFile};

const SITE: &str = "location / { proxy_pass http://front-end:9000; }";

/// Returns the first finding for an answer of this status through a proxy that reads this configuration.
fn found(nginx: Nginx, status: u16) -> Finding {
    let mut seen = Observation {
        api: Some(vec![reply("/api/hello", status, "")]),
        nginx: Some(nginx),
        ..correct()
    };
    for container in seen
        .stack
        .iter_mut()
        .flat_map(|stack| &mut stack.containers)
    {
        if container.service == "back-end" {
            container.listening = vec!["0.0.0.0:5252".to_owned(), "127.0.0.11:40000".to_owned()];
        }
    }
    let judged = super::judge(&seen).unwrap();
    judged.findings.into_iter().next().unwrap()
}

/// Returns code and line of the finding for a location of the API, in addition to that of the site.
fn api(location: &str, status: u16) -> (&'static str, Option<u32>) {
    let text =
        format!("upstream api {{ server back-end:5252; }}\nserver {{ {SITE}\n{location} }}\n");
    let finding = found(site(&text), status);
    (finding.code, finding.place.map(|place| place.line))
}

/// Returns a proxy that runs with its image's configuration, and has this Dockerfile.
fn stock(dockerfile: &str) -> Nginx {
    let mut nginx = site("server { listen 80; location / { root /usr/share/nginx/html; } }\n");
    for file in &mut nginx.files {
        file.source = None;
    }
    nginx.handed_in = vec!["task6/proxy/proxy.conf".to_owned()];
    nginx.dockerfile = Some(SourceFile {
        path: "task6/proxy/Dockerfile".to_owned(),
        text: dockerfile.to_owned(),
    });
    nginx
}

#[test]
fn a_path_that_is_lost_on_the_way_is_why_it_is_not_found() {
    let lost = "location /api/ { proxy_pass http://back-end:5252/; }";
    assert_eq!(api(lost, 404), ("path-stripped", Some(3)));
    assert_eq!(api(lost, 500), ("api-other-status", None));
    let group = "location /api { proxy_pass http://api/; }";
    assert_eq!(api(group, 404), ("path-stripped", Some(3)));
    for kept in [
        "location /api/ { proxy_pass http://back-end:5252; }",
        "location /api/ { proxy_pass http://back-end:5252/api/; }",
        "location /api/ { rewrite ^/x /y; proxy_pass http://back-end:5252/; }",
    ] {
        assert_eq!(api(kept, 404), ("api-not-found", None), "{kept}");
    }
}

#[test]
fn a_port_that_nobody_listens_on_is_why_there_is_no_answer() {
    for wrong in ["http://back-end:5000", "http://back-end"] {
        let location = format!("location /api {{ proxy_pass {wrong}; }}");
        assert_eq!(api(&location, 502), ("wrong-port", Some(3)));
        assert_eq!(api(&location, 504), ("api-bad-gateway", None));
    }
    let right = "location /api { proxy_pass http://api; }";
    assert_eq!(api(right, 502), ("api-bad-gateway", None));
}

#[test]
fn a_port_is_wrong_only_where_it_is_known_what_each_replica_listens_on() {
    let mut seen = Observation {
        api: Some(vec![reply("/api/hello", 502, "")]),
        nginx: Some(site(
            "server { location / { proxy_pass http://back-end:5000; } }\n",
        )),
        ..correct()
    };
    for (replica, found) in [(0, "api-bad-gateway"), (1, "wrong-port")] {
        let stack = seen.stack.as_mut().unwrap();
        stack.containers[replica].listening = vec!["0.0.0.0:5252".to_owned()];
        let judged = super::judge(&seen).unwrap();
        assert_eq!(judged.findings[0].code, found);
    }
}

#[test]
fn a_request_that_the_front_end_gets_is_told() {
    assert_eq!(api("", 404), ("api-to-front-end", Some(2)));
    let elsewhere = "location /api { proxy_pass http://site.example; }";
    assert_eq!(api(elsewhere, 404), ("api-not-found", None));
}

#[test]
fn a_configuration_that_is_not_read_is_found_with_its_copy() {
    let astray = stock("FROM nginx\nCOPY proxy.conf /ect/nginx/conf.d/default.conf\nEXPOSE 80\n");
    let finding = found(astray, 404);
    assert_eq!(finding.code, "configuration-not-read");
    assert_eq!(finding.place.map(|place| place.line), Some(2));
    let second = stock("FROM nginx\nCOPY site /srv\nCOPY proxy.conf /ect/nginx/nginx.conf\n");
    let finding = found(second, 404);
    assert!(finding.message.en.contains("`/ect/nginx/nginx.conf`"));
    assert_eq!(finding.place.map(|place| place.line), Some(3));
    let mut beside = stock("FROM nginx\nADD [\"proxy.conf\", \"/etc/nginx/conf.d/\"]\n");
    beside.files.push(NginxFile {
        path: "/etc/nginx/conf.d/proxy.cnf".to_owned(),
        text: "server { location / { proxy_pass http://a; } }".to_owned(),
        source: Some("task6/proxy/proxy.conf".to_owned()),
    });
    let finding = found(beside, 404);
    assert_eq!(finding.code, "configuration-not-read");
    assert!(finding.message.en.contains("`/etc/nginx/conf.d/proxy.cnf`"));
    assert_eq!(finding.place.map(|place| place.line), Some(2));
}

#[test]
fn a_file_without_a_proxy_pass_need_not_be_read() {
    let mut seen = stock("FROM nginx\nCOPY allow.inc /etc/nginx/\n");
    seen.files.push(NginxFile {
        path: "/etc/nginx/allow.inc".to_owned(),
        text: "allow all;".to_owned(),
        source: Some("task6/proxy/allow.inc".to_owned()),
    });
    assert_eq!(found(seen, 404).code, "api-not-found");
}

#[test]
fn a_configuration_that_is_read_need_not_be_copied_elsewhere() {
    let mut seen = site("server { location / { proxy_pass http://front-end; } }\n");
    let copied = stock("FROM nginx\nCOPY proxy.conf /etc/nginx/conf.d/default.conf\n");
    seen.dockerfile = copied.dockerfile;
    seen.handed_in = copied.handed_in;
    assert_eq!(found(seen, 404).code, "api-to-front-end");
}

#[test]
fn a_configuration_that_nobody_copies_is_found() {
    let finding = found(stock("FROM nginx\nEXPOSE 80\n"), 404);
    assert_eq!(finding.code, "configuration-not-copied");
    assert!(finding.message.en.contains("`task6/proxy/proxy.conf`"));
    let made = stock("FROM nginx\nRUN echo > /etc/nginx/conf.d/default.conf\n");
    assert_eq!(found(made, 404).code, "api-not-found");
}

#[test]
fn an_empty_configuration_is_why_nobody_listens() {
    let mut seen = correct();
    seen.api = None;
    seen.nginx = Some(site("# to do\n"));
    for container in seen
        .stack
        .iter_mut()
        .flat_map(|stack| &mut stack.containers)
    {
        if container.service == "proxy" {
            container.state = crate::observation::State::Silent { seconds: 30 };
        }
    }
    let judged = super::judge(&seen).unwrap();
    assert_eq!(judged.findings[0].code, "configuration-empty");
    seen.nginx = Some(site("server {\n listen 8080;\n}\n"));
    let judged = super::judge(&seen).unwrap();
    assert_eq!(judged.findings[0].code, "proxy-silent");
    let place = judged.findings[0].place.as_ref();
    assert_eq!(place.map(|place| place.line), Some(2));
    let message = &judged.findings[0].message.en;
    assert!(
        message.ends_with(
            "; `ports` leads to port 80 of `proxy`, whose nginx is told `listen` `8080`"
        )
    );
    seen.nginx = Some(site("server {\n root /srv;\n}\n"));
    for (port, end) in [
        (80, "listen on the port that it publishes"),
        (
            8080,
            "of `proxy`, whose nginx has no `listen` and takes port 80",
        ),
    ] {
        seen.stack.as_mut().unwrap().proxy.as_mut().unwrap().port = port;
        let judged = super::judge(&seen).unwrap();
        assert!(judged.findings[0].message.en.ends_with(end), "{port}");
    }
}

#[test]
fn a_configuration_that_is_only_known_in_parts_explains_nothing() {
    let parts = nginx(&[("nginx.conf", "http { include /srv/other.conf; }")]);
    assert_eq!(found(parts, 404).code, "api-not-found");
}
