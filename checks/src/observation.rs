//! Observation of a submission: plain data that can be recorded and judged again.

mod answer;
mod circumstances;
mod compose;
#[cfg(test)]
pub(crate) mod correct;
mod fault;
mod files;
mod held;
mod nginx;
mod sandbox;
mod stack;
mod unseen;
mod volley;

use serde::{Deserialize, Serialize};

pub use answer::{Answer, Content, FileKind};
pub use circumstances::Circumstances;
pub use compose::{Compose, Port, Problem, ProblemKind, Published, Refusal, Service};
pub use fault::{Fault, FaultKind};
pub use files::{Bind, BindKind, Script};
pub use held::{AllHeld, Choice, Held};
pub use nginx::{Nginx, NginxFile, SourceFile};
pub use sandbox::{BaseImage, Sandbox, Unenforced};
pub use stack::{
    BuildFailure, Container, Image, ImageState, Limit, Outcome, Proxy, Reply, Resource, Stack,
    State, is_loopback,
};
pub use unseen::{Reasons, Stage, Unseen};
pub use volley::{Connection, Other, Volley, Witness};

use crate::expectations::Expectations;
use crate::model::{Text, Unjudged};

/// Everything that the checks judge.
///
/// A stage that was not run is `None`, and `unseen` has the reason. A file that cannot be read is also `None`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// Version of this layout, [`Observation::SCHEMA`] if this release wrote it.
    pub schema: u32,
    /// Path of the folder that was used as `task6`, from the folder that was given, if it is not the obvious one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<String>,
    /// Answer file.
    pub answer: Option<Answer>,
    /// Compose file.
    pub compose: Option<Compose>,
    /// Empty folders inside the folders that images are built from, by their paths from the submission's root.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub empty_folders: Vec<String>,
    /// Scripts that Linux cannot run as they are, in folders that images are built from or that containers mount.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scripts: Vec<Script>,
    /// Paths of the submission that containers mount.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub binds: Vec<Bind>,
    /// Images, one per service, in the order of the services.
    pub images: Option<Vec<Image>>,
    /// Stack with two replicas of `back-end`, once started.
    pub stack: Option<Stack>,
    /// Replies to `GET /api/hello` through the proxy: one on a first connection, then one on each of several new ones.
    pub api: Option<Vec<Reply>>,
    /// Reply to `GET /` through the proxy.
    pub front_page: Option<Reply>,
    /// Volleys of requests, in the order in which they were sent.
    pub volleys: Vec<Volley>,
    /// Volleys that were sent again because something disturbed them or they had no order, with their results.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set_aside: Vec<Volley>,
    /// Services whose containers sent requests through the proxy in addition to the checker's, by the proxy's log.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub askers: Vec<String>,
    /// Circumstances of the volleys: once for two replicas, once for five.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub circumstances: Vec<Circumstances>,
    /// Result of requests while a replica was paused; `None` if none was, or something disturbed the requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
    /// Stack with five replicas, if one of its containers did not stay up.
    pub scaled: Option<Stack>,
    /// Fault of the checker that ended the observation.
    pub fault: Option<Fault>,
    /// Reasons for missing stages, complete once the run has ended; `None` in recordings of releases that did not record them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unseen: Option<Reasons>,
    /// Configuration that the proxy's nginx reads at its start; `None` if the proxy is not nginx.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nginx: Option<Nginx>,
    /// Engine that the stack ran on; no check judges it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<Sandbox>,
    /// Remedy for the fault on the machine where it occurred, if a more specific one is known than for its kind; never
    /// recorded.
    #[serde(skip)]
    pub advice: Option<Text>,
    /// Requirements for the submission; not observed, and therefore never recorded.
    #[serde(skip)]
    pub asked: Expectations,
}

impl Observation {
    /// Version of the layout that this release reads and writes.
    pub const SCHEMA: u32 = 1;

    /// Returns whether the run was interrupted.
    pub fn is_interrupted(&self) -> bool {
        let fault = self.fault.as_ref();
        fault.is_some_and(|fault| fault.kind == FaultKind::Interrupted)
    }

    /// Records a service whose containers send requests in addition to the checker's.
    pub fn note_asker(&mut self, service: &str) {
        if !self.askers.iter().any(|known| known == service) {
            self.askers.push(service.to_owned());
        }
    }

    /// Makes an observation that ends after the answer file.
    pub fn of_answer(answer: Option<Answer>) -> Observation {
        Observation {
            schema: Observation::SCHEMA,
            taken: None,
            answer,
            compose: None,
            empty_folders: Vec::new(),
            scripts: Vec::new(),
            binds: Vec::new(),
            images: None,
            stack: None,
            api: None,
            front_page: None,
            volleys: Vec::new(),
            set_aside: Vec::new(),
            askers: Vec::new(),
            circumstances: Vec::new(),
            held: None,
            scaled: None,
            fault: None,
            unseen: Some(Reasons::new()),
            nginx: None,
            sandbox: None,
            advice: None,
            asked: Expectations::default(),
        }
    }

    /// Returns the observation of a stage, or the reason why it is missing.
    pub fn seen<'a, T>(&self, stage: Stage, part: &'a Option<T>) -> Result<&'a T, Unjudged> {
        part.as_ref().ok_or_else(|| self.why_unseen(stage))
    }

    /// Returns the volley on one connection over `replicas` replicas, or the reason why it is missing.
    pub fn volley(&self, replicas: u32) -> Result<&Volley, Unjudged> {
        let stage = match replicas {
            2 => Stage::Rotation,
            _ => Stage::Scaling,
        };
        let mut volleys = self.volleys.iter();
        let volley = volleys
            .find(|volley| volley.replicas == replicas && volley.connection != Connection::Fresh);
        volley.ok_or_else(|| self.why_unseen(stage))
    }
}
