//! `cargo xtask fuzz`: libFuzzer on every parser, beginning with the files of the fixtures.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::workspace::{root, target};
use crate::{cargo, process, say};

/// Targets of `fuzz/`, each with the name of the files that are its first inputs.
const TARGETS: [(&str, &str); 8] = [
    ("answer", "2-api-servers.txt"),
    ("compose", "docker-compose.yml"),
    ("dockerfile", "back-end/Dockerfile"),
    ("dockerignore", "docker-compose.yml"),
    ("dotenv", ".env"),
    ("interpolation", "docker-compose.yml"),
    ("log_lines", "2-api-servers.txt"),
    ("nginx", "proxy/default.conf"),
];

/// Default number of seconds per target.
const SECONDS: &str = "60";

/// Bounds for every input: one second, 200 MB, 16 KiB of input.
const BOUNDS: [&str; 3] = ["-timeout=1", "-rss_limit_mb=200", "-max_len=16384"];

/// Runs each target for `seconds`. The first input that breaks a property ends the run and is kept under `target/fuzz`.
pub fn run(seconds: &[&str]) -> Result<ExitCode> {
    process::text(cargo::command("fuzz").arg("--version"))
        .context("cargo-fuzz is missing: `cargo install cargo-fuzz`")?;
    let seconds = seconds.first().unwrap_or(&SECONDS);
    for (name, file) in TARGETS {
        let folder = target().join("fuzz").join(name);
        let corpus = folder.join("corpus");
        fs::create_dir_all(&corpus)?;
        seed(&corpus, file)?;
        say(&format!("{name}: {seconds} s"));
        process::run(
            fuzz("run", name)
                .arg(&corpus)
                .arg("--")
                .arg(format!("-max_total_time={seconds}"))
                .arg(format!("-artifact_prefix={}/", folder.display()))
                .args(BOUNDS),
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns the command of cargo-fuzz. It uses no sanitizer, because the code has nothing unsafe, and no LTO, because
/// instrumented code takes long to link as one unit.
fn fuzz(verb: &str, name: &str) -> Command {
    let mut command = cargo::command("fuzz");
    command
        .args([verb, "--sanitizer", "none", "--features", "libfuzzer"])
        .arg("--fuzz-dir")
        .arg(root().join("fuzz"))
        .arg(name)
        .env("CARGO_PROFILE_RELEASE_LTO", "off");
    command
}

/// Copies the file named `file` of every fixture into the corpus.
fn seed(corpus: &Path, file: &str) -> Result<()> {
    for fixture in fs::read_dir(root().join("fixtures"))? {
        let fixture = fixture?;
        let handed_in = fixture.path().join("submission/task6").join(file);
        if handed_in.is_file() {
            fs::copy(handed_in, corpus.join(fixture.file_name()))?;
        }
    }
    Ok(())
}
