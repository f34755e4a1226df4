//! Less common keys, applied as Compose applies them.

use super::super::project::{Hook, InlineFile, NamedContext, Namespace, VolumesFrom};
use super::*;

fn read_files(yaml: &str, files: &[(&str, &str)]) -> (Compose, Option<Project>) {
    read_in(|root| {
        std::fs::write(root.join("task6/compose.yaml"), yaml).unwrap();
        for (path, text) in files {
            std::fs::write(root.join("task6").join(path), text).unwrap();
        }
    })
}

#[test]
fn configs_and_secrets_are_copies_of_files_and_texts() {
    let yaml = "services:
  a:
    image: i
    configs: [c, {source: c, target: rel, mode: 0440, uid: '33'}, {source: v, target: /v, mode: '0400'}]
    secrets: [s, {source: s, target: /abs/s}, {source: s, target: ../../etc/./s}]
configs: {c: {content: 'hello ${WHO}'}, v: {environment: WHO}}
secrets: {s: {file: ./s.txt}}
";
    let (compose, project) = read_files(yaml, &[(".env", "WHO=you"), ("s.txt", "x")]);
    assert_eq!((compose.problems, compose.refusals), (vec![], vec![]));
    let service = project.unwrap().services.remove(0);
    let text = |target: &str, content: &str, mode, owned| InlineFile {
        target: target.to_owned(),
        content: content.to_owned(),
        mode,
        owned,
    };
    assert_eq!(
        service.texts,
        [
            text("/c", "hello you", 0o444, false),
            text("/rel", "hello you", 0o440, true),
            text("/v", "you", 0o400, false),
        ]
    );
    let targets = service
        .mounts
        .iter()
        .map(|mount| (mount.target.as_str(), mount.read_only));
    let targets: Vec<_> = targets.collect();
    assert_eq!(
        targets,
        [("/run/secrets/s", true), ("/abs/s", true), ("/etc/s", true)]
    );
}

#[test]
fn configs_and_secrets_that_compose_does_not_take_are_problems() {
    for (asked, defined) in [
        ("configs: [x]", "configs: {c: {content: x}}"),
        (
            "configs: [{source: c, target: ..}]",
            "configs: {c: {content: x}}",
        ),
        ("configs: [c]", "configs: {c: {content: x, file: y}}"),
        ("secrets: [s]", "secrets: {s: {}}"),
        ("secrets: [s]", "secrets: {s: {environment: UNSET}}"),
        ("secrets: [s]", "secrets: {s: {file: ./missing}}"),
        (
            "secrets: [{source: s, mode: ''}]",
            "secrets: {s: {file: ./compose.yaml}}",
        ),
        (
            "configs: [{source: c, mode: '9'}]",
            "configs: {c: {content: x}}",
        ),
    ] {
        let yaml = format!("services:\n  a:\n    image: i\n    {asked}\n{defined}\n");
        assert_eq!(problems(&yaml).len(), 1, "{yaml}");
    }
}

#[test]
fn a_secret_from_a_variable_without_a_name_is_from_nowhere() {
    let defined = |section: &str| {
        let service = "services: {a: {image: i}}";
        format!("{service}\n{section}: {{x: {{environment: $UNSET}}}}\n")
    };
    assert_eq!(problems(&defined("secrets")).len(), 1);
    let (_, project) = read(defined("configs"));
    assert_eq!(project.map(|project| project.services.len()), Some(1));
}

#[test]
fn labels_and_variables_come_from_files_in_their_formats() {
    let yaml = "services:\n  a:\n    image: i\n    label_file: l.env\n    labels: {L1: mine}\n    env_file: [{path: r.env, format: raw}]\n";
    let files = [
        ("l.env", "L1=x\nL2=\"a b\"\n"),
        ("r.env", "# c\nA=\"$B\" # d\n"),
    ];
    let service = read_files(yaml, &files).1.unwrap().services.remove(0);
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(service.labels, [pair("L1", "mine"), pair("L2", "a b")]);
    let variable = ("A".to_owned(), Some("\"$B\" # d".to_owned()));
    assert_eq!(service.environment, [variable]);
}

#[test]
fn what_is_shared_inside_the_stack_is_carried_out_and_comes_later() {
    let shared = service(
        "    network_mode: 'service:b'\n    pid: 'service:b'\n    ipc: shareable\n    volumes_from: ['b:ro']",
    );
    let b = || "b".to_owned();
    assert_eq!(shared.network, Namespace::Of(b()));
    assert_eq!(shared.ipc, Namespace::Kind("shareable".to_owned()));
    let volumes = VolumesFrom {
        service: b(),
        read_only: true,
    };
    assert_eq!(shared.volumes_from, [volumes]);
    assert_eq!((shared.depends_on.len(), shared.attachments.len()), (1, 0));
    let none = service("    network_mode: none");
    assert_eq!(
        (none.network, none.attachments),
        (Namespace::Kind("none".to_owned()), vec![])
    );
    assert!(service("    network_mode: bridge").attachments[0].is_nameless);
}

#[test]
fn hooks_hosts_and_volume_options_are_carried_out() {
    let service = service(
        "    post_start: [{command: echo a, user: root, environment: [X=1]}]\n    pre_stop: [{command: [x]}]\n    extra_hosts: ['a:10.0.0.1', 'b=::1', 'c:[::1]']\n    domainname: x.y\n    volumes: ['vol:/v:nocopy', {type: volume, source: vol, target: /w, volume: {subpath: s}}]",
    );
    let hook = Hook {
        command: vec!["echo".to_owned(), "a".to_owned()],
        user: Some("root".to_owned()),
        environment: vec![("X".to_owned(), "1".to_owned())],
        ..Hook::default()
    };
    assert_eq!(service.post_start, [hook]);
    assert_eq!(service.extra_hosts, ["a:10.0.0.1", "b:::1", "c:::1"]);
    assert_eq!(service.domainname.as_deref(), Some("x.y"));
    assert!(service.mounts[0].options.is_empty);
    assert_eq!(service.mounts[1].options.subpath.as_deref(), Some("s"));
}

#[test]
fn what_runs_before_a_service_is_carried_out_and_noted() {
    let (compose, project) = read(
        "services:\n  a:\n    image: i\n    pre_start:\n      - {command: echo a, image: j, user: root, working_dir: /w, environment: {X: 1}, per_replica: false}\n      - command: [b]\n",
    );
    let project = project.unwrap();
    let first = Hook {
        command: vec!["echo".to_owned(), "a".to_owned()],
        image: Some("j".to_owned()),
        user: Some("root".to_owned()),
        working_dir: Some("/w".to_owned()),
        environment: vec![("X".to_owned(), "1".to_owned())],
    };
    let second = Hook {
        command: vec!["b".to_owned()],
        ..Hook::default()
    };
    assert_eq!(project.services[0].pre_start, [first, second]);
    assert_eq!(compose.oddities.len(), 1, "{:?}", compose.oddities);
    let images = project.with_images_of_hooks();
    let names: Vec<&str> = images
        .services
        .iter()
        .map(|service| service.name.as_str())
        .collect();
    assert_eq!(names, ["a", "a.pre_start[0]"]);
}

#[test]
fn a_build_may_use_other_folders_of_the_submission() {
    let service = service(
        "    build: {context: app, dockerfile: ../docker/api, additional_contexts: [x=./x, 'y=docker-image://z']}",
    );
    let build = service.build.unwrap();
    assert_eq!(build.dockerfile, "../docker/api");
    let contexts = [
        ("x".to_owned(), NamedContext::Folder("task6/x".to_owned())),
        ("y".to_owned(), NamedContext::Image("z".to_owned())),
    ];
    assert_eq!(build.contexts, contexts);
}

#[test]
fn addresses_of_the_file_s_choice_are_noted() {
    let (compose, project) = read(
        "services: {a: {image: i, networks: {n: {ipv4_address: 10.1.0.5}}}}\nnetworks: {n: {ipam: {config: [{subnet: 10.1.0.0/24}]}}}\n",
    );
    assert!(project.unwrap().services[0].has_fixed_address);
    assert_eq!(compose.oddities.len(), 2);
}

#[test]
fn values_are_checked_as_compose_checks_them() {
    for keys in [
        "mem_limit: 12x",
        "stop_grace_period: 10x",
        "pull_policy: nope",
        "restart: allways",
        "network_mode: baz",
        "uts: 'service:b'",
        "pid: 'service:none'",
        "cgroup: foo",
        "extra_hosts: [nocolon]",
        "extra_hosts: ['d:e']",
        "post_start: [{user: x}]",
        "pre_start: [{user: x}]",
        "pre_start: [{command: x, per_replica: true}]",
        "depends_on: [b, b]",
        "healthcheck: {interval: 5}",
        "env_file: [{path: compose.yaml, format: bad}]",
        "deploy: {update_config: {order: sideways}}",
    ] {
        let yaml = format!("services:\n  a:\n    image: i\n    {keys}\n  b: {{image: i}}\n");
        assert_eq!(problems(&yaml).len(), 1, "{keys}");
    }
    service(
        "    mem_limit: 1.5 GiB\n    memswap_limit: -1\n    stop_grace_period: 1m30s\n    pull_policy: every_12h\n    restart: on-failure:3",
    );
}
