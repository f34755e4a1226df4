//! `cargo xtask base-images`: the images that fixtures build on, pulled if a registry answers, otherwise built on this
//! machine.

mod pull;
mod recipe;
mod root;
mod stand_in;

use std::collections::HashSet;
use std::process::ExitCode;

use anyhow::Result;

use crate::engine::{self, docker};
use crate::process;
use pull::Registry;
use recipe::Recipe;

/// An image that a submission may start from, with the recipe of its stand-in for machines without a registry.
struct BaseImage {
    reference: &'static str,
    stand_in: Recipe,
}

/// Every image that fixtures may name. The first is pulled first: the result shows whether the others can be pulled.
const BASE_IMAGES: [BaseImage; 8] = [
    BaseImage {
        reference: "ubuntu:latest",
        stand_in: Recipe::Ubuntu,
    },
    BaseImage {
        reference: "ubuntu:22.04",
        stand_in: Recipe::Ubuntu2204,
    },
    BaseImage {
        reference: "nginx:latest",
        stand_in: Recipe::Nginx,
    },
    BaseImage {
        reference: "python:latest",
        stand_in: Recipe::Python,
    },
    BaseImage {
        reference: "python:3",
        stand_in: Recipe::Python,
    },
    BaseImage {
        reference: "python:3.11",
        stand_in: Recipe::Python,
    },
    BaseImage {
        reference: "python:3.11-slim",
        stand_in: Recipe::Python,
    },
    BaseImage {
        reference: "python:3.12",
        stand_in: Recipe::Python,
    },
];

/// Runs the subcommand.
pub fn run() -> Result<ExitCode> {
    engine::ensure()?;
    ensure()?;
    Ok(ExitCode::SUCCESS)
}

/// Ensures that every base image is on the engine. An image that is already there is never changed.
pub fn ensure() -> Result<()> {
    let missing = missing()?;
    if missing.is_empty() {
        return Ok(());
    }
    let absent = match pull::all(&missing)? {
        Registry::Answers => return Ok(()),
        Registry::Silent { absent } => absent,
    };
    stand_in::make(&absent)
}

fn missing() -> Result<Vec<&'static BaseImage>> {
    let present = process::text(&mut docker([
        "image",
        "ls",
        "--format",
        "{{.Repository}}:{{.Tag}}",
    ]))?;
    let present: HashSet<&str> = present.lines().collect();
    Ok(BASE_IMAGES
        .iter()
        .filter(|image| !present.contains(image.reference))
        .collect())
}
