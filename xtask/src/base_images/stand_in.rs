//! Stand-ins: a root of Debian packages, extended by the recipes of `fixtures/base-images`.
//!
//! They are built once per machine and kept in one archive. Another engine only loads that archive.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context, Result, anyhow};

use super::recipe::{self, Recipe};
use super::{BaseImage, root};
use crate::engine::docker;
use crate::process;
use crate::say;
use crate::workspace;

/// Makes a stand-in for each of these references, which are absent on the engine.
pub fn make(absent: &[&BaseImage]) -> Result<()> {
    let folder = workspace::target().join("base-images");
    fs::create_dir_all(&folder)?;
    let lock = File::create(folder.join("lock"))?;
    lock.lock()?;
    load_or_build(&folder)?;
    for image in absent {
        say(&format!("{} is a stand-in", image.reference));
        process::text(&mut docker([
            "tag",
            &image.stand_in.own_reference(),
            image.reference,
        ]))?;
    }
    forget_own_references()
}

fn load_or_build(folder: &Path) -> Result<()> {
    let archive = folder.join(format!("{:016x}.tar", fingerprint()?));
    if archive.exists() {
        say("loading the stand-ins that were made before");
        return process::text(docker(["load", "--input"]).arg(archive)).map(drop);
    }
    build(folder)?;
    forget_older_archives(folder)?;
    save(&archive)
}

fn build(folder: &Path) -> Result<()> {
    root::import(folder)?;
    say("making the stand-ins from it");
    thread::scope(|scope| {
        let builds = Recipe::ALL.map(|recipe| scope.spawn(move || build_one(recipe)));
        builds.into_iter().try_for_each(|build| {
            build
                .join()
                .unwrap_or_else(|_| Err(anyhow!("a build broke off")))
        })
    })
}

fn build_one(recipe: Recipe) -> Result<()> {
    let mut command = docker(["build", "--quiet", "--tag", &recipe.own_reference()]);
    process::text(command.arg(recipe.folder())).map(drop)
}

/// Saves the stand-ins. The archive gets its final name only when it is complete.
fn save(archive: &Path) -> Result<()> {
    let partial = archive.with_extension("partial");
    let mut command = docker(["save", "--output"]);
    command
        .arg(&partial)
        .args(Recipe::ALL.map(Recipe::own_reference));
    process::text(&mut command)?;
    fs::rename(&partial, archive).context("cannot keep the stand-ins")
}

fn forget_older_archives(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "tar" || extension == "partial")
        {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Removes the references used during the build. The layers stay, under the references of the replaced images.
fn forget_own_references() -> Result<()> {
    let own = process::text(&mut docker([
        "image",
        "ls",
        "--format",
        "{{.Repository}}:{{.Tag}}",
        "softy-check-stand-in",
    ]))?;
    if own.is_empty() {
        return Ok(());
    }
    process::text(docker(["image", "rm"]).args(own.lines())).map(drop)
}

/// Returns a hash of everything that the stand-ins are built from, such as the recipes and the certificate authorities.
fn fingerprint() -> Result<u64> {
    let mut hasher = DefaultHasher::new();
    root::OPTIONS.hash(&mut hasher);
    fs::read("/etc/ssl/certs/ca-certificates.crt")
        .ok()
        .hash(&mut hasher);
    for file in files_below(&recipe::folder())? {
        fs::read(&file)
            .with_context(|| format!("cannot read {}", file.display()))?
            .hash(&mut hasher);
    }
    Ok(hasher.finish())
}

fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?
    {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
