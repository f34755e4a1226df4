//! Images of the correct submission, built before the measurements.

use anyhow::Result;

use crate::engine::docker;
use crate::{process, say, workspace};

/// Services of the correct submission, each built from the folder of its name.
const SERVICES: [&str; 3] = ["back-end", "front-end", "proxy"];

/// Returns the reference of the image that bare engine calls start for a service.
pub fn reference(service: &str) -> String {
    format!("softy-check-bench:{service}")
}

/// Builds the images, or finds them in the engine's cache.
pub fn build() -> Result<()> {
    say("building the images of the correct submission");
    for service in SERVICES {
        let mut command = docker(["build", "--quiet", "--tag", &reference(service)]);
        process::text(command.arg(workspace::correct_task().join(service)))?;
    }
    Ok(())
}

/// Removes the images that [`build`] and the compose command made.
pub fn remove() -> Result<()> {
    let format = "{{.Repository}}:{{.Tag}}";
    let made = process::text(&mut docker([
        "image",
        "ls",
        "--format",
        format,
        "--filter",
        "reference=softy-check-bench*",
    ]))?;
    if made.is_empty() {
        return Ok(());
    }
    process::text(docker(["image", "rm"]).args(made.lines())).map(drop)
}
