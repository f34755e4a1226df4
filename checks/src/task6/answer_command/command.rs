//! The command in a line, and the text around it.

use std::ops::Range;

use super::deviation::Deviation;
use super::mistakes::{CHAINED, COMMENTED_OUT, ECHO, OTHER_SPELLING, PROMPT, SUDO};
use crate::command_line::{Glyph, Token, Word, tokens};
use crate::wording::code;

/// Subcommands that identify a Docker command in other text.
const SUBCOMMANDS: &[&str] = &[
    "build", "compose", "create", "down", "exec", "logs", "ps", "pull", "restart", "run", "scale",
    "stack", "start", "stop", "up",
];

/// A command in a line, and the text around it.
#[derive(Clone, Debug)]
pub(super) struct Command {
    /// Program and its arguments.
    pub words: Vec<Word>,
    /// Deviations in the text around them.
    pub around: Vec<Deviation>,
}

impl Command {
    /// Returns the command in a line, if it contains one.
    pub fn find(line: &[Glyph], expected: &str) -> Option<Command> {
        let tokens = tokens(line);
        let parts: Vec<&[Token]> = tokens
            .split(|token| matches!(token, Token::Operator(_)))
            .collect();
        let found = parts
            .iter()
            .filter_map(|part| Command::in_part(part, expected))
            .min_by_key(|command| command.lacking(expected))?;
        let operators = operators(&tokens, &found.around);
        let around = found.around.into_iter().chain(operators).collect();
        Some(Command { around, ..found })
    }

    /// Returns the number of expected words that are missing.
    pub fn lacking(&self, expected: &str) -> usize {
        let has = |expected: &str| self.words.iter().any(|word| word.text() == expected);
        let expected = expected.split(' ');
        expected.filter(|expected| !has(expected)).count()
    }

    /// Returns the command in a part of a line without operators.
    fn in_part(part: &[Token], expected: &str) -> Option<Command> {
        if let [Token::Comment(comment)] = part {
            let found = Command::find(&comment.glyphs, expected);
            return found.map(|found| found.commented_out(&comment.span));
        }
        let words: Vec<Word> = part.iter().filter_map(word).cloned().collect();
        let comment = part.iter().find_map(comment);
        let found = Command::in_words(&words).or_else(|| Command::in_quotes(&words, expected))?;
        let around = found.around.into_iter().chain(comment).collect();
        Some(Command { around, ..found })
    }

    fn in_words(words: &[Word]) -> Option<Command> {
        let start = words.iter().position(is_program)?;
        let (before, words) = words.split_at(start);
        is_command(words).then(|| Command {
            words: words.to_vec(),
            around: before_command(before),
        })
    }

    /// Returns the command inside one quoted word, as in `echo "…"`.
    fn in_quotes(words: &[Word], expected: &str) -> Option<Command> {
        let is_phrase = |word: &Word| {
            word.glyphs
                .iter()
                .any(|glyph| glyph.character.is_whitespace())
        };
        let index = words.iter().position(is_phrase)?;
        let (before, after) = words.split_at(index);
        let phrase = after.first()?;
        let found = Command::find(&phrase.glyphs, expected)?;
        let before = if before.is_empty() {
            vec![quoted(phrase)]
        } else {
            before_command(before)
        };
        let around = before.into_iter().chain(found.around).collect();
        Some(Command { around, ..found })
    }

    fn commented_out(self, span: &Range<usize>) -> Command {
        let deviation = Deviation::at(
            &COMMENTED_OUT,
            span.start..span.start + 1,
            "the line begins with `#`, which makes it a comment".to_owned(),
            "la ligne commence par `#`, ce qui en fait un commentaire".to_owned(),
        );
        let around = [deviation].into_iter().chain(self.around).collect();
        Command { around, ..self }
    }
}

fn word(token: &Token) -> Option<&Word> {
    match token {
        Token::Word(word) => Some(word),
        Token::Operator(_) | Token::Comment(_) => None,
    }
}

/// Returns the deviation of a comment after the command.
fn comment(token: &Token) -> Option<Deviation> {
    match token {
        Token::Word(_) | Token::Operator(_) => None,
        Token::Comment(comment) => Some(Deviation::at(
            &OTHER_SPELLING,
            comment.span.clone(),
            "a comment follows the command".to_owned(),
            "un commentaire suit la commande".to_owned(),
        )),
    }
}

/// Returns whether a word can be the name of a program like `docker-compose`.
fn is_program(word: &Word) -> bool {
    let text = word.text().to_lowercase();
    let name = text.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = name.strip_suffix(".exe").unwrap_or(name);
    let is_name = name
        .chars()
        .all(|character| character.is_ascii_alphanumeric() || "-_".contains(character));
    let is_docker = ["docker", "podman", "nerdctl"]
        .iter()
        .any(|program| name.starts_with(program));
    is_name && (is_docker || name.ends_with("compose"))
}

/// Returns whether words that begin with a program are a command and not a sentence about one.
fn is_command(words: &[Word]) -> bool {
    let texts: Vec<String> = words
        .iter()
        .map(|word| word.text().to_lowercase())
        .collect();
    match texts.as_slice() {
        [program, ..] if program == "docker-compose" => true,
        [_, first, ..] if first.starts_with('-') || SUBCOMMANDS.contains(&first.as_str()) => true,
        [_, rest @ ..] => rest.iter().any(|text| text.starts_with("--scale")),
        [] => false,
    }
}

/// Returns the deviations of the words before a program.
fn before_command(words: &[Word]) -> Vec<Deviation> {
    let mut deviations = Vec::new();
    for word in words {
        let text = word.text();
        let is_option = text.starts_with('-') && !deviations.is_empty();
        match text.as_str() {
            _ if is_option => {}
            "sudo" | "doas" => deviations.push(sudo(word)),
            "echo" | "printf" => deviations.push(echo(word)),
            prompt if prompt.ends_with(['$', '%', '#']) => deviations.push(self::prompt(word)),
            _ => deviations.push(stray(word)),
        }
    }
    deviations
}

fn sudo(word: &Word) -> Deviation {
    let found = code(&word.text());
    Deviation::at(
        &SUDO,
        word.span.clone(),
        format!("the command is run through {found}, which is not asked for"),
        format!("la commande passe par {found}, ce qui n’est pas demandé"),
    )
}

fn echo(word: &Word) -> Deviation {
    let found = code(&word.text());
    Deviation::at(
        &ECHO,
        word.span.clone(),
        format!("the line does not run the command, it prints it ({found})"),
        format!("la ligne n’exécute pas la commande, elle l’affiche ({found})"),
    )
}

fn prompt(word: &Word) -> Deviation {
    let found = code(&word.text());
    Deviation::at(
        &PROMPT,
        word.span.clone(),
        format!("the line begins with the terminal’s prompt ({found})"),
        format!("la ligne commence par l’invite du terminal ({found})"),
    )
}

fn stray(word: &Word) -> Deviation {
    let found = code(&word.text());
    Deviation::at(
        &OTHER_SPELLING,
        word.span.clone(),
        format!("{found} stands before the command"),
        format!("{found} précède la commande"),
    )
}

fn quoted(phrase: &Word) -> Deviation {
    Deviation {
        marks: phrase.quotes().map(|at| at..at + 1).collect(),
        ..Deviation::at(
            &OTHER_SPELLING,
            phrase.span.clone(),
            "the whole command stands in quotes".to_owned(),
            "toute la commande est entre guillemets".to_owned(),
        )
    }
}

/// Returns the deviations of a line's operators. Those by which `echo` writes into a file belong to `echo` and are left
/// out.
fn operators(tokens: &[Token], around: &[Deviation]) -> Vec<Deviation> {
    let is_echo = around
        .iter()
        .any(|deviation| deviation.mistake.code == ECHO.code);
    let mut deviations = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let Token::Operator(operator) = token else {
            continue;
        };
        match operator.text().as_str() {
            ">" if is_prompt(&tokens[..index]) => deviations.push(prompt(operator)),
            ">" | ">>" if is_echo => {}
            "`" => deviations.push(backtick(operator)),
            _ => deviations.push(chained(operator)),
        }
    }
    deviations
}

/// Returns whether the text before a `>` is empty, or the prompt of a Windows terminal.
fn is_prompt(before: &[Token]) -> bool {
    let first = before.first().and_then(word).map(Word::text);
    first.is_none_or(|first| first == "PS" || first.get(1..2) == Some(":"))
        && before.iter().all(|token| word(token).is_some())
}

fn backtick(operator: &Word) -> Deviation {
    Deviation::at(
        &OTHER_SPELLING,
        operator.span.clone(),
        "a backtick stands beside the command".to_owned(),
        "un accent grave est collé à la commande".to_owned(),
    )
}

fn chained(operator: &Word) -> Deviation {
    let found = code(&operator.text());
    Deviation::at(
        &CHAINED,
        operator.span.clone(),
        format!("expected the command alone, found {found} beside it"),
        format!("attendu : la commande seule ; trouvé : {found} à côté"),
    )
}
