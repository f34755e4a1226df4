//! Selection of the engine: finds it as Docker's own client does, and records the source of its address.

mod context;
mod environment;
mod error;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};

use context::{current, named};
pub use environment::Environment;
pub use error::EndpointError;

/// Docker's usual socket.
const SOCKET: &str = "/var/run/docker.sock";

/// Name of the context that means no context.
const DEFAULT_CONTEXT: &str = "default";

/// An engine's address, and the source of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Address that the engine listens at.
    pub address: Address,
    /// Folder with `ca.pem`, and with `cert.pem` and `key.pem` if the engine asks for them; `None` for a plain connection.
    pub tls: Option<PathBuf>,
    /// Source of the address.
    pub found_by: FoundBy,
}

/// Address that an engine listens at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A socket of this machine.
    Unix(PathBuf),
    /// A host and a port.
    Tcp(String),
}

/// Source of an engine's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundBy {
    /// `--host`.
    HostFlag,
    /// `DOCKER_HOST`.
    HostVariable,
    /// The context of this name, which `--context`, `DOCKER_CONTEXT` or Docker's configuration chose.
    Context(String),
    /// No source: the usual socket.
    Default,
    /// No source: the socket of a rootless engine, if the usual one does not exist.
    Rootless,
    /// No source: a socket of Podman's, if neither of the others exists.
    Podman,
}

/// Options of a command line that choose the engine.
#[derive(Clone, Debug, Default)]
pub struct EndpointOptions {
    /// Address of the engine.
    pub host: Option<String>,
    /// Name of the context.
    pub context: Option<String>,
}

impl Endpoint {
    /// Finds the engine that a command line asks for, or else the one that this process's environment and its user's files
    /// name.
    ///
    /// # Errors
    /// An error in the name of the engine: an unknown context, an invalid address, or a missing certificate.
    pub fn find(asked: &EndpointOptions) -> Result<Endpoint, EndpointError> {
        Endpoint::find_in(asked, &Environment::here())
    }

    /// Finds the engine as [`Endpoint::find`] does, but in the given environment.
    ///
    /// # Errors
    /// An error in the name of the engine: an unknown context, an invalid address, or a missing certificate.
    pub fn find_in(
        asked: &EndpointOptions,
        environment: &Environment,
    ) -> Result<Endpoint, EndpointError> {
        if let Some(host) = &asked.host {
            return at(host, FoundBy::HostFlag, environment);
        }
        let chosen = match (&asked.context, &environment.host, &environment.context) {
            (Some(context), _, _) => Some(context.clone()),
            (None, Some(_), _) => None,
            (None, None, Some(context)) => Some(context.clone()),
            (None, None, None) => current(&environment.config),
        };
        if let Some(context) = chosen.filter(|context| context != DEFAULT_CONTEXT) {
            return named(&context, &environment.config);
        }
        match &environment.host {
            Some(host) => at(host, FoundBy::HostVariable, environment),
            None => Ok(usual(environment)),
        }
    }

    /// Returns the socket that the engine listens at, if it is one.
    pub fn socket(&self) -> Option<&Path> {
        match &self.address {
            Address::Unix(path) => Some(path),
            Address::Tcp(_) => None,
        }
    }

    /// Returns whether the engine's 127.0.0.1 is this machine's.
    pub fn is_here(&self) -> bool {
        match &self.address {
            Address::Unix(_) => true,
            Address::Tcp(address) => ["127.", "localhost:", "[::1]:"]
                .iter()
                .any(|here| address.starts_with(here)),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Address::Unix(path) => write!(formatter, "unix://{}", path.display()),
            Address::Tcp(address) => write!(formatter, "tcp://{address}"),
        }
    }
}

impl fmt::Display for FoundBy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FoundBy::HostFlag => formatter.write_str("--host"),
            FoundBy::HostVariable => formatter.write_str("DOCKER_HOST"),
            FoundBy::Context(name) => write!(formatter, "context {name}"),
            FoundBy::Default => formatter.write_str("default"),
            FoundBy::Rootless => formatter.write_str("rootless"),
            FoundBy::Podman => formatter.write_str("podman"),
        }
    }
}

/// Returns the engine at an address, with TLS if the environment asks for it.
fn at(host: &str, found_by: FoundBy, environment: &Environment) -> Result<Endpoint, EndpointError> {
    let tls = environment.tls || host.starts_with("https://");
    let address = Address::parse(host, tls)?;
    let tls = match (&address, tls) {
        (Address::Tcp(_), true) => Some(certificates(&environment.certificates)?),
        (Address::Tcp(_), false) | (Address::Unix(_), _) => None,
    };
    Ok(Endpoint {
        address,
        tls,
        found_by,
    })
}

/// Returns the first socket that exists, or else Docker's usual one.
fn usual(environment: &Environment) -> Endpoint {
    let endpoint = |path: &PathBuf, found_by| Endpoint {
        address: Address::Unix(path.clone()),
        tls: None,
        found_by,
    };
    let rootless = environment.rootless.iter();
    let rootless = rootless.map(|path| (path, FoundBy::Rootless));
    let podman = environment.podman.iter();
    let podman = podman.map(|path| (path, FoundBy::Podman));
    let others = rootless.chain(podman);
    std::iter::once((&environment.socket, FoundBy::Default))
        .chain(others)
        // A socket without permission to check for it exists, too.
        .find(|(path, _)| path.try_exists().unwrap_or(true))
        .map_or_else(
            || endpoint(&environment.socket, FoundBy::Default),
            |(path, found_by)| endpoint(path, found_by),
        )
}

/// Checks that a folder has all certificates that it needs, and returns it.
fn certificates(folder: &Path) -> Result<PathBuf, EndpointError> {
    let has = |name: &str| folder.join(name).is_file();
    let missing = match (has("ca.pem"), has("cert.pem"), has("key.pem")) {
        (false, _, _) => "ca.pem",
        (true, false, true) => "cert.pem",
        (true, true, false) => "key.pem",
        (true, true, true) | (true, false, false) => return Ok(folder.to_owned()),
    };
    Err(EndpointError::Certificate(folder.join(missing)))
}

impl Address {
    /// Parses an address as Docker's client does; without a scheme, it is a host and a port.
    fn parse(host: &str, tls: bool) -> Result<Address, EndpointError> {
        let (scheme, rest) = host.split_once("://").unwrap_or(("tcp", host));
        let place = rest.trim_end_matches('/');
        match scheme {
            "unix" if rest.starts_with('/') => Ok(Address::Unix(PathBuf::from(rest))),
            "unix" if rest.is_empty() => Ok(Address::Unix(PathBuf::from(SOCKET))),
            "tcp" | "http" | "https" if place.contains('/') || place.starts_with("unix:") => {
                Err(EndpointError::Address(host.to_owned()))
            }
            "tcp" | "http" | "https" if place.is_empty() || place.starts_with(':') => {
                Ok(Address::Tcp(with_port(&format!("localhost{place}"), tls)))
            }
            "tcp" | "http" | "https" => Ok(Address::Tcp(with_port(place, tls))),
            "ssh" => Err(EndpointError::Ssh(host.to_owned())),
            _ => Err(EndpointError::Address(host.to_owned())),
        }
    }
}

/// Adds Docker's default port to an address that has none.
fn with_port(address: &str, tls: bool) -> String {
    let after_brackets = address.rsplit(']').next().unwrap_or(address);
    match (after_brackets.contains(':'), tls) {
        (true, _) => address.to_owned(),
        (false, true) => format!("{address}:2376"),
        (false, false) => format!("{address}:2375"),
    }
}
