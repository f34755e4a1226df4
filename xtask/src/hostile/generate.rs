//! Attacks that no repository can hold: special files, large files, bytes that are not text.

mod addresses;
mod contexts;
mod yaml;

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::session;
use crate::process;

/// Function that makes an attack in a correct `task6` folder.
pub type Generate = fn(&Path) -> Result<()>;

const ANSWER: &str = "2-api-servers.txt";
const COMPOSE: &str = "docker-compose.yml";
const DOCKERFILE: &str = "back-end/Dockerfile";

/// Every generated attack, by its folder's name.
pub static TABLE: &[(&str, Generate)] = &[
    ("add-archive-bomb", contexts::archive_bomb),
    ("answer-device", |task| device(&task.join(ANSWER))),
    ("answer-fifo", |task| fifo(&task.join(ANSWER))),
    ("answer-folder", |task| folder(&task.join(ANSWER))),
    ("answer-huge", |task| hole(&task.join(ANSWER), 1 << 30)),
    ("answer-link-loop", |task| link(ANSWER, &task.join(ANSWER))),
    ("answer-link-out", |task| {
        link("/etc/passwd", &task.join(ANSWER))
    }),
    ("answer-socket", |task| socket(&task.join(ANSWER))),
    ("bind-device", |task| device(&task.join("bound"))),
    ("bind-fifo", |task| fifo(&task.join("bound"))),
    ("bind-link-out", |task| link("/etc", &task.join("bound"))),
    ("bind-many-sparse", sparse_files),
    ("compose-alias-bomb", yaml::alias_bomb),
    ("compose-device", |task| device(&task.join(COMPOSE))),
    ("compose-fifo", |task| fifo(&task.join(COMPOSE))),
    ("compose-huge", yaml::huge),
    ("compose-interpolation-bomb", yaml::interpolation_bomb),
    ("compose-invalid-utf8", yaml::invalid_utf8),
    ("compose-link-out", |task| {
        link("/etc/passwd", &task.join(COMPOSE))
    }),
    ("compose-merge-bomb", yaml::merge_bomb),
    ("compose-nested-lists", yaml::nested_lists),
    ("compose-nested-maps", yaml::nested_maps),
    ("compose-nul", yaml::nul),
    ("config-socket", |task| socket(&task.join("page"))),
    ("context-deep", contexts::deep),
    ("context-device", |task| device(&task.join("back-end/zero"))),
    ("context-fifo", |task| fifo(&task.join("back-end/pipe"))),
    ("context-hard-links", contexts::hard_links),
    ("context-link-loop", |task| {
        link("loop", &task.join("back-end/loop"))
    }),
    ("context-link-out", |task| {
        link("/etc", &task.join("back-end/etc"))
    }),
    ("context-million-files", contexts::million_files),
    ("context-names", contexts::names),
    ("context-socket", |task| {
        socket(&task.join("back-end/socket"))
    }),
    ("context-sparse", |task| {
        hole(&task.join("back-end/film.mp4"), 10 << 30)
    }),
    ("dockerfile-fifo", |task| fifo(&task.join(DOCKERFILE))),
    ("dockerfile-link-out", |task| {
        link("/etc/passwd", &task.join(DOCKERFILE))
    }),
    ("dockerignore-fifo", |task| {
        fifo(&task.join("back-end/.dockerignore"))
    }),
    ("dotenv-fifo", |task| fifo(&task.join(".env"))),
    ("env-file-fifo", |task| fifo(&task.join("settings.env"))),
    ("foreign-step", |task| {
        let id = session::bystanding_container()?;
        put(&task.join("back-end/bystander"), id.as_bytes())
    }),
    ("injection-file-name", contexts::injected_name),
    ("secret-fifo", |task| fifo(&task.join("key"))),
    ("way-out", addresses::closed),
    ("way-out-open", addresses::open),
];

fn put(path: &Path, content: &[u8]) -> Result<()> {
    Ok(fs::write(path, content)?)
}

/// Removes a file, if it exists, so that another one can take its place.
fn cleared(path: &Path) -> Result<()> {
    if path.exists() {
        fs::remove_file(path)?;
    }
    Ok(())
}

fn fifo(path: &Path) -> Result<()> {
    cleared(path)?;
    process::run(Command::new("mkfifo").arg(path))
}

/// Creates a device like `/dev/zero`, which never ends.
fn device(path: &Path) -> Result<()> {
    cleared(path)?;
    process::run(Command::new("mknod").arg(path).args(["c", "1", "5"]))
}

fn socket(path: &Path) -> Result<()> {
    cleared(path)?;
    Ok(UnixListener::bind(path).map(drop)?)
}

fn folder(path: &Path) -> Result<()> {
    cleared(path)?;
    Ok(fs::create_dir(path)?)
}

fn link(target: &str, path: &Path) -> Result<()> {
    cleared(path)?;
    Ok(symlink(target, path)?)
}

/// Creates a sparse file, which takes no space on the disk.
fn hole(path: &Path, bytes: u64) -> Result<()> {
    cleared(path)?;
    Ok(File::create(path)?.set_len(bytes)?)
}

/// Creates ten sparse files of 100 MB each.
fn sparse_files(task: &Path) -> Result<()> {
    let folder = task.join("sparse");
    fs::create_dir(&folder)?;
    (1..=10).try_for_each(|name| hole(&folder.join(name.to_string()), 100 << 20))
}
