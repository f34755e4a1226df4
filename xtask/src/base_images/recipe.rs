//! Kinds of stand-in, each a folder of `fixtures/base-images` with a Dockerfile.

use std::path::PathBuf;

use crate::workspace;

/// Kind of stand-in.
#[derive(Clone, Copy)]
pub enum Recipe {
    /// Ubuntu, whose pip refuses to install into the system.
    Ubuntu,
    /// Ubuntu 22.04, whose pip installs into the system.
    Ubuntu2204,
    /// The web server and its default site.
    Nginx,
    /// Python and pip on the path.
    Python,
}

impl Recipe {
    /// All recipes. They are built and kept together, because they share their first layer.
    pub const ALL: [Recipe; 4] = [
        Recipe::Ubuntu,
        Recipe::Ubuntu2204,
        Recipe::Nginx,
        Recipe::Python,
    ];

    /// Returns the name of the recipe's folder, which is also the tag during the build.
    pub fn name(self) -> &'static str {
        match self {
            Recipe::Ubuntu => "ubuntu",
            Recipe::Ubuntu2204 => "ubuntu-22.04",
            Recipe::Nginx => "nginx",
            Recipe::Python => "python",
        }
    }

    /// Returns a reference that no other program uses, for the time until the stand-in gets the reference of the image it
    /// replaces.
    pub fn own_reference(self) -> String {
        format!("softy-check-stand-in:{}", self.name())
    }

    /// Returns the build context.
    pub fn folder(self) -> PathBuf {
        folder().join(self.name())
    }
}

/// Returns the folder of the recipes.
pub fn folder() -> PathBuf {
    workspace::root().join("fixtures/base-images")
}
