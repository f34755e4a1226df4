//! `docs/compose-keys.md`, generated from the table.

use std::fmt::Write;

use super::{Decision, Key, ROOT, Type};

/// Path of the page.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/compose-keys.md");

/// Calls `visit` with each section of the table and its path, the top level first.
pub(in crate::compose) fn sections(visit: &mut dyn FnMut(&str, &'static [Key])) {
    below(&ROOT, "", visit);
}

fn below(takes: &'static Type, path: &str, visit: &mut dyn FnMut(&str, &'static [Key])) {
    match takes {
        Type::Any
        | Type::Null
        | Type::Bool
        | Type::Integer
        | Type::Count
        | Type::Number
        | Type::Text
        | Type::StringFormat(_) => {}
        Type::List(item) => below(item, &format!("{path}[]"), visit),
        Type::Named(each) => below(each, &format!("{path}.NAME"), visit),
        Type::Either(types) => types.iter().for_each(|takes| below(takes, path, visit)),
        Type::Section(keys) => {
            visit(path, keys);
            for key in *keys {
                let path = format!("{path}.{}", key.name);
                below(&key.takes, path.trim_start_matches('.'), visit);
            }
        }
    }
}

/// Returns the decision's word and the reason.
fn said(key: &Key) -> (&'static str, String) {
    match &key.decision {
        Decision::Carried => ("carried out", key.why.to_owned()),
        Decision::Rewritten => ("rewritten", key.why.to_owned()),
        Decision::Refused(danger) => ("refused", danger.danger.en.to_string()),
        Decision::Screened(_, danger) => (
            "screened",
            format!("{}; refused where {}", key.why, danger.danger.en),
        ),
    }
}

fn page() -> String {
    let (mut tables, mut counts) = (String::new(), Vec::<(&str, usize)>::new());
    sections(&mut |path, keys| {
        let title = match path {
            "" => "the top of the file".to_owned(),
            path => format!("`{path}`"),
        };
        let _ = write!(
            tables,
            "\n## {title}\n\n| key | decision | reason |\n|---|---|---|\n"
        );
        for key in keys {
            let (word, why) = said(key);
            let _ = writeln!(tables, "| `{}` | {word} | {why} |", key.name);
            match counts.iter_mut().find(|(known, _)| *known == word) {
                Some((_, count)) => *count += 1,
                None => counts.push((word, 1)),
            }
        }
    });
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let all: usize = counts.iter().map(|(_, count)| count).sum();
    let counts: Vec<String> = counts
        .iter()
        .map(|(word, count)| format!("{count} {word}"))
        .collect();
    format!("{HEAD}\n{all} keys: {}.\n{tables}", counts.join(", "))
}

const HEAD: &str = "# What becomes of each key of a compose file

Made from the table in `src/compose/keys.rs`; `SOFTY_CHECK_BLESS=1 cargo test --lib page` writes it anew.

- *carried out*: as Compose does it
- *rewritten*: replaced by the sandbox's own, or of no consequence here
- *screened*: refused where a value is dangerous
- *refused*: the stack is not started, and the report says where the key stands, why, and what to write instead; what asks
  for nothing (`false`, an empty list) is not refused

A key that is not here is an error, as with Compose, unless it begins with `x-`.
";

#[test]
fn the_page_says_what_the_table_says() {
    let page = page();
    if std::env::var_os("SOFTY_CHECK_BLESS").is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    let written = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(written == page, "bless docs/compose-keys.md");
}
