//! Commands of `post_start`, run inside a container that has started.

use bollard::errors::Error;
use bollard::exec::{StartExecOptions, StartExecResults};
use bollard::models::ExecConfig;
use futures_util::StreamExt;
use softy_checks::observation::Fault;
use tokio::time::timeout;

use super::engine::{fault, message};
use super::{Member, Sandbox, limits};
use crate::compose::project::Hook;

impl Sandbox {
    /// Runs a hook to its end, which is to come as soon as that of a dependency; why it failed, in words.
    ///
    /// # Errors
    /// A fault when the engine does not answer.
    pub async fn run_hook(
        &self,
        member: &Member,
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

    async fn exit_status(&self, member: &Member, hook: &Hook) -> Result<Option<i64>, Error> {
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
