//! Names of all keys of the specification, by section, separate from the table: a test fails if only one of the two has a name.
//!
//! They are those of <https://github.com/compose-spec/compose-spec>. Write a name from a new release here first and then in the
//! table, and note in the translation which releases refuse it.

use std::collections::BTreeMap;

use super::sections;

/// Key names of each section, by the section's path in `docs/compose-keys.md`.
const NAMES: &[(&str, &str)] = &[
    (
        "",
        "configs include models name networks secrets services version volumes",
    ),
    (
        "configs.NAME",
        "content environment external file labels name template_driver",
    ),
    ("configs.NAME.external", "name"),
    ("include[]", "env_file path project_directory"),
    ("models.NAME", "context_size model name runtime_flags"),
    (
        "networks.NAME",
        "attachable driver driver_opts enable_ipv4 enable_ipv6 external internal ipam labels name",
    ),
    ("networks.NAME.external", "name"),
    ("networks.NAME.ipam", "config driver options"),
    (
        "networks.NAME.ipam.config[]",
        "aux_addresses gateway ip_range subnet",
    ),
    (
        "secrets.NAME",
        "driver driver_opts environment external file labels name template_driver",
    ),
    ("secrets.NAME.external", "name"),
    (
        "services.NAME",
        "annotations attach blkio_config build cap_add cap_drop cgroup cgroup_parent command configs container_name cpu_count \
         cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset credential_spec depends_on deploy \
         develop device_cgroup_rules devices dns dns_opt dns_search domainname entrypoint env_file environment expose extends \
         external_links extra_hosts gpus group_add healthcheck hostname image init ipc isolation label_file labels links \
         logging mac_address mem_limit mem_reservation mem_swappiness memswap_limit models network_mode networks \
         oom_kill_disable oom_score_adj pid pids_limit platform ports post_start pre_start pre_stop privileged profiles \
         provider pull_policy pull_refresh_after read_only restart runtime scale secrets security_opt shm_size stdin_open \
         stop_grace_period stop_signal storage_opt sysctls tmpfs tty ulimits use_api_socket user userns_mode uts volumes \
         volumes_from working_dir",
    ),
    (
        "services.NAME.blkio_config",
        "device_read_bps device_read_iops device_write_bps device_write_iops weight weight_device",
    ),
    ("services.NAME.blkio_config.device_read_bps[]", "path rate"),
    ("services.NAME.blkio_config.device_read_iops[]", "path rate"),
    ("services.NAME.blkio_config.device_write_bps[]", "path rate"),
    (
        "services.NAME.blkio_config.device_write_iops[]",
        "path rate",
    ),
    ("services.NAME.blkio_config.weight_device[]", "path weight"),
    (
        "services.NAME.build",
        "additional_contexts args cache_from cache_to context dockerfile dockerfile_inline entitlements extra_hosts isolation \
         labels network no_cache no_cache_filter platforms privileged provenance pull sbom secrets shm_size ssh tags target \
         ulimits",
    ),
    (
        "services.NAME.build.secrets[]",
        "gid mode source target uid",
    ),
    ("services.NAME.build.ulimits.NAME", "hard soft"),
    ("services.NAME.configs[]", "gid mode source target uid"),
    ("services.NAME.credential_spec", "config file registry"),
    (
        "services.NAME.depends_on.NAME",
        "condition required restart",
    ),
    (
        "services.NAME.deploy",
        "endpoint_mode labels mode placement replicas resources restart_policy rollback_config update_config",
    ),
    (
        "services.NAME.deploy.placement",
        "constraints max_replicas_per_node preferences",
    ),
    ("services.NAME.deploy.placement.preferences[]", "spread"),
    ("services.NAME.deploy.resources", "limits reservations"),
    ("services.NAME.deploy.resources.limits", "cpus memory pids"),
    (
        "services.NAME.deploy.resources.reservations",
        "cpus devices generic_resources memory",
    ),
    (
        "services.NAME.deploy.resources.reservations.devices[]",
        "capabilities count device_ids driver options",
    ),
    (
        "services.NAME.deploy.resources.reservations.generic_resources[]",
        "discrete_resource_spec",
    ),
    (
        "services.NAME.deploy.resources.reservations.generic_resources[].discrete_resource_spec",
        "kind value",
    ),
    (
        "services.NAME.deploy.restart_policy",
        "condition delay max_attempts window",
    ),
    (
        "services.NAME.deploy.rollback_config",
        "delay failure_action max_failure_ratio monitor order parallelism",
    ),
    (
        "services.NAME.deploy.update_config",
        "delay failure_action max_failure_ratio monitor order parallelism",
    ),
    ("services.NAME.develop", "watch"),
    (
        "services.NAME.develop.watch[]",
        "action exec ignore include initial_sync path target",
    ),
    (
        "services.NAME.develop.watch[].exec",
        "command environment privileged user working_dir",
    ),
    ("services.NAME.devices[]", "permissions source target"),
    ("services.NAME.env_file[]", "format path required"),
    ("services.NAME.extends", "file service"),
    (
        "services.NAME.gpus[]",
        "capabilities count device_ids driver options",
    ),
    (
        "services.NAME.healthcheck",
        "disable interval retries start_interval start_period test timeout",
    ),
    ("services.NAME.logging", "driver options"),
    ("services.NAME.models.NAME", "endpoint_var model_var"),
    (
        "services.NAME.networks.NAME",
        "aliases driver_opts gw_priority interface_name ipv4_address ipv6_address link_local_ips mac_address priority",
    ),
    (
        "services.NAME.ports[]",
        "app_protocol host_ip mode name protocol published target",
    ),
    (
        "services.NAME.post_start[]",
        "command environment privileged user working_dir",
    ),
    (
        "services.NAME.pre_start[]",
        "command environment image per_replica privileged user working_dir",
    ),
    (
        "services.NAME.pre_stop[]",
        "command environment privileged user working_dir",
    ),
    ("services.NAME.provider", "options type"),
    ("services.NAME.secrets[]", "gid mode source target uid"),
    ("services.NAME.ulimits.NAME", "hard soft"),
    (
        "services.NAME.volumes[]",
        "bind consistency image read_only source target tmpfs type volume",
    ),
    (
        "services.NAME.volumes[].bind",
        "create_host_path propagation recursive selinux",
    ),
    ("services.NAME.volumes[].image", "subpath"),
    ("services.NAME.volumes[].tmpfs", "mode size"),
    ("services.NAME.volumes[].volume", "labels nocopy subpath"),
    ("volumes.NAME", "driver driver_opts external labels name"),
    ("volumes.NAME.external", "name"),
];

#[test]
fn the_table_has_the_names_of_the_specification_and_no_other() {
    let mut table: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    sections(&mut |path, keys| {
        let names = keys.iter().map(|key| key.name).collect();
        let before = table.insert(path.to_owned(), names);
        assert!(before.is_none(), "{path} twice");
    });
    let specified = NAMES.iter();
    let specified = specified.map(|(path, names)| ((*path).to_owned(), names.split(' ').collect()));
    let specified: BTreeMap<String, Vec<&str>> = specified.collect();
    for (path, names) in &specified {
        assert_eq!(table.get(path), Some(names), "{path}");
    }
    assert_eq!(
        table.len(),
        specified.len(),
        "a section is in the table only"
    );
}
