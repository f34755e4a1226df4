//! First layer of all stand-ins: the smallest Debian with apt, of this machine's release and from its mirror.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use super::recipe;
use crate::debian;
use crate::engine::docker;
use crate::process;
use crate::say;

/// Reference that the recipes build on.
const REFERENCE: &str = "softy-check-stand-in:root";

/// Options of mmdebstrap: no documentation, and no waiting for the disk, because the result is short-lived.
pub const OPTIONS: [&str; 7] = [
    "--quiet",
    "--format=tar",
    "--variant=minbase",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=force-unsafe-io",
];

/// Makes the root and imports it into the engine as [`REFERENCE`].
pub fn import(folder: &Path) -> Result<()> {
    ensure_mmdebstrap()?;
    say("making a root from this machine's Debian packages");
    let archive = folder.join("root.tar");
    process::text(&mut mmdebstrap(&archive)?)?;
    process::text(docker(["import"]).arg(&archive).arg(REFERENCE))?;
    Ok(fs::remove_file(archive)?)
}

fn ensure_mmdebstrap() -> Result<()> {
    if !debian::is_root_on_debian() {
        bail!(
            "stand-ins can be made by root on Debian only\nnext step: let the engine reach a registry, or run this as root on Debian"
        );
    }
    if process::is_installed("mmdebstrap") {
        return Ok(());
    }
    say("installing mmdebstrap");
    debian::install("mmdebstrap")
}

fn mmdebstrap(archive: &Path) -> Result<Command> {
    let codename = debian::codename()?;
    let mut command = Command::new("mmdebstrap");
    command.args(OPTIONS);
    command.args(
        debian::settings()?
            .iter()
            .map(|setting| format!("--aptopt={setting}")),
    );
    command.arg(format!(
        "--customize-hook={}",
        recipe::folder().join("root/customize").display()
    ));
    command
        .arg(&codename)
        .arg(archive)
        .args(debian::sources(&codename)?);
    Ok(command)
}
