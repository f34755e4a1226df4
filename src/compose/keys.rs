//! The one table of keys: what the Compose specification has, of which type, what the sandbox does with it, and why.
//!
//! Names and types are those of <https://github.com/compose-spec/compose-spec/blob/main/schema/compose-spec.json>.
//! `docs/compose-keys.md` is made from it.

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
use super::forms::{self, Form};

/// A key of a section.
#[derive(Debug)]
pub(super) struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub takes: Type,
    /// What becomes of it.
    pub decision: Decision,
    /// Why; empty where the danger says it.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the page of keys is made from it")
    )]
    pub why: &'static str,
}

/// What a key takes.
#[derive(Debug)]
pub(super) enum Type {
    /// Anything: what it says is not used.
    Any,
    /// Nothing, written as nothing or `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Integer,
    /// A whole number from 0.
    Count,
    /// A number.
    Number,
    /// A text.
    Text,
    /// A text of a certain form.
    Form(&'static Form),
    /// A list.
    List(&'static Type),
    /// A mapping from names of the file's own choice.
    Named(&'static Type),
    /// A mapping from the keys of a section.
    Section(&'static [Key]),
    /// One of several.
    Either(&'static [Type]),
}

/// What becomes of a key.
#[derive(Debug)]
pub(super) enum Decision {
    /// Done as Compose does it.
    Carried,
    /// Replaced by the sandbox's own; what the student wrote is kept where checks want it.
    Rewritten,
    /// Refused, unless its value asks for nothing (`false`, empty).
    Refused(&'static Danger),
    /// Refused where one of its values is dangerous, done or rewritten otherwise.
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

/// `why` says what becomes of the values that are not dangerous.
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
const WHOLE_TEXT: Type = Type::Form(&forms::WHOLE);
const COUNT: Type = Either(&[WHOLE_TEXT, Count]);
const WHOLE_TEXT_OR_NUMBER: Type = Either(&[WHOLE_TEXT, Number]);
const WHOLE_SIZE: Type = Either(&[Type::Form(&forms::SIZE), Integer]);
const SIZE: Type = Either(&[Number, Type::Form(&forms::SIZE)]);
const DURATION: Type = Type::Form(&forms::DURATION);
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
