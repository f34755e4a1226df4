//! Makes sure that the HTML report can be seen.

use anyhow::Result;

use crate::{debian, process, say};

/// Installs Debian's Chromium where none is and it can be had without asking; elsewhere its tests say that they are skipped.
pub fn ensure() -> Result<()> {
    if process::is_installed("chromium") || !debian::is_root_on_debian() {
        return Ok(());
    }
    say("installing Debian's chromium");
    debian::install("chromium")
}
