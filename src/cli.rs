//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use softy_checks::model::Language;

use crate::batch::{Shard, Style};
use crate::sandbox::{Endpoint, EndpointError, EndpointOptions, ImageOverride, Reach};

/// Grades the exercise *Scale Horizontally*: two Flask servers behind nginx, every request to the next one.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Exit status: 0 passed, 1 something failed, 2 wrong usage, 3 could not be graded, 130 interrupted.\n\nstdout carries the report and nothing else; progress and warnings go to stderr."
)]
pub struct Cli {
    /// What to do; without it, the program says what there is to type.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Grade task 6: read the files, bring the stack up in a sandbox, watch where requests go
    #[command(
        after_help = "Examples:\n  softy-check task6                        from inside a repository\n  softy-check task6 ./student-repo --lang fr\n  softy-check task6 ./student-repo --no-stack     the files alone; needs no Docker\n  softy-check task6 ./student-repo --format json --output report.json\n  softy-check task6 --watch               again whenever a file changes\n  softy-check task6 --keep                the stack stays up, to be looked at"
    )]
    Task6(Task6),
    /// Grade a folder of submissions, several side by side
    #[command(
        after_help = "Examples:\n  softy-check batch task6 submissions --out results\n  softy-check batch task6 submissions --out results --roster class.csv\n  softy-check batch task6 submissions --out results --shard 1/4    a quarter, on each of four machines\n\nExit status: 0 all passed, 1 some lost points, 3 some could not be graded, 130 interrupted.\nStopped at any moment, the same command goes on where it was."
    )]
    Batch(Batch),
    /// Judge a recorded observation again; needs no Docker
    #[command(
        after_help = "Examples:\n  softy-check task6 ./student-repo --record seen.json    keep what is seen\n  softy-check replay seen.json\n  softy-check replay seen.json --rubric course.toml      by other points and rules"
    )]
    Replay(Replay),
    /// Make the reports of a batch again, from its result files; needs no Docker
    #[command(
        after_help = "Examples:\n  softy-check report DIR                                        the summary for a terminal\n  softy-check report DIR --format html --output report.html\n  softy-check report DIR --format csv --output summary.csv\n  softy-check report DIR --format gradescope --output FOLDER    a file for each submission\n\nExit status: 0 all passed, 1 some failed, 3 some were not graded or their files could not be read."
    )]
    Report(ReportArguments),
    /// Remove what killed runs have left on the engine, and the stacks that `--keep` has left up
    #[command(
        after_help = "Examples:\n  softy-check clean --dry-run      only list it\n  softy-check clean\n  softy-check clean --cache        what builds have kept as well\n\nWhat is listed has been removed; exit status 3 says that something could not be.\nRuns that go on are left alone, and so is everything that softy-check did not make."
    )]
    Clean(Clean),
    /// Say which engine is asked, what it can do and cannot, and what helps
    #[command(
        after_help = "Exit status: 0 it can grade, 2 what names the engine cannot be one, 3 it cannot grade."
    )]
    Doctor(Doctor),
    /// Print the usual rubric, each line explained: a file to change and to give to --rubric
    #[command(
        after_help = "Examples:\n  softy-check rubric > course.toml\n  softy-check task6 ./student-repo --rubric course.toml"
    )]
    Rubric(Rubric),
    /// Explain a check, or a mistake or a note by its code; without a word, list them all
    #[command(
        after_help = "Examples:\n  softy-check explain                  every check with its codes\n  softy-check explain round-robin      the page of a check\n  softy-check explain weighted         what a code in brackets in a report means"
    )]
    Explain(Explain),
    /// Print the JSON schema of the JSON report
    #[command(after_help = "Examples:\n  softy-check schema > report.schema.json")]
    Schema,
    /// Print what a shell needs to complete command lines
    #[command(
        after_help = "Examples:\n  mkdir -p ~/.local/share/bash-completion/completions\n  softy-check completions bash > ~/.local/share/bash-completion/completions/softy-check\n  softy-check completions zsh > ~/.zfunc/_softy-check      with ~/.zfunc in $fpath\n  softy-check completions fish > ~/.config/fish/completions/softy-check.fish"
    )]
    Completions(Completions),
    /// Print the manual page, or write one for each subcommand
    #[command(
        after_help = "Examples:\n  softy-check man | man -l -\n  softy-check man --output ~/.local/share/man/man1    then: man softy-check-task6"
    )]
    Man(Man),
}

/// Arguments of `task6`.
#[derive(Args, Debug)]
pub struct Task6 {
    /// The student's repository, or its `task6` folder [default: the current folder, where it is one of them]
    pub path: Option<PathBuf>,
    /// What is reported, and how
    #[command(flatten)]
    pub shown: Shown,
    /// Write what was seen to FILE, for `softy-check replay`
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Leave the stack up when all is measured, and say where it is and how to remove it
    #[arg(long, conflicts_with_all = ["no_stack", "watch"])]
    pub keep: bool,
    /// Grade again whenever a file changes, until Ctrl-C; what has not changed stays up in between
    #[arg(long)]
    pub watch: bool,
    /// Which engine is asked
    #[command(flatten)]
    pub engine: Engine,
    /// How it is graded
    #[command(flatten)]
    pub grading: Grading,
}

/// Which engine is asked; where nothing is said, the one that Docker's own client asks.
#[derive(Args, Debug)]
pub struct Engine {
    /// Ask the engine at URL, such as `unix:///run/podman/podman.sock` or `tcp://127.0.0.1:2376`
    #[arg(long, value_name = "URL", conflicts_with = "context")]
    pub host: Option<String>,
    /// Ask the engine of this Docker context
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
}

/// For whom all is printed.
#[derive(Args, Debug)]
pub struct Spoken {
    /// The language [default: the locale's, else English]
    #[arg(long, value_enum)]
    pub lang: Option<Lang>,
    /// For a screen reader: words instead of signs, colours and drawings, and a line for each sentence
    #[arg(long)]
    pub plain: bool,
}

/// How submissions are graded.
#[derive(Args, Debug)]
pub struct Grading {
    /// Judge the files alone: no engine is asked, what needs one is skipped
    #[arg(long)]
    pub no_stack: bool,
    /// How to get to the stack, when what the checker finds out by itself is wrong
    #[arg(long, value_name = "WAY", value_enum)]
    pub reach: Option<Way>,
    /// Take another image instead of one that submissions name, such as that of the day they were handed in:
    /// `ubuntu:latest=ubuntu:22.04`; several separated by commas
    #[arg(
        long = "base",
        value_name = "REFERENCE=REFERENCE",
        value_delimiter = ','
    )]
    pub bases: Vec<ImageOverride>,
    /// Build with BuildKit what nothing else can, without limits of memory, processes and disk
    #[arg(long)]
    pub unlimited_builds: bool,
    /// Let builds reach these hosts of the web only, and those below them, separated by commas
    #[arg(long, value_name = "HOST,…", value_delimiter = ',')]
    pub build_hosts: Vec<String>,
    /// Let builds and what runs in the stack reach the internet and everything that this machine reaches: other machines of its network
    /// and a cloud's metadata with their secrets included
    #[arg(long)]
    pub egress: bool,
    /// The engine's runtime for every container, such as `runsc` or `kata`
    #[arg(long, value_name = "NAME")]
    pub runtime: Option<String>,
}

/// Arguments of `batch`.
#[derive(Args, Debug)]
pub struct Batch {
    /// The task that was handed in
    #[arg(value_enum)]
    pub task: Task,
    /// The folder with one subfolder for each submission
    pub submissions: PathBuf,
    /// Where results and reports go; the same folder again, and the batch goes on where it stopped
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Submissions graded side by side [default: what cores and memory allow]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub jobs: Option<u16>,
    /// A CSV file with a row for each submission: `id`, and `name`, `group`, `path` or `url` where there are such
    #[arg(long, value_name = "FILE")]
    pub roster: Option<PathBuf>,
    /// Grade one part of N, such as `2/4`: every machine that has the same submissions gets other ones
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    /// Judge by this rubric; `softy-check rubric` prints the usual one
    #[arg(long, value_name = "FILE")]
    pub rubric: Option<PathBuf>,
    /// Grade again what was graded already
    #[arg(long)]
    pub again: bool,
    /// How progress is told on stderr
    #[arg(long, value_enum, default_value_t = ProgressMode::Auto)]
    pub progress: ProgressMode,
    /// In which language
    #[command(flatten)]
    pub spoken: Spoken,
    /// Which engine is asked
    #[command(flatten)]
    pub engine: Engine,
    /// How each is graded
    #[command(flatten)]
    pub grading: Grading,
}

/// Tasks on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Task {
    /// Scale Horizontally
    Task6,
}

/// Ways of telling how far a batch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProgressMode {
    /// A bar on a terminal, lines elsewhere
    Auto,
    /// A line a submission
    Plain,
    /// A line of JSON a submission
    Json,
}

/// Arguments of `replay`.
#[derive(Args, Debug)]
pub struct Replay {
    /// A file that `--record` wrote
    pub file: PathBuf,
    /// What is reported, and how
    #[command(flatten)]
    pub shown: Shown,
}

/// Arguments of `report`.
#[derive(Args, Debug)]
pub struct ReportArguments {
    /// The folder that `softy-check batch` wrote to
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Judge what was seen by another rubric; needs no Docker, and changes no result file
    #[arg(long, value_name = "FILE")]
    pub rubric: Option<PathBuf>,
    /// Say whose score or verdict is another than in the folder OLD, and why; exit status 1 when there is one
    #[arg(long, value_name = "OLD", conflicts_with = "format")]
    pub compare: Option<PathBuf>,
    /// The report's format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Write the report to FILE, whole or not at all, instead of stdout; for `gradescope` a folder
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// In which language
    #[command(flatten)]
    pub spoken: Spoken,
}

/// Arguments of `clean`.
#[derive(Args, Debug)]
pub struct Clean {
    /// Take away the builds' cache as well, unless a run goes on; BuildKit's own (see --unlimited-builds) is the engine's
    #[arg(long)]
    pub cache: bool,
    /// Only list what would be removed
    #[arg(long)]
    pub dry_run: bool,
    /// Which engine is asked
    #[command(flatten)]
    pub engine: Engine,
    /// The list's format
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub format: ListFormat,
    /// In which language
    #[command(flatten)]
    pub spoken: Spoken,
}

/// Arguments of `doctor`.
#[derive(Args, Debug)]
pub struct Doctor {
    /// Which engine is looked at
    #[command(flatten)]
    pub engine: Engine,
    /// The list's format
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub format: ListFormat,
    /// In which language
    #[command(flatten)]
    pub spoken: Spoken,
}

/// Arguments of `rubric`.
#[derive(Args, Debug)]
pub struct Rubric {
    /// In which language
    #[command(flatten)]
    pub spoken: Spoken,
}

/// Arguments of `explain`.
#[derive(Args, Debug)]
pub struct Explain {
    /// The id of a check, or the code of a mistake or a note
    #[arg(value_name = "ID|CODE")]
    pub word: Option<String>,
    /// In which language
    #[command(flatten)]
    pub spoken: Spoken,
}

/// Arguments of `completions`.
#[derive(Args, Debug)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Shells that can complete command lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// Bash
    Bash,
    /// Zsh
    Zsh,
    /// Fish
    Fish,
}

/// Arguments of `man`.
#[derive(Args, Debug)]
pub struct Man {
    /// Write a page for the program and one for each subcommand into DIR, which is made where it is not there
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
}

/// What is reported, and how.
#[derive(Args, Debug)]
pub struct Shown {
    /// The report's format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Write the report to FILE, whole or not at all, instead of stdout
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// In which language
    #[command(flatten)]
    pub spoken: Spoken,
    /// Say also where each replica was and what it received, what the run did not close or hold to its limits, and while it
    /// goes on what the engine has done and when
    #[arg(long, short)]
    pub verbose: bool,
    /// Say also how long each part of the run took
    #[arg(long)]
    pub timings: bool,
    /// Judge these checks only, by their ids, separated by commas
    #[arg(long, value_name = "ID,…", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Leave these checks out, by their ids, separated by commas
    #[arg(long, value_name = "ID,…", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// Judge by the points and rules of FILE; `softy-check rubric` prints the usual ones
    #[arg(long, value_name = "FILE")]
    pub rubric: Option<PathBuf>,
}

/// Formats of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// For programs; `softy-check schema` prints its schema
    Json,
    /// For spreadsheets and Moodle: a line a submission, a column a check
    Csv,
    /// For the gradebook of Canvas
    Canvas,
    /// JUnit XML, for Jenkins and GitLab
    Junit,
    /// The `results.json` of a Gradescope autograder
    Gradescope,
    /// Annotations of a GitHub workflow
    Github,
    /// For GitHub's job summaries
    Markdown,
    /// A page for a browser, in one file that needs no network
    Html,
}

/// Formats of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people
    Text,
    /// For programs
    Json,
}

/// Languages on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// English
    En,
    /// French
    Fr,
}

/// Ways to the stack on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Way {
    /// By the containers' addresses
    Address,
    /// By joining the stack's network, when the checker runs in a container itself
    Container,
    /// Through a port on 127.0.0.1, as with Docker Desktop
    Loopback,
}

impl Spoken {
    /// The language asked for, else the locale's.
    pub fn language(&self) -> Language {
        language(self.lang)
    }
}

impl Cli {
    /// The language asked for, else the locale's.
    pub fn language(&self) -> Language {
        let spoken = match &self.command {
            Some(Command::Task6(arguments)) => &arguments.shown.spoken,
            Some(Command::Batch(arguments)) => &arguments.spoken,
            Some(Command::Replay(arguments)) => &arguments.shown.spoken,
            Some(Command::Report(arguments)) => &arguments.spoken,
            Some(Command::Clean(arguments)) => &arguments.spoken,
            Some(Command::Doctor(arguments)) => &arguments.spoken,
            Some(Command::Rubric(arguments)) => &arguments.spoken,
            Some(Command::Explain(arguments)) => &arguments.spoken,
            Some(Command::Schema | Command::Completions(_) | Command::Man(_)) | None => {
                return language(None);
            }
        };
        spoken.language()
    }
}

impl Engine {
    /// The engine that is asked.
    ///
    /// # Errors
    /// What is named and cannot be an engine.
    pub fn endpoint(&self) -> Result<Endpoint, EndpointError> {
        Endpoint::find(&EndpointOptions {
            host: self.host.clone(),
            context: self.context.clone(),
        })
    }
}

impl From<ProgressMode> for Style {
    fn from(told: ProgressMode) -> Style {
        match told {
            ProgressMode::Auto => Style::Auto,
            ProgressMode::Plain => Style::Plain,
            ProgressMode::Json => Style::Json,
        }
    }
}

/// The language asked for, else the locale's where it is French, else English.
fn language(asked: Option<Lang>) -> Language {
    let french = match asked {
        Some(lang) => lang == Lang::Fr,
        None => {
            sys_locale::get_locale().is_some_and(|locale| locale.to_lowercase().starts_with("fr"))
        }
    };
    if french {
        Language::French
    } else {
        Language::English
    }
}

impl From<Way> for Reach {
    fn from(way: Way) -> Reach {
        match way {
            Way::Address => Reach::Address,
            Way::Container => Reach::Container,
            Way::Loopback => Reach::Loopback,
        }
    }
}
