use std::sync::Arc;

use softy_checks::TASK6;
use softy_checks::model::Check;

use super::CommandError;
use crate::cli::Grading;
use crate::grade::{Extent, Options};
use crate::sandbox::{Bases, Builds, Egress, Turns};

/// The last check that files alone can answer; every check behind it in the catalogue needs an engine.
const LAST_OF_FILES: &str = "back-end-private";

/// What the command line asks for, of a run that judges the checks `only`, or all when it names none, in `turns` with others.
pub(super) fn options(
    grading: &Grading,
    only: &[String],
    turns: Arc<Turns>,
) -> Result<Options, CommandError> {
    Ok(Options {
        extent: extent(grading, only),
        reach: grading.reach.map(Into::into),
        builds: match grading.unlimited_builds {
            true => Builds::Unlimited,
            false => Builds::Limited,
        },
        bases: Bases::new(grading.bases.clone())?,
        egress: match grading.egress {
            true => Egress::Open,
            false => Egress::Closed,
        },
        build_hosts: grading.build_hosts.clone(),
        runtime: grading.runtime.clone(),
        turns,
    })
}

/// Files alone when no check that was asked for, nor one that it comes after, needs more.
fn extent(grading: &Grading, only: &[String]) -> Extent {
    let of_files = |check: &&Check| {
        TASK6.iter().position(|other| other.id == check.id)
            <= TASK6.iter().position(|other| other.id == LAST_OF_FILES)
    };
    let asked: Vec<&Check> = TASK6
        .iter()
        .copied()
        .filter(|check| only.iter().any(|id| id == check.id))
        .collect();
    if grading.no_stack || (!asked.is_empty() && asked.iter().all(of_files)) {
        return Extent::Files;
    }
    Extent::Everything
}
