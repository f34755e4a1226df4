use std::env::{var, var_os};
use std::path::PathBuf;

/// Settings that Docker's client reads in addition to its command line.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Value of `DOCKER_HOST`.
    pub host: Option<String>,
    /// Value of `DOCKER_CONTEXT`.
    pub context: Option<String>,
    /// Folder of Docker's configuration: `DOCKER_CONFIG`, or else `~/.docker`.
    pub config: PathBuf,
    /// True if `DOCKER_TLS_VERIFY` or `DOCKER_TLS` asks for TLS; certificates are always verified.
    pub tls: bool,
    /// Folder of certificates: `DOCKER_CERT_PATH`, or else that of the configuration.
    pub certificates: PathBuf,
    /// Docker's usual socket.
    pub socket: PathBuf,
    /// Sockets of rootless engines.
    pub rootless: Vec<PathBuf>,
    /// Podman's sockets.
    pub podman: Vec<PathBuf>,
}

impl Environment {
    /// Reads the environment of this process.
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

/// Returns the value of a variable. An empty one counts as unset, as for Docker. White space around the value, such as the end
/// of a Windows line, is ignored.
fn word(name: &str) -> Option<String> {
    let value = var(name).ok()?.trim().to_owned();
    (!value.is_empty()).then_some(value)
}

fn folder(name: &str) -> Option<PathBuf> {
    var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}
