//! Reasons for missing stages.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Connection, Fault, Observation};
use crate::model::{Check, Unjudged};
use crate::verdict::{Reason, Status, Verdict, judge};

/// A part of an observation, in the order of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The answer file.
    Answer,
    /// The compose file.
    Compose,
    /// The images.
    Images,
    /// The stack with two replicas.
    Stack,
    /// The reply to `GET /`.
    FrontPage,
    /// The replies to `GET /api/hello`.
    Api,
    /// The volley over two replicas.
    Rotation,
    /// More than two replicas: a volley, or a stack that did not stay up.
    Scaling,
}

/// Reason why a stage is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unseen {
    /// The options of the run exclude it, as with `--no-stack`. No other reason leaves a stage out of the score.
    NotAsked,
    /// The check of this id failed, which ended the run.
    StoppedBy(String),
    /// A fault of the checker ended the run.
    Fault,
}

/// Reason for each missing stage.
pub type Reasons = BTreeMap<Stage, Unseen>;

impl Stage {
    /// Every stage, in the order of the run.
    const ALL: [Stage; 8] = [
        Stage::Answer,
        Stage::Compose,
        Stage::Images,
        Stage::Stack,
        Stage::FrontPage,
        Stage::Api,
        Stage::Rotation,
        Stage::Scaling,
    ];

    /// The last stage of a whole run.
    pub const LAST: Stage = Stage::Scaling;
}

impl Observation {
    /// Returns whether the observation has a stage.
    fn has(&self, stage: Stage) -> bool {
        let has_volley = |is_meant: fn(u32) -> bool| {
            let mut volleys = self.volleys.iter();
            volleys
                .any(|volley| volley.connection != Connection::Fresh && is_meant(volley.replicas))
        };
        match stage {
            Stage::Answer => self.answer.is_some(),
            Stage::Compose => self.compose.is_some(),
            Stage::Images => self.images.is_some(),
            Stage::Stack => self.stack.is_some(),
            Stage::FrontPage => self.front_page.is_some(),
            Stage::Api => self.api.is_some(),
            Stage::Rotation => has_volley(|replicas| replicas == 2),
            Stage::Scaling => self.scaled.is_some() || has_volley(|replicas| replicas > 2),
        }
    }

    /// Returns the reason why a stage is missing.
    pub(super) fn why_unseen(&self, stage: Stage) -> Unjudged {
        let reason = self.unseen.as_ref().and_then(|why| why.get(&stage));
        match (reason, &self.fault) {
            (Some(Unseen::NotAsked), _) => Unjudged::NotAsked,
            (Some(Unseen::StoppedBy(id)), _) => Unjudged::Stopped(id.clone()),
            (Some(Unseen::Fault) | None, Some(fault)) => Unjudged::Fault(fault.clone()),
            (Some(Unseen::Fault) | None, None) => Unjudged::Pending,
        }
    }

    /// Records the reason for each missing stage of a run that was asked to run every stage up to `last`. A stage that is
    /// missing without a reason is a bug of the checker, and becomes its fault.
    pub fn ended(mut self, catalogue: &[&'static Check], last: Stage) -> Observation {
        self.unseen = Some(Reasons::new());
        let verdicts = judge(catalogue, &self);
        let mut reasons = Reasons::new();
        for stage in self.missing() {
            let reason = match stage > last {
                true => Unseen::NotAsked,
                false => self.reason(&verdicts, stage).unwrap_or(Unseen::Fault),
            };
            if reason == Unseen::Fault && self.fault.is_none() {
                let id = verdict(&verdicts, stage).map_or("", |verdict| verdict.check.id);
                self.fault = Some(Fault::nothing_seen(id));
            }
            reasons.insert(stage, reason);
        }
        self.unseen = Some(reasons);
        self
    }

    /// Infers the reasons for missing stages from a recording without them; in doubt, a stage does not count as excluded.
    ///
    /// A check that fails for the service that was measured, or was to be measured, counts as the one that stopped the run.
    /// Stages count as excluded only if no check fails, and all stages after the files or after the images are missing, as
    /// after `--no-stack` and `--only images-build`. Any other stage keeps no reason, and is not graded.
    pub(crate) fn inferred(mut self, catalogue: &[&'static Check]) -> Observation {
        if self.unseen.is_some() {
            return self;
        }
        self.unseen = Some(Reasons::new());
        let verdicts = judge(catalogue, &self);
        let seen = Stage::ALL.into_iter().filter(|stage| self.has(*stage));
        let last = match seen.max() {
            Some(Stage::Answer | Stage::Compose) => Stage::Compose,
            Some(Stage::Images) => Stage::Images,
            Some(_) | None => Stage::LAST,
        };
        let missing = self.missing().into_iter();
        let reasons = missing.filter_map(|stage| {
            let not_asked = (stage > last).then_some(Unseen::NotAsked);
            Some((stage, self.reason(&verdicts, stage).or(not_asked)?))
        });
        self.unseen = Some(reasons.collect());
        self
    }

    fn missing(&self) -> Vec<Stage> {
        let stages = Stage::ALL.into_iter();
        stages.filter(|stage| !self.has(*stage)).collect()
    }

    /// Returns the reason why a run did not reach a stage: a check that failed before it, or a fault.
    fn reason(&self, verdicts: &[Verdict], stage: Stage) -> Option<Unseen> {
        let verdict = verdict(verdicts, stage)?;
        let stopped_by = |id: &str| Some(Unseen::StoppedBy(id.to_owned()));
        match verdict.status {
            Status::Skipped(Reason::After(id)) => stopped_by(id),
            Status::Failed { .. } => stopped_by(verdict.check.id),
            Status::Passed | Status::Skipped(Reason::NotAsked) | Status::NotGraded(_) => {
                self.fault.as_ref().map(|_| Unseen::Fault)
            }
        }
    }
}

/// Returns the verdict of the first check that judges a stage.
fn verdict(verdicts: &[Verdict], stage: Stage) -> Option<&Verdict> {
    verdicts.iter().find(|verdict| verdict.check.stage == stage)
}
