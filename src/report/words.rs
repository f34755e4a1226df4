//! Words that several formats share.

use softy_checks::model::{Language, Text};

use super::Report;
use crate::batch::Summary;

/// Returns the colon; the French one has a space before it.
pub(crate) fn colon(language: Language) -> &'static str {
    match language {
        Language::English => ":",
        Language::French => " :",
    }
}

/// Returns the name for people of a JSON name: the French one if `in_french` has it, or else `name` itself.
pub(crate) fn shown_name<'a>(
    name: &'a str,
    in_french: &[(&str, &'static str)],
    language: Language,
) -> &'a str {
    let french = in_french.iter().find(|(other, _)| *other == name);
    match (language, french) {
        (Language::French, Some((_, french))) => french,
        (Language::English | Language::French, _) => name,
    }
}

/// Returns the score, with a note if only a part was judged, or the text for a submission without a score.
pub(super) fn outcome(report: &Report, language: Language) -> String {
    match (report.score(), report.out_of()) {
        (Some(score), out_of) if report.is_whole() => format!("{score}/{out_of}"),
        (Some(score), out_of) => format!("{score}/{out_of}{}", PART.to(language)),
        (None, _) => NOT_ZERO.to(language).to_owned(),
    }
}

/// Returns the percent sign; the French one has a space before it.
pub(super) fn percent(language: Language) -> &'static str {
    match language {
        Language::English => "%",
        Language::French => " %",
    }
}

/// Returns the number of scores in each tenth, with the tenth's name; a full score has its own entry.
pub(super) fn tenths(summary: &Summary, language: Language) -> Vec<(String, usize)> {
    let percent = percent(language);
    let tenths = summary.distribution.iter().enumerate();
    let named = tenths.map(|(tenth, count)| match tenth {
        10 => (format!("100{percent}"), *count),
        _ => (
            format!("{}–{}{percent}", tenth * 10, tenth * 10 + 9),
            *count,
        ),
    });
    named.collect()
}

pub(super) static SCORES: Text = Text::fixed("scores", "notes");
pub(super) static MISTAKES: Text =
    Text::fixed("most frequent mistakes", "erreurs les plus fréquentes");
pub(super) static UNREADABLE: Text = Text::fixed(
    "result files that could not be read",
    "fichiers de résultat illisibles",
);
pub(super) static NOT_ZERO: Text = Text::fixed(
    "could not be graded; this is not a score of zero",
    "impossible à noter ; ce n’est pas une note de zéro",
);
static PART: Text = Text::fixed(
    ", a part of all points: this is not a score",
    ", une partie des points : ce n’est pas une note",
);
pub(super) static EXPECTED: Text = Text::fixed("expected", "attendu");
pub(super) static FOUND: Text = Text::fixed("found", "trouvé");
