//! Keys that the sandbox refuses: every refused key, in every form.

use std::collections::BTreeSet;

use softy_checks::observation::Refusal;

use super::super::keys::{Decision, Key, sections};
use super::*;

/// Refused keys of a service.
const SERVICE: [&str; 75] = [
    "privileged: true",
    "privileged: 'yes'",
    "privileged: TRUE",
    "privileged: ${X:-true}",
    "cap_add: [ALL]",
    "cap_add: [CHOWN, cap_sys_admin]",
    "cap_add: ['${X:-SYS_PTRACE}']",
    "devices: ['/dev/sda:/dev/sda']",
    "devices: [{source: /dev/sda, permissions: rwm}]",
    "device_cgroup_rules: ['a *:* rwm']",
    "gpus: all",
    "gpus: [{driver: nvidia, count: 1, capabilities: [gpu]}]",
    "security_opt: ['seccomp:unconfined']",
    "security_opt: ['no-new-privileges:false']",
    "userns_mode: host",
    "cgroup: host",
    "cgroup_parent: x",
    "runtime: x",
    "isolation: x",
    "credential_spec: {file: x}",
    "group_add: [docker]",
    "group_add: [0]",
    "use_api_socket: true",
    "provider: {type: x, options: {a: [b]}}",
    "models: [m]",
    "models: {m: {endpoint_var: X}}",
    "pid: host",
    "pid: 'container:x'",
    "pid: ${X:-host}",
    "ipc: host",
    "ipc: 'container:x'",
    "uts: host",
    "network_mode: host",
    "network_mode: 'container:x'",
    "network_mode: '${X:-ho}st'",
    "volumes_from: ['container:x']",
    "volumes_from: ['container:x:ro']",
    "external_links: [x]",
    "extra_hosts: ['h:host-gateway']",
    "extra_hosts: ['h=host-gateway']",
    "extra_hosts: {h: host-gateway}",
    "extra_hosts: {h: [10.0.0.1, host-gateway]}",
    "sysctls: {a: 1}",
    "sysctls: ['a=1']",
    "volumes: ['/etc:/etc']",
    "volumes: ['~/x:/x']",
    "volumes: ['$HOME/x:/x']",
    "volumes: ['../../x:/x']",
    "volumes: ['C:\\x:/x']",
    "volumes: [{type: bind, source: /, target: /x}]",
    "volumes: [{type: npipe, source: x, target: /x}]",
    "volumes: [{type: cluster, source: x, target: /x}]",
    "volumes: [{type: image, source: x, target: /x, image: {subpath: y}}]",
    "networks: {n: {driver_opts: {a: b}}}",
    "env_file: /etc/passwd",
    "env_file: [{path: ../../x, required: false}]",
    "label_file: [../../x]",
    "post_start: [{command: x, privileged: true}]",
    "pre_start: [{command: x, privileged: true}]",
    "pre_stop: [{command: x, privileged: 'on'}]",
    "develop: {watch: [{path: ., action: sync+exec, exec: {command: x, privileged: true}}]}",
    "build: https://example.com/x.git",
    "build: ../..",
    "build: {context: ., dockerfile: ../../x}",
    "build: {context: ., ssh: [default]}",
    "build: {context: ., secrets: [{source: s}]}",
    "build: {context: ., entitlements: [x]}",
    "build: {context: ., network: host}",
    "build: {context: ., privileged: true}",
    "build: {context: ., cache_to: [x]}",
    "build: {context: ., isolation: x}",
    "build: {context: ., extra_hosts: ['h:host-gateway']}",
    "build: {context: ., additional_contexts: {x: /etc}}",
    "build: {context: ., additional_contexts: ['x=https://example.com/x.git', 'y=service:b']}",
    "deploy: {resources: {reservations: {devices: [{capabilities: [gpu]}]}}}",
];

/// Refused sections at the top of a file.
const TOP: [&str; 19] = [
    "models: {m: {model: x}}",
    "networks: {n: {external: true}}",
    "networks: {n: {external: {name: x}}}",
    "networks: {n: {driver: host}}",
    "networks: {n: {driver_opts: {a: b}}}",
    "volumes: {v: {external: true}}",
    "volumes: {v: {driver_opts: {o: bind}}}",
    "volumes: {v: {driver: nfs}}",
    "configs: {c: {external: true}}",
    "configs: {c: {file: /etc/passwd}}",
    "configs: {c: {file: ../../x}}",
    "configs: {c: {content: x, template_driver: golang}}",
    "secrets: {s: {external: {name: x}}}",
    "secrets: {s: {file: /etc/shadow}}",
    "secrets: {s: {file: '${X:-~/.ssh/id_rsa}'}}",
    "secrets: {s: {driver: x}}",
    "secrets: {s: {driver: x, driver_opts: {a: b}}}",
    "secrets: {s: {file: x, template_driver: golang}}",
    "secrets: {s: {environment: X, driver: x}}",
];

fn refusals(yaml: &str) -> Vec<Refusal> {
    let (compose, project) = read(yaml);
    assert_eq!((compose.problems, project), (vec![], None), "{yaml}");
    assert!(!compose.refusals.is_empty(), "{yaml}");
    compose.refusals
}

fn first_line(refusals: &[Refusal]) -> u32 {
    refusals[0].place.as_ref().unwrap().line
}

fn in_service(keys: &str) -> String {
    format!("services:\n  a:\n    image: i\n    {keys}\n  b: {{image: i}}\nnetworks: {{n: }}\n")
}

#[test]
fn dangerous_keys_are_refused_where_they_stand_in_both_languages() {
    for keys in SERVICE {
        let refusals = refusals(&in_service(keys));
        assert_eq!(first_line(&refusals), 4, "{keys}");
        for refusal in refusals {
            for text in [refusal.danger, refusal.instead] {
                assert!(!text.en.is_empty() && !text.fr.is_empty(), "{keys}");
            }
        }
    }
    for section in TOP {
        let yaml = format!("services: {{a: {{image: i}}}}\n{section}\n");
        assert_eq!(first_line(&refusals(&yaml)), 2, "{section}");
    }
}

#[test]
fn a_merge_key_hides_nothing() {
    for keys in SERVICE {
        let yaml = format!(
            "x-a: &a\n  {keys}\nservices:\n  a:\n    image: i\n    <<: *a\n  b: {{image: i}}\nnetworks: {{n: }}\n"
        );
        assert_eq!(first_line(&refusals(&yaml)), 2, "{keys}");
    }
}

#[test]
fn every_refused_key_of_the_table_is_among_them() {
    let tops = TOP.map(|section| format!("services: {{a: {{image: i}}}}\n{section}\n"));
    let files = SERVICE.map(in_service).into_iter().chain(tops);
    let seen: BTreeSet<String> = files
        .flat_map(|yaml| refusals(&yaml))
        .map(|refusal| general(&refusal.key))
        .collect();
    let mut missing = Vec::new();
    sections(&mut |path, keys: &'static [Key]| {
        for key in keys {
            let full = format!("{path}.{}", key.name);
            let full = full.trim_start_matches('.');
            if matches!(key.decision, Decision::Refused(_) | Decision::Screened(..))
                && !seen.contains(full)
            {
                missing.push(full.to_owned());
            }
        }
    });
    assert_eq!(missing, Vec::<String>::new());
}

/// Replaces the names and numbers of these tests in the path of a finding by general ones.
fn general(path: &str) -> String {
    let mut general = path.replace("[0]", "[]");
    for (name, below) in [
        ("services.a", "services.NAME"),
        (".networks.n.", ".networks.NAME."),
    ] {
        general = general.replace(name, below);
    }
    for section in ["networks.n", "volumes.v", "configs.c", "secrets.s"] {
        if let Some(rest) = general.strip_prefix(section) {
            let (section, _) = section.split_once('.').unwrap();
            general = format!("{section}.NAME{rest}");
        }
    }
    general
}

#[test]
fn more_containers_than_twenty_are_refused_where_the_first_is_too_many() {
    let stack = |services: usize, rest: &str| {
        let services: String = (0..services)
            .map(|number| format!("  s{number}: {{image: i}}\n"))
            .collect();
        format!("services:\n  back-end: {{image: i}}\n{services}{rest}")
    };
    for yaml in [
        stack(15, ""),
        stack(
            7,
            "  a: {image: i, scale: 1000000}\n  b: {image: i, scale: 1000000}\n",
        ),
        stack(15, "  a: {image: i, deploy: {replicas: 0}}\n"),
    ] {
        let (compose, project) = read(&yaml);
        assert_eq!(compose.refusals, vec![], "{yaml}");
        assert!(project.is_some(), "{yaml}");
    }
    for (yaml, line) in [
        (stack(17, ""), 18),
        (stack(101, ""), 102),
        (stack(14, "  a: {image: i, scale: 2}\n"), 17),
    ] {
        let refusals = refusals(&yaml);
        assert_eq!(
            (refusals[0].key.as_str(), first_line(&refusals)),
            ("services", line)
        );
    }
}

#[test]
fn more_networks_than_eight_are_refused() {
    let stack = |networks: usize| {
        let names: Vec<String> = (0..networks).map(|number| format!("n{number}")).collect();
        let (on, defined) = (names.join(", "), names.join(": , "));
        format!(
            "services:\n  a: {{image: i, networks: [{on}]}}\nnetworks: {{{defined}: , unused: }}\n"
        )
    };
    let (compose, project) = read(stack(8));
    assert_eq!(compose.refusals, vec![]);
    assert_eq!(project.map(|project| project.networks.len()), Some(8));
    let refusals = refusals(&stack(9));
    assert_eq!(
        (refusals[0].key.as_str(), first_line(&refusals)),
        ("networks", 2)
    );
}

#[test]
fn what_asks_for_nothing_is_not_refused() {
    for keys in [
        "privileged: false",
        "privileged: 'no'",
        "cap_add: []",
        "cap_add: [CHOWN, CAP_SETUID, net_bind_service]",
        "cap_drop: [ALL]",
        "security_opt: ['no-new-privileges:true']",
        "cgroup: private",
        "ipc: private",
        "pid: ''",
        "runtime: runc",
        "volumes: ['./x:/x:ro,z']",
    ] {
        service(&format!("    {keys}"));
    }
}

#[test]
fn more_containers_before_a_service_than_a_few_are_refused() {
    let before = |count: usize| {
        let hooks = vec!["{command: x}"; count].join(", ");
        in_service(&format!("pre_start: [{hooks}]"))
    };
    assert_eq!(refusals(&before(9))[0].key, "services.a.pre_start");
    assert!(read(before(8)).1.is_some());
}
