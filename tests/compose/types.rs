//! Every key of the specification, and values of every type.

/// A part of a compose file.
pub struct Section {
    /// What it is called.
    pub name: &'static str,
    /// A file in which `KEY` stands for a key of it with its value.
    pub file: &'static str,
    /// Its keys, and one that is unknown.
    pub keys: &'static str,
}

/// Values of every type, on one line.
pub static VALUES: &[&str] = &[
    "",
    "null",
    "true",
    "'true'",
    "no",
    "0",
    "1",
    "-1",
    "1.5",
    "'1'",
    "'1.5'",
    "word",
    "'two words'",
    "''",
    "10m",
    "10s",
    "[]",
    "[word]",
    "[1]",
    "[1.5]",
    "[true]",
    "[null]",
    "[word, word]",
    "['a=b']",
    "['']",
    "[{}]",
    "[[]]",
    "{}",
    "{a: b}",
    "{a: 1}",
    "{a: true}",
    "{a: null}",
    "{a: [b]}",
    "{a: {}}",
    "{1: b}",
    "$EMPTY",
    "$NUMBER",
    "$WORD",
    "$NOWHERE",
    "2024-01-01",
    "0o17",
    "0x1F",
    "1e3",
    "1_000",
];

/// Every part.
pub static SECTIONS: &[Section] = &[
    Section {
        name: "file",
        file: "services: {web: {image: ubuntu:latest}}\nKEY\n",
        keys: "version name networks volumes secrets configs include x-extension unknown",
    },
    Section {
        name: "services",
        file: "services:\n  web: {image: ubuntu:latest}\n  KEY\n",
        keys: "other x-other 'o t' 1",
    },
    Section {
        name: "service",
        file: "services:\n  web:\n    image: ubuntu:latest\n    KEY\n",
        keys: "annotations attach blkio_config build cap_add cap_drop cgroup cgroup_parent command configs container_name \
               cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset \
               credential_spec depends_on deploy develop device_cgroup_rules devices dns dns_opt dns_search domainname \
               entrypoint env_file environment expose extends external_links extra_hosts group_add healthcheck hostname \
               init ipc isolation labels links logging mac_address mem_limit mem_reservation mem_swappiness \
               memswap_limit network_mode networks oom_kill_disable oom_score_adj pid pids_limit platform ports \
               privileged profiles pull_policy read_only restart runtime scale secrets security_opt shm_size stdin_open \
               stop_grace_period stop_signal storage_opt sysctls tmpfs tty ulimits user userns_mode uts volumes \
               volumes_from working_dir x-extension unknown",
    },
    Section {
        name: "build",
        file: "services:\n  web:\n    build:\n      context: ./app\n      KEY\n",
        keys: "additional_contexts args cache_from cache_to dockerfile dockerfile_inline extra_hosts isolation labels \
               network no_cache platforms privileged pull secrets shm_size ssh tags target ulimits x-extension unknown",
    },
    Section {
        name: "build alone",
        file: "services:\n  web:\n    build: {KEY}\n",
        keys: "context dockerfile_inline",
    },
    Section {
        name: "image",
        file: "services:\n  web:\n    KEY\n",
        keys: "image build",
    },
    Section {
        name: "depends_on",
        file: "services:\n  web:\n    image: ubuntu:latest\n    depends_on:\n      db:\n        condition: service_started\n        KEY\n  db: {image: ubuntu:latest}\n",
        keys: "required restart x-extension unknown",
    },
    Section {
        name: "depends_on alone",
        file: "services:\n  web:\n    image: ubuntu:latest\n    depends_on:\n      db:\n        KEY\n  db: {image: ubuntu:latest}\n",
        keys: "condition",
    },
    Section {
        name: "deploy",
        file: "services:\n  web:\n    image: ubuntu:latest\n    deploy:\n      KEY\n",
        keys: "endpoint_mode labels mode placement replicas resources restart_policy rollback_config update_config \
               x-extension unknown",
    },
    Section {
        name: "limits",
        file: "services:\n  web:\n    image: ubuntu:latest\n    deploy:\n      resources:\n        limits:\n          KEY\n",
        keys: "cpus memory pids unknown",
    },
    Section {
        name: "healthcheck",
        file: "services:\n  web:\n    image: ubuntu:latest\n    healthcheck:\n      KEY\n",
        keys: "disable interval retries start_interval start_period test timeout x-extension unknown",
    },
    Section {
        name: "logging",
        file: "services:\n  web:\n    image: ubuntu:latest\n    logging:\n      KEY\n",
        keys: "driver options x-extension unknown",
    },
    Section {
        name: "env_file",
        file: "services:\n  web:\n    image: ubuntu:latest\n    env_file:\n      - path: ./web.env\n        KEY\n",
        keys: "required unknown",
    },
    Section {
        name: "port",
        file: "services:\n  web:\n    image: ubuntu:latest\n    ports:\n      - target: 80\n        KEY\n",
        keys: "app_protocol host_ip mode name protocol published x-extension unknown",
    },
    Section {
        name: "port alone",
        file: "services:\n  web:\n    image: ubuntu:latest\n    ports:\n      - KEY\n",
        keys: "target published",
    },
    Section {
        name: "mount",
        file: "services:\n  web:\n    image: ubuntu:latest\n    volumes:\n      - type: volume\n        target: /data\n        KEY\n",
        keys: "bind consistency read_only source tmpfs volume x-extension unknown",
    },
    Section {
        name: "bound mount",
        file: "services:\n  web:\n    image: ubuntu:latest\n    volumes:\n      - type: bind\n        source: ./files\n        KEY\n",
        keys: "target",
    },
    Section {
        name: "mount alone",
        file: "services:\n  web:\n    image: ubuntu:latest\n    volumes:\n      - target: /data\n        KEY\n",
        keys: "type",
    },
    Section {
        name: "bind",
        file: "services:\n  web:\n    image: ubuntu:latest\n    volumes:\n      - type: bind\n        source: ./files\n        target: /data\n        bind:\n          KEY\n",
        keys: "create_host_path propagation selinux unknown",
    },
    Section {
        name: "attachment",
        file: "services:\n  web:\n    image: ubuntu:latest\n    networks:\n      front:\n        KEY\nnetworks: {front: {}}\n",
        keys: "aliases driver_opts ipv4_address link_local_ips mac_address priority x-extension unknown",
    },
    Section {
        name: "network",
        file: "services:\n  web: {image: ubuntu:latest, networks: [front]}\nnetworks:\n  front:\n    KEY\n",
        keys: "attachable driver driver_opts enable_ipv6 external internal ipam labels name x-extension unknown",
    },
    Section {
        name: "networks",
        file: "services:\n  web: {image: ubuntu:latest}\nnetworks:\n  KEY\n",
        keys: "front default",
    },
    Section {
        name: "volume",
        file: "services:\n  web: {image: ubuntu:latest, volumes: ['data:/data']}\nvolumes:\n  data:\n    KEY\n",
        keys: "driver driver_opts external labels name x-extension unknown",
    },
    Section {
        name: "volumes",
        file: "services:\n  web: {image: ubuntu:latest}\nvolumes:\n  KEY\n",
        keys: "data",
    },
];
