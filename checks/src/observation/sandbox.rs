//! Environment of a run, and the guarantees of the sandbox that the run could not keep.

use serde::{Deserialize, Serialize};

use crate::model::Text;

/// Engine that a stack ran on, and its isolation there; no check judges it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sandbox {
    /// Version of the engine, in its own words; empty if it has none.
    pub engine: String,
    /// Storage driver for images and layers, by the engine's name for it; empty if it has none.
    pub driver: String,
    /// Path from the checker to the stack: `address`, `container` or `loopback`.
    pub reach: String,
    /// True if the run allowed egress from the stack, because its options asked for it.
    pub egress: bool,
    /// Isolation and limits that this engine or this run does not enforce.
    pub unenforced: Vec<Unenforced>,
    /// Targets that builds requested and may not reach, as `host:port`, in order; the first twenty.
    #[serde(default)]
    pub refused_to_builds: Vec<String>,
    /// Images that the submission takes from outside, in its order; the first fifty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub base_images: Vec<BaseImage>,
}

/// An image that builds used as a base or copied files from, or that a service runs unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseImage {
    /// Name in the submission, with variables substituted.
    pub reference: String,
    /// Services whose images use it.
    pub services: Vec<String>,
    /// Image that replaced it, because the options of the run asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<String>,
    /// Id of the image; `None` if the engine does not keep it.
    pub id: Option<String>,
    /// Digest `name@sha256:…`, by which a registry knows it; `None` if it is not known to come from one.
    pub digest: Option<String>,
}

/// A guarantee of the sandbox that a run did not keep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unenforced {
    /// Code of the guarantee, in kebab case.
    pub code: String,
    /// Description in one sentence.
    pub message: Text,
}
