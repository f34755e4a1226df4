use std::sync::Arc;

use softy_checks::TASK6;
use softy_checks::model::Check;

use super::CommandError;
use crate::cli::Grading;
use crate::grade::{Extent, Options};
use crate::rubric::Rubric;
use crate::sandbox::{Bases, Builds, Egress, Turns};

/// The last check that files alone can answer; every check behind it in the catalogue needs an engine.
const LAST_OF_FILES: &str = "back-end-private";

/// What the command line and the rubric ask for, of a run that judges the checks `only`, or all when it names none, in `turns` with others.
pub(super) fn options(
    grading: &Grading,
    only: &[String],
    rubric: &Rubric,
    turns: Arc<Turns>,
) -> Result<Options, CommandError> {
    let bases = [grading.bases.clone(), rubric.bases()].concat();
    Ok(Options {
        extent: extent(grading, only),
        reach: grading.reach.map(Into::into),
        builds: match grading.unlimited_builds {
            true => Builds::Unlimited,
            false => Builds::Limited,
        },
        bases: Bases::new(bases)?,
        egress: match grading.egress || rubric.stack.egress {
            true => Egress::Open,
            false => Egress::Closed,
        },
        build_hosts: grading.build_hosts.clone(),
        runtime: grading.runtime.clone(),
        asked: rubric.asked(),
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
