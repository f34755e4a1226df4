//! Top-level keys of a file, and the definitions other than services.

use super::service::SERVICE;
use super::*;
use crate::compose::dangers as danger;

/// Type of a whole file.
pub(in crate::compose) static ROOT: Type = Section(ROOT_KEYS);

static ROOT_KEYS: &[Key] = &[
    carried(
        "configs",
        Named(&Section(CONFIG)),
        "copied into the containers that ask for them",
    ),
    carried(
        "include",
        Either(&[List(&Either(&[Text, Section(INCLUDE)])), Null]),
        "other compose files of the submission; those outside of it are refused",
    ),
    refused("models", Named(&Section(MODEL)), &danger::MODEL),
    rewritten(
        "name",
        Text,
        "the stack is known as `task6`, which is what Compose makes of the folder's name",
    ),
    carried(
        "networks",
        Named(&Either(&[Section(NETWORK), Null])),
        "one closed network of the run's own for each that a service is on; more than 8 are refused",
    ),
    carried(
        "secrets",
        Named(&Section(SECRET)),
        "copied into the containers that ask for them",
    ),
    carried(
        "services",
        Named(&Section(SERVICE)),
        "one or more containers for each; more than 20 are refused, with five of `back-end`",
    ),
    rewritten(
        "version",
        Text,
        "Compose v2 ignores it; a version that v1 would refuse is noted",
    ),
    carried(
        "volumes",
        Named(&Either(&[Section(VOLUME), Null])),
        "a fresh volume of the run's own for each that a service mounts",
    ),
];

const EXTERNAL: Type = Either(&[Bool, Text, Section(EXTERNAL_NAME)]);

static EXTERNAL_NAME: &[Key] = &[rewritten("name", Text, PART_OF_REFUSED)];

static CONFIG: &[Key] = &[
    carried("content", Text, "the text itself"),
    carried("environment", Text, "the value of a variable of `.env`"),
    refused("external", EXTERNAL, &danger::EXTERNAL),
    carried(
        "file",
        Text,
        "a file of the submission; one outside of it is refused",
    ),
    rewritten("labels", PAIRS, ONE_MACHINE),
    rewritten("name", Text, "what it is called outside of the stack"),
    refused("template_driver", Text, &danger::DRIVER),
];

static SECRET: &[Key] = &[
    refused("driver", Text, &danger::DRIVER),
    refused("driver_opts", OPTIONS, &danger::DRIVER),
    carried("environment", Text, "the value of a variable of `.env`"),
    refused("external", EXTERNAL, &danger::EXTERNAL),
    carried(
        "file",
        Text,
        "a file of the submission; one outside of it is refused",
    ),
    rewritten("labels", PAIRS, ONE_MACHINE),
    rewritten("name", Text, "what it is called outside of the stack"),
    refused("template_driver", Text, &danger::DRIVER),
];

static INCLUDE: &[Key] = &[
    carried("env_file", TEXT_OR_TEXTS, "variables for the included file"),
    carried(
        "path",
        TEXT_OR_TEXTS,
        "the file, or files laid over each other",
    ),
    carried("project_directory", Text, "where its paths begin"),
];

static MODEL: &[Key] = &[
    rewritten("context_size", Integer, PART_OF_REFUSED),
    rewritten("model", Text, PART_OF_REFUSED),
    rewritten("name", Text, PART_OF_REFUSED),
    rewritten("runtime_flags", TEXTS, PART_OF_REFUSED),
];

static NETWORK: &[Key] = &[
    rewritten("attachable", Bool, ONE_MACHINE),
    screened(
        "driver",
        Text,
        danger::is_foreign,
        &danger::HOST_NETWORK,
        "every network is a bridge; a driver that no engine has is a finding",
    ),
    refused("driver_opts", OPTIONS, &danger::DRIVER),
    rewritten("enable_ipv4", Bool, "the engine's own addresses"),
    rewritten("enable_ipv6", Bool, "the engine's own addresses"),
    refused("external", EXTERNAL, &danger::EXTERNAL),
    rewritten("internal", Bool, "every network is closed"),
    rewritten(
        "ipam",
        Section(IPAM),
        "the engine chooses addresses that no other run has; noted, and subnets that no engine takes are findings",
    ),
    rewritten("labels", PAIRS, "the run's own labels"),
    rewritten("name", Text, "a name that no other run has"),
];

static IPAM: &[Key] = &[
    rewritten("config", List(&Section(IPAM_CONFIG)), "as `ipam`"),
    rewritten("driver", Text, "as `ipam`"),
    rewritten("options", Named(&Text), "as `ipam`"),
];

static IPAM_CONFIG: &[Key] = &[
    rewritten("aux_addresses", Named(&Text), "as `ipam`"),
    rewritten("gateway", Text, "as `ipam`"),
    rewritten("ip_range", Text, "as `ipam`"),
    rewritten("subnet", Text, "as `ipam`"),
];

static VOLUME: &[Key] = &[
    screened(
        "driver",
        Text,
        |driver| driver != "local",
        &danger::DRIVER,
        "`local` is what every volume is",
    ),
    refused("driver_opts", OPTIONS, &danger::DRIVER),
    refused("external", EXTERNAL, &danger::EXTERNAL),
    rewritten("labels", PAIRS, "the run's own labels"),
    rewritten("name", Text, "a name that no other run has"),
];
