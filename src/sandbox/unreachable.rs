//! Reasons why no engine answers, and the remedy on each system.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use softy_checks::model::Text;
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use super::limits;
use super::{Address, Endpoint, FoundBy};

/// Reason why no engine answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineUnreachable {
    /// The socket does not exist.
    NoSocket(PathBuf),
    /// This user lacks permission for the socket.
    NoPermission(PathBuf),
    /// No process listens at this address any more.
    Refused(String),
    /// The host is unreachable; holds the system's error text.
    Unreached(String),
    /// Docker Desktop is paused.
    Paused,
    /// A process accepts connections but does not answer as an engine does; holds the client's error text.
    Silent(String),
}

/// System that a remedy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Linux with an engine of its own.
    Linux,
    /// Linux within Windows, where the engine is Docker Desktop's.
    Wsl,
    /// macOS, where the engine is Docker Desktop's.
    Mac,
}

/// Program that serves an address, as far as the address shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Program {
    /// An engine run by the system, or Docker Desktop on systems where that is usual.
    Usual,
    /// An engine run by a user.
    Rootless,
    /// Docker Desktop on Linux.
    Desktop,
    /// Podman.
    Podman,
}

impl Program {
    fn of(endpoint: &Endpoint) -> Program {
        let socket = endpoint.socket().map(Path::to_string_lossy);
        let socket = socket.unwrap_or_default();
        match &endpoint.found_by {
            _ if socket.contains("/podman/") => Program::Podman,
            _ if socket.contains("/.docker/desktop/") => Program::Desktop,
            FoundBy::Rootless => Program::Rootless,
            _ if socket.starts_with("/run/user/") => Program::Rootless,
            _ => Program::Usual,
        }
    }
}

impl System {
    /// Detects the system of this machine.
    pub fn here() -> System {
        let kernel = std::fs::read_to_string("/proc/version").unwrap_or_default();
        match kernel.to_lowercase().contains("microsoft") {
            _ if cfg!(target_os = "macos") => System::Mac,
            true => System::Wsl,
            false => System::Linux,
        }
    }
}

impl EngineUnreachable {
    /// Determines why an engine gave no answer but `detail`.
    pub async fn of(endpoint: &Endpoint, detail: &str) -> EngineUnreachable {
        match timeout(limits::PING, connected(&endpoint.address)).await {
            Ok(Err(error)) => EngineUnreachable::told(endpoint, &error),
            Ok(Ok(())) if detail.contains("manually paused") => EngineUnreachable::Paused,
            Ok(Ok(())) => EngineUnreachable::Silent(detail.to_owned()),
            Err(_) => EngineUnreachable::Unreached("timed out".to_owned()),
        }
    }

    fn told(endpoint: &Endpoint, error: &io::Error) -> EngineUnreachable {
        match (endpoint.socket(), error.kind()) {
            (Some(path), ErrorKind::NotFound) => EngineUnreachable::NoSocket(path.to_owned()),
            (Some(path), ErrorKind::PermissionDenied) => {
                EngineUnreachable::NoPermission(path.to_owned())
            }
            (_, ErrorKind::ConnectionRefused) => EngineUnreachable::Refused(endpoint.to_string()),
            (_, _) => EngineUnreachable::Unreached(error.to_string()),
        }
    }

    /// Describes the cause, with error texts of other programs verbatim.
    pub fn message(&self) -> Text {
        match self {
            EngineUnreachable::NoSocket(path) => {
                let path = path.display();
                Text::new(
                    format!("there is no socket `{path}`"),
                    format!("il n’y a pas de socket `{path}`"),
                )
            }
            EngineUnreachable::NoPermission(path) => {
                let path = path.display();
                Text::new(
                    format!("this user may not use the socket `{path}`"),
                    format!("cet utilisateur n’a pas le droit d’utiliser la socket `{path}`"),
                )
            }
            EngineUnreachable::Refused(address) => Text::new(
                format!("nobody listens at `{address}`"),
                format!("personne n’écoute sur `{address}`"),
            ),
            EngineUnreachable::Unreached(detail) => Text::new(
                format!("it cannot be reached: {detail}"),
                format!("il est injoignable : {detail}"),
            ),
            EngineUnreachable::Paused => Text::fixed(
                "Docker Desktop has been paused",
                "Docker Desktop a été mis en pause",
            ),
            EngineUnreachable::Silent(detail) => {
                let detail = detail.trim();
                Text::new(
                    format!("it does not answer as an engine does: {detail}"),
                    format!("il ne répond pas comme un moteur : {detail}"),
                )
            }
        }
    }

    /// Describes the remedy.
    pub fn remedy(&self, endpoint: &Endpoint, system: System) -> Text {
        let (found_by, program) = (&endpoint.found_by, Program::of(endpoint));
        match self {
            // Podman runs per user: each user starts their own.
            EngineUnreachable::NoPermission(_) if program == Program::Podman => {
                start(program, system)
            }
            EngineUnreachable::NoPermission(_) => named(found_by, permission(system)),
            EngineUnreachable::Paused => Text::fixed(
                "choose “Resume” in the menu of the whale",
                "choisissez « Resume » dans le menu de la baleine",
            ),
            EngineUnreachable::NoSocket(_) | EngineUnreachable::Refused(_) => {
                named(found_by, start(program, system))
            }
            EngineUnreachable::Unreached(_) => named(
                found_by,
                Text::fixed(
                    "see that its machine is on and that no firewall is in between",
                    "vérifiez que sa machine est allumée et qu’aucun pare-feu ne s’interpose",
                ),
            ),
            EngineUnreachable::Silent(_) => match (&endpoint.address, &endpoint.tls) {
                (Address::Tcp(_), Some(folder)) => certificates(folder),
                (Address::Tcp(_), None) => named(found_by, encryption()),
                (Address::Unix(_), _) => named(found_by, restart(program, system)),
            },
        }
    }
}

async fn connected(address: &Address) -> io::Result<()> {
    match address {
        Address::Unix(path) => UnixStream::connect(path).await.map(drop),
        Address::Tcp(address) => TcpStream::connect(address).await.map(drop),
    }
}

fn permission(system: System) -> Text {
    match system {
        System::Linux | System::Wsl => Text::fixed(
            "run `sudo usermod -aG docker $USER`, then log out and in again",
            "lancez `sudo usermod -aG docker $USER`, puis fermez la session et rouvrez-la",
        ),
        System::Mac => Text::fixed(
            "start Docker Desktop as this user",
            "démarrez Docker Desktop avec cet utilisateur",
        ),
    }
}

fn certificates(folder: &Path) -> Text {
    let folder = folder.display();
    Text::new(
        format!(
            "see that `ca.pem`, `cert.pem` and `key.pem` in `{folder}` are this engine’s, and that its certificate is for this host"
        ),
        format!(
            "vérifiez que `ca.pem`, `cert.pem` et `key.pem` dans `{folder}` sont ceux de ce moteur, et que son certificat est pour cet hôte"
        ),
    )
}

fn encryption() -> Text {
    Text::fixed(
        "where it speaks TLS, set `DOCKER_TLS_VERIFY=1` and `DOCKER_CERT_PATH`",
        "s’il parle TLS, définissez `DOCKER_TLS_VERIFY=1` et `DOCKER_CERT_PATH`",
    )
}

fn start(program: Program, system: System) -> Text {
    match (program, system) {
        (Program::Rootless, _) => Text::fixed(
            "run `systemctl --user start docker`",
            "lancez `systemctl --user start docker`",
        ),
        (Program::Podman, _) => Text::fixed(
            "run `systemctl --user start podman.socket`",
            "lancez `systemctl --user start podman.socket`",
        ),
        (Program::Desktop, System::Linux) => Text::fixed(
            "run `systemctl --user start docker-desktop`",
            "lancez `systemctl --user start docker-desktop`",
        ),
        (_, System::Linux) => Text::fixed(
            "run `sudo systemctl start docker`; https://docs.docker.com/engine/install/ tells how to install it",
            "lancez `sudo systemctl start docker` ; https://docs.docker.com/engine/install/ explique comment l’installer",
        ),
        (_, System::Wsl) => Text::fixed(
            "start Docker Desktop on Windows, and switch on this distribution in Settings → Resources → WSL integration; where the engine is in this distribution itself, run `sudo service docker start`",
            "démarrez Docker Desktop sous Windows, et activez cette distribution dans Settings → Resources → WSL integration ; si le moteur est dans cette distribution même, lancez `sudo service docker start`",
        ),
        (_, System::Mac) => Text::fixed(
            "start Docker Desktop: `open -a Docker`",
            "démarrez Docker Desktop : `open -a Docker`",
        ),
    }
}

fn restart(program: Program, system: System) -> Text {
    match (program, system) {
        (Program::Rootless, _) => Text::fixed(
            "run `systemctl --user restart docker`",
            "lancez `systemctl --user restart docker`",
        ),
        (Program::Podman, _) => Text::fixed(
            "run `systemctl --user restart podman.socket`",
            "lancez `systemctl --user restart podman.socket`",
        ),
        (Program::Desktop, System::Linux) => Text::fixed(
            "run `systemctl --user restart docker-desktop`",
            "lancez `systemctl --user restart docker-desktop`",
        ),
        (_, System::Linux) => Text::fixed(
            "run `sudo systemctl restart docker`",
            "lancez `sudo systemctl restart docker`",
        ),
        (_, System::Wsl | System::Mac) => Text::fixed(
            "choose “Restart” in the menu of the whale",
            "choisissez « Restart » dans le menu de la baleine",
        ),
    }
}

/// Returns a remedy; if the user has named this engine, the first remedy is to check that name.
fn named(found_by: &FoundBy, remedy: Text) -> Text {
    let (en, fr) = match found_by {
        FoundBy::HostFlag => (
            "see that `--host` names the right engine".to_owned(),
            "vérifiez que `--host` nomme le bon moteur".to_owned(),
        ),
        FoundBy::HostVariable => (
            "see that `DOCKER_HOST` names the right engine (`unset DOCKER_HOST` asks the usual one)"
                .to_owned(),
            "vérifiez que `DOCKER_HOST` nomme le bon moteur (`unset DOCKER_HOST` s’adresse à l’habituel)"
                .to_owned(),
        ),
        FoundBy::Context(name) => (
            format!(
                "see that the context `{name}` is the right one (`docker context ls` shows all)"
            ),
            format!(
                "vérifiez que le contexte `{name}` est le bon (`docker context ls` les montre tous)"
            ),
        ),
        FoundBy::Default | FoundBy::Rootless | FoundBy::Podman => return remedy,
    };
    Text::new(
        format!("{en}, or {}", remedy.en),
        format!("{fr}, ou {}", remedy.fr),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(address: Address) -> Endpoint {
        Endpoint {
            address,
            tls: None,
            found_by: FoundBy::Default,
        }
    }

    #[tokio::test]
    async fn a_socket_that_is_not_there_and_one_that_nobody_serves_are_told_apart() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("docker.sock");
        let asked = endpoint(Address::Unix(path.clone()));
        let absence = EngineUnreachable::of(&asked, "").await;
        assert_eq!(absence, EngineUnreachable::NoSocket(path.clone()));
        let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let silent = EngineUnreachable::of(&asked, "no answer").await;
        assert_eq!(silent, EngineUnreachable::Silent("no answer".to_owned()));
        let paused = EngineUnreachable::of(&asked, "Docker Desktop is manually paused.").await;
        assert_eq!(paused, EngineUnreachable::Paused);
        drop(listener);
        let absence = EngineUnreachable::of(&asked, "").await;
        assert_eq!(absence, EngineUnreachable::Refused(asked.to_string()));
    }

    #[test]
    fn a_remedy_is_the_system_s_and_names_what_named_the_engine() {
        let absence = EngineUnreachable::NoSocket(PathBuf::from("/var/run/docker.sock"));
        let found = |found_by| Endpoint {
            found_by,
            ..endpoint(Address::Unix(PathBuf::from("/var/run/docker.sock")))
        };
        let remedy = |found_by: FoundBy, system| absence.remedy(&found(found_by), system).en;
        let linux = remedy(FoundBy::Default, System::Linux);
        assert!(
            linux.starts_with("run `sudo systemctl start docker`"),
            "{linux}"
        );
        assert!(remedy(FoundBy::Default, System::Mac).contains("open -a Docker"));
        assert!(remedy(FoundBy::Default, System::Wsl).contains("WSL integration"));
        let named = remedy(FoundBy::HostVariable, System::Linux);
        assert!(
            named.contains("`unset DOCKER_HOST`") && named.contains("systemctl"),
            "{named}"
        );
        let forbidden = EngineUnreachable::NoPermission(PathBuf::from("/var/run/docker.sock"));
        let remedy = forbidden.remedy(&found(FoundBy::Default), System::Linux);
        assert!(
            remedy.fr.contains("`sudo usermod -aG docker $USER`"),
            "{remedy:?}"
        );
    }

    #[test]
    fn a_remedy_is_for_the_program_that_serves_the_socket() {
        let remedy = |path: &str| {
            let named = Endpoint {
                found_by: FoundBy::HostVariable,
                ..endpoint(Address::Unix(PathBuf::from(path)))
            };
            EngineUnreachable::Refused(String::new())
                .remedy(&named, System::Linux)
                .en
        };
        for (path, words) in [
            (
                "/run/user/1000/docker.sock",
                "`systemctl --user start docker`",
            ),
            (
                "/home/x/.docker/desktop/docker.sock",
                "`systemctl --user start docker-desktop`",
            ),
            (
                "/run/podman/podman.sock",
                "`systemctl --user start podman.socket`",
            ),
        ] {
            assert!(remedy(path).contains(words), "{path}: {}", remedy(path));
        }
    }

    #[test]
    fn what_is_wrong_with_encryption_is_looked_for_there() {
        let silent = EngineUnreachable::Silent("invalid peer certificate".to_owned());
        let address = || Address::Tcp("127.0.0.1:2376".to_owned());
        let encrypted = Endpoint {
            tls: Some(PathBuf::from("/certificates")),
            ..endpoint(address())
        };
        let remedy = silent.remedy(&encrypted, System::Linux).en;
        assert!(remedy.contains("`ca.pem`") && remedy.contains("`/certificates`"));
        let remedy = silent.remedy(&endpoint(address()), System::Linux).en;
        assert!(remedy.contains("`DOCKER_TLS_VERIFY=1`"), "{remedy}");
    }
}
