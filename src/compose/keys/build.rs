//! `build` and `develop`.

use super::service::HOOK;
use super::*;
use crate::compose::dangers as danger;

pub(super) static BUILD: &[Key] = &[
    carried(
        "additional_contexts",
        Either(&[Named(&Text), List(&Type::StringFormat(&formats::PAIR))]),
        "folders of the submission and `docker-image://`; others are refused",
    ),
    carried("args", PAIRS, "build arguments"),
    rewritten("cache_from", TEXTS, "the engine's own cache"),
    refused("cache_to", TEXTS, &danger::CACHE_EXPORT),
    carried(
        "context",
        Text,
        "a folder of the submission; others are refused",
    ),
    carried(
        "dockerfile",
        Text,
        "a file of the submission; others are refused",
    ),
    carried("dockerfile_inline", Text, "the Dockerfile itself"),
    refused("entitlements", TEXTS, &danger::BUILD_RIGHTS),
    screened(
        "extra_hosts",
        Either(&[
            Named(&TEXT_OR_TEXTS),
            List(&Type::StringFormat(&formats::HOST)),
        ]),
        danger::names_the_host,
        &danger::HOST_GATEWAY,
        "a build reaches registries by their own names",
    ),
    screened(
        "isolation",
        Text,
        |isolation| isolation != "default",
        &danger::ISOLATION,
        "`default` is what every build has",
    ),
    carried("labels", PAIRS, "labels of the image"),
    screened(
        "network",
        Text,
        danger::is_foreign,
        &danger::HOST_NETWORK,
        "a build has a closed network of the run's own, with a way to the public web",
    ),
    rewritten("no_cache", Bool, "the engine's own cache"),
    rewritten("no_cache_filter", TEXT_OR_TEXTS, "the engine's own cache"),
    rewritten("platforms", TEXTS, "the engine's own platform"),
    refused("privileged", Bool, &danger::BUILD_RIGHTS),
    rewritten(
        "provenance",
        Either(&[Text, Bool]),
        "the image goes nowhere",
    ),
    rewritten(
        "pull",
        Bool,
        "base images are pulled where they are missing",
    ),
    rewritten("sbom", Either(&[Text, Bool]), "the image goes nowhere"),
    refused(
        "secrets",
        List(&Either(&[Text, Section(BUILD_SECRET)])),
        &danger::BUILD_SECRETS,
    ),
    rewritten(
        "shm_size",
        WHOLE_SIZE,
        "the engine's own, within the memory that a step of a build has",
    ),
    refused("ssh", PAIRS, &danger::BUILD_SECRETS),
    rewritten("tags", TEXTS, "nothing on the machine is tagged"),
    carried("target", Text, "the stage to build"),
    rewritten(
        "ulimits",
        service::ULIMITS,
        "the engine's own, beside the memory, processors, processes and disk that a build has",
    ),
];

static BUILD_SECRET: &[Key] = &[
    rewritten("gid", Text, PART_OF_REFUSED),
    rewritten("mode", TEXT_OR_NUMBER, PART_OF_REFUSED),
    rewritten("source", Text, PART_OF_REFUSED),
    rewritten("target", Text, PART_OF_REFUSED),
    rewritten("uid", Text, PART_OF_REFUSED),
];

const WATCH_ONLY: &str = "for `watch`, which the exercise does not run";

pub(super) static DEVELOP: &[Key] = &[rewritten("watch", List(&Section(WATCH)), WATCH_ONLY)];

static WATCH: &[Key] = &[
    rewritten(
        "action",
        Type::StringFormat(&formats::WATCH_ACTION),
        WATCH_ONLY,
    ),
    rewritten("exec", Section(HOOK), WATCH_ONLY),
    rewritten("ignore", TEXT_OR_TEXTS, WATCH_ONLY),
    rewritten("include", TEXT_OR_TEXTS, WATCH_ONLY),
    rewritten("initial_sync", Bool, WATCH_ONLY),
    rewritten("path", Text, WATCH_ONLY),
    rewritten("target", Text, WATCH_ONLY),
];
