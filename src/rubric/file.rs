//! Parser of a rubric's file. Every key must be known, and its value valid.

use std::collections::BTreeMap;

use softy_checks::TASK6;
use softy_checks::model::Text;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Answer, Rubric, Stack};
use crate::likeness;
use crate::sandbox::{ImageOverride, ImageOverrides};

/// Similarity, from 0 to 1, above which an error suggests a known key for an unknown one.
const LIKENESS: f64 = 0.7;

/// Maximum points of a check, and of all checks together.
const MOST: u32 = 10_000;

/// Error in a rubric: its position in bytes, and its description.
#[derive(Debug)]
pub(super) struct Wrong {
    pub at: usize,
    pub reason: Text,
}

type Value<'a> = Spanned<DeValue<'a>>;

/// Parses the text of a rubric.
pub(super) fn parse(text: &str) -> Result<Rubric, Wrong> {
    let document = DeTable::parse(text).map_err(|error| Wrong {
        at: error.span().map_or(0, |span| span.start),
        // The message comes from the TOML parser.
        reason: Text::verbatim(error.message().replace('\n', "; ")),
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

/// Returns the service names, or `None` without this key. There must be at least one; each must be a string that Compose
/// accepts as a service name.
fn service_names(table: &DeTable) -> Result<Option<Vec<String>>, Wrong> {
    let Some(listed) = table.get("service-names") else {
        return Ok(None);
    };
    let wanted = Text::fixed(
        "a list of one or more names of services, such as `[\"back-end\", \"backend\"]`",
        "une liste d’au moins un nom de service, comme `[\"back-end\", \"backend\"]`",
    );
    let DeValue::Array(values) = listed.get_ref() else {
        return Err(unlike(listed, &wanted));
    };
    let name = |value: &Value| match value.get_ref() {
        DeValue::String(name) if is_service(name) => Ok(name.to_string()),
        DeValue::String(name) => {
            let name = name.escape_debug();
            let reason = Text::new(
                format!("`{name}` names no service: letters, digits, `.`, `_` and `-` do"),
                format!(
                    "`{name}` ne nomme aucun service : il y faut des lettres, des chiffres, `.`, `_` et `-`"
                ),
            );
            Err(wrong(value, reason))
        }
        _ => {
            let wanted = Text::fixed(
                "a service’s name in quotes",
                "un nom de service entre guillemets",
            );
            Err(unlike(value, &wanted))
        }
    };
    let names: Vec<String> = values.iter().map(name).collect::<Result<_, _>>()?;
    match names.as_slice() {
        [] => Err(unlike(listed, &wanted)),
        [..] => Ok(Some(names)),
    }
}

fn is_service(name: &str) -> bool {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    name.starts_with(|first: char| first.is_ascii_alphanumeric()) && name.chars().all(is_plain)
}

fn base_images(top: &DeTable) -> Result<BTreeMap<String, String>, Wrong> {
    let mut bases: Vec<ImageOverride> = Vec::new();
    for (named, taken) in table(top, "base-images")?.into_iter().flatten() {
        let DeValue::String(reference) = taken.get_ref() else {
            let wanted = Text::fixed(
                "an image’s name in quotes",
                "un nom d’image entre guillemets",
            );
            return Err(unlike(taken, &wanted));
        };
        let pair = format!("{}={reference}", named.get_ref());
        let base = pair.parse::<ImageOverride>();
        let base = base.map_err(|error| wrong(taken, error.message()))?;
        bases.push(base);
        ImageOverrides::new(bases.clone()).map_err(|error| wrong(taken, error.message()))?;
    }
    let pair = |ImageOverride { named, taken }| (named, taken);
    Ok(bases.into_iter().map(pair).collect())
}

/// Checks that the points add up to `out-of`, and that the pass mark is within reach.
fn adds_up(rubric: &Rubric, top: &DeTable) -> Result<(), Wrong> {
    let (sum, out_of) = (rubric.points.values().sum::<u32>(), rubric.out_of);
    let at = |keys: [&str; 2]| {
        let key = keys.iter().find_map(|key| top.get_key_value(*key));
        key.map_or(0, |(key, _)| key.span().start)
    };
    if sum != out_of {
        let reason = Text::new(
            format!(
                "the points add up to {sum}, not to {out_of}; a check that is not named keeps its usual points"
            ),
            format!(
                "la somme des points est {sum}, et non {out_of} ; un contrôle qui n’est pas nommé garde ses points habituels"
            ),
        );
        let at = at(["points", "out-of"]);
        return Err(Wrong { at, reason });
    }
    match rubric.pass_mark {
        Some(mark) if mark > out_of => Err(Wrong {
            at: at(["pass-mark", "out-of"]),
            reason: Text::new(
                format!("nobody can reach {mark} of {out_of} points"),
                format!("personne ne peut atteindre {mark} points sur {out_of}"),
            ),
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
        Some(nearest) => Text::new(
            format!("the nearest is `{nearest}`"),
            format!("le plus proche est `{nearest}`"),
        ),
        None => {
            let known = known.join("`, `");
            Text::new(
                format!("known are `{known}`"),
                format!("sont connus `{known}`"),
            )
        }
    };
    let word = word.escape_debug();
    let reason = Text::new(
        format!("`{word}` means nothing here: {}", meant.en),
        format!("`{word}` ne veut rien dire ici : {}", meant.fr),
    );
    Err(Wrong {
        at: key.span().start,
        reason,
    })
}

fn table<'a, 't>(top: &'t DeTable<'a>, key: &str) -> Result<Option<&'t DeTable<'a>>, Wrong> {
    match top.get(key) {
        None => Ok(None),
        Some(value) => match value.get_ref() {
            DeValue::Table(table) => Ok(Some(table)),
            _ => {
                let wanted = Text::new(
                    format!("a table, as in `[{key}]`"),
                    format!("une table, comme `[{key}]`"),
                );
                Err(unlike(value, &wanted))
            }
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
        None => {
            let wanted = Text::new(
                format!("a whole number from {least} to {most}"),
                format!("un nombre entier de {least} à {most}"),
            );
            Err(unlike(value, &wanted))
        }
    }
}

/// Returns the boolean value of a key; `false` without the key.
fn truth(table: &DeTable, key: &str) -> Result<bool, Wrong> {
    match table.get(key) {
        None => Ok(false),
        Some(value) => {
            let wanted = Text::fixed("`true` or `false`", "`true` ou `false`");
            (value.get_ref().as_bool()).ok_or_else(|| unlike(value, &wanted))
        }
    }
}

fn unlike(value: &Value, wanted: &Text) -> Wrong {
    let found = kind(value.get_ref());
    let reason = Text::new(
        format!("expected {}, found {}", wanted.en, found.en),
        format!("attendu : {}, trouvé : {}", wanted.fr, found.fr),
    );
    wrong(value, reason)
}

/// Returns the name of a value's TOML type.
const fn kind(value: &DeValue) -> Text {
    match value {
        DeValue::String(_) => Text::fixed("this string", "cette chaîne"),
        DeValue::Integer(_) => Text::fixed("this integer", "cet entier"),
        DeValue::Float(_) => Text::fixed("this float", "ce nombre à virgule"),
        DeValue::Boolean(_) => Text::fixed("this boolean", "ce booléen"),
        DeValue::Datetime(_) => Text::fixed("this date or time", "cette date ou heure"),
        DeValue::Array(_) => Text::fixed("this array", "cette liste"),
        DeValue::Table(_) => Text::fixed("this table", "cette table"),
    }
}

fn wrong(value: &Value, reason: Text) -> Wrong {
    Wrong {
        at: value.span().start,
        reason,
    }
}
