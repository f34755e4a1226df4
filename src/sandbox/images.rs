//! The image of each service: built, found, or not to be had.

use std::collections::BTreeMap;

use bollard::query_parameters::CreateImageOptionsBuilder;
use futures_util::StreamExt;
use futures_util::future::try_join_all;
use softy_checks::observation::{Fault, FaultKind, Image, ImageState};
use tokio::time::timeout;

use super::engine::{fault, is_missing, kind_of, message};
use super::{Sandbox, limits};
use crate::compose::project::{Project, Service};
use crate::submission::Submission;

/// Names what an image made from Debian packages stands for; images built on it carry the label too.
const STANDS_FOR_LABEL: &str = "org.softy-check.stands-for";

/// What came of all images.
pub struct Built {
    /// For the checks.
    pub seen: Vec<Image>,
    /// Those that containers can be made from, by service.
    pub ready: BTreeMap<String, ReadyImage>,
}

/// An image that containers can be made from.
#[derive(Clone, Debug)]
pub struct ReadyImage {
    pub(super) reference: String,
    /// The TCP ports that the image says it listens on.
    pub exposed: Vec<u16>,
}

impl Sandbox {
    /// Builds and looks up the images of all services, side by side.
    ///
    /// # Errors
    /// A fault when the engine, the network or the disk is in the way.
    pub async fn images(&self, submission: &Submission, project: &Project) -> Result<Built, Fault> {
        let built = project
            .services
            .iter()
            .enumerate()
            .filter_map(|(index, service)| {
                let build = service.build.as_ref()?;
                Some(async move { Ok((service, self.build(submission, build, index).await?)) })
            });
        let mut states: BTreeMap<&str, (ImageState, String)> = BTreeMap::new();
        for (service, state) in try_join_all(built).await? {
            states.insert(&service.name, state);
        }
        let found = project
            .services
            .iter()
            .filter(|service| service.build.is_none());
        let found = found.map(|service| self.find(project, service, &states));
        for (name, state) in try_join_all(found).await? {
            states.insert(name, state);
        }
        self.collect(project, states).await
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
                let exposed = self.exposed(&reference).await?;
                ready.insert(service.name.clone(), ReadyImage { reference, exposed });
            }
            seen.push(Image {
                service: service.name.clone(),
                state,
            });
        }
        Ok(Built { seen, ready })
    }

    /// The image of a service without `build`: another service's, or one that a registry has.
    async fn find<'a>(
        &self,
        project: &Project,
        service: &'a Service,
        built: &BTreeMap<&str, (ImageState, String)>,
    ) -> Result<(&'a str, (ImageState, String)), Fault> {
        let reference = service.image.clone().unwrap_or_default();
        let sibling = project.services.iter().find(|other| {
            other.build.is_some() && other.image.as_deref().map(tagged) == Some(tagged(&reference))
        });
        if let Some(state) = sibling.and_then(|other| built.get(other.name.as_str())) {
            return Ok((&service.name, state.clone()));
        }
        let state = self.look_up(&reference).await?;
        Ok((&service.name, (state, reference)))
    }

    /// Finds an image on the engine or in its registry.
    ///
    /// An image that never came from a registry was made by somebody on this machine, perhaps another student under
    /// the name that everybody uses; it counts only when the registry cannot be asked.
    async fn look_up(&self, reference: &str) -> Result<ImageState, Fault> {
        let local = match self.docker.inspect_image(reference).await {
            Ok(image) => Some(image),
            Err(error) if is_missing(&error) => None,
            Err(error) => return Err(fault(error)),
        };
        if let Some(image) = &local {
            let pulled = image
                .repo_digests
                .as_ref()
                .is_some_and(|digests| !digests.is_empty());
            let labels = image
                .config
                .as_ref()
                .and_then(|config| config.labels.as_ref());
            let stands_for = labels.and_then(|labels| labels.get(STANDS_FOR_LABEL));
            let stand_in = stands_for.is_some_and(|name| is_tag_of(reference, name));
            if pulled || stand_in {
                return Ok(ImageState::Ready);
            }
        }
        match (self.pull(reference).await, local) {
            (
                Err(Fault {
                    kind: FaultKind::Network,
                    ..
                }),
                Some(_),
            ) => Ok(ImageState::Ready),
            (pulled, _) => pulled,
        }
    }

    async fn pull(&self, reference: &str) -> Result<ImageState, Fault> {
        let options = CreateImageOptionsBuilder::new()
            .from_image(&tagged(reference))
            .build();
        let mut steps = self.docker.create_image(Some(options), None, None);
        let pulled = timeout(limits::PULL, async {
            while let Some(step) = steps.next().await {
                step?;
            }
            Ok::<(), bollard::errors::Error>(())
        });
        let error = match pulled.await {
            Ok(Ok(())) => return Ok(ImageState::Ready),
            Ok(Err(error)) => message(&error),
            Err(_) => format!(
                "no answer from the registry within {} s: i/o timeout",
                limits::PULL.as_secs()
            ),
        };
        if is_unknown_image(&error) {
            let reference = reference.to_owned();
            return Ok(ImageState::NotFound { reference, error });
        }
        Err(Fault {
            kind: kind_of(&error),
            detail: error,
        })
    }

    async fn exposed(&self, reference: &str) -> Result<Vec<u16>, Fault> {
        let image = self.docker.inspect_image(reference).await.map_err(fault)?;
        let ports = image
            .config
            .and_then(|config| config.exposed_ports)
            .unwrap_or_default();
        Ok(ports.iter().filter_map(|port| tcp_port(port)).collect())
    }
}

/// Whether a registry says that it does not have the image, or the name cannot be one.
pub(super) fn is_unknown_image(words: &str) -> bool {
    const SIGNS: [&str; 6] = [
        "pull access denied",
        "repository does not exist",
        "manifest unknown",
        "invalid reference format",
        "insufficient_scope",
        ": not found",
    ];
    let manifest = words.contains("manifest for") && words.contains("not found");
    manifest || SIGNS.iter().any(|sign| words.contains(sign))
}

/// `80/tcp` or `80` as a number.
fn tcp_port(port: &str) -> Option<u16> {
    let number = match port.split_once('/') {
        Some((number, "tcp")) => number,
        Some(_) => return None,
        None => port,
    };
    number.parse().ok()
}

/// Whether `reference` is `name`, or a tag of it.
fn is_tag_of(reference: &str, name: &str) -> bool {
    let tag = reference.strip_prefix(name);
    tag.is_some_and(|tag| tag.is_empty() || tag.starts_with(':'))
}

/// The reference with the tag that is meant when none is written.
fn tagged(reference: &str) -> String {
    let name = reference.rsplit('/').next().unwrap_or(reference);
    if name.contains(':') || name.contains('@') {
        return reference.to_owned();
    }
    format!("{reference}:latest")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_without_a_tag_means_latest() {
        assert_eq!(tagged("nginx"), "nginx:latest");
        assert_eq!(tagged("nginx:1.27"), "nginx:1.27");
        assert_eq!(tagged("registry:5000/nginx"), "registry:5000/nginx:latest");
        assert_eq!(tagged("nginx@sha256:0"), "nginx@sha256:0");
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
