use std::sync::Arc;

use super::{CommandError, ids};
use crate::cli::{Engine, Grading};
use crate::grade::{Extent, Options};
use crate::rubric::Rubric;
use crate::sandbox::{Bases, Builds, Egress, Turns};

/// The last check that files alone can answer; every check behind it in the catalogue needs an engine.
const LAST_OF_FILES: &str = "back-end-private";

/// What the command line and the rubric ask for, of a run on an engine that judges the checks `asked`, in `turns` with others.
pub(super) fn options(
    engine: &Engine,
    grading: &Grading,
    asked: &[&str],
    rubric: &Rubric,
    turns: Arc<Turns>,
) -> Result<Options, CommandError> {
    let bases = [grading.bases.clone(), rubric.bases()].concat();
    Ok(Options {
        extent: match needs_engine(grading, asked) {
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
        keep: false,
        turns,
    })
}

/// Whether a check that was asked for, or one that it comes after, needs more than files.
fn needs_engine(grading: &Grading, asked: &[&str]) -> bool {
    let place = |id: &str| ids().position(|other| other == id);
    let by_files_alone = asked.iter().all(|id| place(id) <= place(LAST_OF_FILES));
    !grading.no_stack && !by_files_alone
}
