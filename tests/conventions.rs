//! Rules of the project that can be checked by reading its files.

#![expect(clippy::expect_used, reason = "a test ends at what it cannot do")]

mod fixture;

use std::fs;
use std::path::{Path, PathBuf};

use fixture::{softy_check, stdout, top};

#[test]
fn checks_depend_on_serde_alone() {
    let manifest = read(&top().join("checks/Cargo.toml"));
    let dependencies = manifest.split("[dependencies]").nth(1).unwrap_or_default();
    let dependencies = dependencies
        .lines()
        .take_while(|line| !line.starts_with('['));
    let names: Vec<&str> = dependencies
        .filter_map(|line| line.split_once('=').map(|(name, _)| name.trim()))
        .filter(|name| !name.starts_with('#'))
        .collect();
    assert_eq!(names, ["serde"]);
}

#[test]
fn the_engine_s_client_is_named_in_the_sandbox_alone() {
    let sandbox = top().join("src/sandbox");
    let naming = files(&top().join("src"))
        .into_iter()
        .filter(|path| !path.starts_with(&sandbox) && *path != sandbox.with_extension("rs"))
        .filter(|path| read(path).contains("bollard::"));
    assert_eq!(naming.collect::<Vec<_>>(), Vec::<PathBuf>::new());
}

#[test]
fn nothing_names_the_folder_it_was_written_in() {
    let folder = top().display().to_string();
    let naming = files(top())
        .into_iter()
        .filter(|path| read(path).contains(&folder));
    assert_eq!(naming.collect::<Vec<_>>(), Vec::<PathBuf>::new());
}

#[test]
fn the_documentation_shows_what_the_program_prints() {
    for page in ["README.md", "docs/README.fr.md", "docs/rubric.md"] {
        shows_what_the_program_prints(&read(&top().join(page)));
    }
}

#[test]
fn the_book_has_every_page() {
    let summary = read(&top().join("docs/SUMMARY.md"));
    let pages = files(&top().join("docs")).into_iter();
    let pages = pages.filter(|path| path.extension().is_some_and(|end| end == "md"));
    for page in pages.filter(|path| !path.ends_with("SUMMARY.md")) {
        let page = page
            .strip_prefix(top().join("docs"))
            .expect("it is in there");
        let link = format!("]({})", page.display());
        assert!(summary.contains(&link), "{link}");
    }
    for link in links(&summary) {
        assert!(top().join("docs").join(&link).is_file(), "{link}");
    }
}

#[test]
fn links_between_pages_lead_somewhere() {
    let pages = files(&top().join("docs")).into_iter();
    let pages = pages.chain(["README.md", "ARCHITECTURE.md"].map(|page| top().join(page)));
    for page in pages.filter(|path| path.extension().is_some_and(|end| end == "md")) {
        let folder = page.parent().expect("it is in a folder");
        for link in links(&read(&page)) {
            let path = link.split('#').next().unwrap_or_default();
            let leads = path.is_empty() || folder.join(path).exists();
            assert!(leads, "{} of {}", link, page.display());
            let leaves_the_book = folder.ends_with("docs") && path.starts_with("..");
            assert!(!leaves_the_book, "{} of {}", link, page.display());
        }
    }
}

/// Returns the targets of a page's links, except those to other sites.
fn links(page: &str) -> Vec<String> {
    let links = page.split("](").skip(1);
    let links = links.filter_map(|rest| rest.split(')').next());
    let links = links.filter(|link| !link.contains("://"));
    links.map(str::to_owned).collect()
}

fn shows_what_the_program_prints(page: &str) {
    let blocks = page.split("```console\n").skip(1);
    let blocks = blocks.filter_map(|block| block.split("```").next());
    let mut commands = blocks
        .filter_map(|block| block.strip_prefix("$ softy-check ")?.split_once('\n'))
        .filter(|(command, _)| !needs_engine(command))
        .peekable();
    assert!(commands.peek().is_some(), "no command that can be tried");
    for (command, shown) in commands {
        let said = softy_check()
            .args(command.split_whitespace())
            .output()
            .expect("the program runs");
        assert_eq!(timeless(&stdout(&said)), timeless(shown), "{command}");
    }
}

fn needs_engine(command: &str) -> bool {
    command.starts_with("task6") && !command.contains("--no-stack")
}

/// Returns the text without the number before ` s` at the end of a line, because durations differ.
fn timeless(text: &str) -> String {
    let line = |line: &str| match line.strip_suffix(" s") {
        Some(rest) => rest
            .trim_end_matches(|character: char| character.is_ascii_digit() || character == '.')
            .to_owned(),
        None => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Returns every file in a folder and the folders below it, except those of git and cargo.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder can be read");
    let paths = entries.map(|entry| entry.expect("a folder can be read").path());
    let kept = |path: &PathBuf| !path.ends_with("target") && !path.ends_with(".git");
    paths
        .filter(kept)
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).expect("a file can be read")).into_owned()
}
