//! The usual rubric, as a file to begin with.

use softy_checks::model::Language;

/// The usual rubric as TOML, each line explained.
pub fn printed(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("usual.en.toml"),
        Language::French => include_str!("usual.fr.toml"),
    }
}
