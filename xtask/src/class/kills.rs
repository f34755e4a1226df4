//! The same class, in a batch that is killed repeatedly and resumes each time.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use anyhow::Result;
use serde_json::Value;

use super::{batch, command};
use crate::random::{self, Random};
use crate::{say, workspace};

/// Number of kills before the batch may end.
const KILLS: u32 = 10;

/// Content of each result file, by its name.
type Results = BTreeMap<String, Vec<u8>>;

/// Returns complaints about a batch of `folder` into `out` that is killed at random moments and then completed. The result
/// is compared with that of a batch into `whole`, which took `whole_time`.
pub fn complaints(
    folder: &Path,
    whole: &str,
    whole_time: Duration,
    out: &str,
) -> Result<Vec<String>> {
    let seed = random::seed();
    say(&format!("the moments are of SOFTY_CHECK_SEED={seed}"));
    let mut random = Random::of(seed);
    let mut wrong = Vec::new();
    let mut before = Results::new();
    for kill in 1..=KILLS {
        let moment = whole_time.mul_f64(2.0 * random.fraction() / f64::from(KILLS));
        let log = folder.join(format!("stderr-{out}-{kill}"));
        let mut run = command(folder, out, &log)?.spawn()?;
        sleep(moment);
        run.kill()?;
        run.wait()?;
        let now = results(&folder.join(out))?;
        say(&format!(
            "killed after {:.1} s, {} results",
            moment.as_secs_f64(),
            now.len()
        ));
        wrong.extend(lost_or_changed(&before, &now));
        before = now;
    }
    batch(folder, out)?;
    wrong.extend(lost_or_changed(&before, &results(&folder.join(out))?));
    let mut compare = Command::new(workspace::target().join("release/softy-check"));
    compare.arg("report").arg(folder.join(out));
    let compared = compare.arg("--compare").arg(folder.join(whole)).output()?;
    if !compared.status.success() {
        let said = String::from_utf8_lossy(&compared.stdout);
        wrong.push(format!("after the kills, other verdicts:\n{said}"));
    }
    Ok(wrong)
}

/// Returns complaints about results of earlier runs that are missing or were made again although they had a verdict.
fn lost_or_changed(before: &Results, now: &Results) -> Vec<String> {
    let is_decided = |text: &[u8]| {
        let result: Value = serde_json::from_slice(text).unwrap_or_default();
        result["gradable"] == true
    };
    let decided = before.iter().filter(|(_, text)| is_decided(text));
    decided
        .filter_map(|(name, text)| match now.get(name) {
            None => Some(format!("{name} is lost")),
            Some(other) => (other != text).then(|| format!("{name} was graded twice")),
        })
        .collect()
}

/// Returns the result files. A file that is still being written has a name that begins with a dot and is left out.
fn results(out: &Path) -> Result<Results> {
    let mut results = Results::new();
    let Ok(files) = fs::read_dir(out.join("results")) else {
        return Ok(results);
    };
    for file in files {
        let path = file?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with('.') {
            results.insert(name.into_owned(), fs::read(&path)?);
        }
    }
    Ok(results)
}
