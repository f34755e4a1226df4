use std::sync::Arc;

use softy_checks::TASK6;
use softy_checks::model::Check;

use super::CommandError;
use crate::cli::{Engine, Grading};
use crate::grade::{Extent, Options};
use crate::rubric::Rubric;
use crate::sandbox::{Bases, Builds, Egress, Turns};

/// The last check that files alone can answer; every check behind it in the catalogue needs an engine.
const LAST_OF_FILES: &str = "back-end-private";

/// What the command line and the rubric ask for, of a run on an engine that judges the checks `only`, or all when it names none, in `turns` with others.
pub(super) fn options(
    engine: &Engine,
    grading: &Grading,
    only: &[String],
    rubric: &Rubric,
    turns: Arc<Turns>,
) -> Result<Options, CommandError> {
    let bases = [grading.bases.clone(), rubric.bases()].concat();
    Ok(Options {
        extent: match needs_engine(grading, only) {
            true => Extent::Everything(engine.endpoint()?),
            false => Extent::Files,
        },
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

/// Whether a check that was asked for, or one that it comes after, needs more than files.
fn needs_engine(grading: &Grading, only: &[String]) -> bool {
    let of_files = |check: &&Check| {
        TASK6.iter().position(|other| other.id == check.id)
            <= TASK6.iter().position(|other| other.id == LAST_OF_FILES)
    };
    let asked: Vec<&Check> = TASK6
        .iter()
        .copied()
        .filter(|check| only.iter().any(|id| id == check.id))
        .collect();
    let by_files_alone = !asked.is_empty() && asked.iter().all(of_files);
    !grading.no_stack && !by_files_alone
}
