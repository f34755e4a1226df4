//! Obstacles of the machine behind a failed step.
//!
//! The output of a step never decides between the submission and the machine. It only selects the questions to ask. The answers
//! are the checker's own evidence: the relay's record, the engine's disk, or the hosts that a container of the checker reaches
//! from the step's network.

use std::time::Duration;

use bollard::models::{ContainerCreateBody, HostConfig};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, LogsOptionsBuilder, RemoveContainerOptionsBuilder,
    WaitContainerOptionsBuilder,
};
use futures_util::StreamExt;
use rustix::fs::statvfs;
use softy_checks::model::Text;
use softy_checks::observation::{Fault, FaultKind};
use tokio::time::timeout;

use super::Job;
use super::log::Log;
use super::named::images;
use crate::sandbox::engine::{self, DISK, message};
use crate::sandbox::relay::{Missed, WELL_KNOWN, is_online};
use crate::sandbox::{Sandbox, limits};

/// Error texts of programs that could not reach a host, in lower case.
const NETWORK: [&str; 29] = [
    "dial tcp",
    "i/o timeout",
    "no such host",
    "tls handshake",
    "x509:",
    "toomanyrequests",
    "too many requests",
    "server misbehaving",
    "unexpected eof",
    "connection reset by peer",
    "connection refused",
    "temporary failure resolving",
    "temporary failure in name resolution",
    "could not resolve host",
    "could not resolve proxy",
    "unable to resolve host address",
    "getaddrinfo",
    "eai_again",
    "unknownhostexception",
    "no route to host",
    "name or service not known",
    "failed to establish a new connection",
    "network is unreachable",
    "could not connect to",
    "unable to connect to",
    "read timed out",
    "connection timed out",
    "bad gateway",
    "service unavailable",
];

/// Programs that connect to their hosts directly and ignore proxy settings: on a network whose only route is the relay they
/// reach none.
const DIRECT: [&str; 9] = [
    "mvn",
    "./mvnw",
    "gradle",
    "./gradlew",
    "sbt",
    "java",
    "ssh",
    "scp",
    "rsync",
];

/// Images with a shell that engines for this exercise usually have; the images of the build itself are tried after them.
const WITH_SHELL: [&str; 5] = [
    "ubuntu:latest",
    "debian:latest",
    "nginx:latest",
    "alpine:latest",
    "busybox:latest",
];

/// Script that prints the free space of the container's disk, and one line per host among its arguments that accepts a
/// connection.
const SCRIPT: &str = "echo room $(df -Pk / | tail -n 1)
echo files $(df -Pi / | tail -n 1)
command -v bash wget > /dev/null || exit
for at; do
  host=${at%:*} port=${at##*:}
  if timeout 5 bash -c \": > /dev/tcp/$host/$port\" || wget -q -T 5 -O /dev/null \"http://$at/\"
  then echo reached; fi
done 2> /dev/null
echo asked
";

/// Deadline of the script: it tries a few hosts for a few seconds each.
const PATIENCE: Duration = Duration::from_secs(60);

/// Maximum output of the script, in bytes.
const OUTPUT: usize = 4096;

impl Sandbox {
    /// Checks whether the machine caused the failure of the step at the end of `log`, since builds had `missed_before`.
    ///
    /// # Errors
    /// A fault when it did.
    pub(super) async fn excuse(
        &self,
        job: &Job<'_>,
        log: &Log,
        missed_before: Missed,
    ) -> Result<(), Fault> {
        let relay = job.relay();
        if relay.is_some()
            && let Some(detail) = job.network.obstacle(missed_before, is_online()).await
        {
            return Err(Fault::new(FaultKind::Network, detail));
        }
        let (disk, network) = (tells(log, &DISK), tells(log, &NETWORK));
        if let Some(line) = network
            && relay.is_some()
            && is_direct(&log.step)
        {
            return Err(Fault::told(FaultKind::Network, line));
        }
        let is_reached = || relay.is_some() && job.network.is_reached();
        let asks_network = network.is_some() && !is_reached();
        if disk.is_none() && !asks_network {
            return Ok(());
        }
        let seen = self.probe(job).await;
        if let Some(line) = disk
            && self.is_short_of_room(&seen)
        {
            return Err(Fault::told(FaultKind::Disk, line));
        }
        let Some(line) = network.filter(|_| asks_network) else {
            return Ok(());
        };
        // The relay's own record shows whether the container has reached it.
        let is_cut_off = seen.has_asked && !seen.is_answered && !is_reached();
        if !is_cut_off {
            return Ok(());
        }
        let words = Text::verbatim(line);
        let detail = match relay {
            Some(relay) => job.network.explained(relay, words),
            None => words,
        };
        Err(Fault::new(FaultKind::Network, detail))
    }

    /// Returns whether the engine's disk has less room than the images of a run may take, so that a step may have filled it.
    fn is_short_of_room(&self, seen: &Probed) -> bool {
        let room = seen.room.or_else(|| {
            let root = self.capabilities.root.as_ref().filter(|_| self.is_here)?;
            let disk = statvfs(root).ok()?;
            Some(disk.f_bavail.saturating_mul(disk.f_frsize))
        });
        let has_few_files = seen
            .files
            .is_some_and(|files| files < limits::CONTEXT_ENTRIES);
        seen.is_full || has_few_files || room.is_some_and(|room| room < limits::BUILD_BYTES)
    }

    /// Runs the script in a container on the network of a build's steps.
    async fn probe(&self, job: &Job<'_>) -> Probed {
        let hosts = match job.relay() {
            Some(relay) => vec![relay.to_string()],
            None => WELL_KNOWN.map(str::to_owned).to_vec(),
        };
        let Some(image) = self.image_with_shell(job).await else {
            return Probed::default();
        };
        let _alone = self.joining_alone().await;
        match timeout(PATIENCE, self.run_script(job, image, hosts)).await {
            Ok(Ok(printed)) => Probed::of(&printed),
            Ok(Err(error)) => Probed {
                is_full: engine::ours(engine::cause(&message(&error))) == Some(FaultKind::Disk),
                ..Probed::default()
            },
            Err(_) => Probed::default(),
        }
    }

    async fn image_with_shell(&self, job: &Job<'_>) -> Option<String> {
        let own = images(&job.prepared.text, job.build).into_iter();
        let own = own.map(|image| self.bases.instead_of(&image).unwrap_or(&image).to_owned());
        for image in WITH_SHELL.map(str::to_owned).into_iter().chain(own) {
            if self.docker.inspect_image(&image).await.is_ok() {
                return Some(image);
            }
        }
        None
    }

    async fn run_script(
        &self,
        job: &Job<'_>,
        image: String,
        hosts: Vec<String>,
    ) -> Result<String, bollard::errors::Error> {
        let name = format!("softy-check-{}-.probe.{}", self.run, job.index);
        let script = ["sh", "-c", SCRIPT, "probe"].map(str::to_owned);
        let body = ContainerCreateBody {
            image: Some(image),
            entrypoint: Some(script.into_iter().chain(hosts).collect()),
            cmd: Some(Vec::new()),
            labels: Some(self.labels()),
            host_config: Some(HostConfig {
                network_mode: job.network().cloned(),
                runtime: self.runtime.clone(),
                memory: Some(limits::MEMORY),
                pids_limit: Some(limits::PIDS),
                cap_drop: Some(vec!["ALL".to_owned()]),
                ..HostConfig::default()
            }),
            ..ContainerCreateBody::default()
        };
        let options = CreateContainerOptionsBuilder::new().name(&name).build();
        let docker = self.docker.clone();
        let made = self.make(async move { docker.create_container(Some(options), body).await });
        let Ok(made) = made.await else {
            return Ok(String::new());
        };
        let id = made?.id;
        let printed = self.printed(&id).await;
        let forced = RemoveContainerOptionsBuilder::new()
            .force(true)
            .v(true)
            .build();
        // The end of the run removes the container if this fails.
        let _removed = self.docker.remove_container(&id, Some(forced)).await;
        printed
    }

    async fn printed(&self, id: &str) -> Result<String, bollard::errors::Error> {
        self.docker.start_container(id, None).await?;
        let ended = WaitContainerOptionsBuilder::new()
            .condition("not-running")
            .build();
        let _ended = self.docker.wait_container(id, Some(ended)).next().await;
        let both = LogsOptionsBuilder::new().stdout(true).build();
        let mut log = self.docker.logs(id, Some(both));
        let mut printed = Vec::new();
        while let Some(part) = log.next().await {
            printed.extend_from_slice(&part?.into_bytes());
            if printed.len() > OUTPUT {
                break;
            }
        }
        Ok(String::from_utf8_lossy(&printed).into_owned())
    }
}

/// Result of the script.
#[derive(Debug, Default, PartialEq, Eq)]
struct Probed {
    /// Free space on the disk of its container, in bytes.
    room: Option<u64>,
    /// Number of files that can still be created there.
    files: Option<u64>,
    /// True if the engine had no room for its container.
    is_full: bool,
    /// True if it could try hosts.
    has_asked: bool,
    /// True if one of them answered.
    is_answered: bool,
}

impl Probed {
    /// Parses what the script prints.
    fn of(printed: &str) -> Probed {
        let mut seen = Probed::default();
        for line in printed.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["room", _, _, _, free, ..] => {
                    seen.room = free.parse().ok().map(|free: u64| free.saturating_mul(1024));
                }
                // Some file systems have no such limit and report 0.
                ["files", _, all, _, free, ..] if *all != "0" => seen.files = free.parse().ok(),
                ["reached"] => seen.is_answered = true,
                ["asked"] => seen.has_asked = true,
                _ => {}
            }
        }
        seen
    }
}

/// Returns the last line of a log with one of these words.
fn tells<'a>(log: &'a Log, signs: &[&str]) -> Option<&'a str> {
    let lines = log.lines.iter().rev().map(String::as_str);
    let mut telling = lines.filter(|line| {
        let line = line.to_lowercase();
        signs.iter().any(|sign| line.contains(sign))
    });
    telling.next()
}

/// Returns whether an instruction runs a program that ignores proxy settings.
fn is_direct(step: &str) -> bool {
    let commands = step.split([';', '&', '|', '(']);
    let mut programs = commands.filter_map(|command| {
        let mut words = command.split_whitespace();
        words.find(|word| *word != "RUN" && !word.contains('='))
    });
    programs.any(|program| DIRECT.contains(&program))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_script_prints_is_read() {
        let printed = "room overlay 263174212 193000000 1024 37% /\nfiles overlay 16384 384 16000 3% /\nreached\nasked\n";
        let seen = Probed {
            room: Some(1 << 20),
            files: Some(16_000),
            is_full: false,
            has_asked: true,
            is_answered: true,
        };
        assert_eq!(Probed::of(printed), seen);
        assert_eq!(
            Probed::of("room\nfiles btrfs 0 0 0 - /\n"),
            Probed::default()
        );
    }

    #[test]
    fn programs_that_know_no_proxy_are_known_by_their_place() {
        for step in [
            "RUN mvn -q package",
            "RUN cd api && ./gradlew build",
            "RUN A=b ssh git@example.org",
        ] {
            assert!(is_direct(step), "{step}");
        }
        for step in [
            "RUN echo mvn UnknownHostException; exit 1",
            "RUN apt-get install -y maven",
        ] {
            assert!(!is_direct(step), "{step}");
        }
    }
}
