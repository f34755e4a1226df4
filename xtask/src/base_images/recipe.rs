//! The kinds of stand-in, each a folder of `fixtures/base-images` with a Dockerfile.

use std::path::PathBuf;

use crate::workspace;

/// What a stand-in is made from.
#[derive(Clone, Copy)]
pub enum Recipe {
    /// pip refuses to install into the system.
    Ubuntu,
    /// pip installs into the system.
    Ubuntu2204,
    /// The web server and its default site.
    Nginx,
    /// Python and pip on the path.
    Python,
}

impl Recipe {
    /// All of them: they are made and kept together, since they share their first layer.
    pub const ALL: [Recipe; 4] = [
        Recipe::Ubuntu,
        Recipe::Ubuntu2204,
        Recipe::Nginx,
        Recipe::Python,
    ];

    /// The folder's name, and the tag while it is being made.
    pub fn name(self) -> &'static str {
        match self {
            Recipe::Ubuntu => "ubuntu",
            Recipe::Ubuntu2204 => "ubuntu-22.04",
            Recipe::Nginx => "nginx",
            Recipe::Python => "python",
        }
    }

    /// A name that belongs to nobody else, for the time until the stand-in gets the name it stands for.
    pub fn own_reference(self) -> String {
        format!("softy-check-stand-in:{}", self.name())
    }

    /// The build context.
    pub fn folder(self) -> PathBuf {
        folder().join(self.name())
    }
}

/// Where the recipes lie.
pub fn folder() -> PathBuf {
    workspace::root().join("fixtures/base-images")
}
