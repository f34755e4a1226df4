//! What containers wrote.

use bollard::query_parameters::LogsOptionsBuilder;
use futures_util::StreamExt;
use softy_checks::observation::Fault;

use super::engine::fault;
use super::{Member, Sandbox, limits};

impl Sandbox {
    /// All that a container has written to stdout and stderr, the last [`limits::LOG_BYTES`] of it at most.
    ///
    /// # Errors
    /// A fault when the engine does not say.
    pub async fn log(&self, member: &Member) -> Result<String, Fault> {
        self.read_log(member, "all").await
    }

    /// The last lines that a container has written, cut at a bounded length.
    ///
    /// # Errors
    /// A fault when the engine does not say.
    pub async fn last_lines(&self, member: &Member) -> Result<Vec<String>, Fault> {
        let log = self
            .read_log(member, &limits::LOG_LINES.to_string())
            .await?;
        let lines: Vec<&str> = log.lines().filter(|line| !line.trim().is_empty()).collect();
        let last = &lines[lines.len().saturating_sub(limits::LOG_LINES)..];
        Ok(last
            .iter()
            .map(|line| line.chars().take(limits::LOG_LINE_CHARACTERS).collect())
            .collect())
    }

    async fn read_log(&self, member: &Member, tail: &str) -> Result<String, Fault> {
        let options = LogsOptionsBuilder::new()
            .stdout(true)
            .stderr(true)
            .tail(tail)
            .build();
        let mut parts = self.docker.logs(&member.id, Some(options));
        let mut log = Vec::new();
        while let Some(part) = parts.next().await {
            log.extend_from_slice(&part.map_err(fault)?.into_bytes());
            if log.len() > 2 * limits::LOG_BYTES {
                log.drain(..log.len() - limits::LOG_BYTES);
            }
        }
        Ok(String::from_utf8_lossy(&log).into_owned())
    }
}
