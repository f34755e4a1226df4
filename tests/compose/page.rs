//! Page `docs/compose-differences.md`, made from the table of differences that stay.

use std::fmt::Write;

use crate::fixture::{is_asked, top};
use crate::known::KNOWN;

const PAGE: &str = "docs/compose-differences.md";

const HEAD: &str = "# Where the checker differs from Compose

Made from the table in `tests/compose/known.rs`; `SOFTY_CHECK_BLESS=1 cargo test --test compose page` writes it anew.

The same files are given to Compose and to the checker. What is compared:

- whether both take a file: every key of [the table](compose-keys.md) with a value of every type, likely values of the keys of
  a service alone and by twos, and the fixtures;
- what both bring up: words, environment, user, folders, labels, names, networks, mounts with their content, health checks, as
  the engine has them;
- in which order both start what depends on each other, and which names are found then;
- whether `up` fails where a finding or a note says so: stacks of two or three services that share ports, names, tags, networks,
  addresses and volumes, chosen by chance from a seed (`SOFTY_CHECK_SEED`, and `SOFTY_CHECK_STACKS` for their number);
- generated files, with the values and the warnings of unset variables that come out: `.env` and `env_file` in all forms of
  their lines, compose files in all forms of YAML, values with variables. `tests/compose/generated/` makes them;
  `SOFTY_CHECK_GENERATED` says how many there are of each kind (300), `SOFTY_CHECK_SEED` where chance starts (6), and a
  difference is printed with its files and the number that makes it again.

`cargo xtask compare` does it with the Compose that `SOFTY_CHECK_COMPOSE` names, `docker-compose` where nothing does. A difference
that is not here fails it. `*` stands for anything; what only the sandbox refuses is no difference, and has its reason in the
table of keys.

| Compose | what is seen | why it stays |
|---|---|---|
";

fn page() -> String {
    let mut page = HEAD.to_owned();
    for known in KNOWN {
        let version = match known.versions {
            [] => "every".to_owned(),
            versions => versions.join(", "),
        };
        let line = known.line.replace('|', "\\|");
        let _ = writeln!(page, "| {version} | ``` {line} ``` | {} |", known.reason);
    }
    page
}

#[test]
fn the_page_says_what_the_table_of_differences_says() {
    let (path, page) = (top().join(PAGE), page());
    if is_asked("SOFTY_CHECK_BLESS") {
        std::fs::write(&path, &page).expect("a page can be written");
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == page, "bless {PAGE}");
}
