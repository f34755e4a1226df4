//! Watch of a classic build from outside: measures its disk use, and ends what it has running.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bollard::Docker;
use bollard::models::{
    ContainerInspectResponse, ContainerUpdateBody, ImageHistoryResponseItem, ImageSummary,
};
use bollard::query_parameters::{
    InspectContainerOptionsBuilder, ListImagesOptionsBuilder, RemoveContainerOptionsBuilder,
    RemoveImageOptionsBuilder,
};
use softy_checks::observation::Resource;
use time::OffsetDateTime;
use tokio::sync::OwnedRwLockReadGuard;
use tokio::time::{sleep, timeout};

use super::disk_budget::DiskBudget;
use super::{CACHE_LABEL, STEP};
use crate::sandbox::cache::has_step_limits;
use crate::sandbox::engine::is_missing;
use crate::sandbox::limits;
use crate::sandbox::owned_resource::NO_TAG;

/// Shortest and longest pause between two checks of a build's disk use.
const BETWEEN_LOOKS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(20));

/// Pause between two checks for the removal of ended steps.
const BETWEEN_CHECKS: Duration = Duration::from_millis(100);

/// Pause after a check, as a multiple of the check's duration: storage drivers without layers of their own compare every file.
const SHARE: u32 = 20;

/// Number of letters of the ids that the classic builder prints.
const ID_LETTERS: usize = 12;

/// Number of a build's images that are counted; the engine itself allows 127 layers per stage.
const IMAGES: usize = 1000;

/// Marks that distinguish the containers of a build's steps from all others.
pub(super) struct Marks {
    /// Network of the containers, if the run has one for its builds.
    pub(super) network: Option<String>,
    /// Start of the build, in seconds since 1970 by the engine's clock.
    pub(super) started: i64,
}

impl Marks {
    /// Returns whether a container has these marks.
    fn are_on(&self, container: &ContainerInspectResponse) -> bool {
        let Some(host) = &container.host_config else {
            return false;
        };
        let is_there = match &self.network {
            Some(network) => host.network_mode.as_ref() == Some(network),
            None => true,
        };
        let made = container.created.map(OffsetDateTime::unix_timestamp);
        is_there && made.is_some_and(|made| made >= self.started) && has_step_limits(host)
    }

    /// Returns the layers of an image's history, newest first, that builds made on top of the image of its stage's `FROM`.
    /// These are layers of this build, and of an earlier one that left them as a cache. An engine finishes the step of a build
    /// whose client is gone, so the cache may hold a layer that exceeds the limit.
    fn of_builds(&self, history: Vec<ImageHistoryResponseItem>) -> Vec<ImageHistoryResponseItem> {
        let mark = format!("{CACHE_LABEL}={STEP}");
        let first = history
            .iter()
            .rposition(|layer| layer.created_by.contains(&mark));
        let layers = history.into_iter().enumerate();
        let of_builds = layers.filter(|(index, layer)| {
            let is_above = first.is_some_and(|first| *index <= first);
            (is_above || self.is_young(layer)) && layer.tags.is_empty()
        });
        of_builds.map(|(_, layer)| layer).collect()
    }

    /// Returns whether a layer was made since this build began.
    fn is_young(&self, layer: &ImageHistoryResponseItem) -> bool {
        layer.created >= self.started
    }
}

/// A running build. Dropping it ends what the build left running; removal waits for that.
pub(super) struct Watch {
    docker: Docker,
    marks: Marks,
    /// Disk budget of all builds of the run.
    taken: Arc<DiskBudget>,
    /// Containers of steps that the engine confirms: a step can print lines that look like the builder's own.
    steps: Vec<String>,
    /// Ids of images in the build's output; the first `looked_at` of them have been inspected.
    heard: Vec<String>,
    looked_at: usize,
    /// Images of this build by id; true if the build made the image itself, false if it comes from the cache.
    images: BTreeMap<String, bool>,
    /// Bytes that the running steps had written at the last check.
    running: u64,
    takes_images: bool,
    next_look: Instant,
    making: Option<OwnedRwLockReadGuard<()>>,
}

impl Watch {
    /// Starts to watch a build that begins now; `making` keeps removal waiting.
    pub(super) fn new(
        docker: Docker,
        marks: Marks,
        taken: Arc<DiskBudget>,
        making: OwnedRwLockReadGuard<()>,
    ) -> Watch {
        Watch {
            docker,
            marks,
            taken,
            steps: Vec::new(),
            heard: Vec::new(),
            looked_at: 0,
            images: BTreeMap::new(),
            running: 0,
            takes_images: false,
            next_look: Instant::now() + BETWEEN_LOOKS.0,
            making: Some(making),
        }
    }

    /// Reads a line of the build's output, and limits the processes of each step as soon as its container exists.
    pub(super) async fn hear(&mut self, text: &str) {
        let id_behind = |words: &str| {
            let id = text.strip_prefix(words)?.trim_end();
            (id.len() == ID_LETTERS && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
                .then(|| id.to_owned())
        };
        if let Some(id) = id_behind(" ---> Running in ") {
            self.take(id).await;
        } else if let Some(id) = id_behind(" ---> ")
            && self.heard.len() < IMAGES
        {
            self.heard.push(id);
        }
    }

    /// Returns whether the first stage has its label, i.e. the images of `FROM` and of the `LABEL` after it exist.
    pub(super) fn has_heard_of_mark(&self) -> bool {
        self.heard.len() >= 2
    }

    /// Returns whether an image of an earlier build still exists, and fits in the disk budget.
    pub(super) async fn has_room_for(&mut self, image: &str) -> bool {
        let id = image.trim_start_matches("sha256:").to_owned();
        self.heard.push(id);
        self.look().await.is_none() && !self.images.is_empty()
    }

    /// Limits the processes of a container that is a step of this build, and watches it from now on.
    async fn take(&mut self, id: String) {
        if self.steps.contains(&id) {
            return;
        }
        let step = self.docker.inspect_container(&id, None).await;
        if !step.is_ok_and(|step| self.marks.are_on(&step)) {
            return;
        }
        let bounds = ContainerUpdateBody {
            pids_limit: Some(limits::BUILD_PIDS),
            ..ContainerUpdateBody::default()
        };
        // If the engine cannot limit the processes, the disk use is watched all the same.
        let _bounded = self.docker.update_container(&id, bounds).await;
        self.steps.push(id);
    }

    /// Waits until the next check is due.
    pub(super) async fn next_look(&self) {
        sleep(self.next_look.saturating_duration_since(Instant::now())).await;
    }

    /// Checks what the build has written. Returns the limit that the run's builds exceed, if any.
    pub(super) async fn look(&mut self) -> Option<Resource> {
        let began = Instant::now();
        self.look_at_steps().await;
        self.look_at_images().await;
        let (least, most) = BETWEEN_LOOKS;
        self.next_look = Instant::now() + (began.elapsed() * SHARE).clamp(least, most);
        self.taken.is_too_much().then_some(Resource::Disk)
    }

    /// Marks the images that the build has made for removal with it: the checker ends the build, and they are useless as a
    /// cache.
    pub(super) async fn take_images(&mut self) {
        self.look_at_images().await;
        self.takes_images = true;
    }

    async fn look_at_steps(&mut self) {
        self.running = 0;
        for id in std::mem::take(&mut self.steps) {
            let sized = InspectContainerOptionsBuilder::new().size(true).build();
            match self.docker.inspect_container(&id, Some(sized)).await {
                Ok(step) => {
                    let written = step.size_rw.and_then(|size| size.try_into().ok());
                    let written = written.unwrap_or(0);
                    self.taken.note(&id, written);
                    self.running += written;
                    self.steps.push(id);
                }
                Err(error) if is_missing(&error) => self.taken.forget(&id),
                Err(_) => self.steps.push(id),
            }
        }
    }

    /// Counts the images in the output and the ones below them, down to the image that their stage is built from.
    async fn look_at_images(&mut self) {
        // The last image has the others of its stage below it, and a build has few stages.
        for id in self.heard.iter().skip(self.looked_at).rev() {
            if self.images.keys().any(|image| is_short_for(id, image)) {
                continue;
            }
            if !is_of_a_build(&self.docker, id).await {
                continue;
            }
            let Ok(history) = self.docker.image_history(id).await else {
                continue;
            };
            for layer in self.marks.of_builds(history) {
                if self.images.len() < IMAGES {
                    let size = u64::try_from(layer.size).unwrap_or(0);
                    self.taken.note(&layer.id, size);
                    let is_own = self.marks.is_young(&layer);
                    self.images.insert(layer.id, is_own);
                }
            }
        }
        self.looked_at = self.heard.len();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let making = self.making.take();
        let left = Left {
            docker: self.docker.clone(),
            taken: Arc::clone(&self.taken),
            steps: std::mem::take(&mut self.steps),
            images: match self.takes_images {
                true => own(std::mem::take(&mut self.images)),
                false => Vec::new(),
            },
            heard: std::mem::take(&mut self.heard),
            running: self.running,
        };
        tokio::spawn(async move {
            left.end().await;
            drop(making);
        });
    }
}

/// Returns the ids of the images that the build itself has made.
fn own(images: BTreeMap<String, bool>) -> Vec<String> {
    let own = images.into_iter().filter(|(_, is_own)| *is_own);
    own.map(|(id, _)| id).collect()
}

/// Leftovers of a build.
struct Left {
    docker: Docker,
    taken: Arc<DiskBudget>,
    steps: Vec<String>,
    images: Vec<String>,
    heard: Vec<String>,
    running: u64,
}

impl Left {
    /// Ends the running steps and waits until the builder has removed their containers, which it does once nothing is written
    /// any more; after [`limits::BUILD_END`], removes them by force. Then removes the images.
    async fn end(mut self) {
        for id in &self.steps {
            // The step may have ended by itself, or by the builder.
            let _ended = self.docker.kill_container(id, None).await;
        }
        let taken = timeout(limits::BUILD_END, async {
            while self.is_any_there().await {
                sleep(BETWEEN_CHECKS).await;
            }
        });
        if taken.await.is_err() {
            for id in &self.steps {
                let forced = RemoveContainerOptionsBuilder::new()
                    .force(true)
                    .v(true)
                    .build();
                let _removed = self.docker.remove_container(id, Some(forced)).await;
            }
        }
        for id in &self.steps {
            self.taken.forget(id);
        }
        self.images.extend(self.written_last().await);
        self.remove_images().await;
    }

    async fn is_any_there(&self) -> bool {
        for id in &self.steps {
            let step = self.docker.inspect_container(id, None).await;
            if !step.is_err_and(|error| is_missing(&error)) {
                return true;
            }
        }
        false
    }

    /// Returns the image of a step over the limit that was already being written when the step was ended.
    async fn written_last(&self) -> Option<String> {
        if self.running <= limits::BUILD_BYTES {
            return None;
        }
        let all = ListImagesOptionsBuilder::new().all(true).build();
        let images = self.docker.list_images(Some(all)).await.ok()?;
        let size = |id: &str| {
            images
                .iter()
                .find(|image| image.id == id)
                .map(|image| image.size)
        };
        let is_last = |image: &&ImageSummary| {
            let below = size(&image.parent_id).unwrap_or(image.size);
            let added = u64::try_from(image.size.saturating_sub(below)).unwrap_or(0);
            let on_ours = (self.heard.iter()).any(|id| is_short_for(id, &image.parent_id));
            let is_cache = image.labels.contains_key(CACHE_LABEL);
            is_cache
                && on_ours
                && added >= self.running
                && (image.repo_tags.iter()).all(|tag| tag == NO_TAG)
        };
        images.iter().find(is_last).map(|image| image.id.clone())
    }

    /// Removes images, children before their parents.
    async fn remove_images(self) {
        let mut images = self.images;
        loop {
            let before = images.len();
            let mut kept = Vec::new();
            for id in images {
                let alone = RemoveImageOptionsBuilder::new().noprune(true).build();
                match self.docker.remove_image(&id, Some(alone), None).await {
                    Ok(_) => self.taken.forget(&id),
                    Err(error) if is_missing(&error) => self.taken.forget(&id),
                    Err(_) => kept.push(id),
                }
            }
            images = kept;
            if images.is_empty() || images.len() == before {
                return;
            }
        }
    }
}

/// Returns whether an image has the cache's label: a step's output may name any image.
async fn is_of_a_build(docker: &Docker, id: &str) -> bool {
    let image = docker.inspect_image(id).await;
    let labels = image
        .ok()
        .and_then(|image| image.config)
        .and_then(|config| config.labels);
    labels.is_some_and(|labels| labels.contains_key(CACHE_LABEL))
}

fn is_short_for(short: &str, id: &str) -> bool {
    id.trim_start_matches("sha256:").starts_with(short)
}

#[cfg(test)]
mod tests {
    use bollard::models::HostConfig;

    use super::*;

    fn container(host: HostConfig, created: i64) -> ContainerInspectResponse {
        ContainerInspectResponse {
            created: OffsetDateTime::from_unix_timestamp(created).ok(),
            host_config: Some(host),
            ..ContainerInspectResponse::default()
        }
    }

    fn step() -> HostConfig {
        HostConfig {
            network_mode: Some("builds".to_owned()),
            memory: Some(limits::BUILD_MEMORY.into()),
            cpu_quota: Some(limits::BUILD_CPU.0.into()),
            cpu_period: Some(limits::BUILD_CPU.1.into()),
            ..HostConfig::default()
        }
    }

    #[test]
    fn a_step_is_told_from_the_containers_of_others() {
        let marks = Marks {
            network: Some("builds".to_owned()),
            started: 100,
        };
        assert!(marks.are_on(&container(step(), 100)));
        assert!(!marks.are_on(&container(step(), 99)));
        let elsewhere = HostConfig {
            network_mode: Some("bridge".to_owned()),
            ..step()
        };
        assert!(!marks.are_on(&container(elsewhere, 100)));
        let unlimited = HostConfig {
            memory: None,
            ..step()
        };
        assert!(!marks.are_on(&container(unlimited, 100)));
        assert!(!marks.are_on(&ContainerInspectResponse::default()));
    }

    #[test]
    fn what_an_earlier_build_left_counts_and_what_it_is_built_from_does_not() {
        let layer = |created_by: &str, created| ImageHistoryResponseItem {
            created_by: created_by.to_owned(),
            created,
            ..ImageHistoryResponseItem::default()
        };
        let marks = Marks {
            network: None,
            started: 100,
        };
        let named = ImageHistoryResponseItem {
            tags: vec!["mine:latest".to_owned()],
            ..layer("/bin/sh -c touch /mine", 101)
        };
        let counted = |history| {
            let counted = marks.of_builds(history).into_iter();
            counted.map(|layer| layer.created_by).collect::<Vec<_>>()
        };
        let own = "/bin/sh -c touch /own";
        let cached = "/bin/sh -c truncate --size 5G /large";
        let label = "/bin/sh -c #(nop)  LABEL org.softy-check.cache=step";
        let history = vec![
            layer(own, 101),
            named,
            layer(cached, 90),
            layer(label, 80),
            layer("/bin/sh -c #(nop)  CMD [\"bash\"]", 70),
        ];
        assert_eq!(counted(history), [own, cached, label]);
        let unmarked = vec![layer(own, 100), layer(cached, 99)];
        assert_eq!(counted(unmarked), [own]);
    }

    #[test]
    fn builds_without_a_network_of_their_own_have_the_other_marks() {
        let marks = Marks {
            network: None,
            started: 100,
        };
        assert!(marks.are_on(&container(step(), 101)));
        assert!(!marks.are_on(&container(HostConfig::default(), 101)));
    }
}
