//! The files that are compared.

use std::fs;

use tempfile::TempDir;

use crate::fixture::{Fixture, is_asked};
use crate::reference::Reference;
use crate::sandboxed::{Reading, read};
use crate::types::{SECTIONS, VALUES};
use crate::values::{ENVIRONMENT, LIKELY, OTHERS, SURROUNDINGS};

/// What asks for every case.
const EVERYTHING: &str = "SOFTY_CHECK_COMPARE";

/// Fixtures whose builds only the sandbox's limits end.
const ENDED_BY_LIMITS: [&str; 2] = ["fixtures/build-timed-out", "fixtures/build-uses-too-much"];

/// Generated cases in an ordinary test, and as many fixtures.
const A_FEW: usize = 12;

/// Generated services in one file.
const AT_ONCE: usize = 6;

/// Services of many values.
const COMBINATIONS: usize = 60;

/// Keys of such a service.
const MOST_KEYS: usize = 12;

/// Where chance starts.
const SEED: u64 = 6;

/// The files of a task folder, by their names.
pub type Files = Vec<(String, Vec<u8>)>;

/// A submission with a compose file.
pub struct Case {
    /// What it tries, in one line.
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
    /// A compose file of the tests' own.
    pub fn written(name: String, text: String) -> Case {
        Case {
            name,
            source: CaseSource::Written(text),
        }
    }

    /// A compose file whose services share something; what Compose derives from the project's name is derived here as well.
    pub fn between(name: String, text: String) -> Case {
        Case {
            name,
            source: CaseSource::Between(text),
        }
    }

    /// Files of a task folder, by their names.
    pub fn generated(name: String, files: Files) -> Case {
        Case {
            name,
            source: CaseSource::Generated(files),
        }
    }

    /// The files of a generated case, to be read.
    pub fn shown(&self) -> String {
        let CaseSource::Generated(files) = &self.source else {
            return String::new();
        };
        let files = files.iter();
        files
            .map(|(name, bytes)| format!("--- {name}\n{}\n", String::from_utf8_lossy(bytes)))
            .collect()
    }

    /// The services of the file each in a file of its own; none where they are not several of the tests’ own.
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

    /// Whether Compose might name an image as the file says when it makes the stack, for all that is known without reading it.
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

    /// The part of the name that a difference is about, by the service that it begins with.
    pub fn about(&self, difference: &str) -> &str {
        let service = difference.split(' ').next().unwrap_or_default();
        let index = service
            .strip_prefix("web")
            .and_then(|index| index.parse().ok());
        let part = index.and_then(|index: usize| self.name.split(" | ").nth(index));
        part.unwrap_or(&self.name)
    }

    /// The submission, in a folder of its own.
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

    /// The name that Compose gives the project: nobody else’s on this engine.
    pub fn project(&self) -> String {
        let hash = self.name.bytes().fold(0u64, |hash, byte| {
            hash.wrapping_mul(31).wrapping_add(u64::from(byte))
        });
        format!("compared-{}-{hash:x}", std::process::id())
    }
}

/// Whether every case is asked for.
pub fn is_everything() -> bool {
    is_asked(EVERYTHING)
}

/// Every fixture with a compose file.
pub fn fixtures() -> Vec<Case> {
    let fixtures = Fixture::all().into_iter();
    fixtures
        .map(|fixture| Case {
            name: format!("fixtures/{}", fixture.name),
            source: CaseSource::Fixture(fixture),
        })
        .collect()
}

/// The cases of which it is asked whether both take them. The first Compose has other types: it gets likely values only.
pub fn of_acceptance(reference: &Reference) -> Vec<Case> {
    let mut cases: Vec<Case> = likely().chain(pairs()).collect();
    if !reference.is_first() {
        cases.extend(typed());
    }
    some(cases, fixtures())
}

/// All of them, or a few.
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

/// The cases of which it is asked whether both bring up the same: fixtures, every likely value, and many together.
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

/// A case of several services.
fn together(services: &[Vec<String>]) -> Case {
    let names = services.iter().map(|lines| lines.join(", "));
    Case {
        name: names.collect::<Vec<_>>().join(" | "),
        source: CaseSource::Services(services.to_vec()),
    }
}

/// A file with services of these lines, beside others that they may name.
fn file(services: &[Vec<String>]) -> String {
    let services = services.iter().enumerate();
    let services = services.map(|(index, lines)| service(&format!("web{index}"), lines));
    format!("services:\n{}{OTHERS}", services.collect::<String>())
}

/// Services of as many values as go together, chosen by chance from a seed, so that pairs of keys meet.
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

/// Whether a service of these lines would be brought up.
fn is_good(lines: &[String]) -> bool {
    let folder = together(&[lines.to_vec()]).folder();
    matches!(read(folder.path()), Reading::Taken(_))
}

/// Every likely value of every key of a service, alone.
fn likely() -> impl Iterator<Item = Case> {
    lines().map(|line| together(&[vec![line]]))
}

fn lines() -> impl Iterator<Item = String> {
    let lines = LIKELY.iter();
    lines.flat_map(|(key, values)| values.iter().map(move |value| format!("{key}: {value}")))
}

/// Every two keys of a service together, each with one of its likely values.
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

/// Numbers by chance, always the same ones from the same seed.
pub struct Chance(pub u64);

impl Chance {
    /// The numbers of one of the cases of a seed.
    pub fn nth(seed: u64, case: usize) -> Chance {
        let case = u64::try_from(case).unwrap_or_default();
        // Splitmix64, so that neighbours have nothing in common.
        let mixed = (seed << 32 ^ case).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Chance(mixed ^ (mixed >> 31))
    }

    /// Whether something happens that does `times` times in `of`.
    pub fn is(&mut self, times: usize, of: usize) -> bool {
        self.below(of) < times
    }

    /// One of several things.
    pub fn one_of<T: Copy>(&mut self, things: &[T]) -> T {
        things[self.below(things.len())]
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % end
    }
}

/// Every key of every section with a value of every type.
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
