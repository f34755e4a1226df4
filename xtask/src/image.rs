//! `cargo xtask image`: builds the image of the project's `Dockerfile`, and grades a submission in it through the engine's
//! socket.
//!
//! If no registry has the toolchain's image, a stand-in is made from this machine's own toolchain and the packages that
//! cargo has fetched.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::engine::{self, docker};
use crate::{base_images, cargo, process, say, workspace};

/// Image that the `Dockerfile` is built with.
const TOOLCHAIN: &str = "rust:1.95-slim";

/// Name of its stand-in.
const STAND_IN: &str = "softy-check-toolchain";

/// Name of the image.
const IMAGE: &str = "softy-check";

/// Dockerfile that makes a toolchain from a Debian system.
const RECIPE: &str = "FROM ubuntu:22.04
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev
COPY rust /usr/local
COPY cargo /cargo
ENV CARGO_HOME=/cargo CARGO_NET_OFFLINE=true
";

/// Builds the image, and grades the correct submission in it.
pub fn run() -> Result<ExitCode> {
    engine::ensure()?;
    base_images::ensure()?;
    let toolchain = match process::text(&mut docker(["pull", "--quiet", TOOLCHAIN])) {
        Ok(_) => TOOLCHAIN,
        Err(_) => stand_in()?,
    };
    say("building the image");
    let argument = format!("TOOLCHAIN={toolchain}");
    let mut build = docker(["build", "--tag", IMAGE, "--build-arg", &argument]);
    process::run(build.arg(workspace::root()))?;
    let size = docker(["image", "inspect", "--format", "{{.Size}}", IMAGE]);
    let size: u64 = process::text(&mut { size })?.parse()?;
    say(&format!("it has {} MB", size / 1_000_000));
    grade()?;
    Ok(ExitCode::SUCCESS)
}

fn grade() -> Result<()> {
    let socket = engine::address()?;
    let Some(socket) = socket.strip_prefix("unix://") else {
        bail!("the engine has no socket that could be mounted");
    };
    let socket = format!("{socket}:/var/run/docker.sock");
    let submission = workspace::root().join(workspace::CORRECT_SUBMISSION);
    let submission = format!("{}:/repo:ro", submission.display());
    process::run(&mut docker([
        "run",
        "--rm",
        "--volume",
        &socket,
        "--volume",
        &submission,
        IMAGE,
        "task6",
        "/repo",
    ]))
}

fn stand_in() -> Result<&'static str> {
    if process::text(&mut docker(["image", "inspect", STAND_IN])).is_ok() {
        return Ok(STAND_IN);
    }
    say("making a stand-in for the toolchain's image from this machine's own");
    process::run(cargo::command("fetch").arg("--locked"))?;
    let folder = workspace::target().join("toolchain");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let (rust, registry) = (folder.join("rust"), folder.join("cargo/registry"));
    fs::create_dir_all(&rust)?;
    fs::create_dir_all(&registry)?;
    let sysroot = process::text(Command::new("rustc").args(["--print", "sysroot"]))?;
    for part in ["bin", "lib"] {
        copy(&Path::new(&sysroot).join(part), &rust)?;
    }
    let home =
        std::env::var("CARGO_HOME").or_else(|_| std::env::var("HOME").map(|home| home + "/.cargo"));
    let home = home.context("where cargo keeps what it fetches is not known")?;
    for part in ["index", "cache"] {
        copy(&Path::new(&home).join("registry").join(part), &registry)?;
    }
    fs::write(folder.join("Dockerfile"), RECIPE)?;
    process::run(docker(["build", "--tag", STAND_IN]).arg(&folder))?;
    fs::remove_dir_all(&folder)?;
    Ok(STAND_IN)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    process::run(
        Command::new("cp")
            .args(["--archive", "--reflink=auto"])
            .arg(from)
            .arg(to),
    )
}
