//! The Debian machine that xtask may run on: its packages and their sources.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// Settings of the machine's apt that downloads depend on: proxies, and mirrors frozen in time.
const NEEDED_SETTINGS: [&str; 5] = [
    "Acquire::http::Proxy",
    "Acquire::https::Proxy",
    "Acquire::Check-Valid-Until",
    "Acquire::Check-Date",
    "Acquire::Retries",
];

/// Returns whether packages can be installed without asking for permission.
pub fn is_root_on_debian() -> bool {
    Path::new("/etc/debian_version").exists() && is_root()
}

/// Returns whether this process runs as root, which then owns `/proc/self`.
fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// Installs a package; on failure updates the package lists, which may be missing or too old, and tries again.
pub fn install(package: &str) -> Result<()> {
    if apt_get(&["install", "-y", "--no-install-recommends", package]).is_ok() {
        return Ok(());
    }
    apt_get(&["update"])?;
    apt_get(&["install", "-y", "--no-install-recommends", package])
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("apt-get");
    command
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive");
    process::text(&mut command).map(drop)
}

/// Returns the release's name, such as `bookworm`.
pub fn codename() -> Result<String> {
    let release = fs::read_to_string("/etc/os-release").context("cannot read /etc/os-release")?;
    let codename = release
        .lines()
        .find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    Ok(codename
        .context("/etc/os-release names no release")?
        .trim_matches('"')
        .to_owned())
}

/// Returns the archives of the release itself and its updates, one `deb` line each. Images do not need archives that were
/// added to the machine. The list comes from apt, which understands both kinds of source file but lists only archives whose
/// package lists it has.
pub fn sources(codename: &str) -> Result<Vec<String>> {
    let sources = known_sources(codename)?;
    if !sources.is_empty() {
        return Ok(sources);
    }
    apt_get(&["update"])?;
    known_sources(codename)
}

fn known_sources(codename: &str) -> Result<Vec<String>> {
    let format = "$(REPO_URI) $(RELEASE) $(COMPONENT)";
    let mut command = Command::new("apt-get");
    command.args(["indextargets", "--format", format, "Identifier: Packages"]);
    let own = [
        codename.to_owned(),
        format!("{codename}-updates"),
        format!("{codename}-security"),
    ];
    let is_own = |line: &&str| match line.split(' ').collect::<Vec<_>>().as_slice() {
        [_, release, "main"] => own.iter().any(|name| name == release),
        _ => false,
    };
    Ok(process::text(&mut command)?
        .lines()
        .filter(is_own)
        .map(|line| format!("deb {line}"))
        .collect())
}

/// Returns the machine's values of [`NEEDED_SETTINGS`], in apt's notation.
pub fn settings() -> Result<Vec<String>> {
    let dump = process::text(Command::new("apt-config").arg("dump"))?;
    let is_needed = |line: &&str| {
        NEEDED_SETTINGS
            .iter()
            .any(|name| line.split(' ').next() == Some(name))
    };
    Ok(dump.lines().filter(is_needed).map(str::to_owned).collect())
}
