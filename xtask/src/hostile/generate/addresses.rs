//! Addresses that a container of a run may try to reach.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::engine::docker;
use crate::hostile::session::bystander;
use crate::{process, workspace};

/// Program that tries them.
const API: &str = "back-end/api.py";

/// Line of the program that the addresses replace.
const NONE: &str = "NEIGHBOURS = []";

/// First major version of the engine that closes the machine's own addresses to a closed network. Earlier engines leave
/// them open.
const CLOSES_THE_MACHINE: u32 = 26;

/// Writes the address of a container in another network, and those of the machine itself if the engine closes them.
pub fn closed(task: &Path) -> Result<()> {
    let address = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}";
    let mut inspection = docker(["container", "inspect", "--format", address]);
    let mut addresses = process::text(inspection.arg(bystander()))?;
    let version = process::text(&mut docker(["version", "--format", "{{.Server.Version}}"]))?;
    let major = version
        .split('.')
        .next()
        .and_then(|major| major.parse().ok());
    if major.is_some_and(|major: u32| major >= CLOSES_THE_MACHINE) {
        addresses += &machine()?;
    }
    write(task, &addresses)
}

/// Writes the machine's own addresses, which a container with egress reaches. This shows that the program finds open
/// addresses.
pub fn open(task: &Path) -> Result<()> {
    let program = workspace::root().join("fixtures/hostile/way-out/submission/task6");
    fs::copy(program.join(API), task.join(API))?;
    write(task, &machine()?)
}

fn machine() -> Result<String> {
    process::text(Command::new("hostname").arg("--all-ip-addresses"))
}

/// Writes the IPv4 addresses into the program: the networks of a run have no others.
fn write(task: &Path, addresses: &str) -> Result<()> {
    let addresses = addresses.split_whitespace();
    let addresses: Vec<&str> = addresses.filter(|address| !address.contains(':')).collect();
    let path = task.join(API);
    let text = fs::read_to_string(&path)?;
    let (before, after) = text
        .split_once(NONE)
        .context("the program has no such line")?;
    Ok(fs::write(
        &path,
        format!("{before}NEIGHBOURS = {addresses:?}{after}"),
    )?)
}
