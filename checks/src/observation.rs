//! What has been seen of a submission: plain data that can be recorded and judged again.

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

use crate::asked::Asked;
use crate::model::{Text, Unjudged};

/// Everything that the checks judge.
///
/// A stage is `None` when it was not looked at, and `unseen` has the reason; so are files that cannot be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// Version of this layout, [`Observation::SCHEMA`] when written by this release.
    pub schema: u32,
    /// The folder that was taken for `task6`, by its path from the one that was given, where that is not plain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<String>,
    /// The answer file.
    pub answer: Option<Answer>,
    /// The compose file.
    pub compose: Option<Compose>,
    /// Empty folders of the folders that images are built from, by their paths from the submission's root.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub empty_folders: Vec<String>,
    /// Scripts of the folders that images are built from, or that containers mount, that Linux does not run as they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scripts: Vec<Script>,
    /// What containers mount of the submission.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub binds: Vec<Bind>,
    /// One image a service, in the order of the services.
    pub images: Option<Vec<Image>>,
    /// The stack with two replicas of `back-end`, once started.
    pub stack: Option<Stack>,
    /// The replies to `GET /api/hello` through the proxy: one on a first connection, then one on each of several new ones.
    pub api: Option<Vec<Reply>>,
    /// The reply to `GET /` through the proxy.
    pub front_page: Option<Reply>,
    /// The volleys of requests, in the order they were sent.
    pub volleys: Vec<Volley>,
    /// Volleys that were sent again, because something disturbed them or they had no order, and what was seen of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set_aside: Vec<Volley>,
    /// The services whose containers sent requests through the proxy beside the checker, by the proxy's log.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub askers: Vec<String>,
    /// What the volleys met with: once for two replicas, once for five.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub circumstances: Vec<Circumstances>,
    /// What came of requests while a replica was held; `None` when none was, or something disturbed them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
    /// The stack with five replicas, when one of its containers did not stay up.
    pub scaled: Option<Stack>,
    /// The checker's own trouble, which ended the observation.
    pub fault: Option<Fault>,
    /// Why stages are missing, each with its reason once the run has ended; `None` in recordings of releases that did not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unseen: Option<Reasons>,
    /// What the proxy's nginx reads when it starts; `None` when the proxy is no nginx.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nginx: Option<Nginx>,
    /// The engine that the stack ran on; no check judges it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<Sandbox>,
    /// What helps against the fault on the machine where it came up, where that is known better than for its kind; no
    /// recording has it.
    #[serde(skip)]
    pub advice: Option<Text>,
    /// What is asked of it; nothing that was seen, so that no recording has it.
    #[serde(skip)]
    pub asked: Asked,
}

impl Observation {
    /// The version of the layout that this release reads and writes.
    pub const SCHEMA: u32 = 1;

    /// Whether the run was interrupted.
    pub fn is_interrupted(&self) -> bool {
        let fault = self.fault.as_ref();
        fault.is_some_and(|fault| fault.kind == FaultKind::Interrupted)
    }

    /// Notes a service whose containers send requests beside the checker.
    pub fn note_asker(&mut self, service: &str) {
        if !self.askers.iter().any(|known| known == service) {
            self.askers.push(service.to_owned());
        }
    }

    /// An observation that has got no further than the answer file.
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
            asked: Asked::default(),
        }
    }

    /// What was seen at a stage, or why nothing was.
    pub fn seen<'a, T>(&self, stage: Stage, part: &'a Option<T>) -> Result<&'a T, Unjudged> {
        part.as_ref().ok_or_else(|| self.why_unseen(stage))
    }

    /// The volley on one connection over `replicas` replicas, or why there is none.
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
