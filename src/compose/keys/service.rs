//! Keys of a service.

use super::build::{BUILD, DEVELOP};
use super::deploy::DEPLOY;
use super::mounts::{GRANT, MOUNT};
use super::networks::{ATTACHMENT, PORT};
use super::*;
use crate::compose::dangers as danger;

pub(super) static SERVICE: &[Key] = &[
    rewritten(
        "annotations",
        PAIRS,
        "notes for the engine's runtime; nothing reads them",
    ),
    rewritten("attach", Bool, "logs are read of every container"),
    rewritten("blkio_config", Section(BLKIO), OWN_LIMITS),
    carried("build", Either(&[Text, Section(BUILD)]), "see its keys"),
    screened(
        "cap_add",
        TEXTS,
        danger::is_a_further_right,
        &danger::ROOT_OF_HOST,
        "every container has the rights that nginx and Flask need",
    ),
    rewritten(
        "cap_drop",
        TEXTS,
        "every container has the rights that nginx and Flask need",
    ),
    screened(
        "cgroup",
        Type::StringFormat(&formats::CGROUP),
        |cgroup| cgroup != "private",
        &danger::ISOLATION,
        "`private` is the engine's own",
    ),
    refused("cgroup_parent", Text, &danger::ISOLATION),
    carried("command", COMMAND, "words, split as Compose splits them"),
    carried(
        "configs",
        List(&Either(&[Text, Section(GRANT)])),
        "copied into the container before it starts",
    ),
    rewritten(
        "container_name",
        Text,
        "a DNS name only; it keeps a service from scaling, and two services cannot share one",
    ),
    rewritten("cpu_count", COUNT, OWN_LIMITS),
    rewritten("cpu_percent", COUNT, OWN_LIMITS),
    rewritten("cpu_period", WHOLE_TEXT_OR_NUMBER, OWN_LIMITS),
    rewritten("cpu_quota", WHOLE_TEXT_OR_NUMBER, OWN_LIMITS),
    rewritten("cpu_rt_period", WHOLE_TEXT_OR_NUMBER, OWN_LIMITS),
    rewritten("cpu_rt_runtime", WHOLE_TEXT_OR_NUMBER, OWN_LIMITS),
    rewritten("cpu_shares", WHOLE_TEXT_OR_NUMBER, OWN_LIMITS),
    rewritten("cpus", Number, OWN_LIMITS),
    rewritten("cpuset", Text, OWN_LIMITS),
    refused("credential_spec", Section(CREDENTIAL), &danger::ISOLATION),
    carried(
        "depends_on",
        Either(&[TEXTS, Named(&Section(DEPENDENCY))]),
        "services start in this order",
    ),
    carried("deploy", Either(&[Section(DEPLOY), Null]), "see its keys"),
    rewritten(
        "develop",
        Either(&[Section(DEVELOP), Null]),
        "for `watch`, which the exercise does not run",
    ),
    refused("device_cgroup_rules", TEXTS, &danger::DEVICES),
    refused(
        "devices",
        List(&Either(&[Text, Section(DEVICE)])),
        &danger::DEVICES,
    ),
    rewritten(
        "dns",
        TEXT_OR_TEXTS,
        "the engine's own, which knows the services",
    ),
    rewritten(
        "dns_opt",
        TEXTS,
        "a name that nobody knows is an error and not a wait",
    ),
    rewritten("dns_search", TEXT_OR_TEXTS, "services have their own names"),
    carried("domainname", Text, "the container's own"),
    carried("entrypoint", COMMAND, "words, split as Compose splits them"),
    carried(
        "env_file",
        Either(&[Text, List(&Either(&[Text, Section(ENV_FILE)]))]),
        "files of the submission; others are refused, and more than 16",
    ),
    carried(
        "environment",
        PAIRS,
        "over `env_file`; a name alone takes its value from `.env`",
    ),
    carried(
        "expose",
        List(&Either(&[Text, Integer])),
        "where the container is expected to listen",
    ),
    carried(
        "extends",
        Either(&[Text, Section(EXTENDS)]),
        "another service of the submission; one outside of it is refused",
    ),
    refused("external_links", TEXTS, &danger::FOREIGN_CONTAINER),
    screened(
        "extra_hosts",
        HOSTS,
        danger::names_the_host,
        &danger::HOST_GATEWAY,
        "names of addresses; those outside of the stack cannot be reached",
    ),
    refused(
        "gpus",
        Either(&[
            Type::StringFormat(&formats::ALL),
            List(&Section(DEVICE_REQUEST)),
        ]),
        &danger::DEVICES,
    ),
    refused("group_add", List(&TEXT_OR_NUMBER), &danger::ROOT_OF_HOST),
    carried(
        "healthcheck",
        Section(HEALTHCHECK),
        "where another service waits for it",
    ),
    carried("hostname", Text, "also a DNS name, as on the engine"),
    carried(
        "image",
        Text,
        "pulled; beside `build` it tags nothing on the machine; a text that is no name, and one name for two builds, are findings",
    ),
    carried("init", Bool, "the engine's init as the first process"),
    screened(
        "ipc",
        Type::StringFormat(&formats::IPC),
        danger::is_foreign,
        &danger::NAMESPACE,
        "its own, or that of a service of the stack",
    ),
    screened(
        "isolation",
        Text,
        |isolation| isolation != "default",
        &danger::ISOLATION,
        "`default` is what every container has",
    ),
    carried(
        "label_file",
        TEXT_OR_TEXTS,
        "files of the submission; others are refused",
    ),
    carried("labels", PAIRS, "beside the run's own"),
    carried("links", TEXTS, "further DNS names, and an order"),
    rewritten(
        "logging",
        Section(LOGGING),
        "the engine's own files, of a bounded size; a driver or option that no engine has is a finding",
    ),
    rewritten("mac_address", Text, "the engine's own"),
    rewritten("mem_limit", SIZE, OWN_LIMITS),
    rewritten("mem_reservation", WHOLE_SIZE, OWN_LIMITS),
    rewritten("mem_swappiness", WHOLE_SIZE, OWN_LIMITS),
    rewritten("memswap_limit", SIZE, OWN_LIMITS),
    refused(
        "models",
        Either(&[TEXTS, Named(&Either(&[Section(MODEL_USE), Null]))]),
        &danger::MODEL,
    ),
    screened(
        "network_mode",
        Type::StringFormat(&formats::NETWORK_MODE),
        danger::is_foreign,
        &danger::HOST_NETWORK,
        "none, the network of a service of the stack, or a closed bridge without DNS names",
    ),
    carried(
        "networks",
        Either(&[TEXTS, Named(&Either(&[Section(ATTACHMENT), Null]))]),
        "closed networks of the run's own",
    ),
    rewritten("oom_kill_disable", Bool, OWN_LIMITS),
    rewritten("oom_score_adj", Integer, OWN_LIMITS),
    screened(
        "pid",
        Either(&[Type::StringFormat(&formats::PID), Null]),
        danger::is_foreign,
        &danger::NAMESPACE,
        "that of a service of the stack",
    ),
    rewritten("pids_limit", WHOLE_TEXT_OR_NUMBER, OWN_LIMITS),
    rewritten("platform", Text, "the engine's own"),
    rewritten(
        "ports",
        List(&Either(&[Text, Number, Section(PORT)])),
        "kept for the checks, and to find the proxy; nothing is published on the machine, a port that two containers ask for is a finding, and more than 1000 are refused",
    ),
    carried(
        "post_start",
        List(&Section(HOOK)),
        "run once the container has started; the stack fails where one fails",
    ),
    carried(
        "pre_start",
        List(&Section(START_HOOK)),
        "run before the first container starts, each in a container of its own that has the service's volumes and a copy of its binds; the stack fails where one fails, and more than 8 are refused",
    ),
    rewritten(
        "pre_stop",
        List(&Section(STOP_HOOK)),
        "containers are removed at once",
    ),
    refused("privileged", Bool, &danger::ROOT_OF_HOST),
    carried("profiles", TEXTS, "over `COMPOSE_PROFILES` of `.env`"),
    refused("provider", Section(PROVIDER), &danger::PROVIDER),
    rewritten(
        "pull_policy",
        Type::StringFormat(&formats::PULL_POLICY),
        "images are pulled where they are missing",
    ),
    rewritten(
        "pull_refresh_after",
        Text,
        "images are pulled where they are missing",
    ),
    carried(
        "read_only",
        Bool,
        "unless something has to be copied into the container",
    ),
    rewritten(
        "restart",
        Type::StringFormat(&formats::RESTART),
        "nothing restarts: a container that ends is a finding",
    ),
    screened(
        "runtime",
        Text,
        |runtime| runtime != "runc",
        &danger::ISOLATION,
        "`runc` is what every container has",
    ),
    carried("scale", Integer, HOW_MANY),
    carried(
        "secrets",
        List(&Either(&[Text, Section(GRANT)])),
        "copied into the container before it starts",
    ),
    screened(
        "security_opt",
        TEXTS,
        danger::loosens,
        &danger::ISOLATION,
        "`no-new-privileges` is what every container has",
    ),
    rewritten("shm_size", SIZE, OWN_LIMITS),
    carried("stdin_open", Bool, "an open standard input"),
    rewritten(
        "stop_grace_period",
        GRACE_PERIOD,
        "containers are removed at once",
    ),
    rewritten("stop_signal", Text, "containers are removed at once"),
    rewritten("storage_opt", OPTIONS, OWN_LIMITS),
    refused("sysctls", PAIRS, &danger::KERNEL),
    carried("tmpfs", TEXT_OR_TEXTS, "memory within the sandbox's limit"),
    carried("tty", Bool, "a terminal"),
    rewritten("ulimits", ULIMITS, OWN_LIMITS),
    refused("use_api_socket", Bool, &danger::ENGINE),
    carried("user", Text, "who runs the process"),
    refused("userns_mode", Text, &danger::NAMESPACE),
    screened(
        "uts",
        Type::StringFormat(&formats::UTS),
        danger::is_foreign,
        &danger::NAMESPACE,
        "its own",
    ),
    carried(
        "volumes",
        List(&Either(&[Text, Section(MOUNT)])),
        "copies of what is inside the submission, and volumes of the run's own; other paths are refused",
    ),
    screened(
        "volumes_from",
        TEXTS,
        danger::is_foreign,
        &danger::FOREIGN_CONTAINER,
        "what a service of the stack has",
    ),
    carried("working_dir", Text, "where the process starts"),
];

const ANY_MAP: Type = Named(&Any);

pub(super) const ULIMITS: Type = Named(&Either(&[Integer, Section(ULIMIT)]));

static ULIMIT: &[Key] = &[
    rewritten("hard", Integer, OWN_LIMITS),
    rewritten("soft", Integer, OWN_LIMITS),
];

static BLKIO: &[Key] = &[
    rewritten("device_read_bps", List(&Section(BLKIO_RATE)), OWN_LIMITS),
    rewritten("device_read_iops", List(&Section(BLKIO_RATE)), OWN_LIMITS),
    rewritten("device_write_bps", List(&Section(BLKIO_RATE)), OWN_LIMITS),
    rewritten("device_write_iops", List(&Section(BLKIO_RATE)), OWN_LIMITS),
    rewritten("weight", Integer, OWN_LIMITS),
    rewritten("weight_device", List(&Section(BLKIO_WEIGHT)), OWN_LIMITS),
];

static BLKIO_RATE: &[Key] = &[
    rewritten("path", Text, OWN_LIMITS),
    rewritten("rate", SIZE, OWN_LIMITS),
];

static BLKIO_WEIGHT: &[Key] = &[
    rewritten("path", Text, OWN_LIMITS),
    rewritten("weight", Integer, OWN_LIMITS),
];

static CREDENTIAL: &[Key] = &[
    rewritten("config", Text, PART_OF_REFUSED),
    rewritten("file", Text, PART_OF_REFUSED),
    rewritten("registry", Text, PART_OF_REFUSED),
];

static DEPENDENCY: &[Key] = &[
    carried("condition", Text, "how far up the other service must be"),
    carried("required", Bool, "whether a profile may keep the other off"),
    rewritten("restart", Bool, "nothing restarts while it is watched"),
];

static DEVICE: &[Key] = &[
    rewritten("permissions", Text, PART_OF_REFUSED),
    rewritten("source", Text, PART_OF_REFUSED),
    rewritten("target", Text, PART_OF_REFUSED),
];

pub(super) static DEVICE_REQUEST: &[Key] = &[
    rewritten("capabilities", TEXTS, PART_OF_REFUSED),
    rewritten("count", Either(&[Text, Integer]), PART_OF_REFUSED),
    rewritten("device_ids", TEXTS, PART_OF_REFUSED),
    rewritten("driver", Text, PART_OF_REFUSED),
    rewritten("options", PAIRS, PART_OF_REFUSED),
];

static ENV_FILE: &[Key] = &[
    carried(
        "format",
        Type::StringFormat(&formats::ENV_FORMAT),
        "`raw` takes values as they are",
    ),
    carried("path", Text, "a file of the submission"),
    carried("required", Bool, "whether the file must be there"),
];

static EXTENDS: &[Key] = &[
    carried(
        "file",
        Text,
        "a file of the submission; one outside of it is refused",
    ),
    carried("service", Text, "the service in it"),
];

static HEALTHCHECK: &[Key] = &[
    carried("disable", Bool, "no check at all"),
    carried("interval", DURATION, "at most 2 s, with as much patience"),
    carried("retries", WHOLE_TEXT_OR_NUMBER, "as many as take as long"),
    rewritten("start_interval", DURATION, "tests come often enough"),
    carried("start_period", DURATION, "at most a minute"),
    carried("test", TEXT_OR_TEXTS, "the command"),
    carried("timeout", DURATION, "at most a minute"),
];

pub(super) static HOOK: &[Key] = &[
    carried("command", COMMAND, "words, split as Compose splits them"),
    carried("environment", PAIRS, "beside the container's"),
    refused("privileged", Bool, &danger::ROOT_OF_HOST),
    carried("user", Text, "else the container's"),
    carried("working_dir", Text, "else the container's"),
];

static START_HOOK: &[Key] = &[
    carried("command", COMMAND, "words, split as Compose splits them"),
    carried("environment", PAIRS, "beside the service's"),
    carried("image", Text, "else the service's"),
    rewritten(
        "per_replica",
        Bool,
        "`false` is what Compose does; it does not support `true`, which is an error here, too",
    ),
    refused("privileged", Bool, &danger::ROOT_OF_HOST),
    carried("user", Text, "else the service's"),
    carried("working_dir", Text, "else the service's"),
];

const NOT_REACHED: &str = "containers are removed at once";

static STOP_HOOK: &[Key] = &[
    rewritten("command", COMMAND, NOT_REACHED),
    rewritten("environment", PAIRS, NOT_REACHED),
    refused("privileged", Bool, &danger::ROOT_OF_HOST),
    rewritten("user", Text, NOT_REACHED),
    rewritten("working_dir", Text, NOT_REACHED),
];

static LOGGING: &[Key] = &[
    rewritten("driver", Text, "the engine's own files, of a bounded size"),
    rewritten(
        "options",
        OPTIONS,
        "the engine's own files, of a bounded size",
    ),
];

static MODEL_USE: &[Key] = &[
    rewritten("endpoint_var", Text, PART_OF_REFUSED),
    rewritten("model_var", Text, PART_OF_REFUSED),
];

static PROVIDER: &[Key] = &[
    rewritten("options", ANY_MAP, PART_OF_REFUSED),
    rewritten("type", Text, PART_OF_REFUSED),
];
