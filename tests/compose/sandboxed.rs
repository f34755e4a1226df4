//! Stacks of a submission in this program.

use std::path::Path;
use std::sync::Arc;

use softy_check::compose;
use softy_check::compose::project::Project;
use softy_check::sandbox::{
    BuildEgress, Builds, Egress, Endpoint, EndpointOptions, ImageOverrides, Reach, Sandbox,
};
use softy_check::submission::Submission;
use softy_checks::observation::{Compose, Fault, ImageState};

use crate::facts::{Names, Stack};

/// Label that distinguishes the containers of a comparison from all others.
const LABEL: &str = "compared";

/// Result of reading a compose file.
pub enum Reading {
    /// The program would start it.
    Taken(Project),
    /// The program reports, with this reason, that Compose refuses it.
    Refused(String),
    /// The sandbox refuses something in it, or does not support it yet.
    Unsafe,
}

/// Reads the compose files of a submission.
pub fn read(folder: &Path) -> Reading {
    let submission = Submission::open(folder).expect("a submission can be opened");
    let (compose, project) = compose::read(&submission, &softy_checks::Expectations::default())
        .expect("a compose file can be read");
    let Compose {
        files, problems, ..
    } = compose;
    if files.is_empty() {
        return Reading::Refused("no compose file".to_owned());
    }
    if let Some(problem) = problems.first() {
        return Reading::Refused(problem.message.en.to_string());
    }
    project.map_or(Reading::Unsafe, Reading::Taken)
}

/// Returns the observation of a submission's compose files.
///
/// # Errors
/// An error if the sandbox refuses something in them.
pub fn observed(folder: &Path) -> Result<Compose, ()> {
    let submission = Submission::open(folder).expect("a submission can be opened");
    let (compose, _) = compose::read(&submission, &softy_checks::Expectations::default())
        .expect("a compose file can be read");
    match compose.refusals.is_empty() {
        true => Ok(compose),
        false => Err(()),
    }
}

/// Creates the containers of a project, inspects them and removes them.
///
/// # Errors
/// The error text if the submission is the cause of a failure.
pub fn stack(folder: &Path, project: Project, name: &str, like: &Stack) -> Result<Stack, String> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be made");
    runtime.block_on(async {
        let engine = Endpoint::find(&EndpointOptions::default()).expect("an engine is named");
        let sandbox = Sandbox::open(&engine, None, ImageOverrides::default(), Arc::default())
            .await
            .expect("the engine answers");
        let names = Names::Sandbox(project.networks.clone());
        let made = make(&sandbox, folder, project, name).await;
        let seen = match made {
            Ok(Ok(())) => Ok(Stack::labelled(&format!("{LABEL}={name}"), &names, like)),
            Ok(Err(words)) => Err(words),
            Err(fault) => Err(format!("could not be made: {}", fault.detail.en)),
        };
        sandbox.remove().await.expect("everything can be removed");
        seen
    })
}

async fn make(
    sandbox: &Sandbox,
    folder: &Path,
    mut project: Project,
    name: &str,
) -> Result<Result<(), String>, Fault> {
    let submission = Submission::open(folder).expect("a submission can be opened");
    for service in &mut project.services {
        service.labels.push((LABEL.to_owned(), name.to_owned()));
    }
    let built = sandbox
        .images(
            &submission,
            &project,
            Builds::default(),
            &BuildEgress::default(),
        )
        .await?;
    let reachable = sandbox
        .networks(&project.networks, Some(Reach::Address), Egress::Closed)
        .await?;
    // Generated services name services later in the file, which must be created first.
    for service in project.services.iter().rev() {
        let Some(image) = built.ready.get(&service.name) else {
            let states = built.seen.iter().map(|image| &image.state);
            let states: Vec<&ImageState> = states.collect();
            return Ok(Err(format!("no image: {states:?}")));
        };
        for number in 1..=service.replicas {
            let made = sandbox
                .create(&submission, service, number, image, &reachable, None)
                .await?;
            if let Err(words) = made {
                return Ok(Err(words));
            }
        }
    }
    Ok(Ok(()))
}
