//! Which engine is asked: found as Docker's own client finds it, and said by what.

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

/// The context that stands for no context.
const DEFAULT_CONTEXT: &str = "default";

/// An engine's address, and how it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Where it listens.
    pub address: Address,
    /// The folder with `ca.pem`, and with `cert.pem` and `key.pem` where the engine asks for them; a plain connection where
    /// there is none.
    pub tls: Option<PathBuf>,
    /// What named it.
    pub found_by: FoundBy,
}

/// Where an engine listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// At a socket of this machine.
    Unix(PathBuf),
    /// At a host and a port.
    Tcp(String),
}

/// What names an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundBy {
    /// `--host`.
    HostFlag,
    /// `DOCKER_HOST`.
    HostVariable,
    /// The context of this name, which `--context`, `DOCKER_CONTEXT` or Docker's configuration chose.
    Context(String),
    /// Nothing: the usual socket.
    Default,
    /// Nothing: the socket of a rootless engine, where the usual one is not there.
    Rootless,
    /// Nothing: a socket of Podman's, where neither is there.
    Podman,
}

/// What a command line names.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// An address.
    pub host: Option<String>,
    /// A context.
    pub context: Option<String>,
}

impl Endpoint {
    /// The engine that a command line asks for, else the one that this process's environment and its user's files name.
    ///
    /// # Errors
    /// What is named and cannot be an engine: an unknown context, no address, a certificate that is missing.
    pub fn find(asked: &Asked) -> Result<Endpoint, EndpointError> {
        Endpoint::find_in(asked, &Environment::here())
    }

    /// The same in an environment that is given.
    ///
    /// # Errors
    /// What is named and cannot be an engine: an unknown context, no address, a certificate that is missing.
    pub fn find_in(asked: &Asked, environment: &Environment) -> Result<Endpoint, EndpointError> {
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

    /// The socket that it listens at, where it does so at one.
    pub fn socket(&self) -> Option<&Path> {
        match &self.address {
            Address::Unix(path) => Some(path),
            Address::Tcp(_) => None,
        }
    }

    /// Whether its machine's 127.0.0.1 is this machine's.
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

/// The engine at an address, by TLS where the environment says so.
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

/// The first socket that is there; Docker's usual one where none is.
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
        // What may not be looked at is there, too.
        .find(|(path, _)| path.try_exists().unwrap_or(true))
        .map_or_else(
            || endpoint(&environment.socket, FoundBy::Default),
            |(path, found_by)| endpoint(path, found_by),
        )
}

/// A folder of certificates that has what is needed of them.
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
    /// As Docker's client reads one; without a scheme it is a host and a port.
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

/// The port that Docker takes where none is written.
fn with_port(address: &str, tls: bool) -> String {
    let after_brackets = address.rsplit(']').next().unwrap_or(address);
    match (after_brackets.contains(':'), tls) {
        (true, _) => address.to_owned(),
        (false, true) => format!("{address}:2376"),
        (false, false) => format!("{address}:2375"),
    }
}
