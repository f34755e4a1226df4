use std::env::{var, var_os};
use std::path::PathBuf;

/// What Docker's client looks at beside its command line.
#[derive(Clone, Debug)]
pub struct Environment {
    /// `DOCKER_HOST`.
    pub host: Option<String>,
    /// `DOCKER_CONTEXT`.
    pub context: Option<String>,
    /// The folder of Docker's configuration: `DOCKER_CONFIG`, else `~/.docker`.
    pub config: PathBuf,
    /// Whether `DOCKER_TLS_VERIFY` or `DOCKER_TLS` asks for TLS; certificates are always verified.
    pub tls: bool,
    /// The folder of certificates: `DOCKER_CERT_PATH`, else that of the configuration.
    pub certificates: PathBuf,
    /// Docker's usual socket.
    pub socket: PathBuf,
    /// Sockets of rootless engines.
    pub rootless: Vec<PathBuf>,
    /// Podman's sockets.
    pub podman: Vec<PathBuf>,
}

impl Environment {
    /// This process's.
    pub fn here() -> Environment {
        let home = std::env::home_dir().unwrap_or_default();
        let config = folder("DOCKER_CONFIG").unwrap_or_else(|| home.join(".docker"));
        let runtime = folder("XDG_RUNTIME_DIR");
        let in_runtime = |path: &str| runtime.iter().map(|runtime| runtime.join(path)).collect();
        let mut podman: Vec<PathBuf> = in_runtime("podman/podman.sock");
        podman.push(PathBuf::from("/run/podman/podman.sock"));
        Environment {
            host: word("DOCKER_HOST"),
            context: word("DOCKER_CONTEXT"),
            tls: word("DOCKER_TLS_VERIFY").or(word("DOCKER_TLS")).is_some(),
            certificates: folder("DOCKER_CERT_PATH").unwrap_or_else(|| config.clone()),
            config,
            socket: PathBuf::from(super::SOCKET),
            rootless: in_runtime("docker.sock"),
            podman,
        }
    }
}

/// An empty variable is one that is not set, as for Docker; white space around it, such as the end of a Windows line, says
/// nothing.
fn word(name: &str) -> Option<String> {
    let value = var(name).ok()?.trim().to_owned();
    (!value.is_empty()).then_some(value)
}

fn folder(name: &str) -> Option<PathBuf> {
    var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}
