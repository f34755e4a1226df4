mod carried;
mod conflicts;
mod engine;
mod refused;

use std::path::Path;

use rustix::time::{ClockId, clock_gettime};
use softy_checks::observation::{Problem, ProblemKind, Published};

use super::load::CAP;
use super::project::{
    Attachment, Condition, Dependency, Mount, MountSource, PortMapping, Service, VolumeOptions,
};
use super::*;

/// A compose file in the form of most submissions.
const USUAL: &str = "version: '3'
services:
  back-end:
    build: ./back-end
    expose:
      - 5252
  front-end:
    build:
      context: front-end
      dockerfile: ./Dockerfile
    image: softy-pinko-front-end:task6
  proxy:
    build: proxy
    ports: ['80:80']
    depends_on: [back-end, front-end]
";

fn read_in(prepare: impl FnOnce(&Path)) -> (Compose, Option<Project>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("task6")).unwrap();
    prepare(folder.path());
    let submission = Submission::open(folder.path()).unwrap();
    quickly(|| super::read(&submission, &Expectations::default()).unwrap())
}

/// Runs `work` and returns its result. Fails if `work` uses a second of CPU time or more; other processes do not affect this
/// time.
pub(super) fn quickly<T>(work: impl FnOnce() -> T) -> T {
    let used = || clock_gettime(ClockId::ThreadCPUTime);
    let before = used();
    let done = work();
    let seconds = (used() - before).tv_sec;
    assert!(seconds < 1, "{seconds} s");
    done
}

fn read(yaml: impl AsRef<[u8]>) -> (Compose, Option<Project>) {
    read_in(|root| std::fs::write(root.join("task6/docker-compose.yml"), yaml).unwrap())
}

/// Returns the first service of a file, from its keys.
fn service(keys: &str) -> Service {
    let yaml = format!(
        "services:\n  a:\n    image: i\n{keys}\n  b: {{image: i}}\nvolumes: {{vol: }}\nnetworks: {{n: }}\n"
    );
    let (compose, project) = read(&yaml);
    assert_eq!(
        (compose.problems, compose.refusals),
        (vec![], vec![]),
        "{keys}"
    );
    project.unwrap().services.remove(0)
}

fn problems(yaml: &str) -> Vec<(ProblemKind, u32)> {
    let (compose, project) = read(yaml);
    assert_eq!(project, None);
    let line = |problem: &Problem| problem.place.as_ref().map_or(0, |place| place.line);
    compose
        .problems
        .iter()
        .map(|problem| (problem.kind, line(problem)))
        .collect()
}

#[test]
fn the_usual_file_becomes_a_project() {
    let (compose, project) = read(USUAL);
    assert_eq!((compose.problems, compose.oddities), (vec![], vec![]));
    assert_eq!(compose.files, ["task6/docker-compose.yml"]);
    let back_end = &compose.services[0];
    assert_eq!(
        (
            back_end.name.as_str(),
            back_end.place.as_ref().unwrap().line
        ),
        ("back-end", 3)
    );
    assert_eq!(compose.services[2].ports[0].published, Published::Fixed(80));
    let project = project.unwrap();
    assert_eq!(project.networks, ["default"]);
    let build = project.services[1].build.as_ref().unwrap();
    assert_eq!(
        (build.context.as_str(), build.dockerfile.as_str()),
        ("task6/front-end", "Dockerfile")
    );
    assert_eq!(project.services[0].expose, [5252]);
    assert_eq!(
        project.services[2].ports,
        [PortMapping {
            target: 80,
            published: Some(80)
        }]
    );
    assert_eq!(project.services[2].depends_on.len(), 2);
}

#[test]
fn line_ends_byte_order_marks_and_odd_indentation_change_nothing() {
    let usual = read(USUAL).1;
    assert_eq!(read(USUAL.replace('\n', "\r\n")).1, usual);
    assert_eq!(read(format!("\u{feff}{USUAL}")).1, usual);
    assert_eq!(read(USUAL.replace("  ", "     ")).1, usual);
    assert_eq!(read(format!("{USUAL}x-anything: [1]\n")).1, usual);
}

#[test]
fn files_in_utf_16_are_read_and_noted() {
    let usual = read(USUAL).1;
    for unit in [u16::to_le_bytes, u16::to_be_bytes] {
        let units = format!("\u{feff}{USUAL}");
        let bytes: Vec<u8> = units.encode_utf16().flat_map(unit).collect();
        let written = |bytes: &[u8]| {
            read_in(|root| {
                std::fs::write(root.join("task6/docker-compose.yml"), bytes).unwrap();
            })
        };
        let (compose, project) = written(&bytes);
        assert_eq!((project, compose.oddities.len()), (usual.clone(), 1));
        assert_eq!(written(&bytes[1..]).1, None);
        assert_eq!(written(&bytes[..bytes.len() - 1]).1, None);
    }
}

#[test]
fn what_v1_would_say_is_noted() {
    let (compose, project) = read(USUAL.replace("'3'", "'3, or 4'"));
    assert!(project.is_some());
    assert_eq!(
        compose.oddities[0].en,
        "Compose v2 ignores `version`, but v1 refuses `3, or 4`"
    );
}

#[test]
fn what_is_exposed_and_no_port_is_noted() {
    let (compose, project) = read("services:\n  a:\n    image: i\n    expose: [word, 70000, 80]\n");
    assert_eq!(project.unwrap().services[0].expose, [80]);
    assert_eq!(compose.oddities.len(), 2);
}

#[test]
fn problems_have_a_kind_and_a_line() {
    use ProblemKind::*;
    let service = |keys: &str| problems(&format!("services:\n  a:\n    image: i\n{keys}"));
    assert_eq!(service("    port: ['80']\n"), [(UnknownKey, 4)]);
    assert_eq!(service("    expose: '5252:5252'\n"), [(WrongType, 4)]);
    assert_eq!(service("    volumes:\n"), [(WrongType, 4)]);
    assert_eq!(service("    ports: ['99999:80']\n"), [(InvalidValue, 4)]);
    assert_eq!(service("    depends_on: [b]\n"), [(UndefinedName, 4)]);
    assert_eq!(service("    depends_on: [a]\n"), [(InvalidValue, 2)]);
    assert_eq!(service("    networks: [n]\n"), [(UndefinedName, 4)]);
    assert_eq!(service("    volumes: ['vol:/v']\n"), [(UndefinedName, 4)]);
    assert_eq!(
        service("    container_name: name\n    deploy: {replicas: 2}\n"),
        [(InvalidValue, 4)]
    );
    assert_eq!(service("    image: j\n"), [(DuplicateKey, 4)]);
    assert_eq!(service("    user: 1000\n"), [(WrongType, 4)]);
    assert_eq!(service("    command: '${X'\n"), [(InvalidValue, 4)]);
    assert_eq!(
        problems("services:\n  a: {ports: ['80']}\n"),
        [(InvalidValue, 2)]
    );
    assert_eq!(service("    container_name: 'a b'\n"), [(InvalidValue, 4)]);
    let off = service("    container_name: 'a b'\n    profiles: [debug]\n");
    assert_eq!(off[..1], [(InvalidValue, 4)]);
    assert_eq!(
        problems("version: 3\nservices:\n  a: {image: i}\n"),
        [(WrongType, 1)]
    );
    assert_eq!(problems("services:\n  a:\n"), [(WrongType, 2)]);
    assert_eq!(problems(""), [(WrongType, 1)]);
    assert_eq!(problems("version: '3'\n"), [(InvalidValue, 0)]);
    assert_eq!(problems("FROM nginx\nCOPY . .\n"), [(WrongType, 1)]);
    assert_eq!(
        problems("services:\n  a: {image: i, depends_on: [b]}\n  b: {image: i, links: [a]}\n"),
        [(InvalidValue, 2)]
    );
}

#[test]
fn an_unknown_key_comes_with_a_suggestion_in_both_languages() {
    let (compose, _) = read("services:\n  a:\n    image: i\n    depend_on: [b]\n");
    let message = &compose.problems[0].message;
    assert_eq!(
        message.en,
        "Compose has no key `depend_on` in `services.a`; is it meant to be `depends_on`?"
    );
    assert_eq!(
        message.fr,
        "Compose n’a pas de clé `depend_on` dans `services.a` ; s’agit-il de `depends_on` ?"
    );
    let place = compose.problems[0].place.clone().unwrap();
    assert_eq!(
        (
            place.line,
            place.column,
            place.width,
            place.snippet.as_str()
        ),
        (4, 5, 9, "    depend_on: [b]")
    );
}

#[test]
fn links_out_of_the_submission_are_refused() {
    let (compose, _) = read_in(|root| {
        std::os::unix::fs::symlink("/etc", root.join("task6/out")).unwrap();
        let yaml = "services:\n  a:\n    build: out\n    volumes: ['./out/x:/x']\n";
        std::fs::write(root.join("task6/docker-compose.yml"), yaml).unwrap();
    });
    assert_eq!(compose.refusals.len(), 2);
}

#[test]
fn names_are_those_that_compose_takes() {
    for section in ["volumes", "configs", "secrets"] {
        for name in ["a b", "a/b", "é", ""] {
            let yaml =
                format!("services:\n  a: {{image: i}}\n{section}:\n  '{name}': {{file: ./x}}\n");
            let yaml = match section {
                "volumes" => yaml.replace("file: ./x", ""),
                _ => yaml,
            };
            assert_eq!(problems(&yaml), [(ProblemKind::InvalidValue, 4)], "{yaml}");
        }
    }
    assert_eq!(
        problems("services:\n  'a b': {image: i}\n"),
        [(ProblemKind::InvalidValue, 2)]
    );
    let (compose, project) = read(
        "services: {a: {image: i, networks: [.builds, 'é /b'], volumes: ['1_-.A:/x']}}\nnetworks: {.builds: , 'é /b': }\nvolumes: {1_-.A: }\n",
    );
    assert_eq!(compose.problems, vec![]);
    assert_eq!(project.unwrap().networks, [".builds", "é /b"]);
}

#[test]
fn containers_that_are_not_started_are_noted() {
    let (compose, project) = read(
        "services: {a: {image: i, scale: 5}, b: {image: i, scale: 4}, back-end: {image: i, deploy: {replicas: 6}}}\n",
    );
    assert_eq!(project.unwrap().services[0].replicas, 5);
    let notes: Vec<&str> = compose.oddities.iter().map(|note| &*note.en).collect();
    assert_eq!(
        notes,
        ["`a` asks for 5 containers: the sandbox starts 4 of them"]
    );
}

#[test]
fn files_are_searched_as_compose_searches_them() {
    let (compose, _) = read_in(|root| {
        for name in ["compose.yml", "docker-compose.yml", "Docker-Compose.yml"] {
            std::fs::write(root.join("task6").join(name), USUAL).unwrap();
        }
    });
    assert_eq!(compose.files, ["task6/compose.yml"]);
    assert_eq!(compose.misnamed, ["task6/Docker-Compose.yml"]);
    assert_eq!(compose.oddities.len(), 2);
}

#[test]
fn misnamed_files_are_told() {
    let (compose, project) = read_in(|root| {
        std::fs::create_dir(root.join("task6/app")).unwrap();
        for path in [
            "docker-compose.yml",
            "task6/docker-compose",
            "task6/docker-compose.yml.txt",
            "task6/app/compose.yaml",
            "task6/README.md",
        ] {
            std::fs::write(root.join(path), USUAL).unwrap();
        }
    });
    let misnamed = [
        "task6/docker-compose",
        "task6/docker-compose.yml.txt",
        "docker-compose.yml",
        "task6/app/compose.yaml",
    ];
    assert_eq!((compose.files.len(), project), (0, None));
    assert_eq!(compose.misnamed, misnamed);
}

#[test]
fn unreadable_files_are_problems() {
    let kind = |(compose, _): (Compose, _)| compose.problems[0].kind;
    assert_eq!(
        kind(read(b"services:\n  \xff: x\n")),
        ProblemKind::Unreadable
    );
    assert_eq!(
        kind(read("#".repeat(CAP as usize + 1))),
        ProblemKind::Unreadable
    );
    let folder = read_in(|root| std::fs::create_dir(root.join("task6/compose.yml")).unwrap());
    assert_eq!(kind(folder), ProblemKind::Unreadable);
    assert_eq!(kind(read("a: b\0")), ProblemKind::Syntax);
}

#[test]
fn environments_are_laid_over_each_other() {
    let (_, project) = read_in(|root| {
        std::fs::write(root.join("task6/.env"), "TAG=1\nFROM_ENV=x\n").unwrap();
        std::fs::write(root.join("task6/a.env"), "A=file-${TAG}\nB=file\n").unwrap();
        let yaml = "services:\n  a:\n    image: i:${TAG}\n    env_file: a.env\n    environment: [B=own, FROM_ENV, GONE]\n";
        std::fs::write(root.join("task6/docker-compose.yml"), yaml).unwrap();
    });
    let service = &project.unwrap().services[0];
    assert_eq!(service.image.as_deref(), Some("i:1"));
    let environment = [
        ("A", Some("file-1")),
        ("B", Some("own")),
        ("FROM_ENV", Some("x")),
        ("GONE", None),
    ];
    assert_eq!(
        service.environment,
        environment.map(|(name, value)| (name.to_owned(), value.map(str::to_owned)))
    );
}

#[test]
fn unset_variables_are_noted() {
    let (compose, project) = read("services:\n  a:\n    image: i${UNSET}\n");
    assert_eq!(project.unwrap().services[0].image.as_deref(), Some("i"));
    assert_eq!(compose.oddities.len(), 1);
}

#[test]
fn mounts_are_told_apart() {
    let keys = "    volumes: ['./x:/x:ro', 'vol:/v', '/anonymous', {type: tmpfs, target: /t}]\n    tmpfs: /run:size=1m";
    let mount = |target: &str, read_only, source| Mount {
        target: target.to_owned(),
        read_only,
        source,
        options: VolumeOptions::default(),
    };
    let mounts = [
        mount("/x", true, MountSource::Submission("task6/x".to_owned())),
        mount("/v", false, MountSource::Volume("vol".to_owned())),
        mount("/anonymous", false, MountSource::Anonymous),
        mount("/t", false, MountSource::Tmpfs),
        mount("/run", false, MountSource::Tmpfs),
    ];
    assert_eq!(service(keys).mounts, mounts);
}

#[test]
fn places_in_a_container_are_cleaned_as_the_engine_cleans_them() {
    let keys = "    volumes: ['./x:/a/../x', 'vol://v/./w/', '/../anonymous', {type: bind, source: ./x, target: /../../y}]\n    tmpfs: /run/../t";
    let mounts = service(keys).mounts;
    let targets: Vec<&str> = mounts.iter().map(|mount| mount.target.as_str()).collect();
    assert_eq!(targets, ["/x", "/v/w", "/anonymous", "/y", "/t"]);
    for target in ["/", "/..", "/a/.."] {
        let yaml = format!("services:\n  a:\n    image: i\n    volumes: ['./x:{target}']\n");
        assert_eq!(
            problems(&yaml),
            [(ProblemKind::InvalidValue, 4)],
            "{target}"
        );
    }
}

#[test]
fn what_is_no_file_is_given_to_no_container() {
    for keys in [
        "volumes: ['./p:/p']}}",
        "secrets: [s]}}\nsecrets: {s: {file: p}}",
        "configs: [c]}}\nconfigs: {c: {file: ./p}}",
    ] {
        let (compose, project) = read_in(|root| {
            let pipe = root.join("task6/p");
            rustix::fs::mkfifoat(rustix::fs::CWD, pipe, 0o644.into()).unwrap();
            let yaml = format!("services: {{a: {{image: i, {keys}\n");
            std::fs::write(root.join("task6/docker-compose.yml"), yaml).unwrap();
        });
        assert_eq!(project, None, "{keys}");
        assert_eq!(compose.refusals.len(), 1, "{keys}");
    }
}

#[test]
fn networks_links_and_conditions_are_carried_out() {
    let service = service(
        "    networks: {n: {aliases: [x]}, default: }\n    links: ['b:c']\n    depends_on: {b: {condition: service_healthy}}",
    );
    let attachment = |network: &str, aliases: &[&str]| Attachment {
        network: network.to_owned(),
        aliases: aliases.iter().map(|&alias| alias.to_owned()).collect(),
        ..Attachment::default()
    };
    assert_eq!(
        service.attachments,
        [attachment("n", &["x"]), attachment("default", &[])]
    );
    assert_eq!(service.links[0].alias, "c");
    assert_eq!(
        service.depends_on,
        [Dependency {
            service: "b".to_owned(),
            condition: Condition::Healthy
        }]
    );
}

#[test]
fn only_tcp_ports_are_mapped() {
    let service = service(
        "    ports: ['53:53/udp', '80', {target: 9, protocol: sctp}, {target: 81, published: 8081}]",
    );
    let targets: Vec<u16> = service.ports.iter().map(|port| port.target).collect();
    assert_eq!(targets, [81, 80]);
}

#[test]
fn a_linked_service_is_known_by_the_name_of_the_link_on_the_networks_they_share() {
    let (_, project) = read(
        "networks: {n: , m: }\nservices:\n  a: {image: i, networks: [n], links: ['b:c', b]}\n  b: {image: i, networks: [n, m]}\n",
    );
    let services = project.unwrap().services;
    let aliases = services[1].attachments.iter();
    let aliases: Vec<_> = aliases
        .map(|attachment| (attachment.network.as_str(), attachment.aliases.as_slice()))
        .collect();
    assert_eq!(aliases, [("n", ["c".to_owned()].as_slice()), ("m", &[])]);
}

#[test]
fn replicas_come_from_scale_or_deploy() {
    assert_eq!(service("").replicas, 1);
    assert_eq!(service("    scale: 3").replicas, 3);
    assert_eq!(
        service("    deploy: {mode: replicated, replicas: '2'}").replicas,
        2
    );
}

#[test]
fn profiles_keep_a_service_off_unless_env_turns_them_on() {
    let yaml = "services:\n  a: {image: i}\n  b: {image: i, profiles: [debug]}\n";
    let (compose, project) = read(yaml);
    assert_eq!(
        (project.unwrap().services.len(), compose.oddities.len()),
        (1, 1)
    );
    let (_, project) = read_in(|root| {
        std::fs::write(root.join("task6/docker-compose.yml"), yaml).unwrap();
        std::fs::write(root.join("task6/.env"), "COMPOSE_PROFILES=debug").unwrap();
    });
    assert_eq!(project.unwrap().services.len(), 2);
}

#[test]
fn anchors_and_merge_keys_are_carried_out() {
    let (compose, project) =
        read("x-a: &a\n  image: i\n  init: true\nservices:\n  a:\n    <<: *a\n    tty: yes\n");
    assert_eq!(compose.problems, []);
    let service = &project.unwrap().services[0];
    assert!(service.init && service.tty);
}

#[test]
fn the_task_folder_alone_gives_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let task = folder.path().join("task6");
    std::fs::create_dir(&task).unwrap();
    std::fs::write(task.join("docker-compose.yml"), USUAL).unwrap();
    let submission = Submission::open(&task).unwrap();
    assert_eq!(
        super::read(&submission, &Expectations::default()).unwrap(),
        read(USUAL)
    );
}

#[test]
fn no_repository_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let submission = Submission::open(folder.path()).unwrap();
    assert_eq!(
        super::read(&submission, &Expectations::default()).unwrap(),
        (Compose::default(), None)
    );
}

#[test]
fn thousands_of_findings_in_one_long_line_take_no_time() {
    let ports = "80,".repeat(900);
    let services: String = (0..20)
        .map(|number| format!("s{number}: {{image: i, ports: [{ports}]}},"))
        .collect();
    let (compose, _) = read(format!("services: {{{services}}} #{}", "x".repeat(900_000)));
    assert_eq!((compose.problems, compose.services.len()), (vec![], 20));
}

#[test]
fn what_grows_without_end_is_cut_off() {
    let files: String = (0..20).map(|number| format!("'{number}.env',")).collect();
    let ranges = "'1-60000:1-60000',".repeat(5_000);
    let services: String = (0..200)
        .map(|number| format!("  s{number}: {{image: i}}\n"))
        .collect();
    for (services, key) in [
        (
            format!("  a: {{image: i, ports: [{ranges}]}}\n"),
            "services.a.ports",
        ),
        (
            format!("  a: {{image: i, env_file: [{files}]}}\n"),
            "services.a.env_file",
        ),
        (services, "services"),
    ] {
        let (compose, project) = read_in(|root| {
            for number in 0..20 {
                std::fs::write(root.join(format!("task6/{number}.env")), "A=1\n").unwrap();
            }
            let yaml = format!("services:\n{services}");
            std::fs::write(root.join("task6/compose.yaml"), yaml).unwrap();
        });
        assert_eq!((compose.problems, project), (vec![], None));
        assert_eq!(compose.refusals[0].key, key);
    }
}

#[test]
fn broken_input_ends_in_findings() {
    let all = "volumes: ['./a:/b']\n    healthcheck: {test: [CMD, x], interval: 1m}\n    command: sh -c 'a ${B:-c}'\n";
    let text = USUAL.replace(
        "ports: ['80:80']",
        &format!("ports: ['80:80', '1-2:3-4/udp']\n    {all}"),
    );
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("task6")).unwrap();
    let submission = Submission::open(folder.path()).unwrap();
    let mut seed = 1_u64;
    for _ in 0..2_000 {
        let mut bytes = text.clone().into_bytes();
        for _ in 0..4 {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let at = (seed >> 33) as usize % bytes.len();
            match seed >> 30 & 3 {
                0 => drop(bytes.remove(at)),
                1 => bytes[at] = (seed >> 20) as u8,
                2 => bytes.insert(at, b"{}[]:-$*&!'\"\n#|>"[(seed >> 20) as usize % 16]),
                _ => bytes.truncate((at * 8).max(10)),
            }
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        std::fs::write(folder.path().join("task6/compose.yaml"), text).unwrap();
        super::read(&submission, &Expectations::default()).unwrap();
    }
}
