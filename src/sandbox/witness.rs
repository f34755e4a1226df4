//! What the engine itself sees of a container: traffic, processes, and files of its `/proc`.

use std::time::Duration;

use bollard::exec::{StartExecOptions, StartExecResults};
use bollard::models::ExecConfig;
use bollard::query_parameters::{StatsOptionsBuilder, TopOptionsBuilder};
use futures_util::StreamExt;
use softy_checks::observation::{Fault, FaultKind};
use tokio::time::timeout;

use super::engine::{fault, is_missing};
use super::{Member, Sandbox};

/// A command run inside a container, to its end.
const EXEC: Duration = Duration::from_secs(10);

/// Bytes read of such a command's output.
const EXEC_BYTES: usize = 1 << 20;

impl Sandbox {
    /// Bytes that a container has received since it was started, by the engine's counters; siblings' and DNS traffic
    /// is in it.
    ///
    /// # Errors
    /// A fault when the engine does not say.
    pub async fn received(&self, member: &Member) -> Result<u64, Fault> {
        let options = StatsOptionsBuilder::new().stream(false).one_shot(true).build();
        let mut readings = self.docker.stats(&member.id, Some(options));
        let reading = readings.next().await.transpose().map_err(fault)?;
        let networks = reading.and_then(|reading| reading.networks).ok_or_else(|| Fault {
            kind: FaultKind::Engine,
            detail: format!("the engine has no network counters for {} {}", member.service, member.number),
        })?;
        Ok(networks.values().filter_map(|network| network.rx_bytes).sum())
    }

    /// The command lines of a container's processes.
    ///
    /// # Errors
    /// A fault when the engine does not say.
    pub async fn processes(&self, member: &Member) -> Result<Vec<String>, Fault> {
        let options = TopOptionsBuilder::new().ps_args("-eo pid,args").build();
        let top = self.docker.top_processes(&member.id, Some(options)).await.map_err(fault)?;
        let rows = top.processes.unwrap_or_default();
        Ok(rows.into_iter().filter_map(|row| row.into_iter().next_back()).collect())
    }

    /// The sockets that a container listens on, as the kernel writes them; `None` when it has no `cat` to read them with.
    ///
    /// # Errors
    /// A fault when the engine does not run it.
    pub async fn socket_tables(&self, member: &Member) -> Result<Option<String>, Fault> {
        let config = ExecConfig {
            attach_stdout: Some(true),
            cmd: Some(["cat", "/proc/net/tcp", "/proc/net/tcp6"].map(str::to_owned).to_vec()),
            ..ExecConfig::default()
        };
        let run = timeout(EXEC, async {
            let exec = self.docker.create_exec(&member.id, config).await?;
            let started = self.docker.start_exec(&exec.id, None::<StartExecOptions>).await?;
            let mut read = Vec::new();
            if let StartExecResults::Attached { mut output, .. } = started {
                while let Some(part) = output.next().await {
                    read.extend_from_slice(&part?.into_bytes());
                    if read.len() > EXEC_BYTES {
                        break;
                    }
                }
            }
            Ok(read)
        });
        match run.await {
            Ok(Ok(read)) => {
                let text = String::from_utf8_lossy(&read).into_owned();
                Ok(text.contains("local_address").then_some(text))
            }
            // The container ended meanwhile, or has no such program.
            Ok(Err(bollard::errors::Error::DockerResponseServerError { .. })) => Ok(None),
            Ok(Err(error)) if is_missing(&error) => Ok(None),
            Ok(Err(error)) => Err(fault(error)),
            Err(_) => Ok(None),
        }
    }
}
