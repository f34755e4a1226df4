//! Browser for the tests of the HTML report.

use anyhow::Result;

use crate::{debian, process, say};

/// Installs Debian's Chromium if none is installed and this is root on Debian; otherwise its tests report that they are
/// skipped.
pub fn ensure() -> Result<()> {
    if process::is_installed("chromium") || !debian::is_root_on_debian() {
        return Ok(());
    }
    say("installing Debian's chromium");
    debian::install("chromium")
}
