//! Containers of a stack.

mod body;

use std::collections::HashMap;
use std::time::Duration;

use bollard::errors::Error;
use bollard::models::{
    ContainerCreateBody, ContainerState, NetworkConnectRequest, NetworkingConfig,
};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, ListContainersOptionsBuilder, StopContainerOptionsBuilder,
    WaitContainerOptionsBuilder,
};
use futures_util::StreamExt;
use softy_checks::observation::{Fault, Limit, State};
use tokio::sync::MutexGuard;

use body::{attachments, ports, resolvers};

use super::engine::{cause, fault, message, ours, unquoted};
use super::{ReadyImage, Sandbox, StackNetworks, limits};
use crate::compose::project::{Namespace, Service};
use crate::submission::Submission;

/// Exit code of a process that SIGKILL ended. Process 1 cannot get that signal from inside its container. Before the removal,
/// the sandbox sends it only to a container over a limit, which it records, and to one that it starts again. So the kernel sent
/// it, even if the engine did not notice.
const KILLED: i64 = 137;

/// One container of a stack.
#[derive(Clone, Debug)]
pub struct ContainerHandle {
    /// Name of the service.
    pub service: String,
    /// Number of the replica, from 1.
    pub number: u32,
    /// TCP ports that it is expected to listen on, the likeliest first.
    pub ports: Vec<u16>,
    pub(super) id: String,
    /// Set when its processes are in another container's namespace, whose end ends them too.
    shares_processes: bool,
}

impl ContainerHandle {
    /// Returns whether both are the same container.
    pub fn is(&self, other: &ContainerHandle) -> bool {
        self.id == other.id
    }
}

/// Way in which a container ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It exited with this code.
    Exited(i64),
    /// The kernel killed it for exceeding its memory limit.
    OutOfMemory,
    /// The sandbox killed it for exceeding another limit.
    OverLimit(Limit),
}

impl From<Ended> for State {
    fn from(ended: Ended) -> State {
        match ended {
            Ended::Exited(status) => State::Exited { status },
            Ended::OutOfMemory => State::OutOfMemory {
                limit: limits::MEMORY.unsigned_abs(),
            },
            Ended::OverLimit(limit) => State::OverLimit { limit },
        }
    }
}

impl Sandbox {
    /// Creates the `number`-th container of a service, ready to be started. Returns the engine's error text if the submission
    /// is the cause of a failure.
    ///
    /// `publish` is the port to publish where the proxy is reached through the loopback.
    ///
    /// # Errors
    /// A fault when the engine is the cause of a failure.
    pub async fn create(
        &self,
        submission: &Submission,
        service: &Service,
        number: u32,
        image: &ReadyImage,
        reachable: &StackNetworks,
        publish: Option<u16>,
    ) -> Result<Result<ContainerHandle, String>, Fault> {
        let (mounts, uploads) = self.mounts(submission, service)?;
        let attachments = attachments(service, number, reachable, publish.is_some());
        let mut body = self.body(service, image, publish);
        if let Some(host) = &mut body.host_config {
            host.mounts = Some(mounts);
            host.runtime = self.runtime.clone();
            host.network_mode = self.mode(&service.network);
            host.pid_mode = self.mode(&service.pid);
            host.ipc_mode = self.mode(&service.ipc);
            host.volumes_from = Some(self.volumes_from(service));
        }
        if let (Some(host), Some((network, endpoint))) =
            (&mut body.host_config, attachments.first())
        {
            host.network_mode = Some(network.clone());
            host.dns = resolvers(reachable.egress);
            let endpoints = HashMap::from([(network.clone(), endpoint.clone())]);
            body.networking_config = Some(NetworkingConfig {
                endpoints_config: Some(endpoints),
            });
        }
        let id = match self.create_named(service, number, body).await? {
            Ok(id) => id,
            Err(words) => return Ok(Err(words)),
        };
        for (network, endpoint) in attachments.into_iter().skip(1) {
            let request = NetworkConnectRequest {
                container: id.clone(),
                endpoint_config: Some(endpoint),
            };
            self.docker
                .connect_network(&network, request)
                .await
                .map_err(fault)?;
        }
        for upload in uploads {
            if let Err(words) = self.upload(&id, upload).await? {
                return Ok(Err(words));
            }
        }
        for text in &service.texts {
            if let Err(words) = self.place(&id, text).await? {
                return Ok(Err(words));
            }
        }
        Ok(Ok(ContainerHandle {
            service: service.name.clone(),
            number,
            ports: ports(service, image),
            id,
            shares_processes: matches!(service.pid, Namespace::Of(_)),
        }))
    }

    /// Starts a container. Returns the engine's error text if the submission is the cause of a failure.
    ///
    /// # Errors
    /// A fault when the engine is the cause of a failure.
    pub async fn start(&self, member: &ContainerHandle) -> Result<Result<(), String>, Fault> {
        let _alone = self.joining_alone().await;
        match self.docker.start_container(&member.id, None).await {
            Ok(()) => Ok(Ok(())),
            Err(error) => refused(error).map(Err),
        }
    }

    /// Waits for the lock that keeps other containers of the run from joining its networks, on engines that miscount concurrent
    /// joins.
    pub(super) async fn joining_alone(&self) -> Option<MutexGuard<'_, ()>> {
        if !self.capabilities.has_endpoint_count_bug {
            return None;
        }
        Some(self.joining.lock().await)
    }

    /// Waits until a container has ended.
    ///
    /// # Errors
    /// A fault when the engine does not report the end.
    pub async fn ended(&self, member: &ContainerHandle) -> Result<Ended, Fault> {
        let options = WaitContainerOptionsBuilder::new()
            .condition("not-running")
            .build();
        let mut waiting = self.docker.wait_container(&member.id, Some(options));
        match waiting.next().await {
            Some(Ok(_) | Err(Error::DockerContainerWaitError { .. })) | None => {}
            Some(Err(error)) => return Err(fault(error)),
        }
        if let Some(limit) = self.excess(member) {
            return Ok(Ended::OverLimit(limit));
        }
        let state = self.state(member).await?;
        let is_killed = state.exit_code == Some(KILLED) && !member.shares_processes;
        if state.oom_killed == Some(true) || is_killed {
            return Ok(Ended::OutOfMemory);
        }
        Ok(Ended::Exited(state.exit_code.unwrap_or_default()))
    }

    /// Waits until a container's health check passes. Returns false if the container ends or turns unhealthy instead.
    ///
    /// # Errors
    /// A fault when the engine does not report the health.
    pub async fn healthy(&self, member: &ContainerHandle) -> Result<bool, Fault> {
        const BETWEEN_LOOKS: Duration = Duration::from_millis(100);
        loop {
            let state = self.state(member).await?;
            let health = state
                .health
                .and_then(|health| health.status)
                .map(|status| status.to_string());
            match health.as_deref() {
                Some("healthy") => return Ok(true),
                Some("unhealthy") | None => return Ok(false),
                Some(_) if state.running == Some(true) => tokio::time::sleep(BETWEEN_LOOKS).await,
                Some(_) => return Ok(false),
            }
        }
    }

    /// Stops a container at once, so that it can be started again.
    ///
    /// # Errors
    /// A fault when the engine cannot stop it.
    pub async fn stop(&self, member: &ContainerHandle) -> Result<(), Fault> {
        let options = StopContainerOptionsBuilder::new().t(0).build();
        let stopped = self.docker.stop_container(&member.id, Some(options));
        stopped.await.map_err(fault)
    }

    /// Returns the members that no longer run.
    ///
    /// # Errors
    /// A fault when the engine cannot list the containers.
    pub async fn exited<'a>(
        &self,
        members: &'a [ContainerHandle],
    ) -> Result<Vec<&'a ContainerHandle>, Fault> {
        let mut filter = self.filter();
        // A paused container has not exited.
        let statuses = ["running", "paused"].map(str::to_owned);
        filter.insert("status".to_owned(), statuses.to_vec());
        let options = ListContainersOptionsBuilder::new().filters(&filter).build();
        let running = self
            .docker
            .list_containers(Some(options))
            .await
            .map_err(fault)?;
        let runs = |member: &&ContainerHandle| {
            !running
                .iter()
                .any(|container| container.id.as_deref() == Some(&member.id))
        };
        Ok(members.iter().filter(runs).collect())
    }

    pub(super) async fn state(&self, member: &ContainerHandle) -> Result<ContainerState, Fault> {
        let container = self.docker.inspect_container(&member.id, None).await;
        Ok(container.map_err(fault)?.state.unwrap_or_default())
    }

    async fn create_named(
        &self,
        service: &Service,
        number: u32,
        body: ContainerCreateBody,
    ) -> Result<Result<String, String>, Fault> {
        let name = self.name(&service.name, number);
        let options = CreateContainerOptionsBuilder::new().name(&name).build();
        let docker = self.docker.clone();
        let created = self.make(async move { docker.create_container(Some(options), body).await });
        match created.await? {
            Ok(created) => Ok(Ok(created.id)),
            Err(error) => refused(error).map(Err),
        }
    }

    /// Returns the engine's name of a container.
    pub(super) fn name(&self, service: &str, number: u32) -> String {
        format!("softy-check-{}-{service}-{number}", self.run)
    }

    /// Returns a namespace in the engine's notation.
    fn mode(&self, namespace: &Namespace) -> Option<String> {
        match namespace {
            Namespace::Own => None,
            Namespace::Kind(kind) => Some(kind.clone()),
            Namespace::Of(service) => Some(format!("container:{}", self.name(service, 1))),
        }
    }

    fn volumes_from(&self, service: &Service) -> Vec<String> {
        let volumes = service.volumes_from.iter();
        let volumes = volumes.map(|volumes| {
            let mode = if volumes.read_only { "ro" } else { "rw" };
            format!("{}:{mode}", self.name(&volumes.service, 1))
        });
        volumes.collect()
    }
}

/// Returns the engine's error text for a container that cannot be as the submission asks; a fault for every other error.
fn refused(error: Error) -> Result<String, Fault> {
    const SIGNS: [&str; 14] = [
        "OCI runtime create failed",
        "unable to start container process",
        "executable file not found",
        "no command specified",
        "No command specified",
        "unable to find user",
        "no such file or directory",
        "not a directory",
        "invalid mount",
        "Duplicate mount point",
        "conflicting options",
        "non-shareable IPC",
        "error renaming interface",
        "needs to be an absolute path",
    ];
    // The limits are always the sandbox's own. A rootless engine may lack the permission for `domainname`'s kernel setting,
    // which another engine has.
    const ENGINE: [&str; 4] = [
        "setting rlimit",
        "setting cgroup",
        "apply cgroup",
        "container init: open /proc/sys/",
    ];
    let words = message(&error);
    let answered = matches!(error, Error::DockerResponseServerError { .. });
    // The message quotes the submission's own text, except a user's name.
    let own = unquoted(words.split("unable to find user").next().unwrap_or(&words));
    let is_engine_s = ENGINE.iter().any(|sign| own.contains(sign));
    let theirs = answered && !is_engine_s && ours(cause(&words)).is_none();
    if theirs && SIGNS.iter().any(|sign| words.contains(sign)) {
        // The text before it names the layers of the engine that passed the message on.
        let last = words.rsplit("unable to start container process: ").next();
        return Ok(last.unwrap_or(&words).to_owned());
    }
    Err(fault(error))
}

#[cfg(test)]
mod tests {
    use softy_checks::observation::FaultKind;

    use super::*;

    #[test]
    fn what_the_engine_may_not_set_is_not_held_against_the_submission() {
        let said = |message: &str| {
            refused(Error::DockerResponseServerError {
                status_code: 500,
                message: format!("unable to start container process: {message}"),
            })
        };
        for program in [
            "python",
            "setting rlimit",
            "no space left on device",
            "dial tcp",
        ] {
            let words = format!("exec: \"{program}\": executable file not found in $PATH: unknown");
            assert_eq!(said(&words), Ok(words));
        }
        let user = "unable to find user setting rlimit: no matching entries in passwd file";
        assert_eq!(said(user), Ok(user.to_owned()));
        let full = said("mkdir /var/lib/docker/x: no space left on device: unknown");
        assert_eq!(full.unwrap_err().kind, FaultKind::Disk);
        for words in [
            "error setting rlimit type 6: operation not permitted",
            "error during container init: open /proc/sys/kernel/domainname: permission denied",
        ] {
            assert_eq!(said(words).unwrap_err().kind, FaultKind::Engine, "{words}");
        }
    }
}
