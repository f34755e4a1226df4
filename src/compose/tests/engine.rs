//! Values that Compose accepts and every engine refuses, and similar values that engines accept.

use super::*;

fn file(keys: &str) -> String {
    format!("services:\n  a: {{image: i, {keys}}}\n  b: {{image: i}}\n")
}

#[test]
fn values_that_every_engine_refuses_are_found() {
    for keys in [
        "stop_signal: word",
        "stop_signal: '0'",
        "stop_signal: SIGNOPE",
        "mem_limit: 5m",
        "mem_limit: -1",
        "deploy: {resources: {limits: {memory: 1M}}}",
        "mem_reservation: 50",
        "mem_swappiness: 101",
        "memswap_limit: 100m",
        "mem_limit: 100m, memswap_limit: 50m",
        "mem_limit: 100m, mem_reservation: 200m",
        "deploy: {resources: {limits: {memory: 100M}, reservations: {memory: 200M}}}",
        "oom_score_adj: 1001",
        "oom_score_adj: -1001",
        "shm_size: -1",
        "cpus: -1",
        "cpus: 0.5, cpu_quota: 50000",
        "cpu_quota: 1",
        "cpu_period: 10",
        "cpuset: word",
        "cpuset: '1-0'",
        "ulimits: {nope: 10}",
        "ulimits: {nofile: {soft: 20, hard: 10}}",
        "ulimits: {nofile: {soft: -1, hard: 100}}",
        "logging: {driver: json}",
        "logging: {driver: json-file, options: {maxsize: 1m}}",
        "logging: {driver: json-file, options: {max-size: '0'}}",
        "logging: {driver: json-file, options: {max-file: '0', max-size: 1m}}",
        "logging: {driver: json-file, options: {mode: word}}",
        "logging: {driver: local, options: {tag: x}}",
        "hostname: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "tmpfs: run",
        "tmpfs: ['/run:size=1m,nope']",
        "tmpfs: /run:nope=1",
        "tmpfs: [/run, /]",
        "working_dir: relative",
        "user: '3000000000'",
        "healthcheck: {test: 'true', interval: 1us}",
        "network_mode: 'service:b', ports: ['80:80']",
        "network_mode: 'service:b', hostname: x",
        "network_mode: 'service:b', links: [b]",
    ] {
        let found = problems(&file(keys));
        assert_eq!(found, [(ProblemKind::EngineRefuses, 2)], "{keys}");
        let off = format!("{keys}, profiles: [x]");
        assert_eq!(read(file(&off)).0.problems, [], "{off}");
    }
}

#[test]
fn values_that_engines_take_are_no_problem() {
    for keys in [
        "stop_signal: SIGRTMIN+3",
        "stop_grace_period: -1s",
        "tmpfs: ['/run:size=1m,mode=1777,noexec', '/tmp:']",
        "oom_score_adj: -1000",
        "stop_signal: sigterm",
        "stop_signal: '15'",
        "stop_signal: TERM",
        "stop_signal: ''",
        "mem_limit: 6m",
        "mem_limit: 0",
        "mem_limit: 1.5 GiB",
        "mem_swappiness: -1",
        "mem_limit: 100m, memswap_limit: 100m",
        "mem_limit: 100m, memswap_limit: -1",
        "memswap_limit: -1",
        "shm_size: 0",
        "cpus: 0.01",
        "cpus: '0'",
        "cpus: 10000",
        "cpu_quota: -1",
        "cpuset: '0,2-3'",
        "cpuset: ''",
        "ulimits: {nofile: 1024, NPROC: 10}",
        "ulimits: {core: {soft: 0, hard: -1}}",
        "logging: {driver: none, options: {max-size: 10m}}",
        "logging: {driver: syslog}",
        "logging: {options: {anything: x}}",
        "logging: {driver: json-file, options: {max-size: 10 m, max-file: '3', compress: 'true'}}",
        "tmpfs: '/run:size=1m'",
        "user: nobody",
        "user: '1000:1000'",
        "working_dir: ''",
        "healthcheck: {test: 'true', interval: 0s}",
        "network_mode: 'service:b', ports: [], expose: []",
    ] {
        assert_eq!(read(file(keys)).0.problems, [], "{keys}");
    }
}

#[test]
fn volumes_have_names_that_engines_take() {
    let file = |name: &str, mount: &str| {
        format!(
            "services:\n  a: {{image: i, volumes: ['{mount}:/x']}}\nvolumes: {{vol: {{name: '{name}'}}, wol: }}\n"
        )
    };
    for name in ["a b", "a", "-ab", "a/b"] {
        let found = problems(&file(name, "vol"));
        assert_eq!(found, [(ProblemKind::EngineRefuses, 3)], "{name}");
        assert_eq!(read(file(name, "wol")).0.problems, [], "{name}");
    }
    assert_eq!(read(file("a_b", "vol")).0.problems, []);
}

/// Returns a file with a service and the networks `n` and `m`.
fn networked(service: &str, networks: &str) -> String {
    format!(
        "services:\n  a: {{image: i, {service}}}\nnetworks:\n  n: {networks}\n  m: {{ipam: {{config: [{{subnet: 10.2.0.0/16}}]}}}}\n"
    )
}

#[test]
fn networks_that_no_engine_makes_are_found() {
    for network in [
        "{driver: bridged}",
        "{driver: none}",
        "{driver: 'null'}",
        "{name: default}",
        "{name: bridge}",
        "{name: ''}",
        "{ipam: {driver: nope}}",
        "{ipam: {config: [{subnet: word}]}}",
        "{ipam: {config: [{subnet: 10.1.0.0}]}}",
        "{ipam: {config: [{gateway: 10.1.0.1}]}}",
        "{ipam: {config: [{subnet: 10.1.0.0/24, gateway: 10.9.0.1}]}}",
        "{ipam: {config: [{subnet: 10.1.0.0/24, ip_range: word}]}}",
        "{ipam: {config: [{subnet: 10.1.0.0/16}, {subnet: 10.1.7.0/24}]}}",
    ] {
        let found = problems(&networked("networks: [n]", network));
        assert_eq!(found, [(ProblemKind::EngineRefuses, 4)], "{network}");
        let unused = networked("networks: [m]", network);
        assert_eq!(read(&unused).0.problems, [], "{network}");
    }
    for network in [
        "{driver: bridge}",
        "{driver: ''}",
        "{name: other}",
        "{ipam: {driver: default}}",
        "{ipam: {config: []}}",
        "{ipam: {config: [{subnet: 10.1.0.0/24, gateway: 10.1.0.254}]}}",
    ] {
        let seen = read(networked("networks: [n, m]", network)).0;
        assert_eq!(seen.problems, [], "{network}");
    }
    let overlapping = "{ipam: {config: [{subnet: 10.2.7.0/24}]}}";
    let found = read(networked("networks: [n, m]", overlapping)).0.problems;
    let places = (found[0].place.as_ref(), found[0].also.as_deref());
    let lines = (
        places.0.map(|place| place.line),
        places.1.map(|place| place.line),
    );
    assert_eq!(lines, (Some(5), Some(4)));
}

#[test]
fn addresses_that_no_container_can_have_are_found() {
    let network = "{ipam: {config: [{subnet: 10.1.0.0/24}]}}";
    for (address, count) in [
        ("10.1.0.9", 0),
        ("10.1.0.1", 1),
        ("10.1.0.0", 1),
        ("10.1.0.255", 1),
        ("10.9.0.9", 1),
        ("word", 1),
    ] {
        let service = format!("networks: {{n: {{ipv4_address: {address}}}}}");
        let found = read(networked(&service, network)).0.problems;
        assert_eq!(found.len(), count, "{address}: {found:?}");
    }
    let found = problems(&networked("networks: {n: {ipv4_address: 10.1.0.9}}", "{}"));
    assert_eq!(found, [(ProblemKind::EngineRefuses, 2)]);
    let both = "services:\n  a: {image: i, networks: {n: {ipv4_address: 10.1.0.9}}}\n  b: {image: i, networks: {n: {ipv4_address: 10.1.0.9}}}\nnetworks:\n  n: {ipam: {config: [{subnet: 10.1.0.0/24}]}}\n";
    assert_eq!(problems(both), [(ProblemKind::EngineRefuses, 3)]);
}
