//! `deploy`.

use super::service::DEVICE_REQUEST;
use super::*;
use crate::compose::dangers as danger;

pub(super) static DEPLOY: &[Key] = &[
    rewritten("endpoint_mode", Text, ONE_MACHINE),
    rewritten("labels", PAIRS, ONE_MACHINE),
    rewritten("mode", Text, ONE_MACHINE),
    rewritten("placement", Section(PLACEMENT), ONE_MACHINE),
    carried("replicas", Integer, HOW_MANY),
    carried("resources", Section(RESOURCES), "see its keys"),
    rewritten("restart_policy", Section(RESTART), NO_RESTART),
    rewritten("rollback_config", Section(UPDATE), ONE_MACHINE),
    rewritten("update_config", Section(UPDATE), ONE_MACHINE),
];

const NO_RESTART: &str = "nothing restarts: a container that ends is a finding";

static PLACEMENT: &[Key] = &[
    rewritten("constraints", TEXTS, ONE_MACHINE),
    rewritten("max_replicas_per_node", Integer, ONE_MACHINE),
    rewritten("preferences", List(&Section(PREFERENCE)), ONE_MACHINE),
];

static PREFERENCE: &[Key] = &[rewritten("spread", Text, ONE_MACHINE)];

static RESOURCES: &[Key] = &[
    rewritten("limits", Section(LIMITS), OWN_LIMITS),
    rewritten("reservations", Section(RESERVATIONS), OWN_LIMITS),
];

static LIMITS: &[Key] = &[
    rewritten("cpus", Number, OWN_LIMITS),
    rewritten("memory", Type::StringFormat(&formats::SIZE), OWN_LIMITS),
    rewritten("pids", Integer, OWN_LIMITS),
];

static RESERVATIONS: &[Key] = &[
    rewritten("cpus", Number, OWN_LIMITS),
    refused("devices", List(&Section(DEVICE_REQUEST)), &danger::DEVICES),
    rewritten("generic_resources", List(&Section(GENERIC)), ONE_MACHINE),
    rewritten("memory", Type::StringFormat(&formats::SIZE), OWN_LIMITS),
];

static GENERIC: &[Key] = &[rewritten(
    "discrete_resource_spec",
    Section(DISCRETE),
    ONE_MACHINE,
)];

static DISCRETE: &[Key] = &[
    rewritten("kind", Text, ONE_MACHINE),
    rewritten("value", Number, ONE_MACHINE),
];

static RESTART: &[Key] = &[
    rewritten("condition", Text, NO_RESTART),
    rewritten("delay", DURATION, NO_RESTART),
    rewritten("max_attempts", Integer, NO_RESTART),
    rewritten("window", DURATION, NO_RESTART),
];

static UPDATE: &[Key] = &[
    rewritten("delay", DURATION, ONE_MACHINE),
    rewritten("failure_action", Text, ONE_MACHINE),
    rewritten("max_failure_ratio", Number, ONE_MACHINE),
    rewritten("monitor", DURATION, ONE_MACHINE),
    rewritten("order", Type::StringFormat(&formats::ORDER), ONE_MACHINE),
    rewritten("parallelism", Integer, ONE_MACHINE),
];
