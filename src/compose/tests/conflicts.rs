//! Files that Compose accepts but `up` fails on: ports and names that only one container can have, and invalid names.

use super::*;

/// Kind of a problem, its line, and the line of the other entry.
type Seen = (ProblemKind, u32, Option<u32>);

/// Returns the problems of services, each on a line of its own from line 2.
fn found(services: &[&str]) -> Vec<Seen> {
    let (seen, _) = compose_of(services);
    let line = |place: &Option<softy_checks::model::Place>| place.as_ref().map(|place| place.line);
    let problems = seen.problems.iter();
    problems
        .map(|problem| {
            let at = line(&problem.place).unwrap_or_default();
            let also = problem.also.as_ref().map(|place| place.line);
            (problem.kind, at, also)
        })
        .collect()
}

fn compose_of(services: &[&str]) -> (Compose, Option<Project>) {
    let lines: String = services.iter().map(|line| format!("  {line}\n")).collect();
    let (seen, project) = read(format!("services:\n{lines}"));
    assert_eq!(
        project.is_some(),
        seen.problems.is_empty() && seen.refusals.is_empty()
    );
    (seen, project)
}

/// Returns the notes about services, written in the same way as in [`found`].
fn notes(services: &[&str]) -> Vec<String> {
    let (seen, project) = compose_of(services);
    assert!(project.is_some(), "{services:?}: {:?}", seen.problems);
    seen.oddities
        .into_iter()
        .map(|note| note.en.into_owned())
        .collect()
}

fn taken(line: u32, also: u32) -> Seen {
    (ProblemKind::HostPortTaken, line, Some(also))
}

fn pair(one: &str, other: &str) -> [String; 2] {
    [
        format!("a: {{image: i, {one}}}"),
        format!("b: {{image: i, {other}}}"),
    ]
}

fn found_of_pair(one: &str, other: &str) -> Vec<Seen> {
    let pair = pair(one, other);
    found(&[&pair[0], &pair[1]])
}

#[test]
fn a_port_of_the_host_is_for_one_container() {
    for (one, other) in [
        ("ports: ['80:80']", "ports: ['80:9000']"),
        ("ports: ['80:80']", "ports: ['127.0.0.1:80:80']"),
        ("ports: ['0.0.0.0:80:80']", "ports: ['127.0.0.1:80:80']"),
        ("ports: ['80:80']", "ports: ['[::1]:80:80']"),
        ("ports: ['80:80/udp']", "ports: ['80:80/udp']"),
        ("ports: ['80-82:80-82']", "ports: ['81:80']"),
        (
            "ports: ['80:80']",
            "ports: [{target: 80, published: 80, mode: host}]",
        ),
        (
            "ports: ['80:80']",
            "ports: [{target: 8, published: '80', host_ip: 127.0.0.1}]",
        ),
        ("ports: ['80:80']", "ports: ['80:80'], network_mode: bridge"),
        (
            "ports: ['80:80'], command: x",
            "ports: ['80:80'], depends_on: [a]",
        ),
    ] {
        assert_eq!(found_of_pair(one, other), [taken(3, 2)], "{one} {other}");
    }
}

#[test]
fn ports_that_do_not_meet_are_no_conflict() {
    for (one, other) in [
        ("ports: ['80:80']", "ports: ['81:80']"),
        ("ports: ['80:80']", "ports: ['80:80/udp']"),
        ("ports: ['127.0.0.1:80:80']", "ports: ['127.0.0.2:80:80']"),
        ("ports: ['127.0.0.1:80:80']", "ports: ['[::1]:80:80']"),
        ("ports: ['0.0.0.0:80:80']", "ports: ['[::]:80:80']"),
        ("ports: ['80:80']", "ports: ['80']"),
        ("ports: ['80:80']", "ports: ['0:80']"),
        ("ports: ['80:80']", "ports: ['80:80'], scale: 0"),
        (
            "ports: ['80:80']",
            "ports: ['80:80'], deploy: {replicas: 0}",
        ),
        ("ports: ['80:80']", "ports: ['80:80'], profiles: [x]"),
        ("ports: ['80:80']", "ports: ['80:80'], network_mode: none"),
        ("ports: ['80:80']", "expose: [80]"),
        (
            "ports: ['80:80']",
            "ports: ['80:80'], depends_on: {a: {condition: service_completed_successfully}}",
        ),
        ("ports: ['80-81:80']", "ports: ['80-81:80']"),
        ("ports: ['80:80', '80:80/tcp']", "ports: ['81:80']"),
    ] {
        assert_eq!(found_of_pair(one, other), [], "{one} {other}");
    }
    let internal = "networks: {n: {internal: true}}\nservices:\n  a: {image: i, ports: ['80:80'], networks: [n]}\n  b: {image: i, ports: ['80:80'], networks: [n]}\n";
    assert_eq!(read(internal).0.problems, []);
}

#[test]
fn a_service_may_take_its_own_ports() {
    let own = |keys: &str| found(&[&format!("a: {{image: i, {keys}}}")]);
    assert_eq!(own("ports: ['80:80', '80:81']"), [taken(2, 2)]);
    assert_eq!(own("ports: ['80:80', '127.0.0.1:80:80']"), [taken(2, 2)]);
    let each = (ProblemKind::HostPortTaken, 2, None);
    assert_eq!(own("ports: ['80:80'], scale: 2"), [each]);
    assert_eq!(own("ports: ['80:80', '81:81'], scale: 2"), [each, each]);
    assert_eq!(own("ports: ['80-81:80'], scale: 2"), []);
    assert_eq!(own("ports: ['80-81:80'], scale: 3"), [each]);
    assert_eq!(own("ports: ['80'], scale: 3"), []);
}

#[test]
fn the_second_container_of_the_api_servers_counts() {
    let back_end = "back-end: {image: i, ports: ['80-81:80']}";
    let each = (ProblemKind::HostPortTaken, 2, Some(3));
    assert_eq!(
        found(&[back_end, "b: {image: i, ports: ['80:80']}"]),
        [each]
    );
    assert_eq!(found(&[back_end, "b: {image: i, ports: ['82:80']}"]), []);
    // A fixed port of the API servers' service is the subject of `can-scale`.
    assert_eq!(found(&["back-end: {image: i, ports: ['80:80']}"]), []);
}

#[test]
fn a_port_that_is_not_published_stops_no_second_container() {
    let ports_seen = |networks: &str, keys: &str| {
        let file = format!(
            "services:\n  back-end: {{image: i, ports: ['80:80'], {keys}}}\nnetworks: {networks}\n"
        );
        let (seen, _) = read(file);
        assert_eq!(seen.problems, [], "{keys}");
        seen.services[0].ports.len()
    };
    assert_eq!(ports_seen("{n: {internal: true}}", "networks: [n]"), 0);
    assert_eq!(ports_seen("{}", "network_mode: none"), 0);
    assert_eq!(
        ports_seen("{n: {internal: true}, m: {}}", "networks: [n, m]"),
        1
    );
    assert_eq!(ports_seen("{}", "network_mode: bridge"), 1);
    assert_eq!(ports_seen("{}", "networks: []"), 1);
    assert_eq!(ports_seen("{n: {external: true}}", "networks: [n]"), 1);
}

#[test]
fn a_range_that_another_service_reaches_into_is_noted() {
    let notes = notes(&[
        "a: {image: i, ports: ['80-81:80']}",
        "b: {image: i, ports: ['80:80']}",
    ]);
    assert!(notes[0].contains("whichever starts first"), "{notes:?}");
}

#[test]
fn a_name_is_for_one_container() {
    let same = (ProblemKind::ContainerNameTaken, 3, Some(2));
    assert_eq!(
        found_of_pair("container_name: web", "container_name: web"),
        [same]
    );
    assert_eq!(
        found_of_pair("container_name: web", "container_name: Web"),
        []
    );
    assert_eq!(
        found_of_pair("container_name: web", "container_name: web, profiles: [x]"),
        []
    );
    for (name, version) in [("task6-b-1", "v2"), ("task6_b_1", "v1")] {
        let pair = pair(&format!("container_name: {name}"), "scale: 1");
        let notes = notes(&[&pair[0], &pair[1]]);
        assert!(notes[0].contains(version), "{notes:?}");
    }
    let pair = pair("container_name: task6-b-2", "scale: 1");
    assert_eq!(notes(&[&pair[0], &pair[1]]), [""; 0]);
}

#[test]
fn an_image_has_a_name_that_engines_take() {
    let invalid = (ProblemKind::ImageNameInvalid, 2, None);
    for service in [
        "FrontEnd: {build: .}",
        "front-: {build: .}",
        "a: {image: 'Nginx:latest'}",
        "a: {image: 'nginx:$NOWHERE'}",
        "a: {build: ., image: 'My App'}",
        "a: {image: Nginx, scale: 0}",
        "a: {build: {context: ., tags: ['Bad Tag']}}",
    ] {
        assert_eq!(found(&[service]), [invalid], "{service}");
    }
    for service in [
        "FrontEnd: {image: nginx}",
        "FrontEnd: {build: ., image: front-end}",
        "front__end: {build: .}",
        "a: {image: 'Registry.local/x:V1'}",
    ] {
        assert_eq!(found(&[service]), [], "{service}");
    }
    for (service, version) in [("_front", "v2"), ("-front", "v1")] {
        let notes = notes(&[&format!("{service}: {{build: .}}")]);
        assert!(notes[0].contains(version), "{notes:?}");
    }
}

#[test]
fn a_name_is_for_one_image() {
    let taken = (ProblemKind::ImageNameTaken, 3, Some(2));
    let built =
        |one: &str, other: &str| found(&[&format!("a: {{{one}}}"), &format!("b: {{{other}}}")]);
    let one = "build: ./a, image: x";
    assert_eq!(built(one, "build: ./b, image: x"), [taken]);
    assert_eq!(built(one, "build: ./b, image: 'x:latest'"), [taken]);
    assert_eq!(
        built(one, "build: {context: a, target: t}, image: x"),
        [taken]
    );
    assert_eq!(built(one, "build: a/, image: x"), []);
    assert_eq!(built(one, "build: ./b, image: 'x:2'"), []);
    assert_eq!(built(one, "image: x"), []);
    assert_eq!(built(one, "build: ./b, image: x, profiles: [p]"), []);
}
