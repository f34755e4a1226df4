//! What a run was made with, and what of the sandbox's promises it could not keep.

use serde::{Deserialize, Serialize};

use crate::model::Text;

/// The engine that a stack ran on, and how closed it was there; nothing that a check judges.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sandbox {
    /// The engine's version, in its own words; empty when it has none.
    pub engine: String,
    /// The driver that keeps images and layers, by the engine's name; empty when it has none.
    pub driver: String,
    /// The way in to the stack: `address`, `container` or `loopback`.
    pub reach: String,
    /// Whether what runs in the stack was let out, because the run was asked to.
    pub egress: bool,
    /// What this engine or this run does not close or hold to its limit.
    pub unenforced: Vec<Unenforced>,
    /// What builds asked for and may not reach, as `host:port`, in order; the first twenty that were asked for.
    #[serde(default)]
    pub refused_to_builds: Vec<String>,
    /// The images that the submission takes from elsewhere, in its order; the first fifty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub base_images: Vec<BaseImage>,
}

/// An image that builds began with or took files from, or that a service runs as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseImage {
    /// The submission's word for it, variables filled in.
    pub reference: String,
    /// The services whose images come of it.
    pub services: Vec<String>,
    /// The image that was taken instead, because the run was asked to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<String>,
    /// The image's id; `None` when the engine does not keep it.
    pub id: Option<String>,
    /// `name@sha256:…`, by which a registry knows it; `None` when it is not known to come from one.
    pub digest: Option<String>,
}

/// A promise of the sandbox that a run did not keep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unenforced {
    /// Which one, in kebab case.
    pub code: String,
    /// In a sentence.
    pub message: Text,
}
