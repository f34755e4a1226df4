//! The Debian machine that this may run on: its packages, and where it has them from.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// Settings of the machine's apt that its packages cannot be had without: proxies, and mirrors frozen in time.
const NEEDED_SETTINGS: [&str; 5] = [
    "Acquire::http::Proxy",
    "Acquire::https::Proxy",
    "Acquire::Check-Valid-Until",
    "Acquire::Check-Date",
    "Acquire::Retries",
];

/// Whether packages can be installed without asking anybody.
pub fn is_root_on_debian() -> bool {
    Path::new("/etc/debian_version").exists() && is_root()
}

/// `/proc/self` belongs to the user who runs us.
fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// Installs a package, with fresh lists when the machine's are missing or too old to find it.
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

/// The release's name, such as `bookworm`.
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

/// The archives of the release itself and its updates, one `deb` line each: what others add to a machine, an image does not need.
/// apt is asked, so both kinds of source file are understood; it only tells about archives whose lists it has.
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

/// Those of [`NEEDED_SETTINGS`] that the machine has, as apt writes them.
pub fn settings() -> Result<Vec<String>> {
    let dump = process::text(Command::new("apt-config").arg("dump"))?;
    let is_needed = |line: &&str| {
        NEEDED_SETTINGS
            .iter()
            .any(|name| line.split(' ').next() == Some(name))
    };
    Ok(dump.lines().filter(is_needed).map(str::to_owned).collect())
}
