//! Cache of the classic builder: the images that it leaves, of all runs together, bounded by age and size.
//!
//! A build may reuse any of them at any moment, so none is removed while another run is alive. A removed image has no tag and
//! no image made from it, and its history shows a build of the checker. The label alone proves nothing: every image made from a
//! cached one inherits it, but not the last line of its history. An untagged image that a user builds from the id of a cached
//! one looks the same, and is removed as by Docker's own `image prune`.

use std::collections::HashMap;
use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error;
use bollard::models::{ContainerSummary, HostConfig, ImageHistoryResponseItem, ImageSummary};
use bollard::query_parameters::{
    ListContainersOptionsBuilder, ListImagesOptionsBuilder, RemoveContainerOptionsBuilder,
    RemoveImageOptionsBuilder,
};
use futures_util::try_join;
use softy_checks::observation::Fault;
use tokio::time::timeout;

use super::build::CACHE_LABEL;
use super::engine::fault;
use super::owned_resource::{Kind, NO_TAG, shown};
use super::sweep::{Sweeper, out_of_time};
use super::{RUN_LABEL, limits};

/// Age from which a step's container belongs to no live build.
const STEP_OUTLIVED: Duration =
    Duration::from_secs(2 * (limits::BUILD.as_secs() + limits::BUILD_END.as_secs()));

/// Extent to which the cache is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Everything older than [`limits::CACHE_AGE`] or beyond [`limits::CACHE_BYTES`], at most [`limits::CACHE_REMOVALS`] images
    /// at a time.
    Usual,
    /// The whole cache.
    Everything,
}

/// An image or a container that builds have left.
#[derive(Clone, Debug)]
pub struct Cached {
    /// Kind of the object: an image, or the container of a step.
    pub kind: Kind,
    /// Beginning of the id.
    pub name: String,
    /// Time since it was made, by the engine's clock.
    pub age: Duration,
    /// Bytes that it adds to its parent.
    pub bytes: u64,
}

/// An image with the cache's label.
#[derive(Clone, Debug)]
struct Layer {
    id: String,
    parent: String,
    /// Time of creation, in seconds since 1970, by the engine's clock.
    made: i64,
    bytes: u64,
    /// Set when the image is known to stay: it has a tag, is in use, or is not the checker's.
    stays: bool,
}

impl Sweeper {
    /// Removes what the cache has too much of, least recently made first; with `dry_run`, only returns it.
    ///
    /// # Errors
    /// A fault when the engine does not answer, or not within [`limits::REMOVAL`].
    pub async fn bound_cache(&self, bound: Bound, dry_run: bool) -> Result<Vec<Cached>, Fault> {
        let bounded = timeout(limits::REMOVAL, async {
            let mut gone = self.old_steps(dry_run).await.map_err(fault)?;
            if self.look().await?.spared.is_empty() {
                gone.extend(self.images(bound, dry_run).await.map_err(fault)?);
            }
            Ok(gone)
        });
        bounded.await.unwrap_or_else(|_| Err(out_of_time()))
    }

    /// Returns the size of the cache in bytes, without the base images.
    ///
    /// # Errors
    /// A fault when the engine does not answer.
    pub async fn cache_bytes(&self) -> Result<u64, Fault> {
        let layers = layers(&self.docker).await.map_err(fault)?;
        Ok(layers.iter().map(|layer| layer.bytes).sum())
    }

    /// Removes the step containers that builds have left.
    async fn old_steps(&self, dry_run: bool) -> Result<Vec<Cached>, Error> {
        let mut gone = Vec::new();
        for container in containers(&self.docker).await? {
            let age = self.since(container.created.unwrap_or(i64::MAX));
            let is_run = container.labels.unwrap_or_default().contains_key(RUN_LABEL);
            let (Some(id), false) = (container.id, is_run || age <= STEP_OUTLIVED) else {
                continue;
            };
            if !is_step(&self.docker, &id).await? {
                continue;
            }
            let options = RemoveContainerOptionsBuilder::new().force(true).v(true);
            let options = Some(options.build());
            if dry_run || self.docker.remove_container(&id, options).await.is_ok() {
                gone.push(Cached {
                    kind: Kind::Container,
                    name: shown(&id),
                    age,
                    bytes: 0,
                });
            }
        }
        Ok(gone)
    }

    async fn images(&self, bound: Bound, dry_run: bool) -> Result<Vec<Cached>, Error> {
        let mut layers = layers(&self.docker).await?;
        let most = match bound {
            Bound::Usual => limits::CACHE_REMOVALS,
            Bound::Everything => layers.len(),
        };
        let mut gone = Vec::new();
        for _ in 0..most {
            let Some(index) = next(&layers, bound, self.since(0)) else {
                break;
            };
            let layer = &layers[index];
            let seen = try_join!(
                self.docker.image_history(&layer.id),
                self.docker.inspect_image(&layer.id),
            );
            let is_ours = seen.is_ok_and(|(history, image)| {
                let config = image.config.unwrap_or_default();
                is_ours(&history, &config.cmd.unwrap_or_default())
            });
            let alone = RemoveImageOptionsBuilder::new().noprune(true).build();
            // Not by force: an image in use stays.
            let is_gone = is_ours
                && (dry_run || {
                    let removed = self.docker.remove_image(&layer.id, Some(alone), None);
                    removed.await.is_ok()
                });
            if !is_gone {
                layers[index].stays = true;
                continue;
            }
            let layer = layers.swap_remove(index);
            gone.push(Cached {
                kind: Kind::Image,
                name: shown(&layer.id),
                age: self.since(layer.made),
                bytes: layer.bytes,
            });
        }
        Ok(gone)
    }
}

/// Returns the index of the image to remove next, one that no other is made from.
fn next(layers: &[Layer], bound: Bound, now: Duration) -> Option<usize> {
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let bytes = layers.iter().map(|layer| layer.bytes).sum::<u64>();
    let is_over = |layer: &Layer| match bound {
        Bound::Usual => {
            let age = now.saturating_sub(layer.made);
            bytes > limits::CACHE_BYTES || age > limits::CACHE_AGE.as_secs().cast_signed()
        }
        Bound::Everything => true,
    };
    let has_none_on_it = |layer: &Layer| layers.iter().all(|other| other.parent != layer.id);
    let layers = layers.iter().enumerate();
    let free = layers
        .filter(|(_, layer)| !layer.stays && is_over(layer))
        .filter(|(_, layer)| has_none_on_it(layer));
    free.min_by_key(|(_, layer)| layer.made)
        .map(|(index, _)| index)
}

/// Returns whether a build of the checker wrote the last line of an image's history. An inherited label is in an earlier line.
/// `command` is the command of the image.
fn is_ours(history: &[ImageHistoryResponseItem], command: &[String]) -> bool {
    let Some(last) = history.first() else {
        return false;
    };
    let words = last.created_by.as_str();
    // The line is the builder's own, a command for its shell, or a command without shell. An image made with `docker commit`
    // keeps the container's command, and so does its history.
    let is_a_step_s = words.starts_with("/bin/sh -c ") || words != command.join(" ");
    last.comment.is_empty() && is_a_step_s
}

async fn layers(docker: &Docker) -> Result<Vec<Layer>, Error> {
    let filter = HashMap::from([("label", vec![CACHE_LABEL])]);
    let images = ListImagesOptionsBuilder::new()
        .all(true)
        .filters(&filter)
        .build();
    let (images, containers) = try_join!(docker.list_images(Some(images)), containers(docker))?;
    let used: Vec<String> = containers
        .into_iter()
        .filter_map(|container| container.image_id)
        .collect();
    let layer = |image: &ImageSummary| {
        let below = images.iter().find(|other| other.id == image.parent_id);
        // The first image of a stage only adds a label, without size.
        let below = below.map_or(image.size, |below| below.size);
        let named = image.repo_tags.iter().any(|tag| tag != NO_TAG);
        // An image without a parent was not made by the classic builder.
        let foreign = image.parent_id.is_empty();
        Layer {
            id: image.id.clone(),
            parent: image.parent_id.clone(),
            made: image.created,
            bytes: u64::try_from(image.size.saturating_sub(below)).unwrap_or(0),
            stays: named || foreign || used.contains(&image.id),
        }
    };
    Ok(images.iter().map(layer).collect())
}

/// Returns the containers of cached images, which inherit the label.
async fn containers(docker: &Docker) -> Result<Vec<ContainerSummary>, Error> {
    let filter = HashMap::from([("label", vec![CACHE_LABEL])]);
    let containers = ListContainersOptionsBuilder::new()
        .all(true)
        .filters(&filter)
        .build();
    docker.list_containers(Some(containers)).await
}

/// Returns whether a container has the limits of a build step, which images do not pass on.
async fn is_step(docker: &Docker, id: &str) -> Result<bool, Error> {
    let container = docker.inspect_container(id, None).await?;
    Ok(container
        .host_config
        .is_some_and(|host| has_step_limits(&host)))
}

/// Returns whether these are the limits of a build step.
pub(super) fn has_step_limits(host: &HostConfig) -> bool {
    host.memory == Some(i64::from(limits::BUILD_MEMORY))
        && host.cpu_quota == Some(i64::from(limits::BUILD_CPU.0))
        && host.cpu_period == Some(i64::from(limits::BUILD_CPU.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_000_000_000);

    fn layer(id: &str, parent: &str, days: u64, bytes: u64) -> Layer {
        Layer {
            id: id.to_owned(),
            parent: parent.to_owned(),
            made: (NOW.as_secs() - days * 86400).cast_signed(),
            bytes,
            stays: false,
        }
    }

    fn gone(mut layers: Vec<Layer>, bound: Bound) -> Vec<String> {
        let mut gone = Vec::new();
        while let Some(index) = next(&layers, bound, NOW) {
            gone.push(layers.swap_remove(index).id);
        }
        gone
    }

    #[test]
    fn what_is_old_goes_unless_something_young_is_made_from_it() {
        let layers = vec![
            layer("shared", "base", 30, 100),
            layer("old", "shared", 29, 1),
            layer("older still", "old", 28, 1),
            layer("young", "shared", 1, 1),
        ];
        assert_eq!(gone(layers.clone(), Bound::Usual), ["older still", "old"]);
        assert_eq!(
            gone(layers, Bound::Everything),
            ["older still", "old", "young", "shared"]
        );
    }

    #[test]
    fn what_is_too_much_goes_from_the_least_recently_made_on() {
        let half = limits::CACHE_BYTES / 2;
        let layers = vec![
            layer("one", "base", 3, half),
            layer("two", "base", 2, half),
            layer("three", "base", 1, 1),
        ];
        assert_eq!(gone(layers, Bound::Usual), ["one"]);
    }

    #[test]
    fn what_stays_keeps_what_it_is_made_from() {
        let mut layers = vec![layer("below", "base", 30, 1), layer("used", "below", 30, 1)];
        layers[1].stays = true;
        assert_eq!(gone(layers, Bound::Everything), [""; 0]);
    }

    #[test]
    fn an_image_that_somebody_made_of_one_is_told_by_its_history() {
        let history = |created_by: &str| {
            let created_by = created_by.to_owned();
            [ImageHistoryResponseItem {
                created_by,
                ..ImageHistoryResponseItem::default()
            }]
        };
        let command = ["bash".to_owned()];
        let label = "/bin/sh -c #(nop)  LABEL org.softy-check.cache=step";
        for words in [label, "/bin/sh -c pip3 install flask", "pip3 install flask"] {
            assert!(is_ours(&history(words), &command), "{words}");
        }
        assert!(!is_ours(&history("bash"), &command));
        let shell = ["sh", "-c", "touch /mine"].map(str::to_owned);
        assert!(!is_ours(&history("sh -c touch /mine"), &shell));
        assert!(!is_ours(&[], &command));
    }
}
