//! Properties that every parser must have on any input: one function per parser, which panics if a property is violated.
//!
//! `tests/` drives them with random inputs in every test run, `fuzz_targets/` with libFuzzer for any length of time.

#![expect(
    clippy::expect_used,
    reason = "a property that does not hold is a panic"
)]

mod submission;

use std::net::SocketAddr;

use softy_check::compose::project::Build;
use softy_check::sandbox::dockerignore::Ignored;
use softy_check::sandbox::{RewrittenDockerfile, Stages, resolved};
use softy_check::traffic::{Attribution, listening};
use softy_checks::nginx::{Directive, Effective, Route};
use softy_checks::observation::{Nginx, NginxFile};

pub use submission::{FILES, SEPARATOR};

/// Judges and reports an answer file.
pub fn answer(input: &[u8]) {
    submission::holds(&[("2-api-servers.txt", input)]);
}

/// Judges and reports the files that Compose reads. One input contains several files, see [`FILES`].
pub fn compose(input: &[u8]) {
    let parts = input.split(|byte| *byte == SEPARATOR);
    let files: Vec<(&str, &[u8])> = FILES.into_iter().zip(parts).collect();
    submission::holds(&files);
}

/// Judges a file of variables, used as `.env` and as `env_file` in both of its formats, with a Compose file that uses some
/// variables.
pub fn dotenv(input: &[u8]) {
    const USES: &str = "services:
  back-end:
    image: ${A:-a}$B${C-c}${D:+d}
    environment: [A, B, 'E=$F']
    env_file: [own.env, {path: own.env, format: raw}]
";
    submission::holds(&[
        ("docker-compose.yml", USES.as_bytes()),
        (".env", input),
        ("own.env", input),
    ]);
}

/// Interpolates a value with variables. The value with each `$` doubled must stay unchanged.
pub fn interpolation(input: &[u8]) {
    const VARIABLES: &str = "A=a\nB='$A'\nEMPTY=\n";
    let text: String = String::from_utf8_lossy(input)
        .chars()
        .filter(|character| !character.is_control())
        .collect();
    let file = |text: &str| {
        let quoted = text.replace('\'', "''");
        format!("services: {{back-end: {{image: i, environment: {{TEXT: '{quoted}'}}}}}}\n")
    };
    let variables = (".env", VARIABLES.as_bytes());
    submission::holds(&[("docker-compose.yml", file(&text).as_bytes()), variables]);
    let doubled = file(&text.replace('$', "$$"));
    let files = [("docker-compose.yml", doubled.as_bytes()), variables];
    let services = submission::project(&files).map(|project| project.services);
    for service in services.into_iter().flatten() {
        assert_eq!(
            service.environment,
            [("TEXT".to_owned(), Some(text.clone()))]
        );
    }
}

/// Parses a `.dockerignore` and matches its own lines as paths.
pub fn dockerignore(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let Ok(ignored) = Ignored::parse(&text) else {
        return;
    };
    for path in text.lines() {
        let excluded = ignored.excludes(path);
        assert_eq!(excluded, ignored.excludes(path), "not the same twice");
    }
}

/// Rewrites a Dockerfile for the engine. An error on any line of the result must be reported on a line of the submission.
pub fn dockerfile(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let lines = text.lines().count();
    for stages in [Stages::All, Stages::Needed] {
        let sent = RewrittenDockerfile::marked(&text, &Build::default(), stages);
        for line in 1..=sent.text.lines().count() {
            let error = sent.own_words(&format!("dockerfile parse error on line {line}: what"));
            let own = error.strip_prefix("dockerfile parse error on line ");
            let own = own.and_then(|rest| rest.strip_suffix(": what")?.parse::<usize>().ok());
            assert!(own.is_some_and(|own| (1..=lines).contains(&own)), "{error}");
        }
    }
}

/// Parses a main configuration and one that it may include, and finds the API's route.
pub fn nginx(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let parts = text.split(char::from(SEPARATOR));
    let paths = ["/etc/nginx/nginx.conf", "/etc/nginx/conf.d/default.conf"];
    let files = paths.into_iter().zip(parts).map(|(path, text)| NginxFile {
        path: path.to_owned(),
        text: text.to_owned(),
        source: None,
    });
    let seen = Nginx {
        service: "proxy".to_owned(),
        main: "/etc/nginx/nginx.conf".to_owned(),
        files: files.collect(),
        dockerfile: None,
        handed_in: Vec::new(),
    };
    let effective = Effective::read(&seen);
    let mut next: Vec<&Directive<'_>> = effective.directives.iter().collect();
    while let Some(directive) = next.pop() {
        let lines = directive.file.text.split('\n').count();
        assert!(!directive.words.is_empty(), "a directive without a name");
        assert!((1..=lines).contains(&(directive.line() as usize)));
        assert!((directive.line()..).contains(&directive.end));
        next.extend(directive.block.iter().flatten());
    }
    if let Some(route) = Route::of(&effective, 80, "/api/hello")
        && let Some(pass) = route.pass()
    {
        let servers = pass.servers(&effective);
        assert!(servers.is_none_or(|servers| servers.iter().all(|(host, ..)| !host.contains('$'))));
    }
}

/// Parses the logs of two replicas, the kernel's table of sockets, and a resolver's output.
pub fn log_lines(input: &[u8]) {
    const NONCE: &str = "5eed";
    const REQUESTS: u32 = 12;
    let text = String::from_utf8_lossy(input);
    let (first, second) = text.split_once('\0').unwrap_or((&text, ""));
    let logs = [first.to_owned(), second.to_owned()];
    let attribution = Attribution::read(&logs, NONCE);
    let sequence = attribution.sequence(REQUESTS);
    assert_eq!(sequence.len(), 12, "one entry a request");
    assert!(sequence.iter().all(|replica| *replica <= 2), "two replicas");
    let named = sequence.iter().filter(|replica| **replica > 0).count();
    assert_eq!(attribution.named(REQUESTS), named, "named and attributed");
    assert!(attribution.doubled(REQUESTS).len() <= named);
    let sockets: Vec<SocketAddr> = listening(&text);
    assert!(sockets.is_sorted());
    if let Some(addresses) = resolved(&text) {
        let lines = text.lines().count();
        assert!(addresses.len() <= lines, "no address of nowhere");
    }
}
