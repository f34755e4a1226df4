mod pages;
#[cfg(test)]
mod tests;

use softy_checks::TASK6;
use softy_checks::model::{Check, Language};

use super::{CommandError, output};
use crate::cli::Explain;
use crate::likeness;
use crate::report::ExitStatus;
use pages::{page, section};

/// How like a known word another must be to be taken for it, from 0 to 1.
const LIKENESS: f64 = 0.7;

pub(super) fn run(arguments: &Explain) -> Result<ExitStatus, CommandError> {
    let language = arguments.language();
    let written = match &arguments.word {
        Some(word) => explained(word, language).ok_or_else(|| unknown(word))?,
        None => list(language),
    };
    output::to_stdout(&written)?;
    Ok(ExitStatus::Passed)
}

/// The page of a check, or the section of a mistake under the title of the check that owns it.
fn explained(word: &str, language: Language) -> Option<String> {
    if let Some(check) = TASK6.iter().find(|check| check.id == word) {
        return page(check.id, language).map(str::to_owned);
    }
    let check = owner(word)?;
    let page = page(check.id, language)?;
    let title = page.lines().next()?;
    Some(format!("{title}\n\n{}", section(page, word)?))
}

/// The first check that can find a mistake: its page has the mistake's section.
fn owner(code: &str) -> Option<&'static Check> {
    let can_find =
        |check: &&&'static Check| check.mistakes.iter().any(|mistake| mistake.code == code);
    TASK6.iter().find(can_find).copied()
}

/// Every check with its title, and its codes below it.
fn list(language: Language) -> String {
    let checks = TASK6.iter().map(|check| {
        let codes = check.mistakes.iter();
        let codes: String = codes
            .map(|mistake| format!("    {}\n", mistake.code))
            .collect();
        format!("{} – {}\n{codes}", check.id, check.title.to(language))
    });
    checks.collect()
}

fn unknown(word: &str) -> CommandError {
    CommandError::UnknownWord {
        word: word.to_owned(),
        nearest: nearest(word),
    }
}

fn nearest(word: &str) -> Option<&'static str> {
    let codes = |check: &&'static Check| check.mistakes.iter().map(|mistake| mistake.code);
    let ids = TASK6.iter().map(|check| check.id);
    let known = ids.chain(TASK6.iter().flat_map(codes));
    likeness::nearest(word, known, LIKENESS)
}
