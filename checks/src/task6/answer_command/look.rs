//! Recognition of a file without a command.

use crate::model::Text;

/// Returns the kind of text that lines without a command contain, if it is evident.
pub(super) fn look(lines: &[&str]) -> Option<Text> {
    let begins = |sign: &&str| lines.iter().any(|line| line.trim_start().starts_with(sign));
    let (_, name) = LOOKS.iter().find(|(signs, _)| signs.iter().any(begins))?;
    Some(name.clone())
}

/// Beginnings of lines, with the kind of text that they identify.
const LOOKS: &[(&[&str], Text)] = &[
    (
        &[
            "proxy_pass",
            "upstream ",
            "server {",
            "server{",
            "location ",
            "http {",
            "events {",
            "listen ",
        ],
        Text::fixed("an nginx configuration", "une configuration nginx"),
    ),
    (
        &["services:", "version:", "back-end:", "build:", "image:"],
        Text::fixed("a compose file", "un fichier compose"),
    ),
    (
        &["FROM ", "RUN ", "CMD ", "COPY "],
        Text::fixed("a Dockerfile", "un Dockerfile"),
    ),
    (
        &[
            "CONTAINER ID",
            "NAME ",
            "NAMES ",
            "Name ",
            "task6-back-end-1 ",
            "task6_back-end_1 ",
        ],
        Text::fixed(
            "what Docker prints about running containers",
            "ce que Docker affiche des conteneurs en marche",
        ),
    ),
    (
        &["[+] ", "Attaching to ", "Creating ", "Starting "],
        Text::fixed(
            "what `docker-compose up` prints",
            "ce qu’affiche `docker-compose up`",
        ),
    ),
    (
        &["2-api-servers", "./2-api-servers", "task6/2-api-servers"],
        Text::fixed("the file’s own name", "le nom du fichier lui-même"),
    ),
    (
        &[
            "docker-compose.yml",
            "docker-compose.yaml",
            "compose.yml",
            "compose.yaml",
        ],
        Text::fixed("the name of a compose file", "le nom d’un fichier compose"),
    ),
    (
        &["http://", "https://"],
        Text::fixed("an address", "une adresse"),
    ),
];
