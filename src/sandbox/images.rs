//! Images of the services: builds them, finds them, or reports them as missing.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use bollard::models::{CreateImageInfo, ImageInspect};
use bollard::query_parameters::CreateImageOptionsBuilder;
use futures_util::{StreamExt, TryStreamExt, stream};
use softy_checks::observation::{Fault, Image, ImageState};
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::build::{BuildEgress, Builds, BuildsOfRun, too_large};
use super::engine::{fault, is_missing, kind_of, message};
use super::reference::malformed;
use super::registry::is_private;
use super::{Sandbox, limits};
use crate::compose::images::tagged;
use crate::compose::project::{Project, Service};
use crate::submission::Submission;

/// Label with the name of the image that an image made from Debian packages replaces; images built on it inherit the label.
const STANDS_FOR_LABEL: &str = "org.softy-check.stands-for";

/// Number of images built or searched for at the same time.
const AT_A_TIME: usize = 4;

/// Result for the images of all services.
pub struct Built {
    /// State of each image, for the checks.
    pub seen: Vec<Image>,
    /// Images that containers can be made from, by service.
    pub ready: BTreeMap<String, ReadyImage>,
}

/// An image that containers can be made from.
#[derive(Clone, Debug)]
pub struct ReadyImage {
    pub(super) reference: String,
    /// Id of the image on the engine, the same for the same content.
    pub id: String,
    /// TCP ports that the image exposes.
    pub exposed: Vec<u16>,
    entrypoint: Vec<String>,
    command: Vec<String>,
}

impl ReadyImage {
    /// Returns the command line of a container of this image for a service, entry point first. A service's own entry point also
    /// discards the image's command.
    pub fn command(&self, service: &Service) -> Vec<String> {
        let (entrypoint, command) = match &service.entrypoint {
            Some(entrypoint) => (entrypoint, &Vec::new()),
            None => (&self.entrypoint, &self.command),
        };
        let command = service.command.as_ref().unwrap_or(command);
        [entrypoint.as_slice(), command].concat()
    }
}

impl Sandbox {
    /// Builds or finds the images of all services, a few at the same time.
    ///
    /// # Errors
    /// A fault when the engine, the network or the disk fails.
    pub async fn images(
        &self,
        submission: &Submission,
        project: &Project,
        builds: Builds,
        outlet: &BuildEgress,
    ) -> Result<Built, Fault> {
        let built = self.all_images(submission, project, builds, outlet).await;
        self.identify_base_images().await;
        built
    }

    async fn all_images(
        &self,
        submission: &Submission,
        project: &Project,
        builds: Builds,
        outlet: &BuildEgress,
    ) -> Result<Built, Fault> {
        self.find_base_images(submission, project).await?;
        let run = BuildsOfRun {
            builds,
            outlet,
            network: OnceCell::new(),
        };
        let common = &run;
        let made = project
            .services
            .iter()
            .enumerate()
            .filter(|(_, service)| maker(project, service).is_none())
            .map(|(index, service)| async move {
                let state = self.image(submission, service, index, common).await?;
                Ok::<_, Fault>((service.name.as_str(), state))
            });
        let mut states: BTreeMap<&str, (ImageState, String)> = stream::iter(made)
            .buffer_unordered(AT_A_TIME)
            .try_collect()
            .await?;
        if let Some(network) = run.network.into_inner() {
            self.leave(network).await;
        }
        for service in &project.services {
            let maker = maker(project, service);
            if let Some(state) = maker.and_then(|maker| states.get(maker.name.as_str())) {
                states.insert(&service.name, state.clone());
            }
        }
        self.collect(project, states).await
    }

    /// Builds or finds the image of a service, the `index`-th of the project, that no other service builds.
    async fn image(
        &self,
        submission: &Submission,
        service: &Service,
        index: usize,
        run: &BuildsOfRun<'_>,
    ) -> Result<(ImageState, String), Fault> {
        if let Some(build) = &service.build {
            return self.build(submission, build, index, run).await;
        }
        let reference = service.image.clone().unwrap_or_default();
        if let Some(taken) = self.bases.instead_of(&reference) {
            return Ok((ImageState::Ready, taken.to_owned()));
        }
        self.look_up(&reference).await
    }

    async fn collect(
        &self,
        project: &Project,
        mut states: BTreeMap<&str, (ImageState, String)>,
    ) -> Result<Built, Fault> {
        let (mut seen, mut ready) = (Vec::new(), BTreeMap::new());
        for service in &project.services {
            let Some((state, reference)) = states.remove(service.name.as_str()) else {
                continue;
            };
            if state == ImageState::Ready {
                let image = self.ready(reference).await?;
                ready.insert(service.name.clone(), image);
            }
            seen.push(Image {
                service: service.name.clone(),
                state,
            });
        }
        Ok(Built { seen, ready })
    }

    /// Finds an image on the engine or in its registry. Returns its state and the reference to make containers from.
    ///
    /// An image that never came from a registry was made on this machine, perhaps by another student under a common name. It
    /// counts only if the registry cannot be asked. Its tag is not overwritten: the registry's image is pulled by digest.
    async fn look_up(&self, reference: &str) -> Result<(ImageState, String), Fault> {
        let named = |state| (state, reference.to_owned());
        if let Some(words) = malformed(reference) {
            return Ok(named(not_found(reference, words.to_owned())));
        }
        let _alone = self.turns.alone(format!("image {reference}")).await;
        let local = match self.docker.inspect_image(reference).await {
            Ok(image) => Some(image),
            // Some engines refuse an impossible name instead of searching for it; so does the registry.
            Err(error) if is_missing(&error) || is_unknown_image(&message(&error)) => None,
            Err(error) => return Err(fault(error)),
        };
        if is_private(reference) {
            self.asked_privately.store(true, Ordering::Relaxed);
        }
        let Some(image) = local else {
            return Ok(named(self.pull(reference, &tagged(reference)).await?));
        };
        if is_from_a_registry(&image) || stands_for(&image, reference) {
            return Ok(named(ImageState::Ready));
        }
        match self.digest(reference).await {
            Ok(digest) => {
                let image = format!("{}@{digest}", name(reference));
                Ok((self.pull(reference, &image).await?, image))
            }
            Err(error) if is_unknown_image(&error) => Ok(named(not_found(reference, error))),
            Err(_) => Ok(named(ImageState::Ready)),
        }
    }

    /// Returns the registry's digest for a reference, or else the error text of the registry or the engine.
    async fn digest(&self, reference: &str) -> Result<String, String> {
        let asked = self.docker.inspect_registry_image(reference, None);
        let asked = timeout(limits::PULL, asked).await;
        let asked = asked.map_err(|_| "no answer from the registry".to_owned())?;
        let digest = asked.map_err(|error| message(&error))?.descriptor.digest;
        digest.ok_or_else(|| "no digest from the registry".to_owned())
    }

    /// Pulls `image`, the full form of `reference`.
    pub(super) async fn pull(&self, reference: &str, image: &str) -> Result<ImageState, Fault> {
        let options = CreateImageOptionsBuilder::new().from_image(image).build();
        let mut steps = self.docker.create_image(Some(options), None, None);
        let pulled = timeout(limits::PULL, async {
            while let Some(step) = steps.next().await {
                if self.takes_too_much(step?) {
                    return Ok(too_large(reference));
                }
            }
            Ok::<_, bollard::errors::Error>(ImageState::Ready)
        });
        let error = match pulled.await {
            Ok(Ok(state)) => return Ok(state),
            Ok(Err(error)) => message(&error),
            Err(_) => format!(
                "no answer from the registry within {} s: i/o timeout",
                limits::PULL.as_secs()
            ),
        };
        if is_unknown_image(&error) {
            return Ok(not_found(reference, error));
        }
        Err(Fault::told(kind_of(&error), error))
    }

    /// Counts the bytes of a download. Returns whether the images of the run now exceed the disk budget.
    fn takes_too_much(&self, step: CreateImageInfo) -> bool {
        let total = step.progress_detail.and_then(|progress| progress.total);
        let total = total.and_then(|total| u64::try_from(total).ok());
        if let (Some(layer), Some(total)) = (step.id, total) {
            self.taken.note(&layer, total);
        }
        self.taken.is_too_much()
    }

    async fn ready(&self, reference: String) -> Result<ReadyImage, Fault> {
        let image = self.docker.inspect_image(&reference).await.map_err(fault)?;
        let config = image.config.unwrap_or_default();
        let ports = config.exposed_ports.unwrap_or_default();
        Ok(ReadyImage {
            reference,
            id: image.id.unwrap_or_default(),
            exposed: ports.iter().filter_map(|port| tcp_port(port)).collect(),
            entrypoint: config.entrypoint.unwrap_or_default(),
            command: config.cmd.unwrap_or_default(),
        })
    }
}

/// Returns whether an image came from a registry.
fn is_from_a_registry(image: &ImageInspect) -> bool {
    let digests = image.repo_digests.as_ref();
    digests.is_some_and(|digests| !digests.is_empty())
}

/// Returns whether an image was made to replace the one that `reference` means.
fn stands_for(image: &ImageInspect, reference: &str) -> bool {
    let config = image.config.as_ref();
    let labels = config.and_then(|config| config.labels.as_ref());
    let name = labels.and_then(|labels| labels.get(STANDS_FOR_LABEL));
    name.is_some_and(|name| is_tag_of(reference, name))
}

fn not_found(reference: &str, error: String) -> ImageState {
    ImageState::NotFound {
        reference: reference.to_owned(),
        error,
    }
}

/// Returns the other service whose build makes the image of a service without `build`.
pub(super) fn maker<'a>(project: &'a Project, service: &Service) -> Option<&'a Service> {
    if service.build.is_some() {
        return None;
    }
    let reference = tagged(service.image.as_deref()?);
    project.services.iter().find(|other| {
        other.build.is_some() && other.image.as_deref().map(tagged).as_ref() == Some(&reference)
    })
}

/// Returns whether a registry reports that it lacks the image, or that the name is invalid.
pub(super) fn is_unknown_image(words: &str) -> bool {
    const SIGNS: [&str; 7] = [
        "pull access denied",
        "repository does not exist",
        "requested access to the resource is denied",
        "manifest unknown",
        "invalid reference format",
        "insufficient_scope",
        ": not found",
    ];
    let manifest = words.contains("manifest for") && words.contains("not found");
    manifest || SIGNS.iter().any(|sign| words.contains(sign))
}

/// Parses `80/tcp` or `80` as a number.
fn tcp_port(port: &str) -> Option<u16> {
    let number = match port.split_once('/') {
        Some((number, "tcp")) => number,
        Some(_) => return None,
        None => port,
    };
    number.parse().ok()
}

/// Returns whether `reference` is `name`, or a tag of it.
fn is_tag_of(reference: &str, name: &str) -> bool {
    let tag = reference.strip_prefix(name);
    tag.is_some_and(|tag| tag.is_empty() || tag.starts_with(':'))
}

/// Returns the reference without its tag.
fn name(reference: &str) -> &str {
    match reference.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        Some(_) | None => reference,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::project::Build;

    #[test]
    fn a_service_without_build_has_the_image_that_another_makes() {
        let service = |name: &str, image: Option<&str>, build: Option<Build>| Service {
            name: name.to_owned(),
            image: image.map(str::to_owned),
            build,
            ..Service::default()
        };
        let project = Project {
            services: vec![
                service("unnamed", None, Some(Build::default())),
                service("back-end", Some("api"), Some(Build::default())),
                service("worker", Some("api:latest"), None),
                service("proxy", Some("nginx"), None),
            ],
            ..Project::default()
        };
        let makers = project.services.iter();
        let makers: Vec<_> = makers
            .map(|service| maker(&project, service).map(|maker| maker.name.as_str()))
            .collect();
        assert_eq!(makers, [None, None, Some("back-end"), None]);
    }

    #[test]
    fn a_reference_without_a_tag_means_latest() {
        assert_eq!(tagged("nginx"), "nginx:latest");
        assert_eq!(tagged("nginx:1.27"), "nginx:1.27");
        assert_eq!(tagged("registry:5000/nginx"), "registry:5000/nginx:latest");
        assert_eq!(tagged("nginx@sha256:0"), "nginx@sha256:0");
    }

    #[test]
    fn a_reference_has_a_name_beside_its_tag() {
        assert_eq!(name("nginx"), "nginx");
        assert_eq!(name("nginx:1.27"), "nginx");
        assert_eq!(name("registry:5000/nginx"), "registry:5000/nginx");
        assert_eq!(name("registry:5000/nginx:1.27"), "registry:5000/nginx");
    }

    #[test]
    fn ports_of_an_image_are_tcp_unless_it_says_otherwise() {
        assert_eq!(tcp_port("5252/tcp"), Some(5252));
        assert_eq!(tcp_port("80"), Some(80));
        assert_eq!(tcp_port("53/udp"), None);
    }

    #[test]
    fn an_unknown_image_is_told_from_a_registry_that_does_not_answer() {
        assert!(is_unknown_image(
            "pull access denied for ubunut, repository does not exist or may require 'docker login'"
        ));
        assert!(is_unknown_image(
            "manifest for nginx:latets not found: manifest unknown"
        ));
        assert!(!is_unknown_image(
            "Get \"https://registry/v2/\": dial tcp: lookup registry: no such host"
        ));
    }
}
