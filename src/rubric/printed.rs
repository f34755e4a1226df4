//! Default rubric as a file to start from.

use softy_checks::model::Language;

/// Returns the default rubric as TOML, with an explanation of each line.
pub fn printed(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("usual.en.toml"),
        Language::French => include_str!("usual.fr.toml"),
    }
}
