//! Pulls from a registry, if one answers.

use std::thread;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};

use super::BaseImage;
use crate::engine::docker;
use crate::process::{self, Ending};
use crate::say;

/// Time limit of one pull on a slow connection. If no registry answers, the engine gives up much earlier.
const PULL_WITHIN: Duration = Duration::from_secs(300);

/// Phrases in the engine's error if a registry answered but does not have the image.
const NO_SUCH_IMAGE: [&str; 3] = [
    "manifest unknown",
    "pull access denied",
    "repository does not exist",
];

/// Result of pulling images from a registry.
pub enum Registry<'a> {
    /// Every image was pulled.
    Answers,
    /// No registry answers, or it refuses for now: these images are still absent.
    Silent {
        /// Absent images, in the catalogue's order.
        absent: Vec<&'a BaseImage>,
    },
}

/// Pulls the first image. If a registry answers, pulls the others in parallel.
pub fn all<'a>(images: &[&'a BaseImage]) -> Result<Registry<'a>> {
    let Some((first, others)) = images.split_first() else {
        return Ok(Registry::Answers);
    };
    if !is_pulled(first)? {
        return Ok(Registry::Silent {
            absent: images.to_vec(),
        });
    }
    let absent = absent_after_pull(others)?;
    if absent.is_empty() {
        return Ok(Registry::Answers);
    }
    Ok(Registry::Silent { absent })
}

fn absent_after_pull<'a>(images: &[&'a BaseImage]) -> Result<Vec<&'a BaseImage>> {
    let pulled: Vec<Result<bool>> = thread::scope(|scope| {
        let pulls: Vec<_> = images
            .iter()
            .map(|image| scope.spawn(|| is_pulled(image)))
            .collect();
        pulls
            .into_iter()
            .map(|pull| {
                pull.join()
                    .unwrap_or_else(|_| Err(anyhow!("a pull broke off")))
            })
            .collect()
    });
    let mut absent = Vec::new();
    for (image, pulled) in images.iter().zip(pulled) {
        if !pulled? {
            absent.push(*image);
        }
    }
    Ok(absent)
}

/// Pulls an image. Returns false if no registry answers; fails if a registry reports that the image does not exist.
fn is_pulled(image: &BaseImage) -> Result<bool> {
    say(&format!("pulling {}", image.reference));
    match process::run_within(
        &mut docker(["pull", "--quiet", image.reference]),
        PULL_WITHIN,
    )? {
        Ending::Succeeded => Ok(true),
        Ending::Failed(words) if is_about_the_image(&words) => {
            bail!("the registry has no {}\n{words}", image.reference)
        }
        Ending::Failed(words) => {
            say(&format!("no registry answers: {words}"));
            Ok(false)
        }
        Ending::Overdue => {
            say(&format!(
                "no registry answers within {} s",
                PULL_WITHIN.as_secs()
            ));
            Ok(false)
        }
    }
}

/// Returns whether an error is about the image itself. Engines that keep images in containerd end with a plain `not found`;
/// a host name that DNS does not know reads `no such host`.
fn is_about_the_image(words: &str) -> bool {
    words.ends_with(": not found") || NO_SUCH_IMAGE.iter().any(|phrase| words.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::is_about_the_image;

    #[test]
    fn tells_a_missing_image_from_a_silent_registry() {
        let missing = [
            "Error response from daemon: manifest for ubuntu:0 not found: manifest unknown: manifest unknown",
            "Error response from daemon: pull access denied for nginy, repository does not exist or may require 'docker login'",
            "failed to resolve reference \"registry/library/ubuntu:0\": registry/library/ubuntu:0: not found",
        ];
        let silent = [
            "Error response from daemon: Get \"https://registry/v2/\": dial tcp: lookup registry: no such host",
            "Get \"https://registry/v2/\": net/http: request canceled while waiting for connection",
            "toomanyrequests: You have reached your pull rate limit",
        ];
        assert!(missing.into_iter().all(is_about_the_image));
        assert!(!silent.into_iter().any(is_about_the_image));
    }
}
