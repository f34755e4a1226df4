use std::fs;
use std::future::{Future, pending};
use std::io;

use tokio::signal::unix::{SignalKind, signal};

/// Returns a future that completes when this process should end: by a signal from the keyboard, the system or its terminal.
///
/// # Errors
/// When the signal handlers cannot be installed.
pub(super) fn interruption() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = match outlives_its_terminal() {
        true => None,
        false => Some(signal(SignalKind::hangup())?),
    };
    Ok(async move {
        let hung_up = async {
            match &mut hangup {
                Some(hangup) => hangup.recv().await,
                None => pending().await,
            }
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hung_up => {}
        }
    })
}

/// Returns true if this process was started to outlive its terminal, as by `nohup`: it ignores `SIGHUP`, as the kernel reports.
fn outlives_its_terminal() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|set| u64::from_str_radix(set.trim(), 16).ok());
    // The lowest bit is signal 1, `SIGHUP`.
    ignored.is_some_and(|set| set & 1 == 1)
}
