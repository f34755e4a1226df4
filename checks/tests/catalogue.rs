//! Tests of the catalogue as a whole: the contract of ids and points, and the style of texts.

use std::collections::HashMap;

use softy_checks::TASK6;
use softy_checks::model::{Check, Text};

/// Ids, points and predecessors: other people’s scripts depend on them.
const CONTRACT: &[(&str, u32, &[&str])] = &[
    ("answer-file", 5, &[]),
    ("answer-newline", 5, &["answer-file"]),
    ("answer-command", 20, &["answer-file"]),
    ("compose-file", 5, &[]),
    ("compose-safe", 0, &["compose-file"]),
    ("can-scale", 10, &["compose-file"]),
    ("back-end-private", 5, &["compose-file"]),
    ("images-build", 5, &["compose-safe"]),
    ("stack-runs", 10, &["images-build", "can-scale"]),
    ("api-answers", 10, &["stack-runs"]),
    ("round-robin", 20, &["api-answers"]),
    ("scales-further", 5, &["round-robin"]),
    ("front-page", 0, &["stack-runs"]),
];

/// Names that keep their capital.
const NAMES: &[&str] = &["PowerShell", "Windows"];

fn predecessors(check: &Check) -> Vec<&'static str> {
    check.after.iter().map(|needed| needed.id).collect()
}

/// Returns every text of the catalogue with the id or code that it belongs to.
fn texts() -> Vec<(&'static str, &'static Text)> {
    let titles = TASK6.iter().map(|check| (check.id, &check.title));
    let mistakes = TASK6.iter().flat_map(|check| check.mistakes);
    titles
        .chain(mistakes.map(|mistake| (mistake.code, &mistake.hint)))
        .collect()
}

fn is_kebab_case(name: &str) -> bool {
    let is_word = |word: &str| {
        let is_plain =
            |character: char| character.is_ascii_lowercase() || character.is_ascii_digit();
        !word.is_empty() && word.chars().all(is_plain)
    };
    name.split('-').all(is_word)
}

#[test]
fn ids_points_and_predecessors_are_the_contract() {
    let catalogue: Vec<_> = TASK6
        .iter()
        .map(|check| (check.id, check.points, predecessors(check)))
        .collect();
    let contract: Vec<_> = CONTRACT
        .iter()
        .map(|(id, points, after)| (*id, *points, after.to_vec()))
        .collect();
    assert_eq!(catalogue, contract);
}

#[test]
fn the_points_are_a_hundred() {
    assert_eq!(TASK6.iter().map(|check| check.points).sum::<u32>(), 100);
}

#[test]
fn a_check_stands_behind_those_it_comes_after() {
    for (index, check) in TASK6.iter().enumerate() {
        for needed in predecessors(check) {
            let is_before = TASK6[..index].iter().any(|other| other.id == needed);
            assert!(is_before, "{needed} must stand before {}", check.id);
        }
    }
}

#[test]
fn a_code_is_one_mistake_in_kebab_case() {
    let mut known = HashMap::new();
    for mistake in TASK6
        .iter()
        .flat_map(|check| check.mistakes.iter().copied())
    {
        let first = *known.entry(mistake.code).or_insert(mistake);
        assert!(
            std::ptr::eq(first, mistake),
            "{} is two mistakes",
            mistake.code
        );
        assert!(is_kebab_case(mistake.code), "{}", mistake.code);
    }
}

#[test]
fn a_note_has_a_code_of_its_own_in_kebab_case() {
    let mistakes = TASK6.iter().flat_map(|check| check.mistakes);
    let mut known: Vec<&str> = mistakes.map(|mistake| mistake.code).collect();
    for code in TASK6.iter().flat_map(|check| check.notes) {
        assert!(is_kebab_case(code) && !known.contains(code), "{code}");
        known.push(code);
    }
}

#[test]
fn a_check_has_mistakes_and_lists_each_once() {
    for check in TASK6 {
        let mut codes: Vec<&str> = check.mistakes.iter().map(|mistake| mistake.code).collect();
        let listed = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert!(listed > 0 && codes.len() == listed, "{}", check.id);
    }
}

#[test]
fn texts_begin_in_lower_case_and_end_without_a_full_stop() {
    for (name, text) in texts() {
        for words in [&text.en, &text.fr] {
            let is_name = NAMES.iter().any(|name| words.starts_with(name));
            let is_lower = words.starts_with(|first: char| first.is_lowercase() || first == '`');
            assert!(is_name || is_lower, "{name}: {words}");
            assert!(
                !words.ends_with('.') && words.trim() == words,
                "{name}: {words}"
            );
            assert_eq!(words.matches('`').count() % 2, 0, "{name}: {words}");
        }
    }
}

#[test]
fn texts_are_translated() {
    for (name, text) in texts() {
        assert_ne!(text.en, text.fr, "{name}");
    }
}

#[test]
fn french_has_its_typography() {
    for (name, text) in texts() {
        let words: String = text.fr.split('`').step_by(2).collect();
        assert!(!words.contains(['\'', '"', '“']), "{name}: {words}");
        for mark in [':', ';', '?', '!'] {
            let is_spaced = |(at, _): (usize, &str)| words[..at].ends_with(' ') || at == 0;
            assert!(words.match_indices(mark).all(is_spaced), "{name}: {words}");
        }
    }
}
