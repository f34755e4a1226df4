//! Mounts, `configs` and `secrets` of a service.

use super::*;
use crate::compose::dangers as danger;

pub(super) static MOUNT: &[Key] = &[
    rewritten("bind", Section(BIND), "a bind is a copy"),
    rewritten(
        "consistency",
        Text,
        "for Docker Desktop's shared folders; nothing is shared",
    ),
    refused("image", Section(IMAGE), &danger::MOUNTED_IMAGE),
    carried("read_only", Bool, "for volumes; a copy harms nobody"),
    carried(
        "source",
        Text,
        "a path inside the submission or a named volume; others are refused",
    ),
    carried("target", Text, "where the container has it"),
    rewritten("tmpfs", Section(TMPFS), "memory within the sandbox's limit"),
    carried(
        "type",
        Text,
        "`bind`, `volume` and `tmpfs`; `image`, `npipe` and `cluster` are refused",
    ),
    carried("volume", Section(MOUNTED_VOLUME), "see its keys"),
];

static BIND: &[Key] = &[
    rewritten(
        "create_host_path",
        Bool,
        "what is missing is an empty folder of the container",
    ),
    rewritten("propagation", Text, "a bind is a copy"),
    rewritten(
        "recursive",
        Type::StringFormat(&formats::RECURSIVE),
        "a bind is a copy",
    ),
    rewritten(
        "selinux",
        Type::StringFormat(&formats::SELINUX),
        "a bind is a copy",
    ),
];

static IMAGE: &[Key] = &[rewritten("subpath", Text, PART_OF_REFUSED)];

static TMPFS: &[Key] = &[
    rewritten("mode", TEXT_OR_NUMBER, "the engine's own"),
    rewritten("size", SIZE, "within the sandbox's limit"),
];

static MOUNTED_VOLUME: &[Key] = &[
    rewritten("labels", PAIRS, "the run's own labels"),
    carried("nocopy", Bool, "the volume starts empty"),
    carried(
        "subpath",
        Text,
        "a folder of the volume; older engines have none",
    ),
];

/// Keys of a `config` or `secret` of a service.
pub(super) static GRANT: &[Key] = &[
    carried(
        "gid",
        Text,
        "as Compose does: ignored for a file, else the file belongs to the container's user",
    ),
    carried(
        "mode",
        TEXT_OR_NUMBER,
        "as Compose does: ignored for a file, which keeps its own",
    ),
    carried("source", Text, "which one"),
    carried("target", Text, "where the container has it"),
    carried(
        "uid",
        Text,
        "as Compose does: ignored for a file, else the file belongs to the container's user",
    ),
];
