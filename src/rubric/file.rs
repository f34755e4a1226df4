//! The words of a rubric's file: each is known, and stands for something.

use std::collections::BTreeMap;

use softy_checks::TASK6;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Answer, Rubric, Stack};
use crate::likeness;
use crate::sandbox::{Base, Bases};

/// How like a known word another must be to be taken for it, from 0 to 1.
const LIKENESS: f64 = 0.7;

/// Points that a check, or all together, can be worth.
const MOST: u32 = 10_000;

/// What is wrong, and at which byte.
#[derive(Debug)]
pub(super) struct Wrong {
    pub at: usize,
    pub reason: String,
}

type Value<'a> = Spanned<DeValue<'a>>;

/// The rubric that a text says.
pub(super) fn parse(text: &str) -> Result<Rubric, Wrong> {
    let document = DeTable::parse(text).map_err(|error| Wrong {
        at: error.span().map_or(0, |span| span.start),
        reason: error.message().replace('\n', "; "),
    })?;
    let top = document.get_ref();
    let sections = [
        "out-of",
        "pass-mark",
        "points",
        "answer",
        "stack",
        "base-images",
    ];
    are_known(top, &sections)?;
    let usual = Rubric::default();
    let rubric = Rubric {
        out_of: (number(top, "out-of", 1, MOST)?).unwrap_or(usual.out_of),
        pass_mark: number(top, "pass-mark", 1, MOST)?,
        points: points(top)?,
        answer: answer(top)?,
        stack: stack(top)?,
        base_images: base_images(top)?,
    };
    adds_up(&rubric, top)?;
    Ok(rubric)
}

fn points(top: &DeTable) -> Result<BTreeMap<String, u32>, Wrong> {
    let mut points = Rubric::default().points;
    let Some(table) = table(top, "points")? else {
        return Ok(points);
    };
    let ids: Vec<&str> = TASK6.iter().map(|check| check.id).collect();
    are_known(table, &ids)?;
    for (id, worth) in &mut points {
        *worth = number(table, id, 0, MOST)?.unwrap_or(*worth);
    }
    Ok(points)
}

fn answer(top: &DeTable) -> Result<Answer, Wrong> {
    let Some(table) = table(top, "answer")? else {
        return Ok(Answer::default());
    };
    are_known(table, &["line-alone", "equivalent-commands"])?;
    Ok(Answer {
        line_alone: truth(table, "line-alone")?,
        equivalent_commands: truth(table, "equivalent-commands")?,
    })
}

fn stack(top: &DeTable) -> Result<Stack, Wrong> {
    let usual = Stack::default();
    let Some(table) = table(top, "stack")? else {
        return Ok(usual);
    };
    are_known(table, &["service-names", "replicas", "egress"])?;
    Ok(Stack {
        service_names: service_names(table)?.unwrap_or(usual.service_names),
        replicas: number(table, "replicas", 3, usual.replicas)?.unwrap_or(usual.replicas),
        egress: truth(table, "egress")?,
    })
}

/// Names that Compose would take for a service; each in quotes, at least one.
fn service_names(table: &DeTable) -> Result<Option<Vec<String>>, Wrong> {
    let Some(listed) = table.get("service-names") else {
        return Ok(None);
    };
    let wanted = "a list of one or more names of services, such as `[\"back-end\", \"backend\"]`";
    let DeValue::Array(values) = listed.get_ref() else {
        return Err(unlike(listed, wanted));
    };
    let name = |value: &Value| match value.get_ref() {
        DeValue::String(name) if is_service(name) => Ok(name.to_string()),
        DeValue::String(name) => {
            let name = name.escape_debug();
            let reason = format!("`{name}` names no service: letters, digits, `.`, `_` and `-` do");
            Err(wrong(value, &reason))
        }
        _ => Err(unlike(value, "a service’s name in quotes")),
    };
    let names: Vec<String> = values.iter().map(name).collect::<Result<_, _>>()?;
    match names.as_slice() {
        [] => Err(unlike(listed, wanted)),
        [..] => Ok(Some(names)),
    }
}

fn is_service(name: &str) -> bool {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    name.starts_with(|first: char| first.is_ascii_alphanumeric()) && name.chars().all(is_plain)
}

fn base_images(top: &DeTable) -> Result<BTreeMap<String, String>, Wrong> {
    let mut bases: Vec<Base> = Vec::new();
    for (named, taken) in table(top, "base-images")?.into_iter().flatten() {
        let DeValue::String(reference) = taken.get_ref() else {
            return Err(unlike(taken, "an image's name in quotes"));
        };
        let pair = format!("{}={reference}", named.get_ref());
        let base = pair.parse().map_err(|error| wrong(taken, &error))?;
        bases.push(base);
        Bases::new(bases.clone()).map_err(|error| wrong(taken, &error))?;
    }
    let pair = |Base { named, taken }| (named, taken);
    Ok(bases.into_iter().map(pair).collect())
}

/// Whether the points are those that are promised, and can be enough.
fn adds_up(rubric: &Rubric, top: &DeTable) -> Result<(), Wrong> {
    let (sum, out_of) = (rubric.points.values().sum::<u32>(), rubric.out_of);
    let at = |keys: [&str; 2]| {
        let key = keys.iter().find_map(|key| top.get_key_value(*key));
        key.map_or(0, |(key, _)| key.span().start)
    };
    if sum != out_of {
        let reason = format!(
            "the points add up to {sum}, not to {out_of}; a check that is not named keeps its usual points"
        );
        let at = at(["points", "out-of"]);
        return Err(Wrong { at, reason });
    }
    match rubric.pass_mark {
        Some(mark) if mark > out_of => Err(Wrong {
            at: at(["pass-mark", "out-of"]),
            reason: format!("nobody can reach {mark} of {out_of} points"),
        }),
        Some(_) | None => Ok(()),
    }
}

fn are_known(table: &DeTable, known: &[&str]) -> Result<(), Wrong> {
    let mut keys = table.keys();
    let unknown = keys.find(|key| !known.contains(&key.get_ref().as_ref()));
    let Some(key) = unknown else {
        return Ok(());
    };
    let word = key.get_ref();
    let meant = match likeness::nearest(word, known.iter().copied(), LIKENESS) {
        Some(nearest) => format!("the nearest is `{nearest}`"),
        None => format!("known are `{}`", known.join("`, `")),
    };
    Err(Wrong {
        at: key.span().start,
        reason: format!("`{}` means nothing here: {meant}", word.escape_debug()),
    })
}

fn table<'a, 't>(top: &'t DeTable<'a>, key: &str) -> Result<Option<&'t DeTable<'a>>, Wrong> {
    match top.get(key) {
        None => Ok(None),
        Some(value) => match value.get_ref() {
            DeValue::Table(table) => Ok(Some(table)),
            _ => Err(unlike(value, &format!("a table, as in `[{key}]`"))),
        },
    }
}

fn number(table: &DeTable, key: &str, least: u32, most: u32) -> Result<Option<u32>, Wrong> {
    let Some(value) = table.get(key) else {
        return Ok(None);
    };
    let integer = value.get_ref().as_integer();
    let number = integer.and_then(|it| u32::from_str_radix(it.as_str(), it.radix()).ok());
    match number.filter(|number| (least..=most).contains(number)) {
        Some(number) => Ok(Some(number)),
        None => Err(unlike(
            value,
            &format!("a whole number from {least} to {most}"),
        )),
    }
}

/// What a key says of a question; no where it is not there.
fn truth(table: &DeTable, key: &str) -> Result<bool, Wrong> {
    match table.get(key) {
        None => Ok(false),
        Some(value) => {
            (value.get_ref().as_bool()).ok_or_else(|| unlike(value, "`true` or `false`"))
        }
    }
}

fn unlike(value: &Value, expected: &str) -> Wrong {
    let found = value.get_ref().type_str();
    wrong(value, &format!("expected {expected}, found this {found}"))
}

fn wrong(value: &Value, reason: &impl ToString) -> Wrong {
    Wrong {
        at: value.span().start,
        reason: reason.to_string(),
    }
}
