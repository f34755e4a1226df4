//! `cargo xtask soak`: right submissions and their wrong twins, graded repeatedly on a machine that is idle, busy and
//! starved. No verdict may be wrong.

mod case;
mod condition;
mod graded;
mod plan;
mod progress;
mod table;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::checker::Run;
use crate::random::{self, Random};
use crate::side_by_side::side_by_side;
use crate::{base_images, cargo, engine, process, say, workspace};
use case::Case;
use condition::{Condition, Load};
use graded::{Graded, Verdict};
use progress::Progress;

/// Time limit of one run, on a starved machine that builds something for the first time.
const ENDS_WITHIN: Duration = Duration::from_secs(1800);

/// File in a soak's folder with the results so far.
const TABLE: &str = "table.txt";

/// State that all runs share.
struct Soak {
    /// Folder of the runs' folders. Those of right verdicts are removed.
    folder: PathBuf,
    begun: AtomicUsize,
    progress: Progress,
}

/// Grades the cases whose names begin with one of `names`, or all if `names` is empty, `runs` times in total. `under` has
/// the names of conditions, separated by commas; `None` means all.
pub fn run(under: Option<&str>, runs: &str, names: &[&str]) -> Result<ExitCode> {
    let runs = runs.parse().context("how many runs?")?;
    let conditions = match under {
        Some(names) => names
            .split(',')
            .map(Condition::named)
            .collect::<Result<_>>()?,
        None => Condition::ALL.to_vec(),
    };
    let mut cases = Case::all()?;
    cases.retain(|case| names.is_empty() || names.iter().any(|asked| case.name.starts_with(asked)));
    if cases.is_empty() || runs == 0 {
        bail!("nothing to run");
    }
    engine::ensure()?;
    base_images::ensure()?;
    process::run(cargo::command("build").args(["--package", "softy-check"]))?;
    let seed = random::seed();
    say(&format!("the order is of SOFTY_CHECK_SEED={seed}"));
    let soak = Soak::open(seed, runs)?;
    let rows: Vec<_> = cases
        .iter()
        .map(|case| (case.name.as_str(), case.comes_out()))
        .collect();
    let (mut graded, mut table) = (Vec::new(), String::new());
    for (condition, asked) in plan::blocks(cases.len(), &conditions, runs, &mut Random::of(seed)) {
        let asked = asked.iter().filter_map(|&index| cases.get(index)).collect();
        graded.extend(soak.block(condition, asked)?);
        table = table::table(&rows, &graded);
        // A soak takes hours, so the results so far are saved.
        fs::write(soak.folder.join(TABLE), &table)?;
    }
    print(&table);
    let has_wrong = graded.iter().any(Graded::is_wrong);
    Ok(if has_wrong {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

impl Soak {
    fn open(seed: u64, runs: usize) -> Result<Soak> {
        let folder = workspace::target().join(format!("soak/{seed}"));
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        Ok(Soak {
            folder,
            begun: AtomicUsize::new(0),
            progress: Progress::of(runs),
        })
    }

    /// Grades each of some cases once, under one condition.
    fn block(&self, condition: Condition, cases: Vec<&Case>) -> Result<Vec<Graded>> {
        let load = Load::of(condition, cases.len())?;
        let grade = |case: &&Case| self.grade(condition, case);
        Ok(side_by_side(load.at_a_time, cases, grade))
    }

    /// Grades a case once; removes its folder if the verdict is right.
    fn grade(&self, condition: Condition, case: &Case) -> Graded {
        let number = self.begun.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}.{}.{number}", case.name, condition.name());
        let folder = self.folder.join(name);
        let graded = self.graded(condition, case, &folder);
        let graded = graded.unwrap_or_else(|error| Graded {
            case: case.name.clone(),
            condition,
            verdict: Verdict::Wrong(format!("{error:#}")),
            took: Duration::ZERO,
        });
        match &graded.verdict {
            // A folder that cannot be removed does no harm.
            Verdict::Right => drop(fs::remove_dir_all(&folder)),
            Verdict::Wrong(what) => say(&format!("WRONG       {what}  {}", folder.display())),
            Verdict::NotGraded(why) => say(&format!("not graded  {why}  {}", folder.display())),
        }
        self.progress.tell(&graded);
        graded
    }

    fn graded(&self, condition: Condition, case: &Case, folder: &Path) -> Result<Graded> {
        case.make(&folder.join("submission"))?;
        let ended = Run::start(folder)?.end_within(ENDS_WITHIN)?;
        let (report, complaints) = ended.report();
        Ok(Graded {
            case: case.name.clone(),
            condition,
            verdict: case.verdict(condition, &report, ended.code(), &complaints),
            took: ended.took,
        })
    }
}

#[expect(clippy::print_stdout, reason = "the result of the soak")]
fn print(table: &str) {
    println!("{table}");
}
