//! The Docker Engine that xtask uses, started if none answers.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::debian;
use crate::process;
use crate::say;
use crate::workspace;

/// Time limit from an engine's start until it answers. On a slow machine it first makes its storage and its firewall rules.
const ENGINE_STARTS_WITHIN: Duration = Duration::from_secs(60);

/// Interval between two requests to a starting engine.
const ASK_AGAIN: Duration = Duration::from_millis(250);

/// Returns the command `docker ARGUMENTS…`. The client reads `DOCKER_HOST` and contexts, so this command respects both.
pub fn docker<const N: usize>(arguments: [&str; N]) -> Command {
    let mut command = Command::new("docker");
    command.args(arguments);
    command
}

/// Ensures that an engine answers: starts Debian's own if none does and the user has not named one.
pub fn ensure() -> Result<()> {
    let Err(refusal) = version() else {
        return Ok(());
    };
    if is_chosen_by_the_user() {
        bail!("the engine that DOCKER_HOST or DOCKER_CONTEXT names does not answer\n{refusal:#}");
    }
    if !debian::is_root_on_debian() {
        bail!(
            "no Docker Engine answers\n{refusal:#}\nnext step: install Docker, start it, and let `docker version` show a server"
        );
    }
    install()?;
    start()?;
    wait()
}

/// Returns the address of the engine that the client uses, in the format of `DOCKER_HOST`.
pub fn address() -> Result<String> {
    process::text(&mut docker([
        "context",
        "inspect",
        "--format",
        "{{.Endpoints.docker.Host}}",
    ]))
}

/// Sets `DOCKER_HOST`, so that a program that does not know contexts uses the same engine as the client.
pub fn address_for(command: &mut Command) -> Result<&mut Command> {
    Ok(command.env("DOCKER_HOST", address()?))
}

fn version() -> Result<String> {
    process::text(&mut docker(["version", "--format", "{{.Server.Version}}"]))
}

fn is_chosen_by_the_user() -> bool {
    ["DOCKER_HOST", "DOCKER_CONTEXT"]
        .iter()
        .any(|name| std::env::var_os(name).is_some())
}

/// Installs the engine and its client. Newer Debian releases have a separate package for the client, which older ones do
/// not know.
fn install() -> Result<()> {
    if !process::is_installed("dockerd") {
        say("installing Debian's docker.io");
        debian::install("docker.io")?;
    }
    if !process::is_installed("docker") {
        debian::install("docker-cli")?;
    }
    Ok(())
}

fn start() -> Result<()> {
    if version().is_ok() {
        return Ok(());
    }
    say("starting the engine");
    if Path::new("/run/systemd/system").exists() {
        return process::run(Command::new("systemctl").args(["start", "docker"]));
    }
    let service = Command::new("service")
        .args(["docker", "start"])
        .stdin(Stdio::null())
        .status();
    if service.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    start_detached()
}

/// Starts the engine without a service manager, as in many containers. The engine outlives this process in its own session.
fn start_detached() -> Result<()> {
    let log = workspace::target().join("dockerd.log");
    fs::create_dir_all(workspace::target())?;
    let file = File::create(&log)?;
    let mut command = Command::new("setsid");
    command
        .args(["--fork", "dockerd"])
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file);
    say(&format!("its log is {}", log.display()));
    process::run(&mut command)
}

fn wait() -> Result<()> {
    let start = Instant::now();
    loop {
        let Err(refusal) = version() else {
            return Ok(());
        };
        if start.elapsed() > ENGINE_STARTS_WITHIN {
            bail!(
                "the engine does not answer after {} s\n{refusal:#}",
                ENGINE_STARTS_WITHIN.as_secs()
            );
        }
        thread::sleep(ASK_AGAIN);
    }
}
