//! Logs of containers.

use bollard::query_parameters::LogsOptionsBuilder;
use futures_util::StreamExt;
use softy_checks::observation::Fault;
use tokio::time::{Instant, timeout_at};

use super::engine::fault;
use super::{ContainerHandle, Sandbox, limits};

/// Number of lines read to find the last informative ones.
const RAW_LINES: &str = "200";

/// Seconds by which the known engine's clock may be off.
const CLOCK_DOUBT: i32 = 2;

/// A moment by the engine's clock, in seconds since 1970; the default is before everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moment(i32);

impl Sandbox {
    /// Returns the moment from which to read a log, by the engine's clock.
    pub fn now(&self) -> Moment {
        Moment(
            i32::try_from(self.clock.now())
                .unwrap_or(0)
                .saturating_sub(CLOCK_DOUBT),
        )
    }

    /// Returns the output of a container to stdout and stderr since a moment, at most its last [`limits::LOG_BYTES`], as far as
    /// the engine sends it within [`limits::LOG_READING`]. Each line begins with the time at which the engine received it.
    ///
    /// # Errors
    /// A fault when the engine cannot read the log.
    pub async fn log(&self, member: &ContainerHandle, since: Moment) -> Result<String, Fault> {
        self.read_log(member, "all", since, true).await
    }

    /// Returns the last informative lines of a container's output, cut at a bounded length.
    ///
    /// # Errors
    /// A fault when the engine cannot read the log.
    pub async fn last_lines(&self, member: &ContainerHandle) -> Result<Vec<String>, Fault> {
        let log = self
            .read_log(member, RAW_LINES, Moment::default(), false)
            .await?;
        let lines: Vec<&str> = log.lines().filter(|line| tells(line)).collect();
        let last = &lines[lines.len().saturating_sub(limits::LOG_LINES)..];
        Ok(last
            .iter()
            .map(|line| line.chars().take(limits::LOG_LINE_CHARACTERS).collect())
            .collect())
    }

    async fn read_log(
        &self,
        member: &ContainerHandle,
        tail: &str,
        since: Moment,
        timestamps: bool,
    ) -> Result<String, Fault> {
        let options = LogsOptionsBuilder::new()
            .stdout(true)
            .stderr(true)
            .tail(tail)
            .timestamps(timestamps)
            .since(since.0)
            .build();
        let mut parts = self.docker.logs(&member.id, Some(options));
        let mut log = Vec::new();
        let deadline = Instant::now() + limits::LOG_READING;
        // A part that arrives in time is enough: a log may never end, or a flood of output may keep the engine busy.
        while let Ok(Some(part)) = timeout_at(deadline, parts.next()).await {
            log.extend_from_slice(&part.map_err(fault)?.into_bytes());
            if log.len() > 2 * limits::LOG_BYTES {
                log.drain(..log.len() - limits::LOG_BYTES);
            }
        }
        Ok(String::from_utf8_lossy(&log).into_owned())
    }
}

/// Returns whether a line may show an error. The messages that nginx, its image and Flask print at every start do not.
fn tells(line: &str) -> bool {
    const ROUTINE: [&str; 6] = [
        " [notice] ",
        "/docker-entrypoint.sh:",
        "* Serving Flask app",
        "* Debug mode:",
        "WARNING: This is a development server.",
        "Press CTRL+C to quit",
    ];
    !line.trim().is_empty() && !ROUTINE.iter().any(|words| line.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_at_every_start_tells_nothing() {
        assert!(!tells(
            "2026/11/23 18:00:00 [notice] 1#1: start worker processes"
        ));
        assert!(!tells("\x1b[33mPress CTRL+C to quit\x1b[0m"));
        assert!(!tells("  "));
    }

    #[test]
    fn errors_and_addresses_tell() {
        assert!(tells(
            "2026/11/23 18:00:00 [emerg] 1#1: host not found in upstream \"api\""
        ));
        assert!(tells(" * Running on http://127.0.0.1:5252"));
    }
}
