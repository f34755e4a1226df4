//! Build contexts that are too large or have odd names.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::process;

/// Creates a million empty files.
pub fn million_files(task: &Path) -> Result<()> {
    for folder in 0..1_000 {
        let folder = task.join(format!("back-end/flood/{folder}"));
        fs::create_dir_all(&folder)?;
        for file in 0..1_000 {
            File::create(folder.join(file.to_string()))?;
        }
    }
    Ok(())
}

/// Creates an archive of a kilobyte that unpacks to a terabyte of zeros, from a sparse file.
pub fn archive_bomb(task: &Path) -> Result<()> {
    let folder = task.join("back-end");
    File::create(folder.join("zeros"))?.set_len(1 << 40)?;
    let mut tar = Command::new("tar");
    tar.args(["--sparse", "--create", "--gzip", "--remove-files"]);
    tar.args(["--file", "site.tar.gz", "zeros"]);
    process::run(tar.current_dir(&folder))
}

/// Creates one file under a thousand names, a gigabyte in total.
pub fn hard_links(task: &Path) -> Result<()> {
    let folder = task.join("back-end/links");
    fs::create_dir(&folder)?;
    let first = folder.join("0");
    fs::write(&first, vec![b'x'; 1 << 20])?;
    for name in 1..1_000 {
        fs::hard_link(&first, folder.join(name.to_string()))?;
    }
    Ok(())
}

/// Creates 500 nested folders.
pub fn deep(task: &Path) -> Result<()> {
    Ok(fs::create_dir_all(
        task.join("back-end").join("a/".repeat(500)),
    )?)
}

/// Creates files whose names have line breaks, escape sequences, marks that change the reading direction, and quotation
/// marks.
pub fn names(task: &Path) -> Result<()> {
    for name in [
        "two\nlines",
        "\u{1b}[31mred\u{1b}[0m",
        "\u{202e}lmth.txt",
        "=cmd|' -C calc'!A0",
        "<script>alert(1)</script>".trim_end_matches("/script>"),
        "'\"`$(touch x)`",
    ] {
        fs::write(task.join("back-end").join(name), "odd")?;
    }
    Ok(())
}

/// Renames the `Dockerfile` to a similar name with characters that control a terminal.
pub fn injected_name(task: &Path) -> Result<()> {
    let folder = task.join("back-end");
    let name = "Dockerfile\u{1b}[2J\u{202e}\n=cmd|' -C calc'!A0<b>";
    Ok(fs::rename(folder.join("Dockerfile"), folder.join(name))?)
}
