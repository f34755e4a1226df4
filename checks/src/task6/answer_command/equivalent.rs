//! Commands that have the same effect as the exercise's own, for a rubric that accepts them.

use crate::command_line::{Glyph, Token, tokens};

/// Files that Compose finds by itself, and that may also be named.
const FOUND_BY_ITSELF: &[&str] = &[
    "docker-compose.yml",
    "docker-compose.yaml",
    "compose.yml",
    "compose.yaml",
];

/// Options of Compose and of `up` that change neither the services that are started nor the number of their containers.
const HARMLESS: &[&str] = &[
    "-d",
    "--detach",
    "--build",
    "--force-recreate",
    "--remove-orphans",
    "--no-color",
    "--no-log-prefix",
    "--quiet-pull",
    "--always-recreate-deps",
    "--renew-anon-volumes",
    "-V",
    "--wait",
    "--timestamps",
    "--verbose",
    "--compatibility",
];

/// Such options that have a value.
const HARMLESS_WITH_VALUE: &[&str] = &[
    "-p",
    "--project-name",
    "-t",
    "--timeout",
    "--ansi",
    "--progress",
];

/// Facts from the words of a command read so far.
#[derive(Default)]
struct Said {
    is_up: bool,
    scales_back_end: bool,
}

/// Returns whether a shell that runs this line starts the stack with Compose, with two containers of the API's service and
/// one of any other service that is scaled. `files` are those that Compose reads, relative to the submission's root.
pub(super) fn starts_two(line: &str, back_end: &str, files: &[String]) -> bool {
    let Some(words) = words(line) else {
        return false;
    };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["sudo", "docker-compose", rest @ ..] | ["sudo", "docker", "compose", rest @ ..] => {
            is_up_of_two(rest, back_end, files)
        }
        ["docker-compose", rest @ ..] | ["docker", "compose", rest @ ..] => {
            is_up_of_two(rest, back_end, files)
        }
        _ => false,
    }
}

/// Returns the words of a line that is one command; `None` for several commands, or for characters that a shell would read as
/// part of a name, like the end of a Windows line.
fn words(line: &str) -> Option<Vec<String>> {
    let is_plain = |character: char| matches!(character, ' ' | '\t' | '\n' | '!'..='~');
    if !line.chars().all(is_plain) {
        return None;
    }
    let characters = line.chars().enumerate();
    let glyphs: Vec<Glyph> = characters
        .map(|(at, character)| Glyph { character, at })
        .collect();
    let mut words = Vec::new();
    for token in tokens(&glyphs) {
        match token {
            Token::Word(word) => words.push(word.text()),
            Token::Operator(_) => return None,
            Token::Comment(_) => {}
        }
    }
    Some(words)
}

fn is_up_of_two(words: &[&str], back_end: &str, files: &[String]) -> bool {
    let mut said = Said::default();
    let mut rest = words.iter().copied();
    while let Some(word) = rest.next() {
        let (name, own) = match word.split_once('=') {
            Some((name, value)) if word.starts_with("--") => (name, Some(value)),
            Some(_) | None => (word, None),
        };
        let is_right = match name {
            "up" if !said.is_up => {
                said.is_up = true;
                true
            }
            "--scale" if said.is_up => said.scale(own.or_else(|| rest.next()), back_end),
            "-f" | "--file" if !said.is_up => is_read(own.or_else(|| rest.next()), files),
            _ if HARMLESS_WITH_VALUE.contains(&name) => own.or_else(|| rest.next()).is_some(),
            _ => own.is_none() && HARMLESS.contains(&name),
        };
        if !is_right {
            return false;
        }
    }
    said.scales_back_end
}

impl Said {
    /// Records a service and its number. Returns whether they are right: two for the API's service, given once, and one for
    /// any other.
    fn scale(&mut self, quantity: Option<&str>, back_end: &str) -> bool {
        match quantity.and_then(|quantity| quantity.split_once('=')) {
            Some((service, number)) if service == back_end => {
                let is_first = !self.scales_back_end;
                self.scales_back_end = true;
                is_first && number == "2"
            }
            Some((_, number)) => number == "1",
            None => false,
        }
    }
}

/// Returns whether a file named on the command line, relative to `task6`, is one that Compose reads by itself.
fn is_read(named: Option<&str>, files: &[String]) -> bool {
    let name = named.map(|name| name.strip_prefix("./").unwrap_or(name));
    name.is_some_and(|name| {
        let is_it = |file: &String| file.rsplit('/').next() == Some(name);
        FOUND_BY_ITSELF.contains(&name) && files.iter().any(is_it)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(line: &str) -> bool {
        starts_two(line, "back-end", &["task6/docker-compose.yml".to_owned()])
    }

    #[test]
    fn what_starts_two_is_equivalent() {
        for line in [
            "docker-compose up --scale back-end=2",
            "docker compose up --scale back-end=2",
            "sudo docker compose up -d --build --scale back-end=2 ",
            "docker-compose up --detach --scale=back-end=2",
            "docker-compose up  --scale 'back-end=2' # two",
            "docker-compose up \\\n  --scale back-end=2",
            "docker-compose -f docker-compose.yml up --scale back-end=2",
            "docker compose --file=./docker-compose.yml -p x up -t 10 --scale back-end=2",
            "docker-compose up --scale front-end=1 --scale back-end=2",
        ] {
            assert!(starts(line), "{line}");
        }
    }

    #[test]
    fn what_does_something_else_is_not() {
        for line in [
            "",
            "docker-compose up",
            "docker-compose up --scale back-end=3",
            "docker-compose up --scale backend=2",
            "docker-compose up --scale back-end=2 --scale back-end=3",
            "docker-compose up --scale proxy=2 --scale back-end=2",
            "docker-compose up --scale back-end=2 back-end",
            "docker-compose up --scale",
            "docker-compose up --no-start --scale back-end=2",
            "docker-compose --scale back-end=2 up",
            "docker-compose up -f docker-compose.yml --scale back-end=2",
            "docker-compose -f=docker-compose.yml up --scale back-end=2",
            "docker-compose -f other.yml up --scale back-end=2",
            "docker-compose -f compose.yaml up --scale back-end=2",
            "docker-compose scale back-end=2",
            "docker-compose up --scale back-end=2\r",
            "docker-compose up –scale back-end=2",
            "docker up --scale back-end=2",
            "podman-compose up --scale back-end=2",
            "Docker-compose up --scale back-end=2",
            "$ docker-compose up --scale back-end=2",
            "# docker-compose up --scale back-end=2",
            "docker-compose build && docker-compose up --scale back-end=2",
            "echo docker-compose up --scale back-end=2",
            "docker-compose up --scale back-end=2 up",
        ] {
            assert!(!starts(line), "{line}");
        }
    }
}
