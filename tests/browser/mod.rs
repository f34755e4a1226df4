//! A headless Chromium.

#![expect(
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test ends at what it cannot do, and says what it skips"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// Possible names of the browser's program.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// An installed browser.
pub struct Browser {
    program: &'static str,
}

impl Browser {
    /// Returns the first browser that is installed; prints that the test is skipped if none is.
    pub fn find() -> Option<Browser> {
        let is_there = |name: &&str| Command::new(name).arg("--version").output().is_ok();
        let program = NAMES.into_iter().find(is_there);
        if program.is_none() {
            eprintln!("skipped: no Chromium is installed");
        }
        program.map(|program| Browser { program })
    }

    /// Returns the document after its scripts have run, and the console's messages.
    pub fn open(&self, page: &Path) -> (String, Vec<String>) {
        let profile = TempDir::new().expect("a folder can be made");
        let output = Command::new(self.program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
            ])
            .args([
                "--enable-logging=stderr",
                "--virtual-time-budget=10000",
                "--dump-dom",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(format!("file://{}", page.display()))
            .output()
            .expect("the browser runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let complaints = said.lines().filter(|line| line.contains("CONSOLE"));
        let complaints = complaints.map(str::to_owned).collect();
        (
            String::from_utf8_lossy(&output.stdout).into_owned(),
            complaints,
        )
    }

    /// Runs `script` at the end of a copy of the page that permits all scripts. Returns the text that it writes into the
    /// document.
    pub fn act(&self, page: &Path, script: &str) -> String {
        let text = fs::read_to_string(page).expect("the page is there");
        let policy = "http-equiv=\"Content-Security-Policy\"";
        let text = text.replacen(policy, "name=\"policy\"", 1);
        let script = format!("<script>{script}</script></body>");
        let text = text.replacen("</body>", &script, 1);
        let copy = page.with_extension("copy.html");
        fs::write(&copy, text).expect("a file can be made");
        let document = self.open(&copy).0;
        let said = document.split_once("<output>").map(|(_, said)| said);
        let said = said.and_then(|said| said.split_once("</output>"));
        said.map(|(said, _)| said.to_owned()).unwrap_or(document)
    }
}
