//! Outcomes of all comparisons, separated into expected and new differences.

use std::path::Path;
use std::sync::Mutex;
use std::thread;

use crate::cases::Case;
use crate::known::{KNOWN, Known};
use crate::reference::Reference;

/// Number of cases compared at the same time.
const AT_A_TIME: usize = 3;

/// Outcome of one comparison.
pub enum Outcome {
    /// Both sides are equal.
    Equal,
    /// Both sides refuse it.
    RefusedByBoth,
    /// The sandbox refuses it or does not support it yet, so there is nothing to compare.
    SandboxOnly,
    /// One side fails to create it.
    MadeByOne(String),
    /// They differ, and a note of the program names the version.
    Noted,
    /// They differ.
    Different(String),
}

impl Outcome {
    /// Returns a difference as one line.
    pub fn different(what: &str, words: String) -> Outcome {
        Outcome::Different(format!("{what}: {words}"))
    }
}

/// Counts of the outcomes with one reference.
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
    /// Creates an empty tally.
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

    /// Prints the counts.
    ///
    /// # Panics
    ///
    /// If there is a difference without an entry in [`KNOWN`].
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

/// Compares every case in a folder of its own, [`AT_A_TIME`] at the same time.
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
