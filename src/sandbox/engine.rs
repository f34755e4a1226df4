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

/// Kinds of trouble by the words in which systems report them.
pub(super) fn kind_of(words: &str) -> FaultKind {
    if words.contains("no space left on device") || words.contains("disk quota exceeded") {
        return FaultKind::Disk;
    }
    if is_network_trouble(words) {
        return FaultKind::Network;
    }
    FaultKind::Engine
}

/// Whether the words tell of a registry or mirror that could not be reached, or that limits its rate.
pub(super) fn is_network_trouble(words: &str) -> bool {
    const SIGNS: [&str; 19] = [
        "dial tcp",
        "i/o timeout",
        "no such host",
        "TLS handshake",
        "x509:",
        "toomanyrequests",
        "Too Many Requests",
        "Client.Timeout",
        "request canceled while waiting",
        "server misbehaving",
        "unexpected EOF",
        "connection reset by peer",
        "Temporary failure resolving",
        "Temporary failure in name resolution",
        "Could not resolve host",
        "Failed to establish a new connection",
        "Network is unreachable",
        "Could not connect to",
        "503 Service Unavailable",
    ];
    SIGNS.iter().any(|sign| words.contains(sign))
}
