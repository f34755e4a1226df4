//! Classification of a failed build by its error text.

use softy_checks::model::Place;
use softy_checks::observation::{BuildFailure, Fault, FaultKind, Resource};

use super::dockerfile::instructions;
use crate::likeness::nearest;
use crate::sandbox::engine::{cause, kind_of, ours};
use crate::sandbox::images::is_unknown_image;

/// Maximum number of characters of the line that a place shows.
const SNIPPET_CHARACTERS: usize = 200;

/// Minimum length of an instruction's words that are removed from the engine's text, which quotes them.
const QUOTED_LETTERS: usize = 4;

/// Minimum likeness, from 0 to 1, for a name to be a probable misspelling of another.
const LIKENESS: f64 = 0.85;

/// Returns the failure that `error`, the engine's last message, and `step`, the build's current instruction, describe.
///
/// The step's output, `log`, only chooses between mistakes: it never makes a fault.
///
/// # Errors
/// A fault when the engine names its network, its disk or itself.
pub(super) fn failure(error: &str, log: &[String], step: &str) -> Result<BuildFailure, Fault> {
    if is_failed_step(error) {
        return Ok(failed_step(log));
    }
    if is_dockerfile_error(error) {
        return Ok(BuildFailure::Dockerfile);
    }
    if let Some(source) = missing_source(error, step) {
        return Ok(BuildFailure::SourceMissing { source });
    }
    if let Some(reference) = missing_base(error, step) {
        let similar = meant_base(&reference);
        return Ok(BuildFailure::BaseMissing { reference, similar });
    }
    if is_refused_instruction(error, step) {
        return Ok(BuildFailure::Command);
    }
    Err(Fault::told(kind_of(&without(step, error)), error))
}

/// Returns the engine's own problem, if its error text at an instruction names one as the cause: causes come last.
fn trouble(error: &str, step: &str) -> Option<FaultKind> {
    ours(cause(&without(step, error)))
}

/// Returns whether `error` is a builder's report of a command that ended with an error. Only its beginning and its end count:
/// the command itself is between them.
pub(super) fn is_failed_step(error: &str) -> bool {
    let is_classic = error.starts_with("The command '")
        && error
            .rsplit_once("' returned a non-zero code: ")
            .is_some_and(|(_, code)| code.bytes().all(|byte| byte.is_ascii_digit()));
    let solved = error.trim_start_matches("failed to solve: ");
    let solved = solved.trim_start_matches("rpc error: code = Unknown desc = ");
    is_classic
        || (solved.starts_with("process \"")
            && solved.contains("\" did not complete successfully: "))
        // BuildKit of Engine 20.10.
        || (solved.starts_with("executor failed running [") && solved.contains("]: "))
}

fn failed_step(log: &[String]) -> BuildFailure {
    let mut lines = log.iter();
    if lines.any(|line| line.contains("externally-managed-environment")) {
        return BuildFailure::ExternallyManaged;
    }
    match log.iter().find_map(|line| missing_package(line)) {
        Some((manager, package)) => BuildFailure::PackageMissing { manager, package },
        None => BuildFailure::Command,
    }
}

/// Returns the engine's text without the words of the instruction that it quotes.
fn without(step: &str, error: &str) -> String {
    let mut quoted: Vec<&str> = step.split_whitespace().skip(1).collect();
    quoted.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let arguments = step.split_once(char::is_whitespace);
    let arguments = arguments.map(|(_, arguments)| arguments.trim());
    let parts = arguments.into_iter().chain(quoted);
    parts
        .filter(|part| part.len() >= QUOTED_LETTERS)
        .fold(error.to_owned(), |words, part| words.replace(part, ""))
}

/// Returns whether the engine refuses an instruction.
fn is_refused_instruction(error: &str, step: &str) -> bool {
    // The text after these is the submission's own.
    const NAMES: [&str; 10] = [
        "No port specified: ",
        "Invalid containerPort: ",
        "invalid containerPort: ",
        "Invalid proto: ",
        "invalid proto: ",
        "Invalid signal: ",
        "invalid signal: ",
        "failed to process \"",
        "unable to find user ",
        "unable to find group ",
    ];
    const STARTS: [&str; 3] = [
        "Cannot mkdir: ",
        "unable to convert uid/gid chown string to host mapping: ",
        "failed to copy files: ",
    ];
    const CAUSES: [&str; 5] = [
        "executable file not found in $PATH",
        "no such file or directory",
        "not a directory",
        "permission denied",
        "exec format error",
    ];
    let is_start = error.contains("OCI runtime create failed")
        && CAUSES.iter().any(|words| cause(error).ends_with(words));
    let begins = |starts: &[&str]| starts.iter().any(|start| error.starts_with(start));
    begins(&NAMES) || ((is_start || begins(&STARTS)) && trouble(error, step).is_none())
}

/// Returns the resource that a step of a limited build exhausted, if its output shows it.
pub(super) fn starved(error: &str, log: &[String]) -> Option<Resource> {
    const MEMORY: [&str; 3] = ["cannot allocate memory", "memoryerror", "out of memory"];
    const PROCESSES: [&str; 4] = [
        "cannot fork",
        "can't fork",
        "resource temporarily unavailable",
        "can't start new thread",
    ];
    const DISK: [&str; 2] = ["file too large", "file size limit exceeded"];
    let is_failed = is_failed_step(error);
    // Exit code after `SIGXFSZ`: the signal ends a program that writes beyond the file size limit without handling it.
    let is_too_large = is_failed && error.ends_with("' returned a non-zero code: 153");
    let is_killed = is_failed && error.ends_with("' returned a non-zero code: 137");
    let tells = |signs: &[&str]| {
        let mut lines = log.iter().map(|line| line.to_lowercase());
        is_failed && lines.any(|line| signs.iter().any(|sign| line.contains(sign)))
    };
    if tells(&PROCESSES) {
        return Some(Resource::Processes);
    }
    if is_too_large || tells(&DISK) {
        return Some(Resource::Disk);
    }
    (is_killed || tells(&MEMORY)).then_some(Resource::Memory)
}

/// Use of the layers of earlier builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cache {
    Used,
    Ignored,
}

/// Returns the cache setting for a retry of a failed build, if a retry may pass: another run on the engine removed a base
/// layer, the machine lacked a resource for a moment, or a cached layer of `apt-get update` lists packages that the mirror no
/// longer has.
pub(super) fn second_try(error: &str, log: &[String]) -> Option<Cache> {
    const TAKEN_AWAY: [&str; 4] = [
        "layer does not exist",
        "failed to get layer",
        "No such image: sha256:",
        "unknown parent image ID",
    ];
    const STALE: [&str; 4] = [
        "E: Unable to locate package",
        "E: Failed to fetch",
        "404  Not Found",
        "Hash Sum mismatch",
    ];
    let is_taken = !is_failed_step(error) && TAKEN_AWAY.iter().any(|sign| error.contains(sign));
    let starved = starved(error, log);
    if is_taken || starved.is_some_and(|resource| resource != Resource::Disk) {
        return Some(Cache::Used);
    }
    let is_stale = |line: &String| STALE.iter().any(|sign| line.contains(sign));
    log.iter().any(is_stale).then_some(Cache::Ignored)
}

/// Returns the instruction of `dockerfile`, at `path`, whose text is `step` or whose line `error` names.
pub(super) fn failed_instruction(
    path: &str,
    dockerfile: &str,
    step: &str,
    error: &str,
) -> Option<Place> {
    let mut instructions = instructions(dockerfile).into_iter();
    let at_step = instructions
        .find(|instruction| !step.is_empty() && words(&instruction.text) == words(step));
    let line = at_step
        .map(|instruction| instruction.line)
        .or_else(|| named_line(error))?;
    let shown = dockerfile.lines().nth(line)?;
    let text = shown.trim();
    Some(Place {
        file: path.to_owned(),
        line: u32::try_from(line + 1).ok()?,
        column: u32::try_from(
            shown
                .chars()
                .take_while(|character| character.is_whitespace())
                .count()
                + 1,
        )
        .ok()?,
        width: u32::try_from(text.chars().count()).ok()?.max(1),
        snippet: shown.trim_end().chars().take(SNIPPET_CHARACTERS).collect(),
    })
}

/// Returns the line, counted from 0, that a parse error names: `dockerfile parse error on line 3: unknown instruction: FRM`.
pub(super) fn named_line(error: &str) -> Option<usize> {
    let rest = error.split("parse error").nth(1)?.split("line ").nth(1)?;
    let digits = rest
        .split(|character: char| !character.is_ascii_digit())
        .next()?;
    digits.parse::<usize>().ok()?.checked_sub(1)
}

fn is_dockerfile_error(error: &str) -> bool {
    const SIGNS: [&str; 8] = [
        "ockerfile parse error",
        "failed to parse Dockerfile: ",
        "no build stage in current context",
        "file with no instructions",
        "cannot be empty",
        "is not a valid",
        "base name (",
        "requires at least",
    ];
    SIGNS.iter().any(|sign| error.contains(sign))
}

/// Returns the source of a `COPY` or `ADD` that is missing from the build context.
///
/// The classic builder reports `COPY failed: … stat PATH: file does not exist`. BuildKit reports `"/PATH": not found` after the
/// words checksum or cache key.
fn missing_source(error: &str, step: &str) -> Option<String> {
    if (error.starts_with("COPY failed") || error.starts_with("ADD failed"))
        && trouble(error, step).is_none()
    {
        let source = error
            .split("stat ")
            .nth(1)
            .and_then(|rest| rest.split(':').next());
        return Some(
            source
                .unwrap_or_default()
                .trim_start_matches('/')
                .to_owned(),
        );
    }
    if !error.contains("checksum of ref") && !error.contains("compute cache key") {
        return None;
    }
    let quoted = error.rsplit('"').nth(1)?;
    Some(quoted.trim_start_matches('/').to_owned())
}

/// Returns the image of the current `FROM` if its registry does not have it.
fn missing_base(error: &str, step: &str) -> Option<String> {
    if !is_unknown_image(error) {
        return None;
    }
    let named = error
        .split("pull access denied for ")
        .nth(1)
        .or_else(|| error.split("manifest for ").nth(1))
        .and_then(|rest| rest.split([',', ' ']).next());
    let mut from = step
        .split_whitespace()
        .skip_while(|word| !word.eq_ignore_ascii_case("from"));
    let from = from.by_ref().skip(1).find(|word| !word.starts_with("--"));
    let solved = error
        .trim_start_matches("failed to solve: ")
        .split(": ")
        .next();
    Some(from.or(named).or(solved).unwrap_or_default().to_owned())
}

/// Returns the well-known image whose name is most like that of `reference`; `None` if it is that name.
fn meant_base(reference: &str) -> Option<String> {
    const WELL_KNOWN: [&str; 12] = [
        "alpine", "busybox", "caddy", "debian", "fedora", "golang", "haproxy", "httpd", "nginx",
        "node", "python", "ubuntu",
    ];
    let last = reference.rsplit('/').next()?;
    let (name, tag) = last.split_once(':').unwrap_or((last, "latest"));
    let known = nearest(name, WELL_KNOWN, LIKENESS)?;
    let tag_meant = nearest(tag, ["latest"], LIKENESS).unwrap_or(tag);
    let meant = format!("{known}:{tag_meant}");
    (meant != format!("{name}:{tag}")).then_some(meant)
}

/// Returns the package manager that printed a line, and the package that it does not find.
fn missing_package(line: &str) -> Option<(String, String)> {
    let signs = [
        ("apt", "E: Unable to locate package ", ""),
        ("apt", "E: Package '", "' has no installation candidate"),
        ("pip", "ERROR: No matching distribution found for ", ""),
        ("apk", "  ", " (no such package):"),
    ];
    signs.iter().find_map(|(manager, before, behind)| {
        let (_, rest) = line.split_once(before)?;
        let package = match behind.is_empty() {
            true => rest.split_whitespace().next()?,
            false => rest.split_once(behind)?.0.trim(),
        };
        Some(((*manager).to_owned(), package.to_owned()))
    })
}

/// Returns the words of an instruction, whose white space differs between builders.
pub(super) fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: [String; 0] = [];

    #[test]
    fn a_package_that_its_manager_does_not_know_is_named() {
        let error = "The command '/bin/sh -c apt-get install flaks' returned a non-zero code: 100";
        for (line, manager, package) in [
            ("E: Unable to locate package flaks", "apt", "flaks"),
            (
                "E: Package 'python' has no installation candidate",
                "apt",
                "python",
            ),
            (
                "ERROR: No matching distribution found for flask-corss",
                "pip",
                "flask-corss",
            ),
            ("  flaks (no such package):", "apk", "flaks"),
        ] {
            let (manager, package) = (manager.to_owned(), package.to_owned());
            assert_eq!(
                failure(error, &[line.to_owned()], ""),
                Ok(BuildFailure::PackageMissing { manager, package })
            );
        }
    }

    #[test]
    fn what_a_step_prints_or_is_called_makes_no_fault() {
        let words = [
            "No space left on device",
            "dial tcp 10.0.0.1:443: i/o timeout",
            "x509: certificate signed by unknown authority",
            "Temporary failure resolving 'deb.debian.org'",
            "Cannot allocate memory",
            "too many open files",
            "toomanyrequests: slow down",
            "dockerfile parse error line 1: cannot be empty",
            "COPY failed: stat x: file does not exist",
            "pull access denied for x, repository does not exist",
        ];
        for words in words {
            let errors = [
                format!(
                    "The command '/bin/sh -c echo \"{words}\"; exit 1' returned a non-zero code: 1"
                ),
                format!(
                    "process \"/bin/sh -c echo {words}\" did not complete successfully: exit code: 1"
                ),
                format!(
                    "failed to solve: process \"/bin/sh -c {words}\" did not complete successfully: exit code: 1"
                ),
                format!("executor failed running [/bin/sh -c {words}]: exit code: 1"),
            ];
            for error in errors {
                let failed = failure(&error, &[words.to_owned()], "");
                assert_eq!(failed, Ok(BuildFailure::Command), "{error}");
            }
        }
    }

    #[test]
    fn an_instruction_that_the_engine_refuses_is_the_submission_s_whatever_it_quotes() {
        for (step, error) in [
            ("EXPOSE x509:", "No port specified: x509:<empty>"),
            ("STOPSIGNAL dial tcp", "Invalid signal: dial tcp"),
            (
                "RUN true",
                "unable to find user dial tcp: no matching entries in passwd file",
            ),
            (
                "RUN [\"x509:\"]",
                "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: \"x509:\": executable file not found in $PATH: unknown",
            ),
            (
                "ENV x=${a:?i/o timeout}",
                "failed to process \"${a:?i/o timeout}\": a: i/o timeout",
            ),
            (
                "WORKDIR /etc/passwd",
                "Cannot mkdir: /etc/passwd is not a directory",
            ),
            (
                "COPY --chown=getaddrinfo a b",
                "unable to convert uid/gid chown string to host mapping: can't find uid for user getaddrinfo: no such user: getaddrinfo",
            ),
        ] {
            assert_eq!(
                failure(error, &LINES, step),
                Ok(BuildFailure::Command),
                "{step}"
            );
        }
    }

    #[test]
    fn the_engine_s_own_trouble_at_an_instruction_is_a_fault() {
        for (step, error, kind) in [
            (
                "COPY api.py .",
                "failed to copy files: failed to copy file: write /var/lib/docker/x: no space left on device",
                FaultKind::Disk,
            ),
            (
                "COPY api.py .",
                "COPY failed: write /var/lib/docker/tmp/x/api.py: no space left on device",
                FaultKind::Disk,
            ),
            (
                "RUN true",
                "failed to create shim task: OCI runtime create failed: runc create failed: mkdir /run/x: no space left on device: unknown",
                FaultKind::Disk,
            ),
            (
                "RUN true",
                "failed to create shim task: context deadline exceeded",
                FaultKind::Engine,
            ),
            (
                "FROM ubuntu",
                "Get \"https://registry-1.docker.io/v2/\": x509: certificate has expired",
                FaultKind::Network,
            ),
        ] {
            let fault = failure(error, &LINES, step).unwrap_err();
            assert_eq!(fault.kind, kind, "{error}");
        }
    }

    #[test]
    fn a_base_image_is_probably_a_well_known_one() {
        for (reference, meant) in [
            ("ubunto", Some("ubuntu:latest")),
            ("127.0.0.1:5000/ubunto:22.04", Some("ubuntu:22.04")),
            ("ubuntu:lastest", Some("ubuntu:latest")),
            ("ubuntu:99.04", None),
            ("my-own-api", None),
            ("", None),
        ] {
            assert_eq!(meant_base(reference).as_deref(), meant, "{reference}");
        }
    }

    #[test]
    fn both_builders_name_what_could_not_be_copied() {
        let classic = "COPY failed: file not found in build context or excluded by .dockerignore: stat site: file does not exist";
        let buildkit = "failed to solve: failed to compute cache key: failed to calculate checksum of ref ab::cd: \"/site\": not found";
        for error in [classic, buildkit] {
            let source = "site".to_owned();
            assert_eq!(
                failure(error, &LINES, ""),
                Ok(BuildFailure::SourceMissing { source })
            );
        }
    }

    #[test]
    fn a_registry_that_does_not_answer_is_no_mistake() {
        let error = "Get \"https://registry/v2/\": dial tcp: lookup registry: no such host";
        assert_eq!(
            failure(error, &LINES, "").unwrap_err().kind,
            FaultKind::Network
        );
    }

    #[test]
    fn a_failed_step_is_known_by_the_words_of_each_builder() {
        for error in [
            "The command '/bin/sh -c false' returned a non-zero code: 1",
            "process \"/bin/sh -c false\" did not complete successfully: exit code: 1",
            "executor failed running [/bin/sh -c false]: exit code: 1",
        ] {
            assert_eq!(failure(error, &LINES, ""), Ok(BuildFailure::Command));
        }
    }

    #[test]
    fn a_stale_or_missing_layer_is_worth_another_try() {
        let stale = ["E: Unable to locate package python3-pip".to_owned()];
        assert_eq!(
            second_try("The command 'x' returned a non-zero code: 100", &stale),
            Some(Cache::Ignored)
        );
        assert_eq!(
            second_try("failed to get layer sha256:0", &LINES),
            Some(Cache::Used)
        );
        assert_eq!(
            second_try("unknown parent image ID sha256:0", &LINES),
            Some(Cache::Used)
        );
        assert_eq!(second_try("returned a non-zero code: 1", &LINES), None);
    }

    #[test]
    fn a_step_without_memory_or_processes_is_told_from_one_that_fails() {
        let error =
            |code: u8| format!("The command '/bin/sh -c x' returned a non-zero code: {code}");
        let log = |line: &str| [line.to_owned()];
        assert_eq!(starved(&error(137), &LINES), Some(Resource::Memory));
        assert_eq!(
            starved(&error(2), &log("/bin/sh: 0: Cannot fork")),
            Some(Resource::Processes)
        );
        assert_eq!(starved(&error(153), &LINES), Some(Resource::Disk));
        let refused =
            log("truncate: failed to truncate '/swapfile' at 5368709120 bytes: File too large");
        assert_eq!(starved(&error(1), &refused), Some(Resource::Disk));
        assert_eq!(second_try(&error(1), &refused), None);
        assert_eq!(starved(&error(1), &log("no such file")), None);
        let of_the_engine = "fork/exec: resource temporarily unavailable";
        assert_eq!(starved(of_the_engine, &LINES), None);
    }

    #[test]
    fn pip_that_refuses_is_recognised() {
        let log = ["error: externally-managed-environment".to_owned()];
        let error = "The command '/bin/sh -c pip3 install flask' returned a non-zero code: 1";
        assert_eq!(
            failure(error, &log, ""),
            Ok(BuildFailure::ExternallyManaged)
        );
    }

    #[test]
    fn an_unknown_base_image_is_named() {
        let error = "pull access denied for ubunut, repository does not exist or may require 'docker login'";
        let reference = "ubunut".to_owned();
        let similar = Some("ubuntu:latest".to_owned());
        assert_eq!(
            failure(error, &LINES, ""),
            Ok(BuildFailure::BaseMissing { reference, similar })
        );
    }

    #[test]
    fn an_unknown_base_image_of_another_registry_is_named_by_its_step() {
        let error = "manifest unknown: manifest unknown";
        let reference = "127.0.0.1:5000/ubunut".to_owned();
        let similar = Some("ubuntu:latest".to_owned());
        let step = "FROM --platform=linux/amd64 127.0.0.1:5000/ubunut AS base";
        assert_eq!(
            failure(error, &LINES, step),
            Ok(BuildFailure::BaseMissing { reference, similar })
        );
    }

    #[test]
    fn a_parse_error_names_its_line() {
        let error =
            "dockerfile parse error on line 2: unknown instruction: RNU (did you mean RUN?)";
        let place =
            failed_instruction("task6/Dockerfile", "FROM ubuntu\nRNU true\n", "", error).unwrap();
        assert_eq!((place.line, place.snippet.as_str()), (2, "RNU true"));
    }

    #[test]
    fn the_failed_instruction_is_found_across_continued_lines() {
        let dockerfile = "FROM ubuntu\n\nRUN apt-get update && \\\n    false\nCOPY . .\n";
        let place = failed_instruction(
            "task6/Dockerfile",
            dockerfile,
            "RUN apt-get update &&     false",
            "",
        )
        .unwrap();
        assert_eq!((place.line, place.column), (3, 1));
    }
}
