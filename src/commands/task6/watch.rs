//! `task6 --watch`: grades again whenever a file changes.

use std::future::Future;
use std::path::Path;
use std::pin::{Pin, pin};
use std::time::{Duration, Instant};

use softy_checks::model::Text;
use tokio::runtime::Runtime;
use tokio::time::{sleep, timeout};

use super::GradeJob;
use crate::commands::CommandError;
use crate::commands::interruption::interruption;
use crate::grade::{Session, left_on_the_engine};
use crate::report::{ExitStatus, visible};
use crate::submission::{Changes, Stamps, Submission};

/// Minimum pause between two checks of the files. A change is complete when the next check finds nothing newer.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// Minimum length of the pause as a multiple of the check before it, so that checks use little processor time.
const REST: u32 = 20;

/// Time that the warm stack stays up without a change.
const WARM: Duration = Duration::from_secs(15 * 60);

/// Maximum number of changed paths in a message.
const NAMED: usize = 3;

/// Maximum width of a path, in columns.
const PATH: usize = 100;

const WATCHING: Text = Text::fixed(
    "waiting for a file to change; Ctrl-C ends it and takes the stack away",
    "en attente d’un changement de fichier ; Ctrl-C arrête et supprime la pile",
);

pub(super) fn run(order: &GradeJob<'_>) -> Result<ExitStatus, CommandError> {
    Runtime::new()?.block_on(async {
        let mut interruption = pin!(interruption()?);
        let mut session = Session::new(&order.options);
        let watched = rounds(order, &mut session, interruption.as_mut()).await;
        let progress = order.progress();
        let ended = session.end(&progress).await;
        progress.finish();
        order.warn(&ended, &progress);
        watched
    })
}

/// Grades round after round, until an interrupt or until the reader of the reports is gone.
async fn rounds(
    order: &GradeJob<'_>,
    session: &mut Session<'_>,
    mut interruption: Pin<&mut impl Future<Output = ()>>,
) -> Result<ExitStatus, CommandError> {
    let mut changes = Changes::Unknown;
    loop {
        let started = Instant::now();
        let submission = Submission::open_around(order.path)?;
        let stamps = submission.stamps();
        let progress = order.progress();
        let seen = session
            .observe(&submission, &changes, &progress, interruption.as_mut())
            .await;
        let phases = progress.finish();
        let status = order.hand_over(seen, started.elapsed(), phases, &progress)?;
        if let Err(fault) = session.rest(&submission, &progress).await {
            progress.say(&left_on_the_engine(&fault));
        }
        progress.say(&WATCHING);
        changes = tokio::select! {
            changes = next(order.path, &stamps, session) => changes,
            () = interruption.as_mut() => return Err(CommandError::Interrupted),
            () = order.unread() => return Ok(status),
        };
        progress.say(&named(&changes));
    }
}

/// Waits for the next change. Removes the warm stack if there is none within [`WARM`].
async fn next(path: &Path, before: &Stamps, session: &mut Session<'_>) -> Changes {
    if let Ok(changes) = timeout(WARM, changed(path, before)).await {
        return changes;
    }
    // A failed removal is tried again at the end, and reported there.
    let _cooled = session.cool_down().await;
    changed(path, before).await
}

/// Waits until the files differ from `before` and have stopped changing.
async fn changed(path: &Path, before: &Stamps) -> Changes {
    let mut last: Option<Stamps> = None;
    loop {
        let started = Instant::now();
        // A folder that is being replaced does not exist for a moment.
        let now = Submission::open_around(path)
            .map(|submission| submission.stamps())
            .ok();
        if let Some(now) = &now {
            let changes = now.since(before);
            if !changes.is_none() && last.as_ref() == Some(now) {
                return changes;
            }
        }
        last = now;
        sleep(BETWEEN_LOOKS.max(started.elapsed() * REST)).await;
    }
}

/// Returns a message with the changed paths.
fn named(changes: &Changes) -> Text {
    let Changes::These(paths) = changes else {
        return Text::fixed("changed", "modifié");
    };
    let mut names: Vec<String> = paths
        .iter()
        .take(NAMED)
        .map(|path| visible(path, PATH))
        .collect();
    if paths.len() > NAMED {
        names.push("…".to_owned());
    }
    let names = names.join(", ");
    Text::new(format!("changed: {names}"), format!("modifié : {names}"))
}
