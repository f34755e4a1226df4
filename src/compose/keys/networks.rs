//! Networks and ports of a service.

use super::*;
use crate::compose::dangers as danger;

pub(super) static ATTACHMENT: &[Key] = &[
    carried("aliases", TEXTS, "further DNS names"),
    refused("driver_opts", OPTIONS, &danger::DRIVER),
    rewritten(
        "gw_priority",
        Number,
        "no network has a gateway to the world",
    ),
    carried(
        "interface_name",
        Text,
        "a name inside the container; older engines have none",
    ),
    rewritten(
        "ipv4_address",
        Text,
        "the engine chooses addresses that no other run has; noted, no second container can have it, and one that its network does not have is a finding",
    ),
    rewritten(
        "ipv6_address",
        Text,
        "the engine chooses addresses that no other run has; noted",
    ),
    rewritten(
        "link_local_ips",
        TEXTS,
        "the engine chooses addresses that no other run has; noted",
    ),
    rewritten("mac_address", Text, "the engine's own"),
    rewritten(
        "priority",
        Number,
        "the first network of the file comes first",
    ),
];

pub(super) static PORT: &[Key] = &[
    rewritten("app_protocol", Text, "a note for people"),
    rewritten(
        "host_ip",
        Type::StringFormat(&formats::ADDRESS),
        "nothing is published on the machine",
    ),
    rewritten("mode", Text, ONE_MACHINE),
    rewritten("name", Text, "a note for people"),
    carried("protocol", Text, "only TCP ports are asked"),
    carried(
        "published",
        Either(&[Text, Integer]),
        "kept for the checks; nothing is published on the machine",
    ),
    carried(
        "target",
        Either(&[Text, Integer]),
        "where the proxy is asked",
    ),
];
