//! What contributors run: `cargo xtask demo | test | bless | bench | base-images`.
//!
//! Each subcommand prepares what it needs (an engine, base images), says so on stderr and then does its work.

mod base_images;
mod bench;
mod bless;
mod cargo;
mod debian;
mod demo;
mod engine;
mod process;
mod test;
mod workspace;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask <command>

  demo           grade fixtures/correct in front of you
  test [ARGS]    every test, live ones included; ARGS go to `cargo test`
  bench [ROUNDS] the checker against bare engine calls and against docker-compose
  bless          rewrite the expected reports and recorded observations of the fixtures
  base-images    make sure that the engine has the images that fixtures build on
";

/// Wrong usage, as `softy-check` itself has it.
const WRONG_USAGE: u8 = 2;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["demo"] => demo::run(),
        ["test", rest @ ..] => test::run(rest),
        ["bench", rounds @ ..] => bench::run(rounds),
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

/// Progress and errors: stdout belongs to what is run.
#[expect(clippy::print_stderr, reason = "the one place that prints")]
fn say(line: &str) {
    eprintln!("{line}");
}
