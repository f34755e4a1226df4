//! What came of all comparisons, and what of it was expected.

use std::path::Path;
use std::sync::Mutex;
use std::thread;

use crate::cases::Case;
use crate::known::{KNOWN, Known};
use crate::reference::Reference;

/// Cases compared at a time.
const AT_A_TIME: usize = 3;

/// What came of one comparison.
pub enum Outcome {
    /// The same.
    Equal,
    /// Neither takes it.
    RefusedByBoth,
    /// The sandbox refuses it, or does not do it yet: there is nothing to compare.
    SandboxOnly,
    /// One of them does not make it.
    MadeByOne(String),
    /// Not the same, as a note says that names the version.
    Noted,
    /// Not the same.
    Different(String),
}

impl Outcome {
    /// A difference in one line.
    pub fn different(what: &str, words: String) -> Outcome {
        Outcome::Different(format!("{what}: {words}"))
    }
}

/// What is counted of one reference.
pub struct Tally<'a> {
    what: &'static str,
    reference: &'a Reference,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    equal: usize,
    refused: usize,
    sandbox: usize,
    noted: usize,
    known: Vec<(&'static Known, String)>,
    new: usize,
}

impl Tally<'_> {
    /// Nothing counted yet.
    pub fn new<'a>(what: &'static str, reference: &'a Reference) -> Tally<'a> {
        Tally {
            what,
            reference,
            counts: Mutex::default(),
        }
    }

    /// Counts one comparison.
    pub fn count(&self, case: &Case, outcome: Outcome) {
        let mut counts = self.counts.lock().expect("nobody panicked");
        match outcome {
            Outcome::Equal => counts.equal += 1,
            Outcome::RefusedByBoth => counts.refused += 1,
            Outcome::SandboxOnly => counts.sandbox += 1,
            Outcome::Noted => counts.noted += 1,
            Outcome::MadeByOne(words) | Outcome::Different(words) => {
                let line = format!("{} – {words}", case.about(&words));
                let mut known = KNOWN.iter();
                match known.find(|known| known.explains(self.reference, &line)) {
                    Some(known) => counts.known.push((known, line)),
                    None => {
                        eprintln!("new: {line}");
                        counts.new += 1;
                    }
                }
            }
        }
    }

    /// Prints what was counted; a difference that nobody knows of ends the test.
    pub fn conclude(self) {
        let Counts {
            equal,
            refused,
            sandbox,
            noted,
            known,
            new,
        } = self.counts.into_inner().expect("nobody panicked");
        let total = equal + refused + sandbox + noted + known.len() + new;
        eprintln!(
            "Compose {}: {total} {} compared, {equal} equal, {refused} refused by both, {sandbox} the sandbox’s own matter, {noted} noted, {} known to differ, {} new differences",
            self.reference.version,
            self.what,
            known.len(),
            new,
        );
        for reason in KNOWN {
            let lines = known
                .iter()
                .filter(|(known, _)| std::ptr::eq(*known, reason));
            let count = lines.count();
            if count > 0 {
                eprintln!("  {count:4} × {} – {}", reason.line, reason.reason);
            }
        }
        assert_eq!(new, 0, "differences that nobody knows of");
    }
}

/// Does the same with every case, some at a time, each in a folder of its own.
pub fn each(cases: Vec<Case>, compare: impl Fn(&Case, &Path) + Sync) {
    let waiting = Mutex::new(cases.into_iter());
    let next = || waiting.lock().expect("nobody panicked").next();
    let work = || {
        while let Some(case) = next() {
            let folder = case.folder();
            compare(&case, folder.path());
        }
    };
    thread::scope(|scope| (0..AT_A_TIME).for_each(|_| drop(scope.spawn(work))));
}
