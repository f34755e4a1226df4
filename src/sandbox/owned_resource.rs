//! Objects that runs have made on the engine: finds them by labels and names, and removes them.

use std::collections::HashMap;

use bollard::Docker;
use bollard::errors::Error;
use bollard::models::NetworkDisconnectRequest;
use bollard::query_parameters::{
    ListContainersOptionsBuilder, ListImagesOptionsBuilder, ListNetworksOptionsBuilder,
    ListVolumesOptionsBuilder, RemoveContainerOptionsBuilder, RemoveImageOptionsBuilder,
    RemoveVolumeOptions,
};
use futures_util::try_join;

use super::owner::Owner;
use super::{KEPT_LABEL, OWNER_LABEL, RUN_LABEL, name_prefix};

/// Number of digits of a run's id.
const RUN_DIGITS: usize = 12;

/// Number of digits shown of an image's id.
const SHOWN_DIGITS: usize = 12;

/// Tag that older engines list for an image without one.
pub(super) const NO_TAG: &str = "<none>:<none>";

/// Kind of an object on the engine, in the order in which objects can be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A container.
    Container,
    /// A network.
    Network,
    /// A volume.
    Volume,
    /// An image, or a name of one.
    Image,
}

/// An object that a run has made.
#[derive(Clone, Debug)]
pub struct OwnedResource {
    /// Kind of the object.
    pub kind: Kind,
    /// Name of the object, or its id if it has no name.
    pub name: String,
    /// Id of the run.
    pub run: String,
    /// Name or id by which the engine removes it.
    pub(super) id: String,
    /// Set when it marks its whole run as kept.
    pub(super) keeps: bool,
    /// Owner of the object, if this release understands its label.
    pub(super) owner: Option<Owner>,
}

type Labels = HashMap<String, String>;

/// Returns all objects with a run's label that matches `label`, a label's name or a name and its value.
pub(super) async fn things(docker: &Docker, label: &str) -> Result<Vec<OwnedResource>, Error> {
    let filter = HashMap::from([("label", vec![label])]);
    let containers = ListContainersOptionsBuilder::new()
        .all(true)
        .filters(&filter)
        .build();
    let networks = ListNetworksOptionsBuilder::new().filters(&filter).build();
    let volumes = ListVolumesOptionsBuilder::new().filters(&filter).build();
    let images = ListImagesOptionsBuilder::new().filters(&filter).build();
    let (containers, networks, volumes, images) = try_join!(
        docker.list_containers(Some(containers)),
        docker.list_networks(Some(networks)),
        docker.list_volumes(Some(volumes)),
        docker.list_images(Some(images)),
    )?;
    let containers = containers.into_iter().filter_map(|container| {
        let names = container.names.unwrap_or_default();
        // A container that is being removed may have lost its name already.
        let name = names.into_iter().next().unwrap_or_default();
        let name = name.trim_start_matches('/').to_owned();
        OwnedResource::named(Kind::Container, container.labels?, name, container.id?)
    });
    let networks = networks.into_iter().filter_map(|network| {
        OwnedResource::named(Kind::Network, network.labels?, network.name?, network.id?)
    });
    let volumes = volumes.volumes.unwrap_or_default().into_iter();
    let volumes = volumes.filter_map(|volume| {
        OwnedResource::new(
            Kind::Volume,
            &volume.labels,
            volume.name.clone(),
            volume.name,
        )
    });
    let images = images.into_iter().flat_map(|image| {
        let tags = image.repo_tags.into_iter();
        let tags = tags.filter(|tag| tag != NO_TAG).collect();
        image_things(&image.labels, image.id, tags)
    });
    Ok(containers
        .chain(networks)
        .chain(volumes)
        .chain(images)
        .collect())
}

/// Returns the run's own tags of an image, or the image itself if it has no tag. A tag of another origin is not the run's, and
/// keeps the image.
fn image_things(labels: &Labels, id: String, tags: Vec<String>) -> Vec<OwnedResource> {
    if tags.is_empty() {
        return OwnedResource::new(Kind::Image, labels, shown(&id), id)
            .into_iter()
            .collect();
    }
    let named = |tag: String| OwnedResource::named(Kind::Image, labels.clone(), tag.clone(), tag);
    tags.into_iter().filter_map(named).collect()
}

/// Returns the beginning of an id, as the engine's own client shows it.
pub(super) fn shown(id: &str) -> String {
    let digits = id.trim_start_matches("sha256:");
    digits.chars().take(SHOWN_DIGITS).collect()
}

impl OwnedResource {
    /// Returns an object with a run's label; `None` if the label's value is not a run's id.
    fn new(kind: Kind, labels: &Labels, name: String, id: String) -> Option<OwnedResource> {
        let run = labels.get(RUN_LABEL)?;
        let hexadecimal = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_run = run.len() == RUN_DIGITS && run.bytes().all(hexadecimal);
        is_run.then(|| OwnedResource {
            kind,
            name,
            run: run.clone(),
            id,
            keeps: kind == Kind::Volume && labels.contains_key(KEPT_LABEL),
            owner: labels
                .get(OWNER_LABEL)
                .and_then(|owner| Owner::parse(owner)),
        })
    }

    /// Returns an object with a run's name in addition to its label: images and containers pass labels on to each other, but
    /// not names.
    fn named(kind: Kind, labels: Labels, name: String, id: String) -> Option<OwnedResource> {
        let thing = OwnedResource::new(kind, &labels, name, id)?;
        let rest = thing.name.strip_prefix(&name_prefix(&thing.run));
        let named = rest.is_some_and(|rest| rest.starts_with(['-', ':']));
        let unnamed = kind == Kind::Container && thing.name.is_empty();
        (named || unnamed).then_some(thing)
    }

    pub(super) async fn remove(&self, docker: &Docker) -> Result<(), Error> {
        match self.kind {
            Kind::Container => self.remove_container(docker).await,
            Kind::Network => self.remove_network(docker).await,
            Kind::Volume => {
                let options = None::<RemoveVolumeOptions>;
                docker.remove_volume(&self.id, options).await
            }
            Kind::Image => self.remove_image(docker).await,
        }
    }

    async fn remove_container(&self, docker: &Docker) -> Result<(), Error> {
        let options = RemoveContainerOptionsBuilder::new()
            .force(true)
            .v(true)
            .build();
        docker.remove_container(&self.id, Some(options)).await
    }

    /// Removes the network. If it is in use, disconnects foreign containers first, such as the one that the checker runs in.
    /// The run's own containers stay connected: they are being removed, and a disconnection meanwhile could corrupt an engine's
    /// count of them.
    async fn remove_network(&self, docker: &Docker) -> Result<(), Error> {
        match docker.remove_network(&self.id).await {
            Err(Error::DockerResponseServerError { .. }) => {}
            done => return done,
        }
        let network = docker.inspect_network(&self.id, None).await?;
        let prefix = name_prefix(&self.run);
        let on_it = network.containers.unwrap_or_default().into_iter();
        let strangers = on_it.filter(|(_, endpoint)| {
            let name = endpoint.name.as_deref();
            !name.is_some_and(|name| name.starts_with(&prefix))
        });
        for (container, _) in strangers {
            let request = NetworkDisconnectRequest {
                container,
                force: Some(true),
            };
            docker.disconnect_network(&self.id, request).await?;
        }
        docker.remove_network(&self.id).await
    }

    /// Removes the image or its tag; layers stay as cache.
    async fn remove_image(&self, docker: &Docker) -> Result<(), Error> {
        let options = RemoveImageOptionsBuilder::new()
            .force(true)
            .noprune(true)
            .build();
        let removed = docker.remove_image(&self.id, Some(options), None).await;
        removed.map(drop)
    }
}
