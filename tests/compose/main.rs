//! Comparison of Compose and this program on the same files: both accept a file or both refuse it, and the resulting stacks are
//! the same except for the sandbox's own parts.
//!
//! The command for Compose is `SOFTY_CHECK_COMPOSE` (such as `docker compose`), or else `docker-compose` if it is installed.
//! With `SOFTY_CHECK_COMPARE=all` every file is compared, otherwise a few of each kind.

#![expect(
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test ends at what it cannot do, and says what it compared"
)]

mod between;
mod cases;
mod facts;
#[path = "../fixture/mod.rs"]
mod fixture;
mod generated;
mod known;
mod mounts;
mod page;
mod reference;
mod sandboxed;
mod started;
mod tally;
mod types;
mod values;

use std::path::Path;

use cases::Case;
use facts::Stack;
use fixture::is_live;
use reference::Reference;
use sandboxed::{Reading, observed, read, stack};
use softy_check::compose::project::Service;
use tally::{Outcome, Tally, each};

#[test]
fn compose_refuses_what_this_program_refuses_and_nothing_else() {
    let Some(reference) = asked() else {
        return;
    };
    let tally = Tally::new("files", &reference);
    each(cases::of_acceptance(&reference), |case, folder| {
        let read = read(folder);
        tally.count(case, acceptance(&reference, case, folder, read));
    });
    tally.conclude();
}

#[test]
fn what_compose_brings_up_is_brought_up_here() {
    let Some(reference) = asked() else {
        return;
    };
    if reference.is_first() && !cases::is_everything() {
        eprintln!(
            "skipped: the first Compose takes a minute for it; `cargo xtask compare` asks for it"
        );
        return;
    }
    let tally = Tally::new("stacks", &reference);
    each(cases::of_stacks(), |case, folder| {
        compare_stacks(&reference, &tally, case, folder);
    });
    tally.conclude();
}

#[test]
fn what_compose_starts_is_started_here_in_such_an_order_and_finds_the_same_names() {
    let Some(reference) = asked() else {
        return;
    };
    if !cases::is_everything() {
        return;
    }
    let tally = Tally::new("started stacks", &reference);
    let cases = started::CASES.iter();
    let cases = cases.map(|(name, services)| {
        let unique = std::process::id().to_string();
        Case::written(format!("started: {name}"), started::file(services, &unique))
    });
    each(cases.collect(), |case, folder| {
        let Reading::Taken(project) = read(folder) else {
            return tally.count(case, Outcome::SandboxOnly);
        };
        let ours = started::of_program(folder);
        match started::of_compose(&reference, folder, &case.project()) {
            Err(words) => tally.count(case, Outcome::MadeByOne(words)),
            Ok(theirs) => match started::differences(&project, &theirs, &ours) {
                none if none.is_empty() => tally.count(case, Outcome::Equal),
                some => some
                    .into_iter()
                    .for_each(|one| tally.count(case, Outcome::Different(one))),
            },
        }
    });
    tally.conclude();
}

#[test]
fn what_services_share_stops_up_where_it_is_found() {
    let Some(reference) = asked() else {
        return;
    };
    let tally = Tally::new("stacks of services that share something", &reference);
    each(between::cases(), |case, folder| {
        let outcome = match observed(folder) {
            Ok(seen) => between::outcome(&reference, case, folder, &seen),
            Err(()) => Outcome::SandboxOnly,
        };
        tally.count(case, outcome);
    });
    tally.conclude();
}

/// Counts a case. If one side fails to create its stack, counts each service in a case of its own, because a single service is
/// enough to spoil the whole stack.
fn compare_stacks(reference: &Reference, tally: &Tally, case: &Case, folder: &Path) {
    let outcomes = stacks(reference, case, folder);
    let parts = case.parts();
    let made = |outcome: &Outcome| match outcome {
        Outcome::Equal | Outcome::SandboxOnly | Outcome::Noted | Outcome::Different(_) => true,
        Outcome::RefusedByBoth | Outcome::MadeByOne(_) => false,
    };
    if !outcomes.iter().all(made) && !parts.is_empty() {
        for part in parts {
            let folder = part.folder();
            compare_stacks(reference, tally, &part, folder.path());
        }
        return;
    }
    for outcome in outcomes {
        tally.count(case, outcome);
    }
}

/// Returns the differences between the stacks of both sides, or a single outcome if there are none.
fn stacks(reference: &Reference, case: &Case, folder: &Path) -> Vec<Outcome> {
    let project = match read(folder) {
        Reading::Taken(project) => project,
        // Services that are valid alone may use the same port or name.
        Reading::Refused(_) if !case.parts().is_empty() => return vec![Outcome::RefusedByBoth],
        Reading::Refused(_) | Reading::Unsafe => return vec![Outcome::SandboxOnly],
    };
    if project.services.iter().any(tags) {
        return vec![Outcome::SandboxOnly];
    }
    let name = case.project();
    let theirs = reference.stack(folder, &name);
    let like = Stack::default();
    let ours = stack(folder, project, &name, theirs.as_ref().unwrap_or(&like));
    match (theirs, ours) {
        (Ok(theirs), Ok(ours)) => {
            let differences = theirs.differences(&ours);
            match differences.is_empty() {
                true => vec![Outcome::Equal],
                false => differences.into_iter().map(Outcome::Different).collect(),
            }
        }
        (Ok(_), Err(words)) => vec![Outcome::MadeByOne(format!("made by Compose only: {words}"))],
        (Err(words), Ok(_)) => vec![Outcome::MadeByOne(format!("not made by Compose: {words}"))],
        (Err(_), Err(_)) => vec![Outcome::RefusedByBoth],
    }
}

/// Returns whether Compose would tag the image that it builds with a name of the file's choice, which may be that of a base
/// image.
fn tags(service: &Service) -> bool {
    service.build.is_some() && service.image.is_some()
}

/// Returns Compose if live runs are enabled and it is installed.
fn asked() -> Option<Reference> {
    if !is_live() {
        return None;
    }
    let reference = Reference::installed();
    if reference.is_none() {
        eprintln!("skipped: neither SOFTY_CHECK_COMPOSE nor docker-compose is there");
    }
    reference
}

/// Compares whether both sides accept a file. A file that only the engine refuses, when containers are created or started,
/// counts as refused.
fn acceptance(reference: &Reference, case: &Case, folder: &Path, read: Reading) -> Outcome {
    match (read, reference.reads(folder)) {
        (Reading::Taken(_), Ok(())) => Outcome::Equal,
        (Reading::Taken(_), Err(words)) => Outcome::different("Compose refuses", words),
        (Reading::Unsafe, _) => Outcome::SandboxOnly,
        (Reading::Refused(_), Err(_)) => Outcome::RefusedByBoth,
        (Reading::Refused(words), Ok(())) => {
            let project = case.project();
            let fails = || {
                let made = reference.makes(folder, &project);
                made.is_err() || reference.starts(folder, &project).is_err()
            };
            if !case.tags() && fails() {
                return Outcome::RefusedByBoth;
            }
            Outcome::different("only this program refuses", words)
        }
    }
}
