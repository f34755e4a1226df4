//! The program of a command, and its subcommand.

use super::arguments::Arguments;
use super::deviation::Deviation;
use super::mistakes::{
    DOCKER_COMPOSE_WITH_SPACE, OTHER_PROGRAM, OTHER_SUBCOMMAND, SCALE_SUBCOMMAND,
};
use crate::command_line::Word;
use crate::wording::code;

/// Returns the deviations of the program, and the words after it.
pub(super) fn deviations(words: &[Word]) -> (Vec<Deviation>, &[Word]) {
    match words {
        [program, compose, arguments @ ..] if is_spaced(program, compose) => {
            (vec![spaced(program, compose)], arguments)
        }
        [program, arguments @ ..] => (named(program).into_iter().collect(), arguments),
        [] => (Vec::new(), words),
    }
}

/// Returns whether `compose` is a part of the program’s name and not its subcommand.
fn is_spaced(program: &Word, compose: &Word) -> bool {
    !program.text().to_lowercase().ends_with("compose")
        && compose.text().to_lowercase() == "compose"
}

fn spaced(program: &Word, compose: &Word) -> Deviation {
    let span = program.span.start..compose.span.end;
    if program.text().to_lowercase() == "docker" {
        return Deviation::at(
            &DOCKER_COMPOSE_WITH_SPACE,
            span,
            "expected the program `docker-compose`, found `docker compose`, with a space"
                .to_owned(),
            "attendu : le programme `docker-compose` ; trouvé : `docker compose`, avec un espace"
                .to_owned(),
        );
    }
    let found = format!("{} {}", program.text(), compose.text());
    other(&found, span)
}

fn named(program: &Word) -> Option<Deviation> {
    let text = program.text();
    match text.as_str() {
        "docker-compose" => None,
        _ if text.to_lowercase() == "docker-compose" => {
            Some(Deviation::spelling(program, "docker-compose", &code(&text)))
        }
        _ => Some(other(&text, program.span.clone())),
    }
}

fn other(found: &str, span: std::ops::Range<usize>) -> Deviation {
    let found = code(found);
    Deviation::at(
        &OTHER_PROGRAM,
        span,
        format!("expected the program `docker-compose`, found {found}"),
        format!("attendu : le programme `docker-compose` ; trouvé : {found}"),
    )
}

/// Returns the deviation of Compose's subcommand.
pub(super) fn subcommand(arguments: &Arguments) -> Option<Deviation> {
    let Some(word) = arguments.subcommand else {
        return Some(Deviation::at(
            &OTHER_SUBCOMMAND,
            arguments.end..arguments.end,
            "expected `up`, found nothing that tells Compose what to do".to_owned(),
            "attendu : `up` ; trouvé : rien qui dise à Compose quoi faire".to_owned(),
        ));
    };
    let text = word.text();
    let found = code(&text);
    match text.as_str() {
        "up" => None,
        "UP" | "Up" | "uP" => Some(Deviation::spelling(word, "up", &found)),
        "scale" => Some(Deviation::at(
            &SCALE_SUBCOMMAND,
            word.span.clone(),
            "expected `up` with an option, found `scale`, which not every version of Compose has".to_owned(),
            "attendu : `up` avec une option ; trouvé : `scale`, que toutes les versions de Compose n’ont pas".to_owned(),
        )),
        _ => Some(Deviation::at(
            &OTHER_SUBCOMMAND,
            word.span.clone(),
            format!("expected `up`, found {found}"),
            format!("attendu : `up` ; trouvé : {found}"),
        )),
    }
}
