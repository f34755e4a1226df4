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

/// Similarity, from 0 to 1, above which an error suggests a known word for an unknown one.
const LIKENESS: f64 = 0.8;

pub(super) fn run(arguments: &Explain) -> Result<ExitStatus, CommandError> {
    let language = arguments.spoken.language();
    let written = match &arguments.word {
        Some(word) => {
            // Reports show codes in brackets.
            let word = word.trim_matches(['[', ']', '`']).to_lowercase();
            explained(&word, language).ok_or_else(|| unknown(&word))?
        }
        None => list(language),
    };
    output::to_stdout(&written)?;
    Ok(ExitStatus::Passed)
}

/// Returns the page of a check, or the section of a mistake or a note below the title of its check.
fn explained(word: &str, language: Language) -> Option<String> {
    if let Some(check) = TASK6.iter().find(|check| check.id == word) {
        return page(check.id, language).map(str::to_owned);
    }
    let check = owner(word)?;
    let page = page(check.id, language)?;
    let title = page.lines().next()?;
    Some(format!("{title}\n\n{}", section(page, word)?))
}

/// Returns the first check that can find a mistake or add a note; its page has the section about it.
fn owner(code: &str) -> Option<&'static Check> {
    let mut checks = TASK6.iter().copied();
    checks.find(|check| codes(check).any(|known| known == code))
}

/// Returns the codes of a check's mistakes, then those of its notes.
fn codes(check: &'static Check) -> impl Iterator<Item = &'static str> {
    let mistakes = check.mistakes.iter().map(|mistake| mistake.code);
    mistakes.chain(check.notes.iter().copied())
}

/// Returns every check with its title, followed by its codes.
fn list(language: Language) -> String {
    let checks = TASK6.iter().map(|check| {
        let codes: String = codes(check).map(|code| format!("    {code}\n")).collect();
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
    let ids = TASK6.iter().map(|check| check.id);
    let known = ids.chain(TASK6.iter().copied().flat_map(codes));
    likeness::nearest(word, known, LIKENESS)
}
