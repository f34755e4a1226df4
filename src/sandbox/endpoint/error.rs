use std::path::PathBuf;

/// Why no engine can be asked: what names it is wrong.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// A context that Docker does not know.
    #[error("there is no Docker context `{name}`: there are {}; `docker context ls` shows them", list(.known))]
    UnknownContext {
        /// Its name.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// A file of Docker's that cannot be read.
    #[error(
        "`{path}` cannot be read ({reason}): mend it, or name the engine with `--host unix:///var/run/docker.sock`"
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A context without an engine.
    #[error("the Docker context `{0}` names no engine: choose another with `--context`")]
    NoEngine(String),
    /// A context that asks for TLS without its proof.
    #[error(
        "the Docker context `{0}` skips the verification of certificates, which softy-check never does: give the context the certificate of its authority with `docker context update --docker host=…,ca=…`"
    )]
    Unverified(String),
    /// An address through SSH.
    #[error(
        "softy-check does not speak SSH, which `{0}` asks for: forward the engine's socket with `ssh -nNT -L /tmp/engine.sock:/var/run/docker.sock USER@HOST`, and give `--host unix:///tmp/engine.sock`"
    )]
    Ssh(String),
    /// What is no address of an engine.
    #[error(
        "`{0}` is no address of an engine: it is `unix:///path/of/the.sock` or `tcp://host:port`"
    )]
    Address(String),
    /// A certificate that is not there.
    #[error(
        "the certificate `{0}` is not there: put it there, or name its folder with `DOCKER_CERT_PATH`; for a context, `docker context update` stores it"
    )]
    Certificate(PathBuf),
}

fn list(known: &[String]) -> String {
    let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    known.join(", ")
}
