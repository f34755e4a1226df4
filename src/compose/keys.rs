//! The table of keys: each key of the Compose specification, its type, the sandbox's decision about it, and the reason.
//!
//! Names and types are those of <https://github.com/compose-spec/compose-spec/blob/main/schema/compose-spec.json>.
//! `docs/compose-keys.md` is generated from the table.

mod build;
mod deploy;
mod mounts;
#[cfg(test)]
mod names;
mod networks;
#[cfg(test)]
mod page;
mod service;
mod top;

#[cfg(test)]
pub(super) use self::page::sections;
pub(super) use self::top::ROOT;
use super::dangers::Danger;
use super::formats::{self, StringFormat};

/// A key of a section.
#[derive(Debug)]
pub(super) struct Key {
    /// The key's name.
    pub name: &'static str,
    /// Type of its values.
    pub takes: Type,
    /// The sandbox's decision about it.
    pub decision: Decision,
    /// Reason for the decision; empty if the danger is the reason.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the page of keys is made from it")
    )]
    pub why: &'static str,
}

/// A type of values.
#[derive(Debug)]
pub(super) enum Type {
    /// Any value: the sandbox does not use it.
    Any,
    /// No value, or `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// An integer.
    Integer,
    /// A non-negative integer.
    Count,
    /// A number.
    Number,
    /// A text.
    Text,
    /// A text in a format.
    StringFormat(&'static StringFormat),
    /// A list.
    List(&'static Type),
    /// A mapping from names that the file chooses.
    Named(&'static Type),
    /// A mapping from the keys of a section.
    Section(&'static [Key]),
    /// One of several types.
    Either(&'static [Type]),
}

/// The sandbox's decision about a key.
#[derive(Debug)]
pub(super) enum Decision {
    /// Applied as Compose applies it.
    Carried,
    /// Replaced by the sandbox's own value; the student's value is kept if checks need it.
    Rewritten,
    /// Refused, unless the value requests nothing (`false`, empty).
    Refused(&'static Danger),
    /// Refused if one of its values is dangerous; otherwise applied or rewritten.
    Screened(fn(&str) -> bool, &'static Danger),
}

use Type::{Any, Bool, Count, Either, Integer, List, Named, Null, Number, Section, Text};

const fn carried(name: &'static str, takes: Type, why: &'static str) -> Key {
    Key {
        name,
        takes,
        decision: Decision::Carried,
        why,
    }
}

const fn rewritten(name: &'static str, takes: Type, why: &'static str) -> Key {
    Key {
        name,
        takes,
        decision: Decision::Rewritten,
        why,
    }
}

const fn refused(name: &'static str, takes: Type, danger: &'static Danger) -> Key {
    Key {
        name,
        takes,
        decision: Decision::Refused(danger),
        why: "",
    }
}

/// Returns a screened key; `why` explains the decision about harmless values.
const fn screened(
    name: &'static str,
    takes: Type,
    is_dangerous: fn(&str) -> bool,
    danger: &'static Danger,
    why: &'static str,
) -> Key {
    Key {
        name,
        takes,
        decision: Decision::Screened(is_dangerous, danger),
        why,
    }
}

const SCALAR_OR_NULL: Type = Either(&[Text, Number, Bool, Null]);
const TEXT_OR_NUMBER: Type = Either(&[Text, Number]);
const WHOLE_TEXT: Type = Type::StringFormat(&formats::WHOLE);
const COUNT: Type = Either(&[WHOLE_TEXT, Count]);
const WHOLE_TEXT_OR_NUMBER: Type = Either(&[WHOLE_TEXT, Number]);
const WHOLE_SIZE: Type = Either(&[Type::StringFormat(&formats::SIZE), Integer]);
const SIZE: Type = Either(&[Number, Type::StringFormat(&formats::SIZE)]);
const DURATION: Type = Type::StringFormat(&formats::DURATION);
const GRACE_PERIOD: Type = Type::StringFormat(&formats::GRACE_PERIOD);
const TEXTS: Type = List(&Text);
const TEXT_OR_TEXTS: Type = Either(&[Text, TEXTS]);
const PAIRS: Type = Either(&[Named(&SCALAR_OR_NULL), TEXTS]);
const OPTIONS: Type = Named(&Either(&[Text, Number, Null]));
const COMMAND: Type = Either(&[Text, TEXTS, Null]);
const HOSTS: Type = Either(&[Named(&TEXT_OR_TEXTS), TEXTS]);

const PART_OF_REFUSED: &str = "a part of what is refused above";
const ONE_MACHINE: &str = "for many machines; Compose on one machine ignores it";
const HOW_MANY: &str = "how many containers, at most 4, and a note where it is more; `back-end` has as many as the measurement asks for";
const OWN_LIMITS: &str =
    "every container has the sandbox's own limits; a value that every engine refuses is a finding";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_is_sorted_and_names_a_key_once() {
        sections(&mut |path, keys| {
            assert!(
                keys.is_sorted_by(|one, other| one.name < other.name),
                "{path}"
            );
        });
    }

    #[test]
    fn every_key_has_a_reason() {
        sections(&mut |path, keys| {
            for key in keys {
                let is_said = matches!(key.decision, Decision::Refused(_));
                assert_eq!(key.why.is_empty(), is_said, "{path} {}", key.name);
            }
        });
    }
}
