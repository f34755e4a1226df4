use std::sync::Arc;

use super::{CommandError, ids};
use crate::cli::{Engine, Grading};
use crate::grade::{Extent, Options};
use crate::rubric::Rubric;
use crate::sandbox::{Bases, Builds, Egress, Turns};

/// The last check that files alone can answer; every check behind it in the catalogue needs an engine.
const LAST_OF_FILES: &str = "back-end-private";

/// The last check that needs no more than images.
const LAST_OF_IMAGES: &str = "images-build";

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
        extent: extent(engine, grading, asked)?,
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

/// What has to be looked at for the checks that were asked for, and those that they come after. Behind the images that is
/// always everything: what becomes of the stack under later requests counts for the checks before them.
fn extent(engine: &Engine, grading: &Grading, asked: &[&str]) -> Result<Extent, CommandError> {
    let place = |id: &str| ids().position(|other| other == id);
    let is_enough = |last: &str| asked.iter().all(|id| place(id) <= place(last));
    let none_of_files = asked.iter().all(|id| place(id) > place(LAST_OF_FILES));
    if grading.no_stack && none_of_files {
        return Err(CommandError::NeedsStack);
    }
    if grading.no_stack || is_enough(LAST_OF_FILES) {
        return Ok(Extent::Files);
    }
    let engine = engine.endpoint()?;
    Ok(match is_enough(LAST_OF_IMAGES) {
        true => Extent::Images(engine),
        false => Extent::Everything(engine),
    })
}
