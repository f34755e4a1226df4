//! Differences between two gradings, as text.

use softy_checks::model::{Language, Text};

use super::visible::visible;
use super::words::{self, colon};
use crate::batch::{Change, CheckChange, Comparison, FileVerdict, Reason, Unreadable};

/// Maximum width of an id or a name, in columns.
const NAME: usize = 80;

/// Maximum width of the path of an unreadable file together with its reason, in columns.
const REASON: usize = 300;

/// Returns the comparison in `language`, with a newline at its end.
pub fn render(comparison: &Comparison, language: Language) -> String {
    let mut lines: Vec<String> = Vec::new();
    for change in &comparison.changed {
        lines.extend(changed(change, language));
        lines.push(String::new());
    }
    for (ids, words) in [(&comparison.added, &ADDED), (&comparison.gone, &GONE)] {
        let line = |id: &String| format!("{}  ({})", visible(id, NAME), words.to(language));
        lines.extend(ids.iter().map(line));
    }
    if !comparison.unreadable.is_empty() {
        lines.push(format!(
            "{}{}",
            words::UNREADABLE.to(language),
            colon(language)
        ));
    }
    for Unreadable { file, reason } in &comparison.unreadable {
        let words = format!("{}{} {reason}", file.display(), colon(language));
        lines.push(format!("  {}", visible(&words, REASON)));
    }
    lines.push(summary(comparison).to(language).to_owned());
    lines.join("\n") + "\n"
}

const ADDED: Text = Text::fixed("new", "nouveau");
const GONE: Text = Text::fixed("no longer there", "disparu");

fn changed(change: &Change, language: Language) -> Vec<String> {
    let name = change.name.as_ref();
    let name = name.map(|name| format!(" · {}", visible(name, NAME)));
    let reasons = change.reasons.iter().map(|reason| reason_words(*reason));
    let reasons: Vec<String> = reasons.map(|text| text.to(language).to_owned()).collect();
    let head = format!(
        "{}{}  {} → {}  ({})",
        visible(&change.id, NAME),
        name.unwrap_or_default(),
        score(change.before),
        score(change.after),
        reasons.join(", ")
    );
    let checks = change.checks.iter().map(|check| line(check, language));
    [head].into_iter().chain(checks).collect()
}

fn score((score, out_of): (Option<u32>, u32)) -> String {
    match score {
        Some(score) => format!("{score}/{out_of}"),
        None => format!("?/{out_of}"),
    }
}

fn line(change: &CheckChange, language: Language) -> String {
    let side = |verdict: &Option<FileVerdict>| outcome(verdict.as_ref(), language);
    let (before, after) = (side(&change.before), side(&change.after));
    let id = visible(&change.id, NAME);
    format!("  {id}{} {before} → {after}", colon(language))
}

/// Returns the status of a check, its points if it was judged, and the mistake's code.
fn outcome(verdict: Option<&FileVerdict>, language: Language) -> String {
    let Some(verdict) = verdict else {
        return "–".to_owned();
    };
    let mut words = status(&verdict.status).to(language).to_owned();
    if let Some(points) = verdict.points {
        words.push_str(&format!(" {points}"));
    }
    if let Some(code) = &verdict.code {
        words.push_str(&format!(" [{}]", visible(code, NAME)));
    }
    words
}

/// Returns the words for a status in a result file, which another release may have written.
fn status(name: &str) -> Text {
    match name {
        "passed" => Text::fixed("passed", "réussi"),
        "failed" => Text::fixed("failed", "échoué"),
        "skipped" => Text::fixed("skipped", "non jugé"),
        "not-graded" => Text::fixed("not graded", "non noté"),
        other => Text::new(visible(other, NAME), visible(other, NAME)),
    }
}

fn reason_words(reason: Reason) -> Text {
    match reason {
        Reason::NotGradedBefore => {
            Text::fixed("could not be graded before", "n’avait pas pu être noté")
        }
        Reason::NotGradedNow => Text::fixed(
            "could not be graded this time",
            "n’a pas pu être noté cette fois",
        ),
        Reason::Rubric => Text::fixed("another rubric", "autre barème"),
        Reason::Release => Text::fixed("another release", "autre version du vérificateur"),
        Reason::Content => Text::fixed(
            "other content or options",
            "autre contenu ou autres options",
        ),
        Reason::GradedAgain => Text::fixed(
            "nothing changed but that it was graded again",
            "rien n’a changé, sauf qu’il a été noté de nouveau",
        ),
    }
}

fn summary(comparison: &Comparison) -> Text {
    let Comparison {
        changed,
        unchanged,
        added,
        gone,
        unreadable: _,
    } = comparison;
    let (changed, added, gone) = (changed.len(), added.len(), gone.len());
    Text::new(
        format!("{changed} changed, {unchanged} unchanged, {added} new, {gone} no longer there"),
        format!(
            "changements : {changed} ; inchangés : {unchanged} ; nouveaux : {added} ; disparus : {gone}"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(status: &str, points: Option<u32>, code: Option<&str>) -> Option<FileVerdict> {
        Some(FileVerdict {
            id: "round-robin".to_owned(),
            status: status.to_owned(),
            points,
            code: code.map(str::to_owned),
        })
    }

    fn comparison() -> Comparison {
        Comparison {
            changed: vec![Change {
                id: "alice\u{1b}[2J".to_owned(),
                name: Some("Alice".to_owned()),
                before: (Some(80), 100),
                after: (Some(100), 100),
                checks: vec![CheckChange {
                    id: "round-robin".to_owned(),
                    before: verdict("failed", Some(0), Some("weighted")),
                    after: verdict("passed", Some(20), None),
                }],
                reasons: vec![Reason::Rubric, Reason::Release],
            }],
            unchanged: 3,
            added: vec!["bob".to_owned()],
            gone: vec!["carol".to_owned()],
            unreadable: vec![Unreadable {
                file: "results/dave.json".into(),
                reason: "EOF".to_owned(),
            }],
        }
    }

    #[test]
    fn each_change_has_its_checks_and_its_reasons() {
        let english = "alice\\x1b[2J · Alice  80/100 → 100/100  (another rubric, another release)\n  \
            round-robin: failed 0 [weighted] → passed 20\n\nbob  (new)\ncarol  (no longer there)\n\
            result files that could not be read:\n  results/dave.json: EOF\n\
            1 changed, 3 unchanged, 1 new, 1 no longer there\n";
        assert_eq!(render(&comparison(), Language::English), english);
        let french = render(&comparison(), Language::French);
        assert!(
            french.contains("échoué 0 [weighted] → réussi 20"),
            "{french}"
        );
    }

    #[test]
    fn nothing_different_is_a_sentence() {
        let same = Comparison {
            unchanged: 2,
            ..Comparison::default()
        };
        assert_eq!(
            render(&same, Language::English),
            "0 changed, 2 unchanged, 0 new, 0 no longer there\n"
        );
    }
}
