//! Process statistics of a container, from the kernel and the engine: traffic, processes and files of its `/proc`.

use std::fs;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bollard::errors::Error;
use bollard::exec::{StartExecOptions, StartExecResults};
use bollard::models::ExecConfig;
use bollard::query_parameters::{StatsOptionsBuilder, TopOptionsBuilder};
use futures_util::StreamExt;
use softy_checks::observation::Fault;
use tokio::time::timeout;

use super::engine::fault;
use super::{ContainerHandle, Sandbox};

/// Deadline of a command inside a container.
const EXEC: Duration = Duration::from_secs(10);

/// Maximum output of such a command, in bytes.
const EXEC_BYTES: usize = 1 << 20;

impl Sandbox {
    /// Returns the bytes that a container has received since its start, including traffic from other containers and DNS. Reads
    /// this machine's kernel if it runs the container, else the engine's counters, else the container's own `/proc`. Returns
    /// `None` when the container has no `cat` for that.
    ///
    /// Older engines, such as 20.10, update their counters once a second, and each reading would wait for that.
    ///
    /// # Errors
    /// A fault when the engine does not answer.
    pub async fn received(&self, member: &ContainerHandle) -> Result<Option<u64>, Fault> {
        let process = self.state(member).await?.pid.unwrap_or_default();
        if let Some(bytes) = kernel_counters(process, &member.id) {
            return Ok(Some(bytes));
        }
        if self.counts.load(Ordering::Relaxed) {
            if let Some(bytes) = self.engine_counters(member).await? {
                return Ok(Some(bytes));
            }
            // Engines that cannot find a machine's control groups have no counters for any container.
            self.counts.store(false, Ordering::Relaxed);
        }
        let table = self.read_files(member, &["/proc/net/dev"]).await?;
        Ok(table.as_deref().and_then(received_bytes))
    }

    async fn engine_counters(&self, member: &ContainerHandle) -> Result<Option<u64>, Fault> {
        let options = StatsOptionsBuilder::new()
            .stream(false)
            .one_shot(true)
            .build();
        let reading = self.docker.stats(&member.id, Some(options)).next().await;
        match reading.transpose() {
            Ok(reading) => {
                let networks = reading.and_then(|reading| reading.networks);
                Ok(networks.map(|networks| {
                    networks
                        .values()
                        .filter_map(|network| network.rx_bytes)
                        .sum()
                }))
            }
            Err(Error::DockerResponseServerError { .. }) => Ok(None),
            Err(error) => Err(fault(error)),
        }
    }

    /// Returns the command lines of a container's processes: from the engine, or from the container's own `/proc` when the
    /// engine's machine has no `ps`. Returns `None` when neither is available.
    ///
    /// # Errors
    /// A fault when the engine does not answer.
    pub async fn processes(&self, member: &ContainerHandle) -> Result<Option<Vec<String>>, Fault> {
        let options = TopOptionsBuilder::new().ps_args("-eo pid,args").build();
        match self.docker.top_processes(&member.id, Some(options)).await {
            Ok(top) => {
                let rows = top.processes.unwrap_or_default();
                let commands = rows
                    .into_iter()
                    .filter_map(|row| row.into_iter().next_back());
                return Ok(Some(commands.collect()));
            }
            Err(Error::DockerResponseServerError { .. }) => {}
            Err(error) => return Err(fault(error)),
        }
        let list = "for file in /proc/[0-9]*/cmdline; do tr '\\0' ' ' <$file; echo; done";
        let lines = self.run_inside(member, &["sh", "-c", list]).await?;
        let lines = lines.filter(|lines| !lines.trim().is_empty());
        Ok(lines.map(|lines| lines.lines().map(str::to_owned).collect()))
    }

    /// Returns the id and the CPU time of each process of a container, in hundredths of a second; `None` when the container has
    /// no program to read them.
    ///
    /// # Errors
    /// A fault when the engine does not answer.
    pub async fn computed(
        &self,
        member: &ContainerHandle,
    ) -> Result<Option<Vec<(u32, u64)>>, Fault> {
        let list = ["sh", "-c", "cat /proc/[0-9]*/stat"];
        let table = self.run_inside(member, &list).await?;
        Ok(table.map(|table| table.lines().filter_map(computed_by).collect()))
    }

    /// Returns the container's socket tables, as the kernel prints them; `None` when it has no `cat` to read them.
    ///
    /// # Errors
    /// A fault when the engine does not answer.
    pub async fn socket_tables(&self, member: &ContainerHandle) -> Result<Option<String>, Fault> {
        let tables = self
            .read_files(member, &["/proc/net/tcp", "/proc/net/tcp6"])
            .await?;
        Ok(tables.filter(|tables| tables.contains("local_address")))
    }

    /// Returns the output of `cat` for files inside a container; `None` when it cannot run.
    async fn read_files(
        &self,
        member: &ContainerHandle,
        files: &[&str],
    ) -> Result<Option<String>, Fault> {
        let command: Vec<&str> = ["cat"].iter().chain(files).copied().collect();
        self.run_inside(member, &command).await
    }

    /// Returns the output of a command inside a container, cut at [`EXEC_BYTES`]; `None` when it cannot run.
    pub(super) async fn run_inside(
        &self,
        member: &ContainerHandle,
        command: &[&str],
    ) -> Result<Option<String>, Fault> {
        let config = ExecConfig {
            attach_stdout: Some(true),
            cmd: Some(command.iter().map(|word| (*word).to_owned()).collect()),
            ..ExecConfig::default()
        };
        match timeout(EXEC, self.output(member, config)).await {
            Ok(Ok(output)) => Ok(Some(output)),
            // The container has ended, has no such program, or the program has not ended in time.
            Ok(Err(Error::DockerResponseServerError { .. })) | Err(_) => Ok(None),
            Ok(Err(error)) => Err(fault(error)),
        }
    }

    async fn output(&self, member: &ContainerHandle, config: ExecConfig) -> Result<String, Error> {
        let exec = self.docker.create_exec(&member.id, config).await?;
        let started = self
            .docker
            .start_exec(&exec.id, None::<StartExecOptions>)
            .await?;
        let mut read = Vec::new();
        if let StartExecResults::Attached { mut output, .. } = started {
            while let Some(part) = output.next().await {
                read.extend_from_slice(&part?.into_bytes());
                if read.len() > EXEC_BYTES {
                    break;
                }
            }
        }
        Ok(String::from_utf8_lossy(&read).into_owned())
    }
}

/// Returns the bytes received in the network namespace of a process of this machine, if the process belongs to that container:
/// on another machine the same id is another process.
fn kernel_counters(process: i64, container: &str) -> Option<u64> {
    let groups = fs::read_to_string(format!("/proc/{process}/cgroup")).ok()?;
    if !groups.contains(container) {
        return None;
    }
    received_bytes(&fs::read_to_string(format!("/proc/{process}/net/dev")).ok()?)
}

/// Returns the sum of the received bytes in `/proc/net/dev`, without the loopback; `None` for any other text.
fn received_bytes(table: &str) -> Option<u64> {
    let rows = table.lines().filter_map(|line| line.split_once(':'));
    let rows = rows.filter(|(name, _)| name.trim() != "lo");
    let bytes = rows.map(|(_, columns)| columns.split_whitespace().next()?.parse::<u64>().ok());
    let bytes: Vec<u64> = bytes.collect::<Option<_>>()?;
    (!bytes.is_empty()).then(|| bytes.iter().sum())
}

/// Parses a process's id and its CPU time from its `/proc/PID/stat`, including the children that it has waited for: the twelfth
/// to the fifteenth word after its name, which may contain spaces.
fn computed_by(stat: &str) -> Option<(u32, u64)> {
    let (before, behind) = stat.rsplit_once(')')?;
    let process = before.split_whitespace().next()?.parse().ok()?;
    let words: Vec<&str> = behind.split_whitespace().collect();
    let times = words.get(11..15)?.iter().map(|word| word.parse::<u64>());
    Some((process, times.sum::<Result<u64, _>>().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "Inter-|   Receive                |  Transmit\n face |bytes    packets errs |bytes packets\n";

    #[test]
    fn received_bytes_are_summed_over_networks() {
        let table =
            format!("{HEADER}    lo: 500 5 0 500 5\n  eth0: 1000 9 0 800 8\n  eth1: 24 1 0 0 0\n");
        assert_eq!(received_bytes(&table), Some(1024));
    }

    #[test]
    fn a_process_counts_for_the_container_that_it_is_in() {
        let process = i64::from(std::process::id());
        let groups = fs::read_to_string("/proc/self/cgroup").unwrap();
        assert!(kernel_counters(process, groups.trim_end()).is_some());
        assert_eq!(kernel_counters(process, "another container"), None);
        assert_eq!(kernel_counters(0, ""), None);
    }

    #[test]
    fn a_process_tells_what_it_has_computed() {
        let stat = "7 (a b) c) S 1 7 7 0 -1 4194560 900 0 0 0 31 12 4 1 20 0 1 0 5234";
        assert_eq!(computed_by(stat), Some((7, 48)));
        assert_eq!(computed_by("7 (cat) R 1"), None);
    }

    #[test]
    fn what_is_no_table_says_nothing() {
        assert_eq!(received_bytes("cat: /proc/net/dev: No such file"), None);
        assert_eq!(received_bytes(HEADER), None);
    }
}
