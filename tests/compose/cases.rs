//! Compose files to compare.

use std::fs;

use tempfile::TempDir;

use crate::fixture::{Fixture, is_asked};
use crate::reference::Reference;
use crate::sandboxed::{Reading, read};
use crate::types::{SECTIONS, VALUES};
use crate::values::{ENVIRONMENT, LIKELY, OTHERS, SURROUNDINGS};

/// Environment variable that enables every case.
const EVERYTHING: &str = "SOFTY_CHECK_COMPARE";

/// Fixtures whose builds end only by the sandbox's limits.
const ENDED_BY_LIMITS: [&str; 2] = ["fixtures/build-timed-out", "fixtures/build-uses-too-much"];

/// Number of generated cases, and of fixtures, in an ordinary test.
const A_FEW: usize = 12;

/// Number of generated services per file.
const AT_ONCE: usize = 6;

/// Number of generated services with many values.
const COMBINATIONS: usize = 60;

/// Maximum number of keys of such a service.
const MOST_KEYS: usize = 12;

/// Seed of the random numbers.
const SEED: u64 = 6;

/// Files of a task folder, with their names.
pub type Files = Vec<(String, Vec<u8>)>;

/// Submission with a compose file.
pub struct Case {
    /// Description in one line.
    pub name: String,
    source: CaseSource,
}

enum CaseSource {
    Fixture(Fixture),
    Written(String),
    Services(Vec<Vec<String>>),
    Between(String),
    Generated(Files),
}

impl Case {
    /// Creates a case from a compose file of the tests.
    pub fn written(name: String, text: String) -> Case {
        Case {
            name,
            source: CaseSource::Written(text),
        }
    }

    /// Creates a case from a compose file whose services share something. Its project name is set, so that both sides derive
    /// the same names from it.
    pub fn between(name: String, text: String) -> Case {
        Case {
            name,
            source: CaseSource::Between(text),
        }
    }

    /// Creates a case from the files of a task folder, with their names.
    pub fn generated(name: String, files: Files) -> Case {
        Case {
            name,
            source: CaseSource::Generated(files),
        }
    }

    /// Returns the text of a generated case's files.
    pub fn shown(&self) -> String {
        let CaseSource::Generated(files) = &self.source else {
            return String::new();
        };
        let files = files.iter();
        files
            .map(|(name, bytes)| format!("--- {name}\n{}\n", String::from_utf8_lossy(bytes)))
            .collect()
    }

    /// Returns each service in a case of its own; empty unless the case has several services of the tests.
    pub fn parts(&self) -> Vec<Case> {
        match &self.source {
            CaseSource::Services(services) if services.len() > 1 => {
                services.chunks(1).map(together).collect()
            }
            CaseSource::Services(_)
            | CaseSource::Fixture(_)
            | CaseSource::Written(_)
            | CaseSource::Between(_)
            | CaseSource::Generated(_) => Vec::new(),
        }
    }

    /// Returns whether Compose may tag an image as the file says when it creates the stack. True if this is unknown.
    pub fn tags(&self) -> bool {
        let names = |lines: &Vec<String>| {
            let has = |key: &str| lines.iter().any(|line| line.starts_with(key));
            has("build:") && has("image:")
        };
        match &self.source {
            CaseSource::Services(services) => services.iter().any(names),
            CaseSource::Written(_) | CaseSource::Between(_) | CaseSource::Generated(_) => false,
            CaseSource::Fixture(_) => true,
        }
    }

    /// Returns the part of the name that belongs to the service at the beginning of a difference.
    pub fn about(&self, difference: &str) -> &str {
        let service = difference.split(' ').next().unwrap_or_default();
        let index = service
            .strip_prefix("web")
            .and_then(|index| index.parse().ok());
        let part = index.and_then(|index: usize| self.name.split(" | ").nth(index));
        part.unwrap_or(&self.name)
    }

    /// Writes the submission to a temporary folder.
    pub fn folder(&self) -> TempDir {
        let text = match &self.source {
            CaseSource::Fixture(fixture) => return fixture.submission(),
            CaseSource::Written(text) | CaseSource::Between(text) => text.clone(),
            CaseSource::Services(services) => file(services),
            CaseSource::Generated(files) => {
                let folder = TempDir::new().expect("a folder can be made");
                let task = folder.path().join("task6");
                fs::create_dir(&task).expect("a folder can be made");
                for (name, bytes) in files {
                    fs::write(task.join(name), bytes).expect("a file can be written");
                }
                return folder;
            }
        };
        let folder = TempDir::new().expect("a folder can be made");
        let compose = ("compose.yaml", text.as_str());
        let project = self.project();
        let environment = match &self.source {
            CaseSource::Between(_) => format!("UNIQUE={project}\nCOMPOSE_PROJECT_NAME={project}\n"),
            CaseSource::Fixture(_)
            | CaseSource::Written(_)
            | CaseSource::Services(_)
            | CaseSource::Generated(_) => {
                format!("{ENVIRONMENT}UNIQUE={project}\n")
            }
        };
        let environment = (".env", environment.as_str());
        for (name, text) in SURROUNDINGS.iter().copied().chain([compose, environment]) {
            let path = folder.path().join("task6").join(name);
            let parent = path.parent().expect("a file is in a folder");
            fs::create_dir_all(parent).expect("a folder can be made");
            fs::write(path, text).expect("a file can be written");
        }
        folder
    }

    /// Returns the project name for Compose, unique on this engine.
    pub fn project(&self) -> String {
        let hash = self.name.bytes().fold(0u64, |hash, byte| {
            hash.wrapping_mul(31).wrapping_add(u64::from(byte))
        });
        format!("compared-{}-{hash:x}", std::process::id())
    }
}

/// Returns whether every case is enabled.
pub fn is_everything() -> bool {
    is_asked(EVERYTHING)
}

/// Returns every fixture with a compose file.
pub fn fixtures() -> Vec<Case> {
    let fixtures = Fixture::all().into_iter();
    fixtures
        .map(|fixture| Case {
            name: format!("fixtures/{}", fixture.name),
            source: CaseSource::Fixture(fixture),
        })
        .collect()
}

/// Returns the cases for the comparison of acceptance. Compose v1 has other types, so it gets only likely values.
pub fn of_acceptance(reference: &Reference) -> Vec<Case> {
    let mut cases: Vec<Case> = likely().chain(pairs()).collect();
    if !reference.is_first() {
        cases.extend(typed());
    }
    some(cases, fixtures())
}

/// Returns all cases, or a few of each kind.
fn some(generated: Vec<Case>, fixtures: Vec<Case>) -> Vec<Case> {
    if is_everything() {
        return generated.into_iter().chain(fixtures).collect();
    }
    let step = |cases: &Vec<Case>| cases.len().div_ceil(A_FEW);
    let (generated_step, fixtures_step) = (step(&generated), step(&fixtures));
    let generated = generated.into_iter().step_by(generated_step);
    generated
        .chain(fixtures.into_iter().step_by(fixtures_step))
        .collect()
}

/// Returns the cases for the comparison of stacks: fixtures, every likely value, and services with many values.
pub fn of_stacks() -> Vec<Case> {
    let good: Vec<String> = lines()
        .filter(|line| is_good(std::slice::from_ref(line)))
        .collect();
    let alone = good.iter().map(|line| vec![line.clone()]);
    let services: Vec<Vec<String>> = alone.chain(combinations(&good)).collect();
    let mut fixtures = fixtures();
    fixtures.retain(|case| {
        !ENDED_BY_LIMITS
            .iter()
            .any(|name| case.name.starts_with(name))
    });
    some(services.chunks(AT_ONCE).map(together).collect(), fixtures)
}

/// Creates a case with several services.
fn together(services: &[Vec<String>]) -> Case {
    let names = services.iter().map(|lines| lines.join(", "));
    Case {
        name: names.collect::<Vec<_>>().join(" | "),
        source: CaseSource::Services(services.to_vec()),
    }
}

/// Returns a compose file with services of these lines, and other services that they may name.
fn file(services: &[Vec<String>]) -> String {
    let services = services.iter().enumerate();
    let services = services.map(|(index, lines)| service(&format!("web{index}"), lines));
    format!("services:\n{}{OTHERS}", services.collect::<String>())
}

/// Returns services with as many compatible values as possible, chosen by a seeded random generator, so that pairs of keys
/// meet.
fn combinations(good: &[String]) -> Vec<Vec<String>> {
    let mut chance = Chance(SEED);
    (0..COMBINATIONS)
        .map(|_| {
            let mut lines: Vec<String> = Vec::new();
            for _ in 0..good.len() {
                let line = &good[chance.below(good.len())];
                let key = line.split(':').next().unwrap_or_default();
                let has = lines
                    .iter()
                    .any(|other| other.split(':').next() == Some(key));
                if has || lines.len() == MOST_KEYS {
                    continue;
                }
                lines.push(line.clone());
                if !is_good(&lines) {
                    lines.pop();
                }
            }
            lines
        })
        .collect()
}

/// Returns whether the program accepts a service of these lines.
fn is_good(lines: &[String]) -> bool {
    let folder = together(&[lines.to_vec()]).folder();
    matches!(read(folder.path()), Reading::Taken(_))
}

/// Returns every likely value of every key of a service, each alone.
fn likely() -> impl Iterator<Item = Case> {
    lines().map(|line| together(&[vec![line]]))
}

fn lines() -> impl Iterator<Item = String> {
    let lines = LIKELY.iter();
    lines.flat_map(|(key, values)| values.iter().map(move |value| format!("{key}: {value}")))
}

/// Returns every pair of keys of a service, each with one of its likely values.
fn pairs() -> Vec<Case> {
    let mut chance = Chance(SEED);
    let mut cases = Vec::new();
    for (index, (key, values)) in LIKELY.iter().enumerate() {
        for (other, others) in &LIKELY[..index] {
            let lines = [
                format!("{key}: {}", values[chance.below(values.len())]),
                format!("{other}: {}", others[chance.below(others.len())]),
            ];
            cases.push(together(&[lines.to_vec()]));
        }
    }
    cases
}

/// Random numbers, reproducible from a seed.
pub struct Chance(pub u64);

impl Chance {
    /// Creates the generator for one case of a seed.
    pub fn nth(seed: u64, case: usize) -> Chance {
        let case = u64::try_from(case).unwrap_or_default();
        // Splitmix64 makes the numbers of adjacent cases independent.
        let mixed = (seed << 32 ^ case).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Chance(mixed ^ (mixed >> 31))
    }

    /// Returns true in `times` of `of` calls on average.
    pub fn is(&mut self, times: usize, of: usize) -> bool {
        self.below(of) < times
    }

    /// Returns a random element.
    pub fn one_of<T: Copy>(&mut self, things: &[T]) -> T {
        things[self.below(things.len())]
    }

    /// Returns a random number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % end
    }
}

/// Returns every key of every section with a value of every type.
fn typed() -> Vec<Case> {
    let mut cases = Vec::new();
    for section in SECTIONS {
        for key in section.keys.split_whitespace() {
            for value in VALUES {
                let line = format!("{key}: {value}");
                let text = section.file.replace("KEY", &line);
                cases.push(Case::written(format!("{} {line}", section.name), text));
            }
        }
    }
    cases
}

fn service(name: &str, lines: &[String]) -> String {
    let has = |key: &str| lines.iter().any(|line| line.starts_with(key));
    let image = match has("image:") || has("build:") {
        true => "",
        false => "    image: ubuntu:latest\n",
    };
    let lines: String = lines.iter().map(|line| format!("    {line}\n")).collect();
    format!("  {name}:\n{image}{lines}")
}
