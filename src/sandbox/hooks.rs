//! Hooks: `post_start` commands inside a started container, and the containers of `pre_start`.

use bollard::errors::Error;
use bollard::exec::{StartExecOptions, StartExecResults};
use bollard::models::ExecConfig;
use bollard::query_parameters::RemoveContainerOptionsBuilder;
use futures_util::StreamExt;
use softy_checks::observation::Fault;
use tokio::time::timeout;

use super::engine::{fault, message};
use super::{ContainerHandle, Ended, Sandbox, limits};
use crate::compose::project::Hook;

impl Sandbox {
    /// Runs a hook to its end, with the same deadline as a dependency. The inner error is the text of its failure.
    ///
    /// # Errors
    /// A fault when the engine does not answer.
    pub async fn run_hook(
        &self,
        member: &ContainerHandle,
        hook: &Hook,
    ) -> Result<Result<(), String>, Fault> {
        match timeout(limits::DEPENDENCY, self.exit_status(member, hook)).await {
            Ok(Ok(Some(0))) => Ok(Ok(())),
            Ok(Ok(status)) => {
                let status = status.map_or("?".to_owned(), |status| status.to_string());
                Ok(Err(format!("a hook exited with status {status}")))
            }
            // The container has ended, or has no such user.
            Ok(Err(error @ Error::DockerResponseServerError { .. })) => Ok(Err(message(&error))),
            Ok(Err(error)) => Err(fault(error)),
            Err(_) => {
                let seconds = limits::DEPENDENCY.as_secs();
                Ok(Err(format!("a hook still runs after {seconds} s")))
            }
        }
    }

    /// Starts the container of a hook, waits for its end, with the same deadline as a dependency, and removes it. The inner
    /// error is the text of its failure.
    ///
    /// # Errors
    /// A fault when the engine fails.
    pub async fn run_to_end(&self, member: &ContainerHandle) -> Result<Result<(), String>, Fault> {
        let outcome = match self.start(member).await? {
            Ok(()) => match timeout(limits::DEPENDENCY, self.ended(member)).await {
                Ok(ended) => self.words(member, ended?).await?,
                Err(_) => Err(format!(
                    "it still runs after {} s",
                    limits::DEPENDENCY.as_secs()
                )),
            },
            Err(words) => Err(words),
        };
        let options = RemoveContainerOptionsBuilder::new().force(true).v(true);
        let removed = self
            .docker
            .remove_container(&member.id, Some(options.build()));
        removed.await.map_err(fault)?;
        Ok(outcome)
    }

    /// Returns the result of a hook's container; the inner error has the last line of its log.
    async fn words(
        &self,
        member: &ContainerHandle,
        ended: Ended,
    ) -> Result<Result<(), String>, Fault> {
        let how = match ended {
            Ended::Exited(0) => return Ok(Ok(())),
            Ended::Exited(status) => format!("it exited with status {status}"),
            Ended::OutOfMemory => "it took more memory than the sandbox gives it".to_owned(),
            Ended::OverLimit(_) => "it wrote more than the sandbox lets it".to_owned(),
        };
        let last = self.last_lines(member).await?.pop();
        let last = last.map_or_else(String::new, |line| format!(": {line}"));
        Ok(Err(format!("{how}{last}")))
    }

    async fn exit_status(
        &self,
        member: &ContainerHandle,
        hook: &Hook,
    ) -> Result<Option<i64>, Error> {
        let variables = hook.environment.iter();
        let config = ExecConfig {
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            cmd: Some(hook.command.clone()),
            user: hook.user.clone(),
            working_dir: hook.working_dir.clone(),
            env: Some(
                variables
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect(),
            ),
            ..ExecConfig::default()
        };
        let exec = self.docker.create_exec(&member.id, config).await?;
        let started = self
            .docker
            .start_exec(&exec.id, None::<StartExecOptions>)
            .await?;
        if let StartExecResults::Attached { mut output, .. } = started {
            while let Some(part) = output.next().await {
                part?;
            }
        }
        Ok(self.docker.inspect_exec(&exec.id).await?.exit_code)
    }
}
