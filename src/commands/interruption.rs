use std::future::Future;
use std::io;

use tokio::signal::unix::{SignalKind, signal};

/// Ready when somebody wants this process to end: from the keyboard, by the system, or with its terminal.
///
/// # Errors
/// When signals cannot be listened to.
pub(super) fn interruption() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    })
}
