//! Waits until containers listen, without sending them a request.
//!
//! nginx would remove a replica from its rotation for ten seconds if a request through the proxy came before the replica
//! accepts connections. This would falsify the measurement.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use softy_checks::observation::{Fault, State, is_loopback};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use super::listening::listening;
use crate::sandbox::{ContainerHandle, Reach, Sandbox, StackNetworks, limits};

/// Time between two attempts to connect to a container that has just started.
const BETWEEN_CONNECTS: Duration = Duration::from_millis(10);

/// Time between two later attempts: each one adds traffic to the replica's counters.
const BETWEEN_LATE_CONNECTS: Duration = Duration::from_millis(250);

/// Time for which a container counts as just started.
const START: Duration = Duration::from_secs(1);

/// Deadline of one attempt to connect.
const CONNECT: Duration = Duration::from_secs(1);

/// Minimum and maximum time between two readings of a container's socket tables.
const BETWEEN_LOOKS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(5));

/// Ratio of the time between two readings to the duration of the last one. A reading costs the engine a process; on a busy
/// machine it takes longer and would slow down the start that it waits for.
const SHARE: u32 = 10;

/// Time during which only connections show whether a container listens, if it can be reached: few containers listen on other
/// ports than expected.
const CONNECTS_ALONE: Duration = Duration::from_secs(2);

/// Time within which a program that listens only on the loopback address may also listen elsewhere.
const LOOPBACK_PATIENCE: Duration = Duration::from_secs(3);

/// Time between two checks whether the programs of a container still compute after its time to listen.
const BETWEEN_SHARES: Duration = Duration::from_secs(10);

/// Minimum CPU time within [`BETWEEN_SHARES`] of a program at work, in hundredths of a second. A program that only waits stays
/// below it; one that reads its files from a slow disk does not.
const AT_WORK: u64 = 1;

/// State of a container after its start.
#[derive(Clone, Debug)]
pub struct Settled {
    /// Running if it listens, silent if it does not listen within [`StackNetworks::ready`], otherwise its end.
    pub state: State,
    /// Addresses that it listens on; empty unless they were read from its socket tables.
    pub listening: Vec<String>,
}

/// Waits until a container listens, ends, or has used up its time.
///
/// # Errors
/// A fault when the engine fails.
pub async fn settle(
    sandbox: &Sandbox,
    member: &ContainerHandle,
    reachable: &StackNetworks,
) -> Result<Settled, Fault> {
    let listens = async {
        match reachable.reach {
            Reach::Address | Reach::Container => tokio::select! {
                () = accepts(sandbox, member, reachable) => Ok(Vec::new()),
                looked = looks(sandbox, member, CONNECTS_ALONE) => looked,
            },
            Reach::Loopback => looks(sandbox, member, BETWEEN_LOOKS.0).await,
        }
    };
    let started = Instant::now();
    tokio::select! {
        ended = sandbox.ended(member) => Ok(Settled { state: ended?.into(), listening: Vec::new() }),
        listening = listens => Ok(Settled { state: State::Running, listening: listening? }),
        had = had_its_time(sandbox, member, reachable.ready) => Ok(Settled {
            state: had.map(|()| State::Silent { seconds: started.elapsed().as_secs() })?,
            listening: Vec::new(),
        }),
    }
}

/// Waits until a container's time to listen is over. On a busy machine importing Flask alone takes longer: while its programs
/// compute rather than wait, it has up to [`limits::READY_AT_WORK`].
async fn had_its_time(
    sandbox: &Sandbox,
    member: &ContainerHandle,
    ready: Duration,
) -> Result<(), Fault> {
    let started = Instant::now();
    sleep(ready.saturating_sub(BETWEEN_SHARES)).await;
    let mut before = sandbox.computed(member).await?;
    while started.elapsed() < limits::READY_AT_WORK {
        sleep(BETWEEN_SHARES).await;
        let after = sandbox.computed(member).await?;
        let is_at_work = before
            .zip(after.as_deref())
            .is_some_and(|(before, after)| computed_between(&before, after) >= AT_WORK);
        if !is_at_work {
            return Ok(());
        }
        before = after;
    }
    Ok(())
}

/// Returns the CPU time between two readings of the processes that are in both; the process of the reading itself is not.
fn computed_between(before: &[(u32, u64)], after: &[(u32, u64)]) -> u64 {
    let since = |(process, computed): &(u32, u64)| {
        let earlier = before.iter().find(|(other, _)| other == process)?;
        Some(computed.saturating_sub(earlier.1))
    };
    after.iter().filter_map(since).sum()
}

/// Result of a connection attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// The connection is accepted.
    Open,
    /// A kernel refuses it: no socket listens there.
    Refused,
    /// Neither happens within the deadline.
    Silent,
}

/// Opens a connection and closes it.
pub async fn knock(address: SocketAddr) -> Door {
    match timeout(CONNECT, TcpStream::connect(address)).await {
        Ok(Ok(_)) => Door::Open,
        Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => Door::Refused,
        Ok(Err(_)) | Err(_) => Door::Silent,
    }
}

/// Waits until one of the container's expected ports accepts a connection.
async fn accepts(sandbox: &Sandbox, member: &ContainerHandle, reachable: &StackNetworks) {
    let started = Instant::now();
    let mut address: Option<SocketAddr> = None;
    loop {
        let young = started.elapsed() < START;
        sleep(if young {
            BETWEEN_CONNECTS
        } else {
            BETWEEN_LATE_CONNECTS
        })
        .await;
        if address.is_none() {
            // A container that is ending has no address; its end explains more than this error.
            address = sandbox.address(member, 0, reachable).await.ok();
        }
        let Some(address) = address else {
            continue;
        };
        for &port in &member.ports {
            if knock(SocketAddr::new(address.ip(), port)).await == Door::Open {
                return;
            }
        }
    }
}

/// Reads the container's socket tables, first after `first` and then repeatedly, until they show a socket that other containers
/// can reach. A loopback socket counts after [`LOOPBACK_PATIENCE`]. Returns the addresses.
async fn looks(
    sandbox: &Sandbox,
    member: &ContainerHandle,
    first: Duration,
) -> Result<Vec<String>, Fault> {
    let mut alone_since: Option<Instant> = None;
    let mut pause = first;
    loop {
        sleep(pause).await;
        let began = Instant::now();
        let tables = sandbox.socket_tables(member).await?;
        let (least, most) = BETWEEN_LOOKS;
        pause = (began.elapsed() * SHARE).clamp(least, most);
        let Some(tables) = tables else {
            continue;
        };
        let addresses = listening(&tables);
        let found = || addresses.iter().map(SocketAddr::to_string).collect();
        if addresses.iter().any(|address| !is_loopback(address.ip())) {
            return Ok(found());
        }
        if !addresses.is_empty()
            && alone_since.get_or_insert_with(Instant::now).elapsed() > LOOPBACK_PATIENCE
        {
            return Ok(found());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_that_were_there_before_have_computed() {
        assert_eq!(
            computed_between(&[(1, 10), (7, 300)], &[(1, 11), (7, 340)]),
            41
        );
    }

    #[test]
    fn whatever_reads_has_not() {
        assert_eq!(
            computed_between(&[(1, 10), (20, 3)], &[(1, 10), (21, 4)]),
            0
        );
        assert_eq!(computed_between(&[], &[(1, 10)]), 0);
    }
}
