//! Compose files that are bombs, or not text.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::{COMPOSE, put};

/// Key that Compose ignores. The attack follows below it, so that nothing but reading it is the attack.
const AFTER: &str = "\nx-attack:\n";

/// Adds nine levels of nine aliases each: 9⁹ texts.
pub fn alias_bomb(task: &Path) -> Result<()> {
    let mut bomb = "  level-0: &level-0 [lol]\n".to_owned();
    for level in 1..=9 {
        let below = vec![format!("*level-{}", level - 1); 9].join(", ");
        bomb += &format!("  level-{level}: &level-{level} [{below}]\n");
    }
    append(task, bomb.as_bytes())
}

/// Adds fifty levels, each of which merges the one below twice.
pub fn merge_bomb(task: &Path) -> Result<()> {
    let mut bomb = "  level-0: &level-0 {a: b}\n".to_owned();
    for level in 1..=50 {
        let below = level - 1;
        bomb += &format!(
            "  level-{level}: &level-{level}\n    <<: [*level-{below}, *level-{below}]\n    a-{level}: b\n"
        );
    }
    append(task, bomb.as_bytes())
}

/// Adds a list nested 100,000 times.
pub fn nested_lists(task: &Path) -> Result<()> {
    let depth = 100_000;
    append(
        task,
        format!("  {}{}\n", "[".repeat(depth), "]".repeat(depth)).as_bytes(),
    )
}

/// Adds a mapping nested 10,000 times, by indentation.
pub fn nested_maps(task: &Path) -> Result<()> {
    let lines = (1..10_000).map(|depth| format!("{}a:\n", " ".repeat(depth)));
    append(task, lines.collect::<String>().as_bytes())
}

/// Adds 50 MB of comments and lists.
pub fn huge(task: &Path) -> Result<()> {
    append(
        task,
        "  - [one, two, three] # and so on\n"
            .repeat(1_500_000)
            .as_bytes(),
    )
}

/// Adds a variable in the default of a variable, nested 100,000 times, in a value that must be a string.
pub fn interpolation_bomb(task: &Path) -> Result<()> {
    let depth = 100_000;
    let bomb = format!("{}end{}", "${A:-".repeat(depth), "}".repeat(depth));
    let path = task.join(COMPOSE);
    let text = fs::read_to_string(&path)?;
    let text = text.replace(
        "build: ./back-end",
        &format!("build: ./back-end\n    hostname: {bomb}"),
    );
    put(&path, text.as_bytes())
}

/// Adds a NUL byte, which no text has.
pub fn nul(task: &Path) -> Result<()> {
    append(task, b"  one: \"two\0three\"\n")
}

/// Adds bytes that are not UTF-8.
pub fn invalid_utf8(task: &Path) -> Result<()> {
    append(task, b"  one: \"\xff\xfe\xc3\x28\"\n")
}

fn append(task: &Path, attack: &[u8]) -> Result<()> {
    let path = task.join(COMPOSE);
    let mut content = fs::read(&path)?;
    content.extend_from_slice(AFTER.as_bytes());
    content.extend_from_slice(attack);
    put(&path, &content)
}
