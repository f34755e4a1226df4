//! Number of containers and service that a command requests.

use std::ops::Range;

use super::arguments::Arguments;
use super::deviation::Deviation;
use super::mistakes::{NO_SCALE, OTHER_COUNT, OTHER_OPTION, OTHER_SERVICE, OTHER_SPELLING};
use crate::command_line::{Glyph, Word, span, text};
use crate::wording::code;

/// A `--scale` option.
#[derive(Debug)]
pub(super) struct Scale<'a> {
    /// The word of the option.
    pub word: &'a Word,
    /// The next word, if the option’s own has no value.
    pub value: Option<&'a Word>,
    /// True if it is before the subcommand.
    pub is_early: bool,
}

/// Returns whether a word is the option `--scale`, also with spelling mistakes. Without hyphens it counts only after the
/// subcommand.
pub(super) fn is_scale(text: &str, subcommand: Option<&Word>) -> bool {
    let name = text.split('=').next().unwrap_or_default().to_lowercase();
    let is_option = name.starts_with('-') && name.trim_start_matches('-') == "scale";
    is_option || (name == "scale" && subcommand.is_some())
}

/// Returns the deviations of the requested numbers of containers.
pub(super) fn deviations(arguments: &Arguments, back_end: &str) -> Vec<Deviation> {
    if arguments.is_scale_subcommand() && arguments.scales.is_empty() {
        let operand = arguments.operands.first();
        return operand.map_or_else(Vec::new, |word| {
            quantity(&word.glyphs, arguments.end, back_end)
        });
    }
    let named = format!("{back_end}=");
    let is_back_end = |scale: &Scale| text(scale.quantity()).starts_with(&named);
    let chosen = arguments.scales.iter().position(is_back_end).unwrap_or(0);
    let Some(scale) = arguments.scales.get(chosen) else {
        return vec![missing(arguments, back_end)];
    };
    let others = arguments
        .scales
        .iter()
        .enumerate()
        .filter(|(index, _)| *index != chosen);
    let mut deviations = quantity(scale.quantity(), scale.end(), back_end);
    deviations.extend(scale.spelling(arguments, back_end));
    deviations.extend(others.map(|(_, other)| other.surplus()));
    deviations
}

impl Scale<'_> {
    /// Returns a text such as `back-end=2`: the next word, or the characters after the first `=`.
    fn quantity(&self) -> &[Glyph] {
        match self.value {
            Some(value) => &value.glyphs,
            None => behind_equals(&self.word.glyphs),
        }
    }

    fn end(&self) -> usize {
        self.value
            .map_or(self.word.span.end, |value| value.span.end)
    }

    fn surplus(&self) -> Deviation {
        let found = code(&text(self.quantity()));
        Deviation::at(
            &OTHER_OPTION,
            self.word.span.start..self.end(),
            format!("a second `--scale`, {found}, is not asked for"),
            format!("un second `--scale`, {found}, n’est pas demandé"),
        )
    }

    /// Returns the deviation of the option's spelling or position.
    fn spelling(&self, arguments: &Arguments, back_end: &str) -> Option<Deviation> {
        let found = self.word.text();
        if self.is_early && arguments.subcommand.is_some() {
            return Some(Deviation::at(
                &OTHER_SPELLING,
                self.word.span.start..self.end(),
                "`--scale` stands before what Compose is told to do".to_owned(),
                "`--scale` précède ce que Compose doit faire".to_owned(),
            ));
        }
        match found.as_str() {
            "--scale" => None,
            _ if found.starts_with("--scale=") => Some(Deviation::spelling(
                self.word,
                &format!("--scale {back_end}=2"),
                &code(&found),
            )),
            _ => Some(Deviation::spelling(self.word, "--scale", &code(&found))),
        }
    }
}

fn behind_equals(glyphs: &[Glyph]) -> &[Glyph] {
    let start = equals(glyphs).map_or(glyphs.len(), |at| at + 1);
    glyphs.get(start..).unwrap_or_default()
}

fn equals(glyphs: &[Glyph]) -> Option<usize> {
    glyphs.iter().position(|glyph| glyph.character == '=')
}

fn missing(arguments: &Arguments, back_end: &str) -> Deviation {
    let back_end = code(back_end);
    Deviation::at(
        &NO_SCALE,
        arguments.end..arguments.end,
        format!("nothing in the command asks for two containers of {back_end}"),
        format!("rien dans la commande ne demande deux conteneurs de {back_end}"),
    )
}

/// Returns the deviations of a service and its number of containers.
fn quantity(glyphs: &[Glyph], end: usize, back_end: &str) -> Vec<Deviation> {
    let (service, _) = glyphs.split_at(equals(glyphs).unwrap_or(glyphs.len()));
    let count = behind_equals(glyphs);
    let count_span = span(count, end);
    let service_span = span(service, count_span.start);
    let service = other_service(&text(service), service_span, back_end);
    service
        .into_iter()
        .chain(other_count(&text(count), count_span))
        .collect()
}

fn other_service(found: &str, span: Range<usize>, back_end: &str) -> Option<Deviation> {
    if found == back_end {
        return None;
    }
    let (en, fr) = match found {
        "" => ("none".to_owned(), "aucun".to_owned()),
        found => (code(found), code(found)),
    };
    let expected = code(back_end);
    Some(Deviation::at(
        &OTHER_SERVICE,
        span,
        format!("expected the service {expected}, found {en}"),
        format!("attendu : le service {expected} ; trouvé : {fr}"),
    ))
}

fn other_count(found: &str, span: Range<usize>) -> Option<Deviation> {
    if found == "2" {
        return None;
    }
    let (en, fr) = match found {
        "" => ("no number".to_owned(), "aucun nombre".to_owned()),
        found => (code(found), code(found)),
    };
    Some(Deviation::at(
        &OTHER_COUNT,
        span,
        format!("expected `2` containers, found {en}"),
        format!("attendu : `2` conteneurs ; trouvé : {fr}"),
    ))
}
