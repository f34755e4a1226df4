//! Every key of the specification, and values of every type.

/// Section of a compose file.
pub struct Section {
    /// Name of the section.
    pub name: &'static str,
    /// Path of its heading on the page of keys.
    pub path: &'static str,
    /// Compose file in which `KEY` marks the place of one of its keys with a value.
    pub file: &'static str,
    /// Its keys, and an unknown one.
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

/// Every section.
pub static SECTIONS: &[Section] = &[
    Section {
        name: "file",
        path: "",
        file: "services: {web: {image: ubuntu:latest}}\nKEY\n",
        keys: "version name networks volumes secrets configs include models x-extension unknown",
    },
    Section {
        name: "services",
        path: "services",
        file: "services:\n  web: {image: ubuntu:latest}\n  KEY\n",
        keys: "other x-other 'o t' 1",
    },
    Section {
        name: "service",
        path: "services.NAME",
        file: "services:\n  web:\n    image: ubuntu:latest\n    KEY\n",
        keys: "annotations attach blkio_config build cap_add cap_drop cgroup cgroup_parent command configs container_name \
               cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset \
               credential_spec depends_on deploy develop device_cgroup_rules devices dns dns_opt dns_search domainname \
               entrypoint env_file environment expose extends external_links extra_hosts gpus group_add healthcheck \
               hostname init ipc isolation label_file labels links logging mac_address mem_limit mem_reservation mem_swappiness \
               memswap_limit models network_mode networks oom_kill_disable oom_score_adj pid pids_limit platform ports \
               post_start pre_start pre_stop privileged profiles provider pull_policy pull_refresh_after read_only restart runtime scale secrets security_opt shm_size stdin_open \
               stop_grace_period stop_signal storage_opt sysctls tmpfs tty ulimits use_api_socket user userns_mode uts volumes \
               volumes_from working_dir x-extension unknown",
    },
    Section {
        name: "build",
        path: "services.NAME.build",
        file: "services:\n  web:\n    build:\n      context: ./app\n      KEY\n",
        keys: "additional_contexts args cache_from cache_to dockerfile dockerfile_inline entitlements extra_hosts isolation \
               labels network no_cache no_cache_filter platforms privileged provenance pull sbom secrets shm_size ssh tags target ulimits x-extension unknown",
    },
    Section {
        name: "build alone",
        path: "services.NAME.build",
        file: "services:\n  web:\n    build: {KEY}\n",
        keys: "context dockerfile_inline",
    },
    Section {
        name: "image",
        path: "services.NAME",
        file: "services:\n  web:\n    KEY\n",
        keys: "image build",
    },
    Section {
        name: "depends_on",
        path: "services.NAME.depends_on.NAME",
        file: "services:\n  web:\n    image: ubuntu:latest\n    depends_on:\n      db:\n        condition: service_started\n        KEY\n  db: {image: ubuntu:latest}\n",
        keys: "required restart x-extension unknown",
    },
    Section {
        name: "depends_on alone",
        path: "services.NAME.depends_on.NAME",
        file: "services:\n  web:\n    image: ubuntu:latest\n    depends_on:\n      db:\n        KEY\n  db: {image: ubuntu:latest}\n",
        keys: "condition",
    },
    Section {
        name: "deploy",
        path: "services.NAME.deploy",
        file: "services:\n  web:\n    image: ubuntu:latest\n    deploy:\n      KEY\n",
        keys: "endpoint_mode labels mode placement replicas resources restart_policy rollback_config update_config \
               x-extension unknown",
    },
    Section {
        name: "limits",
        path: "services.NAME.deploy.resources.limits",
        file: "services:\n  web:\n    image: ubuntu:latest\n    deploy:\n      resources:\n        limits:\n          KEY\n",
        keys: "cpus memory pids unknown",
    },
    Section {
        name: "healthcheck",
        path: "services.NAME.healthcheck",
        file: "services:\n  web:\n    image: ubuntu:latest\n    healthcheck:\n      KEY\n",
        keys: "disable interval retries start_interval start_period test timeout x-extension unknown",
    },
    Section {
        name: "logging",
        path: "services.NAME.logging",
        file: "services:\n  web:\n    image: ubuntu:latest\n    logging:\n      KEY\n",
        keys: "driver options x-extension unknown",
    },
    Section {
        name: "env_file",
        path: "services.NAME.env_file[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    env_file:\n      - path: ./web.env\n        KEY\n",
        keys: "format required unknown",
    },
    Section {
        name: "port",
        path: "services.NAME.ports[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    ports:\n      - target: 80\n        KEY\n",
        keys: "app_protocol host_ip mode name protocol published x-extension unknown",
    },
    Section {
        name: "port alone",
        path: "services.NAME.ports[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    ports:\n      - KEY\n",
        keys: "target published",
    },
    Section {
        name: "mount",
        path: "services.NAME.volumes[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    volumes:\n      - type: volume\n        target: /data\n        KEY\n",
        keys: "bind consistency image read_only source tmpfs volume x-extension unknown",
    },
    Section {
        name: "bound mount",
        path: "services.NAME.volumes[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    volumes:\n      - type: bind\n        source: ./files\n        KEY\n",
        keys: "target",
    },
    Section {
        name: "mount alone",
        path: "services.NAME.volumes[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    volumes:\n      - target: /data\n        KEY\n",
        keys: "type",
    },
    Section {
        name: "bind",
        path: "services.NAME.volumes[].bind",
        file: "services:\n  web:\n    image: ubuntu:latest\n    volumes:\n      - type: bind\n        source: ./files\n        target: /data\n        bind:\n          KEY\n",
        keys: "create_host_path propagation recursive selinux unknown",
    },
    Section {
        name: "attachment",
        path: "services.NAME.networks.NAME",
        file: "services:\n  web:\n    image: ubuntu:latest\n    networks:\n      front:\n        KEY\nnetworks: {front: {}}\n",
        keys: "aliases driver_opts gw_priority interface_name ipv4_address ipv6_address link_local_ips mac_address \
               priority x-extension unknown",
    },
    Section {
        name: "network",
        path: "networks.NAME",
        file: "services:\n  web: {image: ubuntu:latest, networks: [front]}\nnetworks:\n  front:\n    KEY\n",
        keys: "attachable driver driver_opts enable_ipv4 enable_ipv6 external internal ipam labels name x-extension unknown",
    },
    Section {
        name: "networks",
        path: "networks",
        file: "services:\n  web: {image: ubuntu:latest}\nnetworks:\n  KEY\n",
        keys: "front default",
    },
    Section {
        name: "volume",
        path: "volumes.NAME",
        file: "services:\n  web: {image: ubuntu:latest, volumes: ['data:/data']}\nvolumes:\n  data:\n    KEY\n",
        keys: "driver driver_opts external labels name x-extension unknown",
    },
    Section {
        name: "volumes",
        path: "volumes",
        file: "services:\n  web: {image: ubuntu:latest}\nvolumes:\n  KEY\n",
        keys: "data",
    },
    Section {
        name: "top",
        path: "",
        file: "KEY\nx-web: {image: ubuntu:latest}\n",
        keys: "services",
    },
    Section {
        name: "config",
        path: "configs.NAME",
        file: "services: {web: {image: ubuntu:latest}}\nconfigs:\n  data:\n    file: ./files/a.txt\n    KEY\n",
        keys: "content environment external labels name template_driver x-extension unknown",
    },
    Section {
        name: "config alone",
        path: "configs.NAME",
        file: "services: {web: {image: ubuntu:latest}}\nconfigs:\n  data:\n    KEY\n",
        keys: "file content environment external",
    },
    Section {
        name: "configs",
        path: "configs",
        file: "services: {web: {image: ubuntu:latest}}\nconfigs:\n  KEY\n",
        keys: "data",
    },
    Section {
        name: "granted config",
        path: "services.NAME.configs[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    configs:\n      - source: data\n        KEY\nconfigs: {data: {file: ./files/a.txt}}\n",
        keys: "gid mode target uid x-extension unknown",
    },
    Section {
        name: "granted config alone",
        path: "services.NAME.configs[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    configs:\n      - KEY\nconfigs: {word: {file: ./files/a.txt}}\n",
        keys: "source",
    },
    Section {
        name: "secret",
        path: "secrets.NAME",
        file: "services: {web: {image: ubuntu:latest}}\nsecrets:\n  data:\n    file: ./files/a.txt\n    KEY\n",
        keys: "driver driver_opts environment external labels name template_driver x-extension unknown",
    },
    Section {
        name: "secret alone",
        path: "secrets.NAME",
        file: "services: {web: {image: ubuntu:latest}}\nsecrets:\n  data:\n    KEY\n",
        keys: "file environment external",
    },
    Section {
        name: "secrets",
        path: "secrets",
        file: "services: {web: {image: ubuntu:latest}}\nsecrets:\n  KEY\n",
        keys: "data",
    },
    Section {
        name: "granted secret",
        path: "services.NAME.secrets[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    secrets:\n      - source: data\n        KEY\nsecrets: {data: {file: ./files/a.txt}}\n",
        keys: "gid mode target uid x-extension unknown",
    },
    Section {
        name: "granted secret alone",
        path: "services.NAME.secrets[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    secrets:\n      - KEY\nsecrets: {word: {file: ./files/a.txt}}\n",
        keys: "source",
    },
    Section {
        name: "external config",
        path: "configs.NAME.external",
        file: "services: {web: {image: ubuntu:latest}}\nconfigs:\n  data:\n    external:\n      KEY\n",
        keys: "name unknown",
    },
    Section {
        name: "external secret",
        path: "secrets.NAME.external",
        file: "services: {web: {image: ubuntu:latest}}\nsecrets:\n  data:\n    external:\n      KEY\n",
        keys: "name unknown",
    },
    Section {
        name: "external network",
        path: "networks.NAME.external",
        file: "services: {web: {image: ubuntu:latest}}\nnetworks:\n  data:\n    external:\n      KEY\n",
        keys: "name unknown",
    },
    Section {
        name: "external volume",
        path: "volumes.NAME.external",
        file: "services: {web: {image: ubuntu:latest}}\nvolumes:\n  data:\n    external:\n      KEY\n",
        keys: "name unknown",
    },
    Section {
        name: "include",
        path: "include[]",
        file: "services: {web: {image: ubuntu:latest}}\ninclude:\n  - path: included.yaml\n    KEY\n",
        keys: "env_file project_directory unknown",
    },
    Section {
        name: "include alone",
        path: "include[]",
        file: "services: {web: {image: ubuntu:latest}}\ninclude:\n  - KEY\n",
        keys: "path",
    },
    Section {
        name: "model",
        path: "models.NAME",
        file: "services: {web: {image: ubuntu:latest}}\nmodels:\n  small:\n    model: ai/small\n    KEY\n",
        keys: "context_size name runtime_flags x-extension unknown",
    },
    Section {
        name: "model alone",
        path: "models.NAME",
        file: "services: {web: {image: ubuntu:latest}}\nmodels:\n  small:\n    KEY\n",
        keys: "model",
    },
    Section {
        name: "model use",
        path: "services.NAME.models.NAME",
        file: "services:\n  web:\n    image: ubuntu:latest\n    models:\n      small:\n        KEY\nmodels: {small: {model: ai/small}}\n",
        keys: "endpoint_var model_var x-extension unknown",
    },
    Section {
        name: "ipam",
        path: "networks.NAME.ipam",
        file: "services:\n  web: {image: ubuntu:latest, networks: [front]}\nnetworks:\n  front:\n    ipam:\n      KEY\n",
        keys: "config driver options x-extension unknown",
    },
    Section {
        name: "ipam config",
        path: "networks.NAME.ipam.config[]",
        file: "services:\n  web: {image: ubuntu:latest, networks: [front]}\nnetworks:\n  front:\n    ipam:\n      config:\n        - subnet: 10.9.0.0/24\n          KEY\n",
        keys: "aux_addresses gateway ip_range x-extension unknown",
    },
    Section {
        name: "ipam config alone",
        path: "networks.NAME.ipam.config[]",
        file: "services:\n  web: {image: ubuntu:latest, networks: [front]}\nnetworks:\n  front:\n    ipam:\n      config:\n        - KEY\n",
        keys: "subnet",
    },
    Section {
        name: "blkio_config",
        path: "services.NAME.blkio_config",
        file: "services:\n  web:\n    image: ubuntu:latest\n    blkio_config:\n      KEY\n",
        keys: "device_read_bps device_read_iops device_write_bps device_write_iops weight weight_device unknown",
    },
    Section {
        name: "device_read_bps",
        path: "services.NAME.blkio_config.device_read_bps[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    blkio_config:\n      device_read_bps:\n        - KEY\n",
        keys: "path rate unknown",
    },
    Section {
        name: "device_read_iops",
        path: "services.NAME.blkio_config.device_read_iops[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    blkio_config:\n      device_read_iops:\n        - KEY\n",
        keys: "path rate unknown",
    },
    Section {
        name: "device_write_bps",
        path: "services.NAME.blkio_config.device_write_bps[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    blkio_config:\n      device_write_bps:\n        - KEY\n",
        keys: "path rate unknown",
    },
    Section {
        name: "device_write_iops",
        path: "services.NAME.blkio_config.device_write_iops[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    blkio_config:\n      device_write_iops:\n        - KEY\n",
        keys: "path rate unknown",
    },
    Section {
        name: "weight_device",
        path: "services.NAME.blkio_config.weight_device[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    blkio_config:\n      weight_device:\n        - KEY\n",
        keys: "path weight unknown",
    },
    Section {
        name: "build secret",
        path: "services.NAME.build.secrets[]",
        file: "services:\n  web:\n    build:\n      context: ./app\n      secrets:\n        - source: data\n          KEY\nsecrets: {data: {file: ./files/a.txt}}\n",
        keys: "gid mode target uid x-extension unknown",
    },
    Section {
        name: "build secret alone",
        path: "services.NAME.build.secrets[]",
        file: "services:\n  web:\n    build:\n      context: ./app\n      secrets:\n        - KEY\nsecrets: {word: {file: ./files/a.txt}}\n",
        keys: "source",
    },
    Section {
        name: "build ulimit",
        path: "services.NAME.build.ulimits.NAME",
        file: "services:\n  web:\n    build:\n      context: ./app\n      ulimits:\n        nofile:\n          hard: 20\n          KEY\n",
        keys: "soft unknown",
    },
    Section {
        name: "soft build ulimit",
        path: "services.NAME.build.ulimits.NAME",
        file: "services:\n  web:\n    build:\n      context: ./app\n      ulimits:\n        nofile:\n          soft: 0\n          KEY\n",
        keys: "hard",
    },
    Section {
        name: "ulimit",
        path: "services.NAME.ulimits.NAME",
        file: "services:\n  web:\n    image: ubuntu:latest\n    ulimits:\n      nofile:\n        hard: 20\n        KEY\n",
        keys: "soft unknown",
    },
    Section {
        name: "soft ulimit",
        path: "services.NAME.ulimits.NAME",
        file: "services:\n  web:\n    image: ubuntu:latest\n    ulimits:\n      nofile:\n        soft: 0\n        KEY\n",
        keys: "hard",
    },
    Section {
        name: "credential_spec",
        path: "services.NAME.credential_spec",
        file: "services:\n  web:\n    image: ubuntu:latest\n    credential_spec:\n      KEY\n",
        keys: "config file registry x-extension unknown",
    },
    Section {
        name: "placement",
        path: "services.NAME.deploy.placement",
        file: "services:\n  web:\n    image: ubuntu:latest\n    deploy:\n      placement:\n        KEY\n",
        keys: "constraints max_replicas_per_node preferences x-extension unknown",
    },
    Section {
        name: "preference",
        path: "services.NAME.deploy.placement.preferences[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    deploy:\n      placement:\n        preferences:\n          - KEY\n",
        keys: "spread x-extension unknown",
    },
    Section {
        name: "resources",
        path: "services.NAME.deploy.resources",
        file: "services:\n  web:\n    image: ubuntu:latest\n    deploy:\n      resources:\n        KEY\n",
        keys: "limits reservations x-extension unknown",
    },
    Section {
        name: "reservations",
        path: "services.NAME.deploy.resources.reservations",
        file: "services:\n  web:\n    image: ubuntu:latest\n    deploy:\n      resources:\n        reservations:\n          KEY\n",
        keys: "cpus devices generic_resources memory x-extension unknown",
    },
    Section {
        name: "reserved device",
        path: "services.NAME.deploy.resources.reservations.devices[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    deploy:\n      resources:\n        reservations:\n          devices:\n            - capabilities: [gpu]\n              KEY\n",
        keys: "count device_ids driver options x-extension unknown",
    },
    Section {
        name: "reserved device alone",
        path: "services.NAME.deploy.resources.reservations.devices[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    deploy:\n      resources:\n        reservations:\n          devices:\n            - KEY\n",
        keys: "capabilities",
    },
    Section {
        name: "generic resource",
        path: "services.NAME.deploy.resources.reservations.generic_resources[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    deploy:\n      resources:\n        reservations:\n          generic_resources:\n            - KEY\n",
        keys: "discrete_resource_spec x-extension unknown",
    },
    Section {
        name: "discrete resource",
        path: "services.NAME.deploy.resources.reservations.generic_resources[].discrete_resource_spec",
        file: "services:\n  web:\n    image: ubuntu:latest\n    deploy:\n      resources:\n        reservations:\n          generic_resources:\n            - discrete_resource_spec:\n                KEY\n",
        keys: "kind value x-extension unknown",
    },
    Section {
        name: "restart_policy",
        path: "services.NAME.deploy.restart_policy",
        file: "services:\n  web:\n    image: ubuntu:latest\n    deploy:\n      restart_policy:\n        KEY\n",
        keys: "condition delay max_attempts window x-extension unknown",
    },
    Section {
        name: "rollback_config",
        path: "services.NAME.deploy.rollback_config",
        file: "services:\n  web:\n    image: ubuntu:latest\n    deploy:\n      rollback_config:\n        KEY\n",
        keys: "delay failure_action max_failure_ratio monitor order parallelism x-extension unknown",
    },
    Section {
        name: "update_config",
        path: "services.NAME.deploy.update_config",
        file: "services:\n  web:\n    image: ubuntu:latest\n    deploy:\n      update_config:\n        KEY\n",
        keys: "delay failure_action max_failure_ratio monitor order parallelism x-extension unknown",
    },
    Section {
        name: "develop",
        path: "services.NAME.develop",
        file: "services:\n  web:\n    image: ubuntu:latest\n    develop:\n      KEY\n",
        keys: "watch x-extension unknown",
    },
    Section {
        name: "watch",
        path: "services.NAME.develop.watch[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    develop:\n      watch:\n        - path: ./files\n          action: rebuild\n          KEY\n",
        keys: "exec ignore include initial_sync target x-extension unknown",
    },
    Section {
        name: "watched path",
        path: "services.NAME.develop.watch[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    develop:\n      watch:\n        - action: rebuild\n          KEY\n",
        keys: "path",
    },
    Section {
        name: "watching action",
        path: "services.NAME.develop.watch[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    develop:\n      watch:\n        - path: ./files\n          target: /files\n          KEY\n",
        keys: "action",
    },
    Section {
        name: "watching exec",
        path: "services.NAME.develop.watch[].exec",
        file: "services:\n  web:\n    image: ubuntu:latest\n    develop:\n      watch:\n        - path: ./files\n          action: sync+exec\n          target: /files\n          exec:\n            command: echo\n            KEY\n",
        keys: "environment privileged user working_dir x-extension unknown",
    },
    Section {
        name: "watching exec alone",
        path: "services.NAME.develop.watch[].exec",
        file: "services:\n  web:\n    image: ubuntu:latest\n    develop:\n      watch:\n        - path: ./files\n          action: sync+exec\n          target: /files\n          exec:\n            KEY\n",
        keys: "command",
    },
    Section {
        name: "device",
        path: "services.NAME.devices[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    devices:\n      - source: /dev/null\n        KEY\n",
        keys: "permissions target x-extension unknown",
    },
    Section {
        name: "device alone",
        path: "services.NAME.devices[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    devices:\n      - KEY\n",
        keys: "source",
    },
    Section {
        name: "env_file alone",
        path: "services.NAME.env_file[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    env_file:\n      - KEY\n",
        keys: "path",
    },
    Section {
        name: "extends",
        path: "services.NAME.extends",
        file: "services:\n  web:\n    image: ubuntu:latest\n    extends:\n      service: web\n      KEY\n",
        keys: "file unknown",
    },
    Section {
        name: "extends alone",
        path: "services.NAME.extends",
        file: "services:\n  web:\n    image: ubuntu:latest\n    extends:\n      KEY\n  word: {image: ubuntu:latest}\n",
        keys: "service",
    },
    Section {
        name: "gpu",
        path: "services.NAME.gpus[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    gpus:\n      - KEY\n",
        keys: "capabilities count device_ids driver options x-extension unknown",
    },
    Section {
        name: "post_start",
        path: "services.NAME.post_start[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    post_start:\n      - command: echo\n        KEY\n",
        keys: "environment privileged user working_dir x-extension unknown",
    },
    Section {
        name: "post_start alone",
        path: "services.NAME.post_start[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    post_start:\n      - KEY\n",
        keys: "command",
    },
    Section {
        name: "pre_start",
        path: "services.NAME.pre_start[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    pre_start:\n      - command: echo\n        KEY\n",
        keys: "environment image per_replica privileged user working_dir x-extension unknown",
    },
    Section {
        name: "pre_start alone",
        path: "services.NAME.pre_start[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    pre_start:\n      - KEY\n",
        keys: "command",
    },
    Section {
        name: "pre_stop",
        path: "services.NAME.pre_stop[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    pre_stop:\n      - command: echo\n        KEY\n",
        keys: "environment privileged user working_dir x-extension unknown",
    },
    Section {
        name: "pre_stop alone",
        path: "services.NAME.pre_stop[]",
        file: "services:\n  web:\n    image: ubuntu:latest\n    pre_stop:\n      - KEY\n",
        keys: "command",
    },
    Section {
        name: "provider",
        path: "services.NAME.provider",
        file: "services:\n  web:\n    provider:\n      type: word\n      KEY\n",
        keys: "options x-extension unknown",
    },
    Section {
        name: "provider alone",
        path: "services.NAME.provider",
        file: "services:\n  web:\n    provider:\n      KEY\n",
        keys: "type",
    },
    Section {
        name: "mounted image",
        path: "services.NAME.volumes[].image",
        file: "services:\n  web:\n    image: ubuntu:latest\n    volumes:\n      - type: image\n        source: ubuntu\n        target: /data\n        image:\n          KEY\n",
        keys: "subpath x-extension unknown",
    },
    Section {
        name: "mounted tmpfs",
        path: "services.NAME.volumes[].tmpfs",
        file: "services:\n  web:\n    image: ubuntu:latest\n    volumes:\n      - type: tmpfs\n        target: /data\n        tmpfs:\n          KEY\n",
        keys: "mode size x-extension unknown",
    },
    Section {
        name: "mounted volume",
        path: "services.NAME.volumes[].volume",
        file: "services:\n  web:\n    image: ubuntu:latest\n    volumes:\n      - type: volume\n        target: /data\n        volume:\n          KEY\n",
        keys: "labels nocopy subpath x-extension unknown",
    },
];

/// Page of keys; a test of the library keeps it equal to the table.
const PAGE: &str = include_str!("../../docs/compose-keys.md");

#[test]
fn every_key_of_the_table_is_compared() {
    let mut path = "";
    let mut missing = Vec::new();
    for line in PAGE.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            path = match title {
                "the top of the file" => "",
                title => title.trim_matches('`'),
            };
        } else if let Some(row) = line.strip_prefix("| `") {
            let key = row.split('`').next().unwrap_or_default();
            let mut sections = SECTIONS.iter().filter(|section| section.path == path);
            if !sections.any(|section| section.keys.split_whitespace().any(|known| known == key)) {
                missing.push(format!("{path} {key}"));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}
