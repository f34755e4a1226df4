//! Connection to the engine, and classification of its errors.

use std::time::Duration;

use bollard::errors::Error;
use bollard::models::{SystemInfo, SystemVersion};
use bollard::{BollardRequest, Docker};
use futures_util::try_join;
use softy_checks::model::Text;
use softy_checks::observation::{Fault, FaultKind};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::unreachable::{EngineUnreachable, System};
use super::{Address, Endpoint, limits};

/// Number of characters kept of an engine's error message.
const DETAIL_CHARACTERS: usize = 1000;

/// Pause between two pings.
const BETWEEN_PINGS: Duration = Duration::from_secs(2);

/// The engine's clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// Time that it showed, in seconds since 1970.
    showed: i64,
    /// Local time at which it was read.
    read: Instant,
}

impl Clock {
    /// Creates the clock from the engine's answer, which must be new.
    pub(super) fn of(info: &SystemInfo) -> Result<Clock, Fault> {
        let time = info.system_time.as_deref();
        let showed = time.and_then(|time| OffsetDateTime::parse(time, &Rfc3339).ok());
        let no_time = Text::fixed(
            "the engine does not tell the time",
            "le moteur ne donne pas l’heure",
        );
        let showed = showed.ok_or_else(|| Fault::new(FaultKind::Engine, no_time))?;
        Ok(Clock {
            showed: showed.unix_timestamp(),
            read: Instant::now(),
        })
    }

    /// Returns the current time in seconds since 1970.
    pub(super) fn now(self) -> i64 {
        let since = self.read.elapsed().as_secs();
        self.showed.saturating_add_unsigned(since)
    }
}

/// Connects to an engine. Returns the client and the engine's description of itself.
pub(super) async fn connect(endpoint: &Endpoint) -> Result<(Docker, SystemInfo), Fault> {
    let docker = match client(endpoint) {
        Ok(docker) => docker.with_timeout(limits::ENGINE_ANSWER),
        Err(error) => return Err(absent(endpoint, fault(error)).await),
    };
    let told = timeout(limits::SILENCE, async {
        try_join!(docker.info(), docker.version())
    });
    match told.await {
        // Podman's builds have no such limits, and Podman refuses builds with them.
        Ok(Ok((info, version))) if is_podman(&version) => Ok((docker, info)),
        Ok(Ok((info, _))) => Ok((docker.with_request_modifier(with_build_limits), info)),
        Ok(Err(error)) => Err(absent(endpoint, fault(error)).await),
        Err(_) => Err(absent(endpoint, unanswered(limits::SILENCE)).await),
    }
}

/// Returns whether an engine is Podman.
pub(super) fn is_podman(version: &SystemVersion) -> bool {
    let mut components = version.components.iter().flatten();
    components.any(|component| component.name.starts_with("Podman"))
}

fn client(endpoint: &Endpoint) -> Result<Docker, Error> {
    let (timeout, version) = (
        limits::ENGINE_ANSWER.as_secs(),
        bollard::API_DEFAULT_VERSION,
    );
    let address = endpoint.to_string();
    match (&endpoint.address, &endpoint.tls) {
        (Address::Unix(_), _) => Docker::connect_with_unix(&address, timeout, version),
        (Address::Tcp(_), None) => Docker::connect_with_http(&address, timeout, version),
        (Address::Tcp(_), Some(folder)) => {
            let file = |name: &str| folder.join(name);
            let (key, certificate) = (file("key.pem"), file("cert.pem"));
            let authority = file("ca.pem");
            Docker::connect_with_ssl(&address, &key, &certificate, &authority, timeout, version)
        }
    }
}

/// Limits the size of files that the steps of a classic build write. The engine's API accepts kernel limits (`ulimits`), for
/// which the client has no option. The kernel refuses a write over the limit immediately. In contrast, the image of a step's
/// files is written to its end, even if the build is ended meanwhile.
fn with_build_limits(request: BollardRequest) -> BollardRequest {
    let (mut parts, body) = request.into_parts();
    let query = parts.uri.query().unwrap_or_default();
    let is_classic = query.split('&').any(|pair| pair == "version=1");
    if parts.uri.path().ends_with("/build") && is_classic {
        let bytes = limits::BUILD_BYTES;
        // URL-encoded JSON: `[{"Name":"fsize","Soft":…,"Hard":…}]`.
        let limit = format!("%7B%22Name%22:%22fsize%22,%22Soft%22:{bytes},%22Hard%22:{bytes}%7D");
        let uri = format!("{}&ulimits=%5B{limit}%5D", parts.uri);
        if let Ok(uri) = uri.parse() {
            parts.uri = uri;
        }
    }
    BollardRequest::from_parts(parts, body)
}

/// Returns the fault with the cause found by [`EngineUnreachable::of`] as its detail.
async fn absent(endpoint: &Endpoint, fault: Fault) -> Fault {
    let why = EngineUnreachable::of(endpoint, &fault.detail.en)
        .await
        .message();
    let detail = Text::new(
        format!("no engine answers at `{endpoint}`: {}", why.en),
        format!("aucun moteur ne répond sur `{endpoint}` : {}", why.fr),
    );
    Fault::new(fault.kind, detail)
}

/// Returns the reason why no engine answers within `patience`; `None` if one does.
pub async fn absence(endpoint: &Endpoint, patience: Duration) -> Option<EngineUnreachable> {
    let fault = asked(endpoint, patience).await.err()?;
    Some(EngineUnreachable::of(endpoint, &fault.detail.en).await)
}

/// Returns the remedy if no engine answers; `None` if one does after all.
pub async fn advice(endpoint: &Endpoint) -> Option<Text> {
    // A short time: the engine has had its time already.
    let absence = absence(endpoint, limits::PING).await?;
    Some(absence.remedy(endpoint, System::here()))
}

/// Checks that the engine still answers.
///
/// # Errors
/// A fault when it does not, within [`limits::PING`].
pub(super) async fn answers(docker: &Docker) -> Result<(), Fault> {
    match timeout(limits::PING, docker.ping()).await {
        Ok(answered) => answered.map(drop).map_err(fault),
        Err(_) => Err(unanswered(limits::PING)),
    }
}

/// Checks that an engine answers.
///
/// # Errors
/// A fault when it does not.
pub async fn engine_answers(endpoint: &Endpoint) -> Result<(), Fault> {
    match asked(endpoint, limits::SILENCE).await {
        Ok(()) => Ok(()),
        Err(fault) => Err(absent(endpoint, fault).await),
    }
}

/// Checks that an engine answers, without a search for the cause. It sends a run's first request, not a ping: a deadlocked
/// engine may still answer a ping (seen with 20.10).
async fn asked(endpoint: &Endpoint, patience: Duration) -> Result<(), Fault> {
    let docker = client(endpoint).map_err(fault)?;
    match timeout(patience, docker.info()).await {
        Ok(answered) => answered.map(drop).map_err(fault),
        Err(_) => Err(unanswered(patience)),
    }
}

/// Waits until the engine answers again.
///
/// # Errors
/// A fault when it has not come back after `patience`.
pub async fn engine_is_back(endpoint: &Endpoint, patience: Duration) -> Result<(), Fault> {
    let back = async {
        while asked(endpoint, limits::SILENCE).await.is_err() {
            sleep(BETWEEN_PINGS).await;
        }
    };
    let back = timeout(patience, back).await;
    back.map_err(|_| unanswered(patience))
}

/// Waits until the engine has answered nothing for [`limits::SILENCE`], then returns the fault.
pub(super) async fn lost(docker: &Docker) -> Fault {
    let mut answered = Instant::now();
    // An engine that is restarting refuses connections meanwhile, and one that hangs does not answer.
    while answered.elapsed() < limits::SILENCE {
        if let Ok(Ok(_)) = timeout_at(answered + limits::SILENCE, docker.ping()).await {
            answered = Instant::now();
        }
        sleep(BETWEEN_PINGS).await;
    }
    unanswered(limits::SILENCE)
}

fn unanswered(since: Duration) -> Fault {
    let seconds = since.as_secs();
    let detail = Text::new(
        format!("the engine has not answered for {seconds} s"),
        format!("le moteur n’a pas répondu depuis {seconds} s"),
    );
    Fault::new(FaultKind::Engine, detail)
}

/// Converts an engine's error to a fault.
pub(super) fn fault(error: Error) -> Fault {
    if let Error::RequestTimeoutError = error {
        return unanswered(limits::ENGINE_ANSWER);
    }
    Fault::told(kind_of(&error.to_string()), message(&error))
}

/// Returns the text of an error: the engine's own if it answered.
pub(super) fn message(error: &Error) -> String {
    let words = match error {
        Error::DockerResponseServerError { message, .. } => message.clone(),
        Error::DockerStreamError { error } => error.clone(),
        other => with_causes(other),
    };
    cut(words)
}

/// Returns `words` with their middle left out where they are long: an engine's message begins with what failed, and ends
/// with its cause.
fn cut(words: String) -> String {
    const LEFT_OUT: &str = " … ";
    let length = words.chars().count();
    if length <= DETAIL_CHARACTERS {
        return words;
    }
    let kept = (DETAIL_CHARACTERS - LEFT_OUT.chars().count()) / 2;
    let start = words.chars().take(kept);
    let end = words.chars().skip(length - kept);
    start.chain(LEFT_OUT.chars()).chain(end).collect()
}

/// Returns the cause that an engine's message ends with.
pub(super) fn cause(words: &str) -> &str {
    let words = words.trim_end_matches(": unknown");
    words.rsplit(": ").next().unwrap_or(words)
}

/// Returns the words without what they quote.
pub(super) fn unquoted(words: &str) -> String {
    words.split('"').step_by(2).collect()
}

/// Returns an error of the connection with its causes, which the client's own text omits.
fn with_causes(error: &Error) -> String {
    let first = std::error::Error::source(error);
    let causes = std::iter::successors(first, |cause| cause.source());
    causes.fold(error.to_string(), |words, cause| {
        let cause = cause.to_string();
        match words.contains(&cause) {
            true => words,
            false => format!("{words}: {cause}"),
        }
    })
}

/// Returns whether the engine reports that the named object does not exist.
pub(super) fn is_missing(error: &Error) -> bool {
    matches!(
        error,
        Error::DockerResponseServerError {
            status_code: 404,
            ..
        }
    )
}

/// Returns the kind of problem that an engine's error text names; the engine's own if it names no other.
pub(super) fn kind_of(words: &str) -> FaultKind {
    ours(words).unwrap_or(FaultKind::Engine)
}

/// Returns the checker's own problem that the engine's error text about one of its calls names, if any: a disk, a network or a
/// machine without resources. Never called with the output of a step or a container.
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

/// Error texts for a full disk, in lower case.
pub(super) const DISK: [&str; 2] = ["no space left on device", "disk quota exceeded"];

const MACHINE: [&str; 3] = [
    "cannot allocate memory",
    "resource temporarily unavailable",
    "too many open files",
];

const NETWORK: [&str; 16] = [
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
    "no route to host",
    "network is unreachable",
    "502 bad gateway",
    "503 service unavailable",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_told_by_its_words_in_any_case() {
        assert_eq!(
            ours("write x: No space left on device"),
            Some(FaultKind::Disk)
        );
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

    #[test]
    fn a_long_message_keeps_its_beginning_and_its_end() {
        let command = "é".repeat(2 * DETAIL_CHARACTERS);
        let words = format!("The command '{command}' returned a non-zero code: 1");
        let kept = cut(words.clone());
        assert!(kept.starts_with("The command 'é"), "{kept}");
        assert!(kept.ends_with("é' returned a non-zero code: 1"), "{kept}");
        assert!(kept.chars().count() <= DETAIL_CHARACTERS);
        assert_eq!(cut("short".to_owned()), "short");
    }

    #[test]
    fn the_cause_of_an_error_comes_last_and_is_not_quoted() {
        assert_eq!(
            cause("exec: \"x\": permission denied: unknown"),
            "permission denied"
        );
        assert_eq!(
            unquoted("exec: \"setting rlimit\": not found"),
            "exec: : not found"
        );
    }
}
