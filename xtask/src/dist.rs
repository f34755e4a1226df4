//! `cargo xtask dist`: the files of a release, in one archive with its checksum: a static program, completions, manual
//! pages and licences.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::{cargo, process, say, workspace};

/// Upper bound of the program's size in bytes, because students download it over a mobile connection.
const PROGRAM_BYTES: u64 = 15_000_000;

/// Files of the repository that the archive contains.
const FILES: [&str; 3] = ["README.md", "LICENSE-APACHE", "LICENSE-MIT"];

/// Each shell with the file name under which it searches for completions.
const SHELLS: [(&str, &str); 3] = [
    ("bash", "softy-check.bash"),
    ("zsh", "_softy-check"),
    ("fish", "softy-check.fish"),
];

/// Cargo's metadata of the packages that the program consists of.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    repository: Option<String>,
    manifest_path: PathBuf,
}

/// Builds everything, and reports the path of the archive.
pub fn run() -> Result<ExitCode> {
    let target = target()?;
    let program = built(&target)?;
    let metadata = metadata(&target)?;
    let own = metadata.packages.iter();
    let own = own.clone().find(|package| package.name == "softy-check");
    let version = &own.context("cargo does not know softy-check")?.version;
    let name = format!("softy-check-{version}-{target}");
    let dist = workspace::target().join("dist");
    let folder = dist.join(&name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(folder.join("completions"))?;
    fs::copy(&program, folder.join("softy-check"))?;
    for file in FILES {
        fs::copy(workspace::root().join(file), folder.join(file))?;
    }
    for (shell, file) in SHELLS {
        let script = process::text(Command::new(&program).args(["completions", shell]))?;
        fs::write(folder.join("completions").join(file), script + "\n")?;
    }
    let pages = folder.join("man");
    process::run(Command::new(&program).args(["man", "--output"]).arg(pages))?;
    fs::write(folder.join("LICENSES"), licences(&metadata, &target)?)?;
    let archive = pack(&dist, &name)?;
    let bytes = fs::metadata(&archive)?.len();
    say(&format!(
        "{} ({:.1} MB), and its checksum beside it",
        archive.display(),
        megabytes(bytes)
    ));
    Ok(ExitCode::SUCCESS)
}

/// Returns rustc's target triple of this machine.
fn target() -> Result<String> {
    let about = process::text(Command::new("rustc").arg("-vV"))?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host
        .context("rustc does not say what it builds for")?
        .to_owned())
}

/// Builds the program, which needs no library of the machine that it runs on.
fn built(target: &str) -> Result<PathBuf> {
    say("building the program");
    // glibc's own start-up files make the program static. If a target is named, build scripts and macros are built without
    // this flag.
    process::run(
        cargo::command("build")
            .args(["--locked", "--profile", "dist", "--package", "softy-check"])
            .args(["--target", target])
            .env("RUSTFLAGS", "-C target-feature=+crt-static"),
    )?;
    let program = workspace::target().join(target).join("dist/softy-check");
    let bytes = fs::metadata(&program)?.len();
    ensure!(
        bytes < PROGRAM_BYTES,
        "the program has {:.1} MB, more than {:.0}",
        megabytes(bytes),
        megabytes(PROGRAM_BYTES)
    );
    let loader = process::text(
        Command::new("readelf")
            .arg("--program-headers")
            .arg(&program),
    )?;
    ensure!(!loader.contains("INTERP"), "the program is not static");
    say(&format!("it is static and has {:.1} MB", megabytes(bytes)));
    Ok(program)
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn metadata(target: &str) -> Result<Metadata> {
    let metadata = process::text(
        cargo::command("metadata")
            .args(["--locked", "--format-version", "1"])
            .args(["--filter-platform", target]),
    )?;
    Ok(serde_json::from_str(&metadata)?)
}

/// Returns the licences of every package that the program consists of: each name, and the text of the package's files.
fn licences(metadata: &Metadata, target: &str) -> Result<String> {
    let tree = process::text(
        cargo::command("tree")
            .args(["--locked", "--package", "softy-check"])
            .args(["--edges", "normal", "--target", target])
            .args(["--prefix", "none", "--format", "{p}"]),
    )?;
    // A line contains the name, the version after a `v`, and further information.
    let used: BTreeSet<(&str, &str)> = tree
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            Some((words.next()?, words.next()?.trim_start_matches('v')))
        })
        .collect();
    let mut packages: Vec<&Package> = metadata.packages.iter().collect();
    packages.retain(|package| used.contains(&(&package.name, &package.version)));
    packages.sort_by_key(|package| (&package.name, &package.version, &package.id));
    let mut text = String::from("softy-check is made of these packages.\n");
    for package in packages {
        let licence = package.license.as_deref().unwrap_or("see its files");
        let repository = package.repository.as_deref().unwrap_or_default();
        text.push_str(&format!(
            "\n==== {} {} · {licence}\n{repository}\n",
            package.name, package.version
        ));
        let folder = package.manifest_path.parent();
        for file in licence_files(folder.context("a package without a folder")?)? {
            text.push_str(&format!("\n{}\n", fs::read_to_string(file)?.trim_end()));
        }
    }
    Ok(text)
}

/// Returns the files of a package that contain its licence terms.
fn licence_files(folder: &Path) -> Result<Vec<PathBuf>> {
    const NAMES: [&str; 4] = ["LICENSE", "LICENCE", "COPYING", "NOTICE"];
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.to_uppercase();
        if path.is_file() && NAMES.iter().any(|known| name.starts_with(known)) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Makes the archive, identical for identical content, and writes its checksum to a file next to it.
fn pack(dist: &Path, name: &str) -> Result<PathBuf> {
    let archive = format!("{name}.tar.gz");
    process::run(
        Command::new("tar")
            .args(["--sort=name", "--mtime=@0", "--owner=0", "--group=0"])
            .args(["--numeric-owner", "--use-compress-program=gzip -9n"])
            .args(["--create", "--file", &archive, name])
            .current_dir(dist),
    )?;
    let checksum = process::text(Command::new("sha256sum").arg(&archive).current_dir(dist))?;
    fs::write(dist.join(format!("{archive}.sha256")), checksum + "\n")?;
    Ok(dist.join(archive))
}
