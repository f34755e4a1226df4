//! Finding the engine, and telling its troubles.

use bollard::Docker;
use bollard::errors::Error;
use softy_checks::observation::{Fault, FaultKind};

use super::limits;

/// How the engine builds images by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Builder {
    /// One container a step.
    Classic,
    /// BuildKit.
    BuildKit,
}

/// The newest minor version of the API whose engines (20.10 and older) still build with the classic builder by default.
const LAST_CLASSIC_API: u32 = 41;

/// Characters kept of an engine's error message.
const DETAIL_CHARACTERS: usize = 1000;

/// Connects to the engine that `DOCKER_HOST` names, or to the local one.
pub(super) async fn connect() -> Result<(Docker, Builder), Fault> {
    let docker = Docker::connect_with_defaults()
        .map_err(fault)?
        .with_timeout(limits::ENGINE_ANSWER);
    let version = docker.version().await.map_err(fault)?;
    let minor = version
        .api_version
        .as_deref()
        .and_then(|api| api.split_once('.'))
        .and_then(|(_, minor)| minor.parse::<u32>().ok());
    let builder = match minor {
        Some(minor) if minor > LAST_CLASSIC_API => Builder::BuildKit,
        Some(_) | None => Builder::Classic,
    };
    Ok((docker, builder))
}

/// An engine's error as trouble of the checker's own.
pub(super) fn fault(error: Error) -> Fault {
    let kind = match &error {
        Error::RequestTimeoutError => FaultKind::Time,
        _ => kind_of(&error.to_string()),
    };
    Fault {
        kind,
        detail: message(&error),
    }
}

/// The words of an error: the engine's own where it answered.
pub(super) fn message(error: &Error) -> String {
    let words = match error {
        Error::DockerResponseServerError { message, .. } => message.clone(),
        Error::DockerStreamError { error } => error.clone(),
        other => other.to_string(),
    };
    words.chars().take(DETAIL_CHARACTERS).collect()
}

/// Whether the engine says that what was named is not there.
pub(super) fn is_missing(error: &Error) -> bool {
    matches!(
        error,
        Error::DockerResponseServerError {
            status_code: 404,
            ..
        }
    )
}

/// Kinds of trouble by the words in which systems report them; the engine's where they say nothing else.
pub(super) fn kind_of(words: &str) -> FaultKind {
    ours(words).unwrap_or(FaultKind::Engine)
}

/// The trouble of the checker's own, if any, that an engine's or a build's words tell of: a disk, a network or a machine
/// that has no more to give. Asked before anything is held against the submission.
pub(super) fn ours(words: &str) -> Option<FaultKind> {
    let words = words.to_lowercase();
    let tells = |signs: &[&str]| signs.iter().any(|sign| words.contains(sign));
    if tells(&DISK) {
        return Some(FaultKind::Disk);
    }
    if tells(&NETWORK) {
        return Some(FaultKind::Network);
    }
    tells(&MACHINE).then_some(FaultKind::Engine)
}

const DISK: [&str; 2] = ["no space left on device", "disk quota exceeded"];

const MACHINE: [&str; 3] = [
    "cannot allocate memory",
    "resource temporarily unavailable",
    "too many open files",
];

const NETWORK: [&str; 24] = [
    "dial tcp",
    "i/o timeout",
    "no such host",
    "tls handshake",
    "x509:",
    "toomanyrequests",
    "too many requests",
    "client.timeout",
    "request canceled while waiting",
    "server misbehaving",
    "unexpected eof",
    "connection reset by peer",
    "temporary failure resolving",
    "temporary failure in name resolution",
    "could not resolve host",
    "name or service not known",
    "failed to establish a new connection",
    "network is unreachable",
    "could not connect to",
    "unable to connect to",
    "read timed out",
    "connection timed out",
    "502  bad gateway",
    "503 service unavailable",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_told_by_its_words_in_any_case() {
        assert_eq!(ours("E: No space left on device"), Some(FaultKind::Disk));
        assert_eq!(
            ours("read: Connection reset by peer"),
            Some(FaultKind::Network)
        );
        assert_eq!(
            ours("fork: Resource temporarily unavailable"),
            Some(FaultKind::Engine)
        );
        assert_eq!(ours("executable file not found in $PATH"), None);
    }
}
