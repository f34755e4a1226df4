use softy_checks::TASK6;
use softy_checks::model::{Check, Language};

use super::pages::page;
use super::{codes, explained, list, nearest, owner};

const LANGUAGES: [Language; 2] = [Language::English, Language::French];

fn headings(language: Language) -> [&'static str; 5] {
    match language {
        Language::English => [
            "What is looked for",
            "Why it matters",
            "How it is measured",
            "An example that is right",
            "An example that is wrong",
        ],
        Language::French => [
            "Ce qui est cherché",
            "Pourquoi c’est important",
            "Comment c’est mesuré",
            "Un exemple juste",
            "Un exemple faux",
        ],
    }
}

/// Returns the titles of the sections of a check's page, in their order.
fn sections(check: &Check, language: Language) -> Vec<&'static str> {
    let page = page(check.id, language).unwrap();
    page.lines()
        .filter_map(|line| line.strip_prefix("## "))
        .collect()
}

/// Returns the codes for which a check's page has sections: those of the check, except codes that another check owns.
fn own_codes(check: &'static Check) -> Vec<&'static str> {
    codes(check)
        .filter(|code| owner(code).unwrap().id == check.id)
        .collect()
}

#[test]
fn every_check_has_a_page_with_its_title() {
    for check in TASK6 {
        for language in LANGUAGES {
            let page = page(check.id, language).unwrap();
            let title = format!("# {} – {}\n", check.id, check.title.to(language));
            assert!(page.starts_with(&title), "{title}");
        }
    }
}

#[test]
fn a_page_has_the_fixed_sections_then_one_for_each_code_that_its_check_owns() {
    for check in TASK6 {
        for language in LANGUAGES {
            let codes = own_codes(check).into_iter().map(|code| format!("`{code}`"));
            let fixed = headings(language).into_iter().map(str::to_owned);
            let expected: Vec<String> = fixed.chain(codes).collect();
            assert_eq!(sections(check, language), expected, "{}", check.id);
        }
    }
}

#[test]
fn both_languages_have_the_same_sections_of_codes_in_the_same_order() {
    for check in TASK6 {
        let [english, french] = LANGUAGES.map(|language| sections(check, language).split_off(5));
        assert_eq!(english, french, "{}", check.id);
    }
}

#[test]
fn no_line_is_too_long_for_a_terminal() {
    for check in TASK6 {
        for language in LANGUAGES {
            let mut is_code = false;
            for line in page(check.id, language).unwrap().lines() {
                is_code ^= line.starts_with("```");
                let longest = if is_code { 76 } else { 100 };
                assert!(line.chars().count() <= longest, "{}: {line}", check.id);
            }
        }
    }
}

#[test]
fn a_code_is_explained_under_the_title_of_its_check() {
    let weighted = explained("weighted", Language::English).unwrap();
    assert!(weighted.starts_with("# round-robin – "));
    assert!(weighted.contains("\n\n## `weighted`\n\n"));
    assert_eq!(weighted.matches("## ").count(), 1);
    let note = explained("long-order", Language::English).unwrap();
    assert!(note.contains("\n\n## `long-order`\n\nA note, no mistake."));
    let last = explained("not-round-robin", Language::French).unwrap();
    assert!(last.starts_with("# round-robin – ") && last.ends_with('\n'));
}

#[test]
fn the_list_has_every_check_and_every_code() {
    let list = list(Language::French);
    let mut lines = list.lines();
    for check in TASK6 {
        let title = format!("{} – {}", check.id, check.title.fr);
        assert_eq!(lines.next(), Some(title.as_str()));
        for code in codes(check) {
            assert_eq!(lines.next(), Some(format!("    {code}").as_str()));
        }
    }
    assert_eq!(lines.next(), None);
}

#[test]
fn an_unknown_word_is_answered_with_the_nearest_known_one() {
    assert_eq!(explained("wieghted", Language::English), None);
    assert_eq!(nearest("wieghted"), Some("weighted"));
    assert_eq!(nearest("round_robin"), Some("round-robin"));
    assert_eq!(nearest("0"), None);
}
