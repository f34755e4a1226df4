use std::sync::Arc;

use softy_checks::TASK6;
use softy_checks::observation::Stage;

use super::CommandError;
use crate::cli::{Engine, Grading};
use crate::grade::{Extent, Options};
use crate::rubric::Rubric;
use crate::sandbox::{Builds, Egress, ImageOverrides, SharedLimits};

/// Returns the options of a run on an engine, from the command line and the rubric. The run judges the checks `asked`, and
/// shares `turns` with other runs.
pub(super) fn options(
    engine: &Engine,
    grading: &Grading,
    asked: &[&str],
    rubric: &Rubric,
    turns: Arc<SharedLimits>,
) -> Result<Options, CommandError> {
    let bases = [grading.bases.clone(), rubric.bases()].concat();
    Ok(Options {
        extent: extent(engine, grading, asked)?,
        reach: grading.reach.map(Into::into),
        builds: match grading.unlimited_builds {
            true => Builds::Unlimited,
            false => Builds::Limited,
        },
        bases: ImageOverrides::new(bases)?,
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

/// Returns how much must be observed for the selected checks and their prerequisites. After the images it is always everything,
/// because the effect of later requests on the stack counts for the checks before them.
fn extent(engine: &Engine, grading: &Grading, asked: &[&str]) -> Result<Extent, CommandError> {
    let asked = TASK6.iter().filter(|check| asked.contains(&check.id));
    let stages: Vec<Stage> = asked.map(|check| check.stage).collect();
    let is_enough = |last: Stage| stages.iter().all(|stage| *stage <= last);
    if grading.no_stack && stages.iter().all(|stage| *stage > Stage::Compose) {
        return Err(CommandError::NeedsStack);
    }
    if grading.no_stack || is_enough(Stage::Compose) {
        return Ok(Extent::Files);
    }
    let engine = engine.endpoint()?;
    Ok(match is_enough(Stage::Images) {
        true => Extent::Images(engine),
        false => Extent::Everything(engine),
    })
}
