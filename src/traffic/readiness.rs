//! Waiting until containers listen, without sending them a request.
//!
//! A request through the proxy before every replica accepts connections would make nginx take that replica out of its
//! rotation for ten seconds, and so spoil what is to be measured.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use softy_checks::observation::{Fault, State, is_loopback};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use super::listening::listening;
use crate::sandbox::{Member, Reach, Reachable, Sandbox, limits};

/// Between two attempts to connect to a container that has only just started.
const BETWEEN_CONNECTS: Duration = Duration::from_millis(10);

/// Between two attempts when it takes its time: each is traffic in the replica's counters.
const BETWEEN_LATE_CONNECTS: Duration = Duration::from_millis(250);

/// How long a container has only just started.
const START: Duration = Duration::from_secs(1);

/// One attempt to connect.
const CONNECT: Duration = Duration::from_secs(1);

/// Between two looks at a container's own tables, at least and at most.
const BETWEEN_LOOKS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(5));

/// A look costs the engine a process, and more time the busier the machine is with what is waited for: the time between two
/// looks is so many times what the last one took.
const SHARE: u32 = 10;

/// How long only connections tell whether a container listens, where it can be connected to: few listen elsewhere than on
/// the ports that they are expected to.
const CONNECTS_ALONE: Duration = Duration::from_secs(2);

/// How long a program that listens on the loopback only may take to listen elsewhere too.
const LOOPBACK_PATIENCE: Duration = Duration::from_secs(3);

/// Between two looks at whether the programs of a container that has had its time still compute.
const BETWEEN_SHARES: Duration = Duration::from_secs(10);

/// Hundredths of a second that a program which only waits does not compute in [`BETWEEN_SHARES`]; one that reads its files
/// from a slow disk does.
const AT_WORK: u64 = 1;

/// How a container settled after its start.
#[derive(Clone, Debug)]
pub struct Settled {
    /// Running when it listens, silent when it does not within [`Reachable::ready`], or how it ended.
    pub state: State,
    /// The addresses it listens on, where they had to be looked up.
    pub listening: Vec<String>,
}

/// Waits until a container listens, ends, or has had its time.
///
/// # Errors
/// A fault when the engine does not say.
pub async fn settle(
    sandbox: &Sandbox,
    member: &Member,
    reachable: &Reachable,
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

/// Until a container has had its time to listen. Where processors are scarce, importing Flask alone takes longer: as long
/// as its programs compute rather than wait, it has [`limits::READY_AT_WORK`].
async fn had_its_time(sandbox: &Sandbox, member: &Member, ready: Duration) -> Result<(), Fault> {
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

/// What the processes of both readings have computed from one to the other; whatever reads has ended by then.
fn computed_between(before: &[(u32, u64)], after: &[(u32, u64)]) -> u64 {
    let since = |(process, computed): &(u32, u64)| {
        let earlier = before.iter().find(|(other, _)| other == process)?;
        Some(computed.saturating_sub(earlier.1))
    };
    after.iter().filter_map(since).sum()
}

/// What becomes of a connection to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// It is taken.
    Open,
    /// A kernel refuses it: nothing listens there.
    Refused,
    /// Neither, within its deadline.
    Silent,
}

/// Opens a connection, and closes it.
pub async fn knock(address: SocketAddr) -> Door {
    match timeout(CONNECT, TcpStream::connect(address)).await {
        Ok(Ok(_)) => Door::Open,
        Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => Door::Refused,
        Ok(Err(_)) | Err(_) => Door::Silent,
    }
}

/// Until one of the ports that the container is expected to listen on takes a connection.
async fn accepts(sandbox: &Sandbox, member: &Member, reachable: &Reachable) {
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
            // A container that is ending has no address; waiting for its end tells more than this error.
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

/// Until the container's own tables, looked at after `first` and then again and again, show a socket that others can reach;
/// one for itself alone counts after a while.
async fn looks(sandbox: &Sandbox, member: &Member, first: Duration) -> Result<Vec<String>, Fault> {
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
