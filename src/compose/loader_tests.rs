//! Files that are merged, extended and included. Each result was compared with `docker compose config` of 2.26 and 2.40.

mod refused;

use std::path::Path;
use std::time::Duration;

use super::project::{Condition, MountSource, Project, Service};
use super::tests::quickly;
use super::*;

/// Reads files; their paths are relative to `task6`.
fn read(files: &[(&str, &str)]) -> (Compose, Option<Project>) {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join("task6").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    timed(folder.path())
}

fn timed(folder: &Path) -> (Compose, Option<Project>) {
    let submission = Submission::open(folder).unwrap();
    quickly(|| super::read(&submission, &Expectations::default()).unwrap())
}

fn services(files: &[(&str, &str)]) -> Vec<Service> {
    let (compose, project) = read(files);
    assert_eq!(
        (compose.problems, compose.refusals),
        (vec![], vec![]),
        "{files:?}"
    );
    project.unwrap().services
}

/// Returns the first service of a file, merged with an override file.
fn overridden(base: &str, over: &str) -> Service {
    let yaml = |keys: &str| {
        format!("services:\n  a: {{{keys}}}\n  b: {{image: i}}\nnetworks: {{n: , m: }}\n")
    };
    let base = yaml(&format!("image: i, {base}"));
    services(&[
        ("compose.yaml", &base),
        ("compose.override.yaml", &yaml(over)),
    ])
    .remove(0)
}

/// Returns kind, file and line of every problem.
fn problems(files: &[(&str, &str)]) -> Vec<(ProblemKind, String, u32)> {
    let (compose, project) = read(files);
    assert_eq!(project, None, "{files:?}");
    let place = |problem: &softy_checks::observation::Problem| {
        let place = problem.place.as_ref();
        place.map_or_else(Default::default, |place| (place.file.clone(), place.line))
    };
    let problems = compose.problems.iter();
    problems
        .map(|problem| (problem.kind, place(problem).0, place(problem).1))
        .collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn variables(variables: &[(&str, &str)]) -> Vec<(String, Option<String>)> {
    let variables = pairs(variables).into_iter();
    variables.map(|(name, value)| (name, Some(value))).collect()
}

#[test]
fn commands_are_replaced() {
    let words = |service: Service| service.command;
    let both = overridden("command: [a, b], entrypoint: x", "command: c d");
    assert_eq!(both.entrypoint, Some(vec!["x".to_owned()]));
    assert_eq!(words(both), Some(vec!["c".to_owned(), "d".to_owned()]));
    assert_eq!(words(overridden("command: a", "command: ")), None);
    assert_eq!(
        overridden("entrypoint: a", "entrypoint: []").entrypoint,
        Some(vec![])
    );
    let health = overridden(
        "healthcheck: {test: [CMD, x], interval: 1s}",
        "healthcheck: {test: y}",
    )
    .healthcheck
    .unwrap();
    assert_eq!(health.test, ["CMD-SHELL", "y"]);
    assert_eq!(health.interval, Duration::from_secs(1));
}

#[test]
fn nothing_takes_nothing_away() {
    let service = overridden(
        "ports: ['1:1'], environment: {A: 1}, depends_on: [b], labels: {l: m}",
        "ports: , environment: , depends_on: , labels: , image: ",
    );
    assert_eq!(service.image.as_deref(), Some("i"));
    assert_eq!((service.ports.len(), service.depends_on.len()), (1, 1));
    assert_eq!(service.environment, variables(&[("A", "1")]));
    assert_eq!(service.labels, pairs(&[("l", "m")]));
}

#[test]
fn lists_and_mappings_of_pairs_are_merged_by_name() {
    let service = overridden(
        "environment: [A=1, B=2], labels: {l: 1, m: 2}, build: ./x",
        "environment: {B: 3, C: 4}, labels: [m=3], build: {args: [A=1], dockerfile: D}",
    );
    assert_eq!(
        service.environment,
        variables(&[("A", "1"), ("B", "3"), ("C", "4")])
    );
    assert_eq!(service.labels, pairs(&[("l", "1"), ("m", "3")]));
    let build = service.build.unwrap();
    assert_eq!(
        (build.context.as_str(), build.dockerfile.as_str()),
        ("task6/x", "D")
    );
    assert_eq!(build.args, pairs(&[("A", "1")]));
    let build = overridden("build: {context: x, target: t}", "build: ./y").build;
    let build = build.unwrap();
    assert_eq!(
        (build.context.as_str(), build.target.as_deref()),
        ("task6/y", Some("t"))
    );
    let alone = overridden("labels: {l: 1}", "labels: x");
    assert_eq!(alone.labels, pairs(&[("l", "1"), ("x", "")]));
    let unset = overridden("environment: {A: 1}", "environment: [A]");
    assert_eq!(unset.environment, [("A".to_owned(), None)]);
}

#[test]
fn lists_grow_and_name_each_thing_once() {
    let service = overridden(
        "ports: ['80:80', '127.0.0.1:5:5', '9'], expose: [1], volumes: ['./x:/x', '/y']",
        "ports: [{target: 80, published: '80'}, '6:5', '0.0.0.0:80:80/tcp'], expose: ['1', '2'], volumes: ['./z:/x', {type: tmpfs, target: /y}]",
    );
    let ports: Vec<u16> = service.ports.iter().map(|port| port.target).collect();
    assert_eq!(ports, [80, 5, 5, 9]);
    assert_eq!(service.expose, [1, 2]);
    let sources: Vec<MountSource> = service
        .mounts
        .into_iter()
        .map(|mount| mount.source)
        .collect();
    assert_eq!(
        sources,
        [
            MountSource::Submission("task6/z".to_owned()),
            MountSource::Tmpfs
        ]
    );
}

#[test]
fn names_in_a_list_meet_names_in_a_mapping() {
    let service = overridden(
        "depends_on: {b: {condition: service_healthy}}, networks: {n: {aliases: [x]}}",
        "depends_on: [b], networks: [m, n]",
    );
    assert_eq!(service.depends_on[0].condition, Condition::Started);
    let networks = service.attachments.iter();
    let networks: Vec<(&str, usize)> = networks
        .map(|attachment| (attachment.network.as_str(), attachment.aliases.len()))
        .collect();
    assert_eq!(networks, [("n", 1), ("m", 0)]);
    let service = overridden(
        "depends_on: [b]",
        "depends_on: {b: {condition: service_healthy}}",
    );
    assert_eq!(service.depends_on[0].condition, Condition::Healthy);
    assert_eq!(overridden("links: [b]", "links: [b, 'b:c']").links.len(), 2);
}

#[test]
fn tags_reset_and_override() {
    let service = overridden(
        "ports: ['80:80'], command: x, environment: {A: 1, B: 2}, labels: !reset {l: m}",
        "ports: !override ['81:81'], command: !reset null, environment: {A: !reset null}, expose: !other [1]",
    );
    assert_eq!((service.ports[0].target, service.ports.len()), (81, 1));
    assert_eq!(
        (service.command, service.labels, service.expose),
        (None, vec![], vec![1])
    );
    assert_eq!(service.environment, variables(&[("B", "2")]));
    let whole = services(&[
        (
            "compose.yaml",
            "services:\n  a: {image: i, command: x}\n  b: {image: i}\n",
        ),
        (
            "compose.override.yaml",
            "services:\n  a: !override\n    image: j\n  b: !reset\n",
        ),
    ]);
    assert_eq!(
        (whole.len(), whole[0].image.as_deref(), &whole[0].command),
        (1, Some("j"), &None)
    );
}

#[test]
fn documents_are_laid_over_each_other() {
    let yaml = "---\nservices: {a: {image: i, command: x}}\n---\nservices: {a: {command: y}, b: {image: i}}\n...\n";
    let services = services(&[("compose.yaml", yaml)]);
    assert_eq!(services[0].command, Some(vec!["y".to_owned()]));
    assert_eq!(services.len(), 2);
    for empty in [
        "services: {a: {image: i}}\n---\n",
        "# c\n---\n---\nservices: {a: {image: i}}\n",
    ] {
        let found = problems(&[("compose.yaml", empty)]);
        let expected = (ProblemKind::WrongType, "task6/compose.yaml".to_owned(), 2);
        assert_eq!(found, [expected], "{empty}");
    }
}

#[test]
fn a_service_extends_others_near_and_far() {
    let services = services(&[
        (
            "compose.yaml",
            "services:\n  a:\n    extends: {file: sub/c.yml, service: base}\n    command: !reset null\n    ports: !override ['5:5']\n  z: {extends: a, image: j, ports: !override ['6:6']}\n",
        ),
        (
            "sub/c.yml",
            "include: [none.yml]\nservices:\n  base: {extends: {service: root, file: ../root.yml}, build: {dockerfile: D}, command: x, ports: ['1:1'], env_file: e.env, volumes: ['./d:/d']}\n  other: {imag: z}\n",
        ),
        (
            "root.yml",
            "services:\n  root: {build: ./ctx, environment: {A: 1}, volumes: ['./r:/r']}\n",
        ),
        ("sub/e.env", "A=2\nB=2\n"),
    ]);
    let a = &services[0];
    let build = a.build.as_ref().unwrap();
    assert_eq!(
        (build.context.as_str(), build.dockerfile.as_str()),
        ("task6/ctx", "D")
    );
    assert_eq!(a.environment, variables(&[("A", "1"), ("B", "2")]));
    assert_eq!((&a.command, a.ports[0].target), (&None, 5));
    let sources: Vec<&MountSource> = a.mounts.iter().map(|mount| &mount.source).collect();
    assert_eq!(
        sources,
        [
            &MountSource::Submission("task6/r".to_owned()),
            &MountSource::Submission("task6/sub/d".to_owned())
        ]
    );
    assert_eq!(services[1].image.as_deref(), Some("j"));
    assert_eq!(services[1].build, a.build);
}

#[test]
fn what_is_included_keeps_its_folder_and_variables() {
    let services = services(&[
        (
            "compose.yaml",
            "include: [sub/c.yml]\nservices:\n  a: {image: i, depends_on: [b]}\n",
        ),
        (
            "compose.override.yaml",
            "services:\n  b: {command: over, ports: !reset []}\n",
        ),
        (
            "sub/c.yml",
            "services:\n  b: {build: {dockerfile: D}, volumes: ['./x:/x'], image: '${X}${Y}', environment: [X, Z], ports: ['1:1'], command: x}\n",
        ),
        ("sub/.env", "X=sub\nZ=subz\n"),
        (".env", "X=main\nY=mainy\n"),
    ]);
    let b = &services[1];
    assert_eq!(b.image.as_deref(), Some("mainmainy"));
    assert_eq!(b.environment, variables(&[("X", "main"), ("Z", "subz")]));
    assert_eq!(b.build.as_ref().unwrap().context, "task6/sub");
    assert_eq!(
        b.mounts[0].source,
        MountSource::Submission("task6/sub/x".to_owned())
    );
    assert_eq!(
        (&b.command, b.ports.len()),
        (&Some(vec!["over".to_owned()]), 0)
    );
}

#[test]
fn the_long_form_of_include_is_carried_out() {
    let services = services(&[
        (
            "compose.yaml",
            "include: [{path: [c.yml, d.yml], project_directory: sub, env_file: e.env}]\n",
        ),
        ("c.yml", "services:\n  b: {build: ., image: '${X}'}\n"),
        ("d.yml", "services:\n  b: {command: x, env_file: v.env}\n"),
        ("e.env", "X=e\n"),
        ("sub/v.env", "V=1\n"),
    ]);
    let b = &services[0];
    assert_eq!(b.build.as_ref().unwrap().context, "task6/sub");
    assert_eq!(
        (b.image.as_deref(), &b.environment),
        (Some("e"), &variables(&[("V", "1")]))
    );
}

#[test]
fn variables_choose_the_files() {
    let a = (
        "a.yml",
        "services:\n  b: {build: x, command: 'y${X}${Y}'}\n",
    );
    let b = ("sub/b.yml", "services:\n  b: {volumes: ['./r:/r']}\n");
    let other = ("compose.yaml", "services: {z: {image: z}}\n");
    let with = |variables: &str| {
        let variables = format!("X=top\n{variables}\n");
        let sub = ("sub/.env", "X=sub\nY=sub\n");
        services(&[(".env", &variables), a, b, other, sub]).remove(0)
    };
    let first = with("COMPOSE_FILE=a.yml:sub/b.yml");
    assert_eq!(first.build.unwrap().context, "task6/x");
    assert_eq!(first.command, Some(vec!["ytop".to_owned()]));
    let first = with("COMPOSE_FILE=sub/b.yml,a.yml\nCOMPOSE_PATH_SEPARATOR=,");
    assert_eq!(first.build.unwrap().context, "task6/sub/x");
    assert_eq!(first.command, Some(vec!["ytopsub".to_owned()]));
    assert_eq!(
        first.mounts[0].source,
        MountSource::Submission("task6/sub/r".to_owned())
    );
    for variables in [
        "COMPOSE_FILE=",
        "COMPOSE_FILE=none.yml",
        "COMPOSE_FILE=a.yml:",
    ] {
        let found = problems(&[(".env", variables), a, other]);
        assert_eq!(found[0].0, ProblemKind::Unreadable, "{variables}");
    }
    let found = problems(&[(".env", "COMPOSE_PROJECT_NAME=Foo Bar"), other]);
    assert_eq!(found[0].0, ProblemKind::InvalidValue);
}

#[test]
fn what_v1_would_say_otherwise_is_noted_once() {
    let service = "services: {a: {image: 'i$X${X}${Y:-}'}}\n";
    let oddities = |files: &[(&str, &str)]| -> Vec<String> {
        let oddities = read(files).0.oddities.into_iter();
        oddities.map(|oddity| oddity.en.into_owned()).collect()
    };
    let unset = "the variable `X` is not set: Compose puts nothing in its place";
    assert_eq!(oddities(&[("compose.yaml", service)]), [unset]);
    let twice = oddities(&[
        ("compose.yml", service),
        ("docker-compose.yml", service),
        ("compose.override.yml", service),
        ("docker-compose.override.yaml", service),
    ]);
    assert_eq!(
        twice,
        [
            "Compose reads `task6/compose.yml` and passes over `task6/docker-compose.yml`",
            "Compose reads `task6/compose.override.yml` and passes over `task6/docker-compose.override.yaml`",
            "Compose v1 reads `task6/docker-compose.yml` instead",
            unset
        ]
    );
    for yaml in [
        "services: {a: {image: i, ports: !reset []}}\n",
        "services: {a: {image: i}}\n---\nservices: {b: {image: i}}\n",
        "include: []\nservices: {a: {image: i}}\n",
        "services: {a: {image: i, image: j}}\n",
    ] {
        assert_eq!(oddities(&[("compose.yaml", yaml)]).len(), 1, "{yaml}");
    }
}

#[test]
fn merge_keys_take_the_first_of_several() {
    let yaml = "x-a: &a {image: i, command: a}\nx-b: &b {command: b, tty: true}\nservices:\n  a:\n    <<: [*a, *b]\n";
    let service = services(&[("compose.yaml", yaml)]).remove(0);
    assert_eq!(
        (service.command, service.tty),
        (Some(vec!["a".to_owned()]), true)
    );
    let late = "x-a: &a {image: i, command: a}\nservices:\n  a:\n    command: b\n    <<: *a\n";
    let service = services(&[("compose.yaml", late)]).remove(0);
    assert_eq!(service.command, Some(vec!["b".to_owned()]));
}
