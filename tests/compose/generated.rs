//! Generated files of variables, YAML and values, read by Compose and by this program: both accept a file or both refuse it,
//! with the same values and the same warnings of unset variables.
//!
//! `SOFTY_CHECK_GENERATED` sets the number of files of each kind, `SOFTY_CHECK_SEED` the seed.

mod values;
mod variables;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map, Value, json};
use softy_check::compose;
use softy_check::compose::project::Service;
use softy_check::submission::Submission;
use softy_checks::observation::Compose;

use crate::asked;
use crate::cases::{Case, Chance, Files, is_everything};
use crate::reference::Reference;
use crate::tally::{Outcome, Tally, each};

/// Number of files of each kind in `cargo xtask compare`, and in an ordinary test.
const MANY: usize = 300;
const FEW: usize = 10;

/// Values of each service of a file: `environment`, `labels` and `command` as Compose prints them.
type Read = BTreeMap<String, Value>;

/// Result of reading a file.
struct Outlook {
    /// Services, or the reason why the file is refused.
    read: Result<Read, String>,
    /// Variables reported as unset.
    unset: BTreeSet<String>,
    /// Variables of `env_file` with the values that, according to a note, Compose 2.26 gives them.
    of_v2_26: BTreeSet<(String, String)>,
}

#[test]
fn generated_variables_have_the_values_that_compose_gives_them() {
    compare("generated files of variables", variables::case);
}

#[test]
fn generated_yaml_is_read_as_compose_reads_it() {
    compare("generated YAML files", yaml::case);
}

#[test]
fn generated_values_are_filled_in_as_compose_does() {
    compare("generated values", values::case);
}

/// Compares the requested number of files. Compose v1 has another grammar and is skipped.
fn compare(what: &'static str, form: fn(&mut Chance) -> Files) {
    let Some(reference) = asked() else {
        return;
    };
    if reference.is_first() {
        return;
    }
    let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    let by_default = if is_everything() { MANY } else { FEW };
    let count = number("SOFTY_CHECK_GENERATED").and_then(|count| usize::try_from(count).ok());
    let seed = number("SOFTY_CHECK_SEED").unwrap_or(6);
    let cases = (0..count.unwrap_or(by_default)).map(|index| {
        let mut chance = Chance::nth(seed, index);
        Case::generated(format!("{what} {seed}.{index}"), form(&mut chance))
    });
    let tally = Tally::new(what, &reference);
    each(cases.collect(), |case, folder| {
        for outcome in outcomes(&reference, case, folder) {
            tally.count(case, outcome);
        }
    });
    tally.conclude();
}

fn outcomes(reference: &Reference, case: &Case, folder: &Path) -> Vec<Outcome> {
    let ours = match of_program(folder) {
        Some(ours) => ours,
        None => return vec![Outcome::SandboxOnly],
    };
    let theirs = of_compose(reference, folder);
    let shown = |words: &str| format!("{words}\n{}", case.shown());
    match (&theirs.read, &ours.read) {
        (Err(_), Err(_)) => vec![Outcome::RefusedByBoth],
        (Err(words), Ok(_)) => vec![Outcome::different("Compose refuses", shown(words))],
        (Ok(_), Err(words)) => {
            vec![Outcome::different(
                "only this program refuses",
                shown(words),
            )]
        }
        (Ok(theirs_read), Ok(ours_read)) => {
            let mut outcomes = Vec::new();
            for (name, value) in theirs_read {
                let own = ours_read.get(name).unwrap_or(&Value::Null);
                if value == own {
                    continue;
                }
                if like_v2_26(own, value, &ours.of_v2_26) {
                    outcomes.push(Outcome::different("a note says", name.clone()));
                } else {
                    let words = format!("{name} is {value}, here {own}");
                    outcomes.push(Outcome::different("another value", shown(&words)));
                }
            }
            if theirs.unset != ours.unset {
                let words = format!("{:?}, here {:?}", theirs.unset, ours.unset);
                outcomes.push(Outcome::different("other unset variables", shown(&words)));
            }
            match outcomes.is_empty() {
                true => vec![Outcome::Equal],
                false => outcomes,
            }
        }
    }
}

/// Reads a file with this program; `None` if only the sandbox refuses it.
fn of_program(folder: &Path) -> Option<Outlook> {
    let submission = Submission::open(folder).expect("a submission can be opened");
    let (compose, project) = compose::read(&submission, &softy_checks::Expectations::default())
        .expect("a compose file can be read");
    let Compose {
        problems, oddities, ..
    } = compose;
    let unset = oddities.iter().filter_map(|oddity| {
        let name = oddity.en.strip_prefix("the variable `")?;
        Some(name.split_once("` is not set")?.0.to_owned())
    });
    let unset = unset.collect();
    let of_v2_26 = oddities.iter().filter_map(|oddity| {
        let name = oddity.en.strip_prefix("Compose 2.40 makes `")?;
        let (name, rest) = name.split_once("` of `env_file`")?;
        let (_, value) = rest.split_once("and Compose 2.26 makes it `")?;
        Some((name.to_owned(), value.strip_suffix('`')?.to_owned()))
    });
    let of_v2_26 = of_v2_26.collect();
    let read = match (problems.first(), project) {
        (Some(problem), _) => Err(problem.message.en.to_string()),
        (None, Some(project)) => {
            let services = project.services.iter();
            Ok(services.map(|one| (one.name.clone(), facts(one))).collect())
        }
        (None, None) => return None,
    };
    Some(Outlook {
        read,
        unset,
        of_v2_26,
    })
}

fn facts(service: &Service) -> Value {
    let environment = service.environment.iter();
    let environment: Map<String, Value> = environment
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    let labels = service.labels.iter();
    let labels: Map<String, Value> = labels
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    sorted(environment, labels, json!(service.command))
}

/// Returns whether a service differs only in variables for which a note predicts it.
fn like_v2_26(ours: &Value, theirs: &Value, noted: &BTreeSet<(String, String)>) -> bool {
    let mut likened = ours.clone();
    let own = likened.get_mut(0).and_then(Value::as_object_mut);
    for (name, value) in own.into_iter().flatten() {
        if let Some(Value::String(their_value)) = theirs.get(0).and_then(|all| all.get(name))
            && noted.contains(&(name.clone(), their_value.clone()))
        {
            *value = json!(their_value);
        }
    }
    likened == *theirs
}

/// Reads a file with Compose.
fn of_compose(reference: &Reference, folder: &Path) -> Outlook {
    let (config, warnings) = reference.config(folder);
    let name = |line: &str| {
        let (_, rest) = line.split_once("msg=\"The \\\"")?;
        Some(rest.split_once("\\\" variable is not set")?.0.to_owned())
    };
    let read = config.map(|config| {
        let services = config.get("services").and_then(Value::as_object);
        let services = services.into_iter().flatten();
        let object = |service: &Value, key: &str| -> Map<String, Value> {
            let entries = service.get(key).and_then(Value::as_object);
            entries.cloned().unwrap_or_default()
        };
        services
            .map(|(name, service)| {
                let environment = object(service, "environment");
                let command = service.get("command").cloned().unwrap_or_default();
                let facts = sorted(environment, object(service, "labels"), command);
                (name.clone(), facts)
            })
            .collect()
    });
    Outlook {
        read,
        unset: warnings.lines().filter_map(name).collect(),
        of_v2_26: BTreeSet::new(),
    }
}

fn sorted(environment: Map<String, Value>, labels: Map<String, Value>, command: Value) -> Value {
    let sorted =
        |entries: Map<String, Value>| -> BTreeMap<String, Value> { entries.into_iter().collect() };
    json!([sorted(environment), sorted(labels), command])
}
