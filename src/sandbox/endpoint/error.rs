use std::path::PathBuf;

use softy_checks::model::Text;

/// Error in the name of an engine.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.message().en)]
pub enum EndpointError {
    /// A context that Docker does not know.
    UnknownContext {
        /// Name of the context.
        name: String,
        /// Names of the existing contexts.
        known: Vec<String>,
    },
    /// A file of Docker's that cannot be read.
    Unreadable {
        /// Path of the file.
        path: PathBuf,
        /// Reason why it cannot be read.
        reason: String,
    },
    /// A context without an engine.
    NoEngine(String),
    /// A context that uses TLS without verification of certificates.
    Unverified(String),
    /// An address through SSH.
    Ssh(String),
    /// A text that is not an address of an engine.
    Address(String),
    /// A certificate that does not exist.
    Certificate(PathBuf),
}

impl EndpointError {
    /// Describes the error and the remedy.
    pub fn message(&self) -> Text {
        match self {
            EndpointError::UnknownContext { name, known } => {
                let known = list(known);
                Text::new(
                    format!(
                        "there is no Docker context `{name}`: there are {known}; `docker context ls` shows them"
                    ),
                    format!(
                        "il n’y a pas de contexte Docker `{name}` : il y a {known} ; `docker context ls` les montre"
                    ),
                )
            }
            EndpointError::Unreadable { path, reason } => {
                let path = path.display();
                Text::new(
                    format!(
                        "`{path}` cannot be read ({reason}): fix it, or name the engine with `--host unix:///var/run/docker.sock`"
                    ),
                    format!(
                        "`{path}` ne peut pas être lu ({reason}) : corrigez-le, ou nommez le moteur avec `--host unix:///var/run/docker.sock`"
                    ),
                )
            }
            EndpointError::NoEngine(name) => Text::new(
                format!(
                    "the Docker context `{name}` names no engine: choose another with `--context`"
                ),
                format!(
                    "le contexte Docker `{name}` ne nomme aucun moteur : choisissez-en un autre avec `--context`"
                ),
            ),
            EndpointError::Unverified(name) => Text::new(
                format!(
                    "the Docker context `{name}` skips the verification of certificates, which softy-check never does: give the context the certificate of its authority with `docker context update --docker host=…,ca=…`"
                ),
                format!(
                    "le contexte Docker `{name}` ne vérifie pas les certificats, ce que softy-check fait toujours : donnez-lui le certificat de son autorité avec `docker context update --docker host=…,ca=…`"
                ),
            ),
            EndpointError::Ssh(address) => Text::new(
                format!(
                    "softy-check does not speak SSH, which `{address}` asks for: forward the engine's socket with `ssh -nNT -L /tmp/engine.sock:/var/run/docker.sock USER@HOST`, and give `--host unix:///tmp/engine.sock`"
                ),
                format!(
                    "softy-check ne parle pas SSH, que demande `{address}` : redirigez la socket du moteur avec `ssh -nNT -L /tmp/engine.sock:/var/run/docker.sock USER@HOST`, et donnez `--host unix:///tmp/engine.sock`"
                ),
            ),
            EndpointError::Address(address) => Text::new(
                format!(
                    "`{address}` is no address of an engine: it is `unix:///path/of/the.sock` or `tcp://host:port`"
                ),
                format!(
                    "`{address}` n’est pas l’adresse d’un moteur : c’est `unix:///chemin/de/la.sock` ou `tcp://hôte:port`"
                ),
            ),
            EndpointError::Certificate(path) => {
                let path = path.display();
                Text::new(
                    format!(
                        "the certificate `{path}` is not there: put it there, or name its folder with `DOCKER_CERT_PATH`; for a context, `docker context update` stores it"
                    ),
                    format!(
                        "le certificat `{path}` n’est pas là : mettez-le là, ou nommez son dossier avec `DOCKER_CERT_PATH` ; pour un contexte, `docker context update` le range"
                    ),
                )
            }
        }
    }
}

fn list(known: &[String]) -> String {
    let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    known.join(", ")
}
