//! The one table of keys: what the Compose specification has, of which type, and what the sandbox does with it.
//!
//! Names and types are those of <https://github.com/compose-spec/compose-spec/blob/main/schema/compose-spec.json>.

use super::dangers::{self as danger, Danger};

/// A key of a section.
#[derive(Debug)]
pub(super) struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub takes: Type,
    /// What becomes of it.
    pub decision: Decision,
}

/// What a key takes.
#[derive(Debug)]
pub(super) enum Type {
    /// Anything: what it says is not used.
    Any,
    /// Nothing, written as nothing or `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A text.
    Text,
    /// A list.
    List(&'static Type),
    /// A mapping from names of the file's own choice.
    Named(&'static Type),
    /// A mapping from the keys of a section.
    Section(&'static [Key]),
    /// One of several.
    Either(&'static [Type]),
}

/// What becomes of a key.
#[derive(Debug)]
pub(super) enum Decision {
    /// Done as Compose does it.
    Carried,
    /// Replaced by the sandbox's own; what the student wrote is kept where checks want it.
    Rewritten,
    /// Refused, unless its value asks for nothing (`false`, empty).
    Refused(&'static Danger),
    /// Refused where one of its values is dangerous, done otherwise.
    Screened(fn(&str) -> bool, &'static Danger),
    /// Refused where one of its values is dangerous, not yet done otherwise.
    ScreenedNotYet(fn(&str) -> bool, &'static Danger),
    /// Legal, but not yet done.
    NotYet,
}

use Decision::{Carried, NotYet, Refused, Rewritten, Screened, ScreenedNotYet};
use Type::{Any, Bool, Either, Integer, List, Named, Null, Number, Section, Text};

const fn key(name: &'static str, takes: Type, decision: Decision) -> Key {
    Key {
        name,
        takes,
        decision,
    }
}

const SCALAR_OR_NULL: Type = Either(&[Text, Number, Bool, Null]);
const SIZE: Type = Either(&[Text, Number]);
const TEXTS: Type = List(&Text);
const TEXT_OR_TEXTS: Type = Either(&[Text, TEXTS]);
const PAIRS: Type = Either(&[Named(&SCALAR_OR_NULL), TEXTS]);
const COMMAND: Type = Either(&[Text, TEXTS, Null]);
const ANY_MAP: Type = Named(&Any);

/// The top of a file.
pub(super) const ROOT: Type = Section(ROOT_KEYS);

static ROOT_KEYS: &[Key] = &[
    key("configs", Named(&Any), NotYet),
    key("include", List(&Any), NotYet),
    key("models", ANY_MAP, NotYet),
    key("name", Text, Rewritten),
    key(
        "networks",
        Named(&Either(&[Section(NETWORK), Null])),
        Carried,
    ),
    key("secrets", Named(&Any), NotYet),
    key("services", Named(&Section(SERVICE)), Carried),
    key("version", Text, Rewritten),
    key("volumes", Named(&Either(&[Section(VOLUME), Null])), Carried),
];

static SERVICE: &[Key] = &[
    key("annotations", PAIRS, Rewritten),
    key("attach", Bool, Rewritten),
    key("blkio_config", ANY_MAP, Rewritten),
    key("build", Either(&[Text, Section(BUILD)]), Carried),
    key("cap_add", TEXTS, Refused(&danger::ROOT_OF_HOST)),
    key("cap_drop", TEXTS, Rewritten),
    key("cgroup", Text, Refused(&danger::ISOLATION)),
    key("cgroup_parent", Text, Refused(&danger::ISOLATION)),
    key("command", COMMAND, Carried),
    key("configs", List(&Any), NotYet),
    key("container_name", Text, Rewritten),
    key("cpu_count", Number, Rewritten),
    key("cpu_percent", Number, Rewritten),
    key("cpu_period", Number, Rewritten),
    key("cpu_quota", Number, Rewritten),
    key("cpu_rt_period", Number, Rewritten),
    key("cpu_rt_runtime", Number, Rewritten),
    key("cpu_shares", Number, Rewritten),
    key("cpus", Number, Rewritten),
    key("cpuset", Text, Rewritten),
    key("credential_spec", ANY_MAP, Refused(&danger::ISOLATION)),
    key(
        "depends_on",
        Either(&[TEXTS, Named(&Section(DEPENDENCY))]),
        Carried,
    ),
    key("deploy", Either(&[Section(DEPLOY), Null]), Carried),
    key("develop", Either(&[ANY_MAP, Null]), Rewritten),
    key("device_cgroup_rules", TEXTS, Refused(&danger::DEVICES)),
    key("devices", List(&Any), Refused(&danger::DEVICES)),
    key("dns", TEXT_OR_TEXTS, Rewritten),
    key("dns_opt", TEXTS, Rewritten),
    key("dns_search", TEXT_OR_TEXTS, Rewritten),
    key("domainname", Text, NotYet),
    key("entrypoint", COMMAND, Carried),
    key(
        "env_file",
        Either(&[Text, List(&Either(&[Text, Section(ENV_FILE)]))]),
        Carried,
    ),
    key("environment", PAIRS, Carried),
    key("expose", List(&SIZE), Carried),
    key("extends", Either(&[Text, ANY_MAP]), NotYet),
    key("external_links", TEXTS, Refused(&danger::FOREIGN_CONTAINER)),
    key(
        "extra_hosts",
        Either(&[TEXTS, ANY_MAP]),
        ScreenedNotYet(names_the_host, &danger::HOST_GATEWAY),
    ),
    key("gpus", Any, Refused(&danger::DEVICES)),
    key("group_add", List(&SIZE), Refused(&danger::ROOT_OF_HOST)),
    key("healthcheck", Section(HEALTHCHECK), Carried),
    key("hostname", Text, Carried),
    key("image", Text, Carried),
    key("init", Bool, Carried),
    key("ipc", Text, ScreenedNotYet(is_foreign, &danger::NAMESPACE)),
    key("isolation", Text, Refused(&danger::ISOLATION)),
    key("label_file", TEXT_OR_TEXTS, NotYet),
    key("labels", PAIRS, Carried),
    key("links", TEXTS, Carried),
    key("logging", Section(LOGGING), Rewritten),
    key("mac_address", Text, Rewritten),
    key("mem_limit", SIZE, Rewritten),
    key("mem_reservation", SIZE, Rewritten),
    key("mem_swappiness", SIZE, Rewritten),
    key("memswap_limit", SIZE, Rewritten),
    key("models", Any, NotYet),
    key(
        "network_mode",
        Text,
        ScreenedNotYet(is_foreign, &danger::HOST_NETWORK),
    ),
    key(
        "networks",
        Either(&[TEXTS, Named(&Either(&[Section(ATTACHMENT), Null]))]),
        Carried,
    ),
    key("oom_kill_disable", Bool, Rewritten),
    key("oom_score_adj", Integer, Rewritten),
    key(
        "pid",
        Either(&[Text, Null]),
        ScreenedNotYet(is_foreign, &danger::NAMESPACE),
    ),
    key("pids_limit", Number, Rewritten),
    key("platform", Text, Rewritten),
    key(
        "ports",
        List(&Either(&[Text, Number, Section(PORT)])),
        Rewritten,
    ),
    key("post_start", List(&Section(HOOK)), NotYet),
    key("pre_stop", List(&Section(HOOK)), NotYet),
    key("privileged", Bool, Refused(&danger::ROOT_OF_HOST)),
    key("profiles", TEXTS, Carried),
    key("provider", ANY_MAP, Refused(&danger::PROVIDER)),
    key("pull_policy", Text, Rewritten),
    key("pull_refresh_after", Text, Rewritten),
    key("read_only", Bool, Carried),
    key("restart", Text, Rewritten),
    key("runtime", Text, Refused(&danger::ISOLATION)),
    key("scale", Integer, Carried),
    key("secrets", List(&Any), NotYet),
    key("security_opt", TEXTS, Refused(&danger::ISOLATION)),
    key("shm_size", SIZE, Rewritten),
    key("stdin_open", Bool, Carried),
    key("stop_grace_period", Text, Rewritten),
    key("stop_signal", Text, Rewritten),
    key("storage_opt", ANY_MAP, Rewritten),
    key("sysctls", PAIRS, Refused(&danger::KERNEL)),
    key("tmpfs", TEXT_OR_TEXTS, Carried),
    key("tty", Bool, Carried),
    key("ulimits", ANY_MAP, Rewritten),
    key("use_api_socket", Bool, Refused(&danger::ENGINE)),
    key("user", Text, Carried),
    key("userns_mode", Text, Refused(&danger::NAMESPACE)),
    key("uts", Text, ScreenedNotYet(is_foreign, &danger::NAMESPACE)),
    key("volumes", List(&Either(&[Text, Section(MOUNT)])), Carried),
    key(
        "volumes_from",
        TEXTS,
        ScreenedNotYet(is_foreign, &danger::FOREIGN_CONTAINER),
    ),
    key("working_dir", Text, Carried),
];

static BUILD: &[Key] = &[
    key("additional_contexts", PAIRS, NotYet),
    key("args", PAIRS, Carried),
    key("cache_from", TEXTS, Rewritten),
    key("cache_to", TEXTS, Refused(&danger::CACHE_EXPORT)),
    key("context", Text, Carried),
    key("dockerfile", Text, Carried),
    key("dockerfile_inline", Text, Carried),
    key("entitlements", TEXTS, Refused(&danger::BUILD_RIGHTS)),
    key(
        "extra_hosts",
        Either(&[TEXTS, ANY_MAP]),
        ScreenedNotYet(names_the_host, &danger::HOST_GATEWAY),
    ),
    key("isolation", Text, Refused(&danger::ISOLATION)),
    key("labels", PAIRS, Carried),
    key(
        "network",
        Text,
        ScreenedNotYet(is_foreign, &danger::HOST_NETWORK),
    ),
    key("no_cache", Bool, Rewritten),
    key("no_cache_filter", TEXT_OR_TEXTS, Rewritten),
    key("platforms", TEXTS, Rewritten),
    key("privileged", Bool, Refused(&danger::BUILD_RIGHTS)),
    key("provenance", Either(&[Text, Bool]), Rewritten),
    key("pull", Bool, Rewritten),
    key("sbom", Either(&[Text, Bool]), Rewritten),
    key("secrets", List(&Any), Refused(&danger::BUILD_SECRETS)),
    key("shm_size", SIZE, Rewritten),
    key("ssh", PAIRS, Refused(&danger::BUILD_SECRETS)),
    key("tags", TEXTS, Rewritten),
    key("target", Text, Carried),
    key("ulimits", ANY_MAP, Rewritten),
];

static DEPENDENCY: &[Key] = &[
    key("condition", Text, Carried),
    key("required", Bool, Carried),
    key("restart", Bool, Rewritten),
];

static DEPLOY: &[Key] = &[
    key("endpoint_mode", Text, Rewritten),
    key("labels", PAIRS, Rewritten),
    key("mode", Text, Rewritten),
    key("placement", ANY_MAP, Rewritten),
    key("replicas", Integer, Carried),
    key("resources", Section(RESOURCES), Carried),
    key("restart_policy", ANY_MAP, Rewritten),
    key("rollback_config", ANY_MAP, Rewritten),
    key("update_config", ANY_MAP, Rewritten),
];

static RESOURCES: &[Key] = &[
    key("limits", Section(LIMITS), Rewritten),
    key("reservations", Section(RESERVATIONS), Rewritten),
];

static LIMITS: &[Key] = &[
    key("cpus", SIZE, Rewritten),
    key("memory", Text, Rewritten),
    key("pids", SIZE, Rewritten),
];

static RESERVATIONS: &[Key] = &[
    key("cpus", SIZE, Rewritten),
    key("devices", List(&Any), Refused(&danger::DEVICES)),
    key("generic_resources", List(&Any), Rewritten),
    key("memory", Text, Rewritten),
];

static ENV_FILE: &[Key] = &[
    key("format", Text, NotYet),
    key("path", Text, Carried),
    key("required", Bool, Carried),
];

static HEALTHCHECK: &[Key] = &[
    key("disable", Bool, Carried),
    key("interval", Text, Carried),
    key("retries", Number, Carried),
    key("start_interval", Text, Rewritten),
    key("start_period", Text, Carried),
    key("test", TEXT_OR_TEXTS, Carried),
    key("timeout", Text, Carried),
];

static HOOK: &[Key] = &[
    key("command", COMMAND, Carried),
    key("environment", PAIRS, Carried),
    key("privileged", Bool, Refused(&danger::ROOT_OF_HOST)),
    key("user", Text, Carried),
    key("working_dir", Text, Carried),
];

static LOGGING: &[Key] = &[
    key("driver", Text, Rewritten),
    key("options", ANY_MAP, Rewritten),
];

static PORT: &[Key] = &[
    key("app_protocol", Text, Rewritten),
    key("host_ip", Text, Rewritten),
    key("mode", Text, Rewritten),
    key("name", Text, Rewritten),
    key("protocol", Text, Carried),
    key("published", Either(&[Text, Integer]), Carried),
    key("target", Either(&[Text, Integer]), Carried),
];

static MOUNT: &[Key] = &[
    key("bind", Section(BIND), Rewritten),
    key("consistency", Text, Rewritten),
    key("image", ANY_MAP, NotYet),
    key("read_only", Bool, Carried),
    key("source", Text, Carried),
    key("target", Text, Carried),
    key("tmpfs", ANY_MAP, Rewritten),
    key("type", Text, Carried),
    key("volume", Section(MOUNTED_VOLUME), Carried),
];

static BIND: &[Key] = &[
    key("create_host_path", Bool, Rewritten),
    key("propagation", Text, Rewritten),
    key("recursive", Text, Rewritten),
    key("selinux", Text, Rewritten),
];

static MOUNTED_VOLUME: &[Key] = &[
    key("labels", PAIRS, Rewritten),
    key("nocopy", Bool, NotYet),
    key("subpath", Text, NotYet),
];

static ATTACHMENT: &[Key] = &[
    key("aliases", TEXTS, Carried),
    key("driver_opts", ANY_MAP, Refused(&danger::DRIVER)),
    key("gw_priority", Number, Rewritten),
    key("interface_name", Text, NotYet),
    key("ipv4_address", Text, NotYet),
    key("ipv6_address", Text, NotYet),
    key("link_local_ips", TEXTS, NotYet),
    key("mac_address", Text, Rewritten),
    key("priority", Number, Rewritten),
];

static NETWORK: &[Key] = &[
    key("attachable", Bool, Rewritten),
    key("driver", Text, Screened(is_foreign, &danger::HOST_NETWORK)),
    key("driver_opts", ANY_MAP, Refused(&danger::DRIVER)),
    key("enable_ipv4", Bool, Rewritten),
    key("enable_ipv6", Bool, Rewritten),
    key(
        "external",
        Either(&[Bool, Text, ANY_MAP]),
        Refused(&danger::EXTERNAL),
    ),
    key("internal", Bool, Rewritten),
    key("ipam", ANY_MAP, Rewritten),
    key("labels", PAIRS, Rewritten),
    key("name", Text, Rewritten),
];

static VOLUME: &[Key] = &[
    key(
        "driver",
        Text,
        Screened(is_no_local_driver, &danger::DRIVER),
    ),
    key("driver_opts", ANY_MAP, Refused(&danger::DRIVER)),
    key(
        "external",
        Either(&[Bool, Text, ANY_MAP]),
        Refused(&danger::EXTERNAL),
    ),
    key("labels", PAIRS, Rewritten),
    key("name", Text, Rewritten),
];

fn is_foreign(value: &str) -> bool {
    value == "host" || value.starts_with("container:")
}

fn names_the_host(value: &str) -> bool {
    value.ends_with("host-gateway")
}

fn is_no_local_driver(value: &str) -> bool {
    value != "local"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_is_sorted_and_names_a_key_once() {
        let sections = [
            ROOT_KEYS,
            SERVICE,
            BUILD,
            DEPENDENCY,
            DEPLOY,
            RESOURCES,
            LIMITS,
            RESERVATIONS,
            ENV_FILE,
            HEALTHCHECK,
            HOOK,
            LOGGING,
            PORT,
            MOUNT,
            BIND,
            MOUNTED_VOLUME,
            ATTACHMENT,
            NETWORK,
            VOLUME,
        ];
        for section in sections {
            assert!(section.is_sorted_by(|one, other| one.name < other.name));
        }
    }
}
