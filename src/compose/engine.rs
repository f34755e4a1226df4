//! Values that Compose accepts and passes on, and that every engine refuses. This file ignores values whose refusal is
//! uncertain or depends on the machine.

use std::net::IpAddr;

use softy_checks::model::Text;
use softy_checks::observation::ProblemKind;

use super::addresses;
use super::conflicts::Started;
use super::context::Context;
use super::formats;
use super::project::{MountSource, Namespace};
use super::source::Mark;
use super::yaml::Node;

/// Minimum memory of a container, in bytes.
const LEAST_MEMORY: f64 = 6.0 * 1024.0 * 1024.0;

/// Maximum length of a host name on Linux, in bytes.
const LONGEST_HOST_NAME: usize = 64;

/// Logging drivers of current and earlier engines.
const LOGGING_DRIVERS: [&str; 12] = [
    "",
    "none",
    "local",
    "json-file",
    "syslog",
    "journald",
    "gelf",
    "fluentd",
    "awslogs",
    "splunk",
    "gcplogs",
    "logentries",
];

/// Options of the logging driver `json-file`.
const FILE_OPTIONS: [&str; 11] = [
    "max-size",
    "max-file",
    "compress",
    "labels",
    "labels-regex",
    "env",
    "env-regex",
    "tag",
    "mode",
    "max-buffer-size",
    "cache-disabled",
];

/// Options of the logging driver `local`.
const LOCAL_OPTIONS: [&str; 6] = [
    "max-size",
    "max-file",
    "compress",
    "mode",
    "max-buffer-size",
    "cache-disabled",
];

/// Signals by name, without `SIG`.
const SIGNALS: [&str; 35] = [
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL",
    "PIPE", "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP",
    "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN",
];

/// Names of limits that `ulimits` accepts.
const LIMITS: [&str; 16] = [
    "as",
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
];

/// Options of `tmpfs` that have a value. Engines 20.10, 26.1 and 28.5 accept these and [`TMPFS_FLAGS`], and no other.
const TMPFS_VALUES: [&str; 7] = [
    "size",
    "mode",
    "uid",
    "gid",
    "nr_inodes",
    "nr_blocks",
    "mpol",
];

/// Options of `tmpfs` that have no value.
const TMPFS_FLAGS: [&str; 33] = [
    "defaults",
    "ro",
    "rw",
    "suid",
    "nosuid",
    "dev",
    "nodev",
    "exec",
    "noexec",
    "sync",
    "async",
    "dirsync",
    "remount",
    "mand",
    "nomand",
    "atime",
    "noatime",
    "diratime",
    "nodiratime",
    "bind",
    "rbind",
    "unbindable",
    "runbindable",
    "private",
    "rprivate",
    "shared",
    "rshared",
    "slave",
    "rslave",
    "relatime",
    "norelatime",
    "strictatime",
    "nostrictatime",
];

/// A key of a service with a scalar value, the values that the engine refuses, and the engine's error text, in which `VALUE` is
/// a placeholder.
struct Rule {
    path: &'static [&'static str],
    is_refused: fn(&str) -> bool,
    words: &'static str,
}

const fn rule(
    path: &'static [&'static str],
    is_refused: fn(&str) -> bool,
    words: &'static str,
) -> Rule {
    Rule {
        path,
        is_refused,
        words,
    }
}

const LITTLE_MEMORY: &str = "Minimum memory limit allowed is 6MB";
const LITTLE_RESERVED: &str = "Minimum memory reservation allowed is 6MB";
const CPUS: &str = "Range of CPUs is from 0.01 …";
const PERIOD: &str =
    "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)";

static RULES: &[Rule] = &[
    rule(
        &["stop_signal"],
        |text| !is_signal(text),
        "invalid signal: VALUE",
    ),
    rule(&["mem_limit"], is_little_memory, LITTLE_MEMORY),
    rule(
        &["deploy", "resources", "limits", "memory"],
        is_little_memory,
        LITTLE_MEMORY,
    ),
    rule(&["mem_reservation"], is_little_memory, LITTLE_RESERVED),
    rule(
        &["mem_swappiness"],
        |text| number(text).is_some_and(|number| !(-1.0..=100.0).contains(&number)),
        "Invalid value: VALUE, valid memory swappiness range is 0-100",
    ),
    rule(
        &["oom_score_adj"],
        |text| number(text).is_some_and(|score| !(-1000.0..=1000.0).contains(&score)),
        "Invalid value VALUE, range for oom score adj is [-1000, 1000]",
    ),
    rule(
        &["shm_size"],
        is_negative,
        "SHM size can not be less than 0",
    ),
    rule(&["cpus"], is_negative, CPUS),
    rule(
        &["deploy", "resources", "limits", "cpus"],
        is_negative,
        CPUS,
    ),
    rule(
        &["cpu_quota"],
        |text| number(text).is_some_and(|quota| quota > 0.0 && quota < 1_000.0),
        "CPU cfs quota can not be less than 1ms (i.e. 1000)",
    ),
    rule(
        &["cpu_period"],
        |text| {
            number(text)
                .is_some_and(|period| period != 0.0 && !(1_000.0..=1_000_000.0).contains(&period))
        },
        PERIOD,
    ),
    rule(
        &["cpuset"],
        |text| !is_set(text),
        "Invalid value VALUE for cpuset cpus",
    ),
    rule(
        &["working_dir"],
        |text| !text.is_empty() && !text.starts_with('/'),
        "the working directory 'VALUE' is invalid, it needs to be an absolute path",
    ),
    rule(
        &["hostname"],
        |text| text.len() > LONGEST_HOST_NAME,
        "sethostname: invalid argument",
    ),
    rule(
        &["user"],
        has_far_id,
        "uids and gids must be in range 0-2147483647",
    ),
    rule(
        &["healthcheck", "interval"],
        is_short,
        "Interval in Healthcheck cannot be less than 1ms",
    ),
    rule(
        &["healthcheck", "timeout"],
        is_short,
        "Timeout in Healthcheck cannot be less than 1ms",
    ),
    rule(
        &["healthcheck", "start_period"],
        is_short,
        "StartPeriod in Healthcheck cannot be less than 1ms",
    ),
];

/// Keys that a container on the network of another one cannot have.
const OF_ITS_OWN_NETWORK: [(&str, &str); 6] = [
    (
        "ports",
        "port publishing and the container type network mode",
    ),
    (
        "expose",
        "port exposing and the container type network mode",
    ),
    ("hostname", "hostname and the network mode"),
    ("dns", "dns and the network mode"),
    (
        "extra_hosts",
        "custom host-to-IP mapping and the network mode",
    ),
    ("links", "container type network can't be used with links"),
];

/// Notes values that the engine refuses when it creates the networks and containers of a stack.
pub(super) fn check(started: &[Started], context: &mut Context) {
    addresses::check(started, context);
    check_volumes(started, context);
    for of in started.iter().filter(|of| of.containers > 0) {
        let node = &of.entry.value;
        let path = format!("services.{}", of.entry.key);
        for rule in RULES {
            check_rule(rule, node, &path, context);
        }
        check_memory(node, &path, context);
        check_processors(node, &path, context);
        check_limits(node, &path, context);
        check_logging(node, &path, context);
        check_tmpfs(node, &path, context);
        if let Namespace::Of(_) = of.service.network {
            check_shared_network(node, &path, context);
        }
        note_disputed(node, &path, context);
    }
}

/// Notes a value that the engine refuses, with the engine's error text.
pub(super) fn refused(key: &str, value: &str, said: &str, mark: Mark, context: &mut Context) {
    let en = format!("the engine refuses `{value}` as `{key}`: `{said}`");
    let fr = format!("le moteur refuse `{value}` pour `{key}` : `{said}`");
    context
        .findings
        .problem(ProblemKind::EngineRefuses, mark, Text::new(en, fr));
}

/// Notes names of mounted volumes that the engine refuses.
fn check_volumes(started: &[Started], context: &mut Context) {
    let is_mounted = |name: &str| {
        let mut mounts = started.iter().flat_map(|of| &of.service.mounts);
        mounts.any(|mount| matches!(&mount.source, MountSource::Volume(volume) if volume == name))
    };
    let root = context.root;
    let volumes = root.get("volumes").map(Node::entries).unwrap_or_default();
    for entry in volumes
        .iter()
        .filter(|entry| entry.value.get("external").is_none())
    {
        let Some(node) = entry.value.get("name") else {
            continue;
        };
        let name = node.scalar().unwrap_or_default();
        let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        let said = match name.as_str() {
            "" => continue,
            name if !name.bytes().all(is_good) || name.starts_with(['_', '.', '-']) => {
                format!("\"{name}\" includes invalid characters for a local volume name")
            }
            name if name.len() == 1 => "volume name is too short".to_owned(),
            _ => continue,
        };
        if is_mounted(&entry.key) {
            let key = format!("volumes.{}.name", entry.key);
            refused(&key, &name, &said, node.mark, context);
        } else {
            context.findings.oddity(Text::new(
                format!("`{name}` is no name of a volume, and Compose v1 makes also those that nothing mounts: `{said}`"),
                format!("`{name}` n’est pas un nom de volume, et Compose v1 crée même ceux que rien ne monte : `{said}`"),
            ));
        }
    }
}

fn check_rule(rule: &Rule, service: &Node, path: &str, context: &mut Context) {
    let mut node = service;
    for key in rule.path {
        let Some(next) = node.get(key) else {
            return;
        };
        node = next;
    }
    let Some(value) = node.scalar().filter(|value| (rule.is_refused)(value)) else {
        return;
    };
    let key = format!("{path}.{}", rule.path.join("."));
    let said = rule.words.replace("VALUE", &value);
    refused(&key, &value, &said, node.mark, context);
}

/// Returns a service's memory limit in bytes, or `None` without a limit.
fn memory(service: &Node) -> Option<f64> {
    let deployed = service
        .get("deploy")
        .and_then(|deploy| deploy.get("resources"));
    let deployed = deployed.and_then(|resources| resources.get("limits")?.text("memory"));
    let bytes = service.text("mem_limit").or(deployed)?;
    formats::bytes(&bytes).filter(|bytes| *bytes > 0.0)
}

fn check_memory(service: &Node, path: &str, context: &mut Context) {
    let limit = memory(service);
    if let Some(node) = service.get("memswap_limit")
        && let Some(value) = node.scalar()
        && let Some(swap) = formats::bytes(&value).filter(|swap| *swap > 0.0)
    {
        let said = match limit {
            None => "You should always set the Memory limit when using Memoryswap limit, see usage",
            Some(limit) if swap < limit => {
                "Minimum memoryswap limit should be larger than memory limit, see usage"
            }
            Some(_) => "",
        };
        if !said.is_empty() {
            let key = format!("{path}.memswap_limit");
            refused(&key, &value, said, node.mark, context);
        }
    }
    let deployed = service
        .get("deploy")
        .and_then(|deploy| deploy.get("resources"));
    let deployed = deployed.and_then(|resources| resources.get("reservations")?.get("memory"));
    if let Some(node) = service.get("mem_reservation").or(deployed)
        && let Some(value) = node.scalar()
        && let (Some(reserved), Some(limit)) = (formats::bytes(&value), limit)
        && reserved > limit
    {
        let said = "Minimum memory limit can not be less than memory reservation limit, see usage";
        refused(&format!("{path} memory"), &value, said, node.mark, context);
    }
}

fn check_processors(service: &Node, path: &str, context: &mut Context) {
    let has_cpus = service
        .text("cpus")
        .is_some_and(|cpus| number(&cpus).is_some_and(|cpus| cpus > 0.0));
    for (key, name) in [("cpu_quota", "Quota"), ("cpu_period", "Period")] {
        let Some(node) = service.get(key) else {
            continue;
        };
        let value = node.scalar().unwrap_or_default();
        if has_cpus && number(&value).is_some_and(|number| number > 0.0) {
            let said = format!("Conflicting options: Nano CPUs and CPU {name} cannot both be set");
            refused(&format!("{path}.{key}"), &value, &said, node.mark, context);
        }
    }
}

fn check_limits(service: &Node, path: &str, context: &mut Context) {
    let limits = service
        .get("ulimits")
        .map(Node::entries)
        .unwrap_or_default();
    for entry in limits {
        let (name, node) = (&entry.key, &entry.value);
        if !LIMITS.contains(&name.to_lowercase().as_str()) {
            let said = format!("unknown rlimit type RLIMIT_{}", name.to_uppercase());
            refused(&format!("{path}.ulimits"), name, &said, entry.mark, context);
            continue;
        }
        let number = |key: &str| number(&node.text(key)?);
        if let (Some(soft), Some(hard)) = (number("soft"), number("hard"))
            && hard >= 0.0
            && (soft > hard || soft < 0.0)
        {
            let value = format!("soft: {soft}, hard: {hard}");
            let key = format!("{path}.ulimits.{name}");
            let said = "ulimit soft limit must be less than or equal to hard limit";
            refused(&key, &value, said, entry.mark, context);
        }
    }
}

fn check_logging(service: &Node, path: &str, context: &mut Context) {
    let Some(logging) = service.get("logging") else {
        return;
    };
    let driver = logging.text("driver").unwrap_or_default();
    if !LOGGING_DRIVERS.contains(&driver.as_str()) {
        let mark = logging.get("driver").map_or(logging.mark, |node| node.mark);
        let said =
            format!("error looking up logging plugin {driver}: plugin \"{driver}\" not found");
        let key = format!("{path}.logging.driver");
        return refused(&key, &driver, &said, mark, context);
    }
    let known: &[&str] = match driver.as_str() {
        "json-file" => &FILE_OPTIONS,
        "local" => &LOCAL_OPTIONS,
        _ => return,
    };
    for entry in logging
        .get("options")
        .map(Node::entries)
        .unwrap_or_default()
    {
        let (option, value) = (&entry.key, entry.value.scalar().unwrap_or_default());
        let (shown, said) = match option.as_str() {
            _ if !known.contains(&option.as_str()) => {
                (option, format!("unknown log opt '{option}'"))
            }
            "max-size" if formats::bytes(&value).is_none_or(|size| size <= 0.0) => {
                (&value, format!("invalid size: '{value}'"))
            }
            "max-file" if value.parse::<i64>().is_err() => {
                (&value, format!("parsing \"{value}\": invalid syntax"))
            }
            "max-file" if value.parse::<i64>().is_ok_and(|files| files < 1) => {
                (&value, "max-file cannot be less than 1".to_owned())
            }
            "mode" if !["blocking", "non-blocking", ""].contains(&value.as_str()) => (
                &value,
                format!("logger: logging mode not supported: {value}"),
            ),
            _ => continue,
        };
        let key = format!("{path}.logging.options");
        refused(&key, shown, &said, entry.value.mark, context);
    }
}

fn check_tmpfs(service: &Node, path: &str, context: &mut Context) {
    let Some(node) = service.get("tmpfs") else {
        return;
    };
    let alone = std::iter::once(node).filter(|node| node.scalar().is_some());
    for item in alone.chain(node.items()) {
        let text = item.scalar().unwrap_or_default();
        let (target, options) = text.split_once(':').unwrap_or((&text, ""));
        let unknown = options.split(',').find(|option| !is_tmpfs_option(option));
        let said = match (target, unknown) {
            ("/", _) => "invalid specification: destination can't be '/'".to_owned(),
            (target, _) if !target.starts_with('/') => {
                format!("invalid mount path: '{target}' mount path must be absolute")
            }
            (_, Some(option)) => {
                let name = option.split('=').next().unwrap_or_default();
                format!("invalid tmpfs option \"{name}\"")
            }
            (_, None) => continue,
        };
        refused(&format!("{path}.tmpfs"), &text, &said, item.mark, context);
    }
}

/// Returns true if the engine accepts an option of `tmpfs`; it ignores an empty one.
fn is_tmpfs_option(option: &str) -> bool {
    match option.split_once('=') {
        Some((name, _)) => TMPFS_VALUES.contains(&name),
        None => option.is_empty() || TMPFS_FLAGS.contains(&option),
    }
}

/// Notes keys that the engine refuses for a container on the network of another one.
fn check_shared_network(service: &Node, path: &str, context: &mut Context) {
    let mode = service.text("network_mode").unwrap_or_default();
    for (key, said) in OF_ITS_OWN_NETWORK {
        let Some(entry) = service.entry(key) else {
            continue;
        };
        let is_empty = entry.value.items().is_empty()
            && entry.value.entries().is_empty()
            && entry.value.scalar().is_none_or(|text| text.is_empty());
        if is_empty {
            continue;
        }
        let en =
            format!("`{path}` has `{key}` beside `network_mode: {mode}`, which the engine refuses");
        let fr =
            format!("`{path}` a `{key}` à côté de `network_mode: {mode}`, ce que le moteur refuse");
        let said = format!("`conflicting options: {said}`");
        context.findings.conflict(
            ProblemKind::EngineRefuses,
            entry.mark,
            service.entry("network_mode").map(|entry| entry.mark),
            Text::new(format!("{en}: {said}"), format!("{fr} : {said}")),
        );
    }
}

/// Notes values that only newer or only older engines refuse.
fn note_disputed(service: &Node, path: &str, context: &mut Context) {
    let servers = service.get("dns");
    let servers = servers.map(Node::texts).unwrap_or_default();
    for server in servers
        .iter()
        .filter(|server| !server.is_empty() && server.parse::<IpAddr>().is_err())
    {
        context.findings.oddity(Text::new(
            format!("`{server}` in `{path}.dns` is no address: engines from 26 refuse it, `bad nameserver address {server}`"),
            format!("`{server}` dans `{path}.dns` n’est pas une adresse : les moteurs à partir de 26 le refusent, `bad nameserver address {server}`"),
        ));
    }
    if let Some(address) = service.text("mac_address")
        && !address.is_empty()
        && !is_hardware_address(&address)
    {
        context.findings.oddity(Text::new(
            format!("`{address}` is no `mac_address`: engines 20.10 and 28 refuse it, `invalid MAC address`"),
            format!("`{address}` n’est pas une `mac_address` : les moteurs 20.10 et 28 le refusent, `invalid MAC address`"),
        ));
    }
}

fn is_signal(text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    if let Ok(number) = text.parse::<i64>() {
        return number != 0;
    }
    let upper = text.to_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let real_time = name
        .strip_prefix("RTMIN+")
        .or_else(|| name.strip_prefix("RTMAX-"))
        .is_some_and(|number| number.parse::<u8>().is_ok());
    SIGNALS.contains(&name) || name == "RTMAX" || real_time
}

fn is_little_memory(text: &str) -> bool {
    formats::bytes(text).is_some_and(|bytes| bytes != 0.0 && bytes < LEAST_MEMORY)
}

fn is_negative(text: &str) -> bool {
    number(text).is_some_and(|number| number < 0.0)
}

/// Returns true if a text is a set of processors: numbers and ranges, separated by commas.
fn is_set(text: &str) -> bool {
    let is_part = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let numbers = (first.trim().parse::<u32>(), last.trim().parse::<u32>());
        matches!(numbers, (Ok(first), Ok(last)) if first <= last)
    };
    text.is_empty() || text.split(',').all(is_part)
}

/// Returns true if a user or group is a number outside the range of Linux, 0 to 2³¹ − 1.
fn has_far_id(text: &str) -> bool {
    let is_far = |id: &str| {
        id.parse::<i64>()
            .is_ok_and(|id| !(0..=i64::from(i32::MAX)).contains(&id))
    };
    text.split(':').any(is_far)
}

fn is_short(text: &str) -> bool {
    formats::duration(text).is_some_and(|time| !time.is_zero() && time.as_micros() < 1_000)
}

/// Returns true if a text is a hardware address: 6, 8 or 20 bytes in hexadecimal, as pairs of digits or groups of four.
fn is_hardware_address(text: &str) -> bool {
    let separator = text.chars().find(|character| ":-.".contains(*character));
    let Some(separator) = separator else {
        return false;
    };
    let length = match separator {
        '.' => 4,
        _ => 2,
    };
    let is_group =
        |group: &str| group.len() == length && group.bytes().all(|byte| byte.is_ascii_hexdigit());
    let groups = text.split(separator);
    let digits = groups.clone().count() * length;
    [12, 16, 40].contains(&digits) && groups.clone().all(is_group)
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}
