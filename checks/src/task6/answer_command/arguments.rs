//! Words of a docker-compose command, compared with the expected ones.

use super::command::Command;
use super::deviation::Deviation;
use super::mistakes::{BUILD_OPTION, DETACHED, FILE_OPTION, OTHER_OPTION, OTHER_SPELLING};
use super::{program, scale};
use crate::command_line::Word;
use crate::model::{Mistake, Text};
use crate::wording::{code, codes};

/// Options that take the next word as their value, except `--scale`.
const VALUED: &[&str] = &[
    "-f",
    "--file",
    "-p",
    "--project-name",
    "--profile",
    "--env-file",
    "--project-directory",
    "--ansi",
    "--log-level",
    "-c",
    "--context",
    "--parallel",
    "--progress",
    "-H",
    "--host",
    "-t",
    "--timeout",
    "--exit-code-from",
    "--pull",
    "--attach",
    "--no-attach",
    "--wait-timeout",
];

/// Words of a command, by their purpose.
#[derive(Debug, Default)]
pub(super) struct Arguments<'a> {
    /// The subcommand of Compose.
    pub subcommand: Option<&'a Word>,
    /// Each `--scale` with its value.
    pub scales: Vec<scale::Scale<'a>>,
    /// Options with their values.
    options: Vec<(&'a Word, Option<&'a Word>)>,
    /// Words that belong to no option.
    pub operands: Vec<&'a Word>,
    /// End of the command in the line.
    pub end: usize,
}

/// Returns every difference between a command's words and the expected ones.
pub(super) fn deviations(command: &Command, back_end: &str) -> Vec<Deviation> {
    let (mut deviations, words) = program::deviations(&command.words);
    let end = command.words.last().map_or(0, |word| word.span.end);
    let arguments = Arguments::read(words, end);
    deviations.extend(program::subcommand(&arguments));
    deviations.extend(scale::deviations(&arguments, back_end));
    deviations.extend(
        arguments
            .options
            .iter()
            .map(|(word, value)| option(word, *value)),
    );
    deviations.extend(arguments.surplus());
    deviations.extend(command.words.iter().filter_map(quoted));
    deviations
}

impl<'a> Arguments<'a> {
    fn read(words: &'a [Word], end: usize) -> Arguments<'a> {
        let mut arguments = Arguments {
            end,
            ..Arguments::default()
        };
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            let text = word.text();
            if scale::is_scale(&text, arguments.subcommand) {
                let value = if text.contains('=') {
                    None
                } else {
                    rest.next()
                };
                let is_early = arguments.subcommand.is_none();
                arguments.scales.push(scale::Scale {
                    word,
                    value,
                    is_early,
                });
            } else if text.starts_with('-') {
                let value = if VALUED.contains(&text.as_str()) {
                    rest.next()
                } else {
                    None
                };
                arguments.options.push((word, value));
            } else if arguments.subcommand.is_none() {
                arguments.subcommand = Some(word);
            } else {
                arguments.operands.push(word);
            }
        }
        arguments
    }

    /// Returns whether the subcommand is `scale`, spelled exactly so.
    pub fn is_scale_subcommand(&self) -> bool {
        self.subcommand.is_some_and(|word| word.text() == "scale")
    }

    /// Returns a deviation for operands of `up`, which the exercise does not ask for.
    fn surplus(&self) -> Option<Deviation> {
        let is_up = self.subcommand.is_some_and(|word| word.text() == "up");
        let words: Vec<String> = self.operands.iter().map(|word| word.text()).collect();
        if !is_up || words.is_empty() {
            return None;
        }
        let found = codes(&words);
        Some(Deviation {
            mistake: &OTHER_OPTION,
            message: Text::new(
                format!("expected nothing but one option after `up`, found {found}"),
                format!("attendu : rien d’autre qu’une option après `up` ; trouvé : {found}"),
            ),
            marks: self.operands.iter().map(|word| word.span.clone()).collect(),
        })
    }
}

fn option(word: &Word, value: Option<&Word>) -> Deviation {
    let text = word.text();
    let name = text.split('=').next().unwrap_or_default();
    let mistake: &'static Mistake = match name {
        "-d" | "--detach" | "--detached" => &DETACHED,
        "--build" => &BUILD_OPTION,
        "-f" | "--file" => &FILE_OPTION,
        _ => &OTHER_OPTION,
    };
    let end = value.map_or(word.span.end, |value| value.span.end);
    let found = code(name);
    Deviation::at(
        mistake,
        word.span.start..end,
        format!("the option {found} is not asked for"),
        format!("l’option {found} n’est pas demandée"),
    )
}

fn quoted(word: &Word) -> Option<Deviation> {
    let marks: Vec<_> = word.quotes().map(|at| at..at + 1).collect();
    let found = code(&word.text());
    let deviation = Deviation::at(
        &OTHER_SPELLING,
        word.span.clone(),
        format!("quotes or backslashes stand around {found}, which needs none"),
        format!(
            "des guillemets ou des barres obliques inverses entourent {found}, qui n’en a pas besoin"
        ),
    );
    (!marks.is_empty()).then_some(Deviation { marks, ..deviation })
}
