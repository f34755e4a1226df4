//! Base images, i.e. the images that a submission takes from elsewhere: finds and identifies them, and pulls their overrides.

use std::collections::BTreeSet;
use std::sync::{MutexGuard, PoisonError};

use softy_checks::model::Text;
use softy_checks::observation::{BaseImage, Fault, ImageState};

use super::build::base_images;
use super::engine::{fault, is_missing};
use super::image_overrides::{ImageOverrides, absent};
use super::images::maker;
use super::reference::{malformed, repository};
use super::{Sandbox, limits};
use crate::compose::images::tagged;
use crate::compose::project::{Project, Service};
use crate::submission::Submission;

impl Sandbox {
    /// Finds the base images of a submission, and pulls the images that override them.
    ///
    /// # Errors
    /// A fault when an override image cannot be found, or the engine or the network fails.
    pub(super) async fn find_base_images(
        &self,
        submission: &Submission,
        project: &Project,
    ) -> Result<(), Fault> {
        let mut found = Vec::new();
        for service in &project.services {
            for reference in references(submission, project, service)? {
                add(&mut found, reference, &service.name, &self.bases);
            }
        }
        let taken = found.iter().filter_map(|image| image.taken.clone());
        let taken: BTreeSet<String> = taken.collect();
        *self.base_images() = found;
        for reference in taken {
            self.fetch(&reference).await?;
        }
        Ok(())
    }

    /// Asks the engine for the id and the digest of each base image. Runs after the builds, which pull the missing ones.
    pub(super) async fn identify_base_images(&self) {
        let mut found = self.base_images().clone();
        for image in &mut found {
            let reference = image.taken.as_ref().unwrap_or(&image.reference);
            if malformed(reference).is_some() {
                continue;
            }
            // An engine that fails is reported by other calls.
            let Ok(inspected) = self.docker.inspect_image(reference).await else {
                continue;
            };
            let digests = inspected.repo_digests.unwrap_or_default();
            image.digest = own_digest(reference, digests);
            image.id = inspected.id;
        }
        *self.base_images() = found;
    }

    /// Returns the base images known so far.
    pub(super) fn base_images(&self) -> MutexGuard<'_, Vec<BaseImage>> {
        let found = self.base_images.lock();
        found.unwrap_or_else(PoisonError::into_inner)
    }

    /// Pulls an image unless the engine has it. An existing image is used whatever its origin: the grader has named it.
    async fn fetch(&self, reference: &str) -> Result<(), Fault> {
        match self.docker.inspect_image(reference).await {
            Ok(_) => return Ok(()),
            Err(error) if is_missing(&error) => {}
            Err(error) => return Err(fault(error)),
        }
        match self.pull(reference, &tagged(reference)).await {
            Ok(ImageState::NotFound { error, .. }) => Err(absent(reference, &error)),
            Ok(_) => Ok(()),
            Err(fault) => {
                let Fault { kind, detail } = fault;
                let detail = Text::new(
                    format!("`{reference}`, which `--base` names: {}", detail.en),
                    format!("`{reference}`, que nomme `--base` : {}", detail.fr),
                );
                Err(Fault::new(kind, detail))
            }
        }
    }
}

/// Returns the images that a service's own image is made from.
fn references(
    submission: &Submission,
    project: &Project,
    service: &Service,
) -> Result<Vec<String>, Fault> {
    if let Some(build) = &service.build {
        return base_images(submission, build);
    }
    let image = service.image.clone();
    let image = image.filter(|_| maker(project, service).is_none());
    Ok(image.into_iter().collect())
}

/// Adds an image that a service takes, each reference once.
fn add(found: &mut Vec<BaseImage>, reference: String, service: &str, bases: &ImageOverrides) {
    let service = service.to_owned();
    let is_full = found.len() == limits::BASE_IMAGES;
    let known = found.iter_mut().find(|image| image.reference == reference);
    match known {
        Some(image) if image.services.contains(&service) => {}
        Some(image) => image.services.push(service),
        None if is_full => {}
        None => found.push(BaseImage {
            taken: bases.instead_of(&reference).map(str::to_owned),
            reference,
            services: vec![service],
            id: None,
            digest: None,
        }),
    }
}

/// Returns the digest from the reference's own registry, or else the first: one image may come from several registries.
fn own_digest(reference: &str, mut digests: Vec<String>) -> Option<String> {
    digests.retain(|digest| repository(digest).is_some());
    let own = digests.iter();
    let mut own = own.filter(|digest| repository(digest) == repository(reference));
    own.next().or_else(|| digests.first()).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_noted_once_with_all_that_take_it() {
        let bases =
            ImageOverrides::new(vec!["ubuntu:latest=ubuntu:22.04".parse().unwrap()]).unwrap();
        let mut found = Vec::new();
        for (reference, service) in [
            ("ubuntu", "a"),
            ("nginx", "a"),
            ("ubuntu", "b"),
            ("ubuntu", "b"),
        ] {
            add(&mut found, reference.to_owned(), service, &bases);
        }
        let image = |reference: &str, services: &[&str], taken: Option<&str>| BaseImage {
            reference: reference.to_owned(),
            services: services
                .iter()
                .map(|service| (*service).to_owned())
                .collect(),
            taken: taken.map(str::to_owned),
            id: None,
            digest: None,
        };
        let ubuntu = image("ubuntu", &["a", "b"], Some("ubuntu:22.04"));
        assert_eq!(found, [ubuntu, image("nginx", &["a"], None)]);
        for number in 0..2 * limits::BASE_IMAGES {
            add(&mut found, format!("image-{number}"), "a", &bases);
        }
        assert_eq!(found.len(), limits::BASE_IMAGES);
    }

    #[test]
    fn the_digest_is_that_of_the_image_s_own_registry() {
        let digest = |name: &str| format!("{name}@sha256:{}", "0a".repeat(32));
        let digests = vec![digest("mirror.example/ubuntu"), digest("ubuntu")];
        let own = own_digest("docker.io/library/ubuntu:22.04", digests.clone());
        assert_eq!(own, Some(digest("ubuntu")));
        assert_eq!(
            own_digest("renamed", digests),
            Some(digest("mirror.example/ubuntu"))
        );
        assert_eq!(own_digest("ubuntu", vec!["<none>@<none>".to_owned()]), None);
    }
}
