//! Commands for contributors: `cargo xtask demo | test | soak | class | compare | bless | bench | fuzz | image | dist |
//! pictures | base-images`.
//!
//! Each subcommand prepares what it needs (an engine, base images), reports this on stderr and then does its work.

mod base_images;
mod bench;
mod bless;
mod browser;
mod cargo;
mod checker;
mod class;
mod compare;
mod debian;
mod demo;
mod dist;
mod engine;
mod expectation;
mod fuzz;
mod hostile;
mod image;
mod median;
mod pictures;
mod process;
mod random;
mod side_by_side;
mod soak;
mod submission;
mod test;
mod workspace;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask <command>

  demo           grade fixtures/correct in front of you
  test [ARGS]    every test, live ones included; ARGS go to `cargo test`
  test --hostile [NAME…]
                 every attack of fixtures/hostile, or those whose names begin so
  soak [--under busy,idle,starved] RUNS [NAME…]
                 right submissions and their wrong twins on a machine that is idle, busy and starved, or one of them
  class [--killed] [COUNT]
                 so many submissions in one batch, one in ten an attack; and in one that is killed ten times
  bench [ROUNDS] the checker against bare engine calls and against docker-compose
  bench --batch  batches against bare engine calls, and large ones against small ones
  bench --watch  rounds of `task6 --watch` against runs of their own
  fuzz [SECONDS] every parser on random input, each for so long; needs cargo-fuzz
  compare [TEST] every file and stack against Compose, as SOFTY_CHECK_COMPOSE calls it
  image          the Dockerfile's image, built, and a submission graded in it
  dist           what a release hands out: static program, completions, manual, licences, checksum
  pictures       what a terminal shows of real runs, drawn for the documentation
  bless          rewrite the expected reports and recorded observations of the fixtures
  base-images    make sure that the engine has the images that fixtures build on
";

/// Exit code for wrong usage, the same as that of `softy-check`.
const WRONG_USAGE: u8 = 2;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["demo"] => demo::run(),
        ["test", "--hostile", names @ ..] => hostile::run(names),
        ["test", rest @ ..] => test::run(rest),
        ["soak", "--under", under, runs, names @ ..] => soak::run(Some(under), runs, names),
        ["soak", runs, names @ ..] => soak::run(None, runs, names),
        ["class", rest @ ..] => class::run(rest),
        ["bench", rounds @ ..] => bench::run(rounds),
        ["fuzz", seconds @ ..] => fuzz::run(seconds),
        ["compare", rest @ ..] => compare::run(rest),
        ["image"] => image::run(),
        ["dist"] => dist::run(),
        ["pictures"] => pictures::run(),
        ["bless"] => bless::run(),
        ["base-images"] => base_images::run(),
        _ => return wrong_usage(),
    };
    done.unwrap_or_else(|error| {
        say(&format!("error: {error:#}"));
        ExitCode::FAILURE
    })
}

fn wrong_usage() -> ExitCode {
    say(USAGE.trim_end());
    ExitCode::from(WRONG_USAGE)
}

/// Prints progress or an error. It uses stderr, because stdout belongs to the programs that are run.
#[expect(clippy::print_stderr, reason = "the one place that prints")]
fn say(line: &str) {
    eprintln!("{line}");
}
