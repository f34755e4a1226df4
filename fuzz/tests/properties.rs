//! The properties, driven by random inputs: arbitrary bytes, and broken versions of files like those that students hand in.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::collection::vec;
use proptest::prelude::*;
use softy_check_fuzz::{
    SEPARATOR, answer, compose, dockerfile, dockerignore, dotenv, interpolation, log_lines, nginx,
};

/// Tokens that parsers treat specially.
const WORDS: [&str; 64] = [
    "services:",
    "back-end:",
    "proxy:",
    "build:",
    "image:",
    "context:",
    "ports:",
    "- ",
    "80:80",
    "  ",
    "\n",
    "\n  ",
    "\n    ",
    "\t",
    "\r\n",
    "{",
    "}",
    "[",
    "]",
    ": ",
    "&a",
    "*a",
    "<<: ",
    "!reset",
    "!override",
    "---",
    "...",
    "|",
    ">-",
    "\"",
    "'",
    "\\",
    "$",
    "${",
    "${A:-",
    "${A:?",
    "$$",
    "A=",
    "export ",
    "#",
    "extends:",
    "include:",
    "file: common.yml",
    "service:",
    "volumes:",
    "./a:/b:ro",
    "networks:",
    "secrets:",
    "configs:",
    "environment:",
    "env_file:",
    ".env",
    "privileged: true",
    "x-y",
    "null",
    "~",
    "1e999",
    "-1",
    "0x",
    "docker-compose up --scale back-end=2",
    "**",
    "\0",
    "\u{feff}",
    "\u{202e}",
];

/// Tokens of an nginx configuration.
const DIRECTIVES: [&str; 24] = [
    "http {",
    "events {",
    "server {",
    "upstream api {",
    "location /api ",
    "location ~ ^/",
    "{",
    "}",
    ";",
    "\n",
    " ",
    "\"",
    "'",
    "\\",
    "#",
    "${",
    "$",
    "listen 80",
    "server back-end:5252",
    "proxy_pass http://",
    "include conf.d/*.conf;",
    "include /etc/nginx/nginx.conf;",
    "back-end:5252/",
    "weight=3",
];

/// Tokens of a Dockerfile.
const INSTRUCTIONS: [&str; 20] = [
    "FROM ",
    "ubuntu:latest",
    "scratch",
    " AS build",
    "COPY --from=",
    "build",
    "0",
    " /a /b",
    "RUN ",
    "<<END",
    "\nEND\n",
    "\n",
    "\r\n",
    "\\\n",
    "`\n",
    "# escape=`\n",
    "#",
    "ONBUILD ",
    "\u{feff}",
    "\0",
];

/// Tokens of variable files and of interpolated values.
const VARIABLES: [&str; 32] = [
    "A", "B", "EMPTY", "UNSET", "=", ": ", "\n", "\r\n", "export ", "#", " #", " ", "\t", "'",
    "\"", "\\", "\\n", "$", "$$", "${", "}", ":-", "-", ":?", "?", ":+", "+", "$A", "${A}",
    "\u{feff}", "é", "\0",
];

/// Number of inputs per property in every test run; libFuzzer tries millions.
const CASES: u32 = 400;

fn words() -> impl Strategy<Value = Vec<u8>> {
    vec(prop::sample::select(WORDS.to_vec()), 0..60).prop_map(|words| words.concat().into_bytes())
}

/// Generates a broken file: a fixture's file up to a random place, random junk, and the file from another random place on.
fn broken(name: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let files = handed_in(name);
    let junk = prop_oneof![words(), vec(any::<u8>(), 0..8)];
    (
        prop::sample::select(files),
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        junk,
    )
        .prop_map(|(file, first, second, junk)| {
            let (first, second) = (first.index(file.len() + 1), second.index(file.len() + 1));
            [&file[..first], &junk, &file[second..]].concat()
        })
}

fn handed_in(name: &str) -> Vec<Vec<u8>> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let folders = fs::read_dir(fixtures).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = folders
        .map(|folder| folder.path().join("submission/task6").join(name))
        .collect();
    paths.sort();
    paths
        .iter()
        .flat_map(fs::read)
        .filter(|file| file.len() < 1 << 14)
        .collect()
}

fn inputs(name: &'static str) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![vec(any::<u8>(), 0..512), words(), broken(name)]
}

/// Generates a main configuration and one that it may include.
fn configurations() -> impl Strategy<Value = Vec<u8>> {
    let word = prop::sample::select(DIRECTIVES.to_vec());
    let words = vec(word, 0..60).prop_map(|words| words.concat().into_bytes());
    let file = || prop_oneof![words.clone(), inputs("proxy/default.conf")];
    (file(), file()).prop_map(|(main, site)| [main, site].join(&SEPARATOR))
}

/// Generates texts with variables, and definitions of some.
fn variables() -> impl Strategy<Value = Vec<u8>> {
    let word = prop::sample::select(VARIABLES.to_vec());
    let words = vec(word, 0..40).prop_map(|words| words.concat().into_bytes());
    prop_oneof![3 => words, 1 => vec(any::<u8>(), 0..128)]
}

/// Generates a Dockerfile with several stages.
fn dockerfiles() -> impl Strategy<Value = Vec<u8>> {
    let word = prop::sample::select(INSTRUCTIONS.to_vec());
    let words = vec(word, 0..60).prop_map(|words| words.concat().into_bytes());
    prop_oneof![words, inputs("back-end/Dockerfile")]
}

/// Generates several files in one input.
fn folders() -> impl Strategy<Value = Vec<u8>> {
    let other = prop_oneof![3 => Just(Vec::new()), 1 => words(), 1 => broken("docker-compose.yml")];
    (inputs("docker-compose.yml"), words(), vec(other, 0..2)).prop_map(
        |(first, variables, others)| {
            let mut files = vec![first, variables];
            files.extend(others);
            files.join(&SEPARATOR)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_compose_files_end_as_findings(input in folders()) {
        compose(&input);
    }

    #[test]
    fn any_answer_ends_as_a_verdict(input in inputs("2-api-servers.txt")) {
        answer(&input);
    }

    #[test]
    fn any_dockerfile_keeps_its_lines(input in dockerfiles()) {
        dockerfile(&input);
    }

    #[test]
    fn any_dockerignore_is_read(input in inputs("docker-compose.yml")) {
        dockerignore(&input);
    }

    #[test]
    fn any_file_of_variables_is_read(input in variables()) {
        dotenv(&input);
    }

    #[test]
    fn any_value_is_filled_in(input in variables()) {
        interpolation(&input);
    }

    #[test]
    fn any_log_names_only_replicas(input in inputs("2-api-servers.txt")) {
        log_lines(&input);
    }

    #[test]
    fn any_nginx_configuration_is_read(input in configurations()) {
        nginx(&input);
    }
}
