//! `command` and `entrypoint`, split into words.

use softy_checks::model::Text;
use softy_checks::observation::ProblemKind;

use super::findings::Findings;
use super::yaml::{Node, Value};

/// Returns the words of a command, or `None` if the file keeps the image's command.
pub(super) fn words(node: Option<&Node>, findings: &mut Findings) -> Option<Vec<String>> {
    let node = node?;
    match &node.value {
        Value::Null => None,
        Value::Text(line) => {
            let words = split(line);
            if words.is_none() {
                findings.problem(
                    ProblemKind::InvalidValue,
                    node.mark,
                    Text::new(
                        format!("a quote or bracket does not close in `{line}`"),
                        format!("un guillemet ou une parenthèse ne se ferme pas dans `{line}`"),
                    ),
                );
            }
            words
        }
        Value::List(_) | Value::Bool(_) | Value::Integer(_) | Value::Float(_) | Value::Map(_) => {
            Some(node.texts())
        }
    }
}

/// The quote or bracket that encloses a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    Nothing,
    Single,
    Double,
    Back,
    Dollar,
}

/// Splits a line into words as Compose does. Unlike a shell, Compose stops at an unquoted `;`, `&`, `|`, `<` or `>`. Returns
/// `None` if a quote does not close.
fn split(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut within = Within::Nothing;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match (character, within) {
            ('\\', Within::Nothing | Within::Double | Within::Back | Within::Dollar) => {
                word.get_or_insert_default().push(characters.next()?);
            }
            (' ' | '\t' | '\r' | '\n', Within::Nothing) => words.extend(word.take()),
            (';' | '&' | '|' | '<' | '>', Within::Nothing) => {
                let is_number =
                    |word: &String| word.chars().all(|character| character.is_ascii_digit());
                words.extend(word.filter(|word| character != '>' || !is_number(word)));
                return Some(words);
            }
            ('(', Within::Nothing) if !word.as_deref().unwrap_or_default().ends_with('$') => {
                return None;
            }
            (')', Within::Nothing) | ('(', Within::Dollar) => return None,
            ('"', Within::Nothing | Within::Double) | ('\'', Within::Nothing | Within::Single) => {
                within = turned(character, within);
                word.get_or_insert_default();
            }
            (character, _) => {
                within = turned(character, within);
                word.get_or_insert_default().push(character);
            }
        }
    }
    words.extend(word);
    (within == Within::Nothing).then_some(words)
}

/// Returns the context of the characters after this one.
fn turned(character: char, within: Within) -> Within {
    match (character, within) {
        ('\'', Within::Nothing) => Within::Single,
        ('"', Within::Nothing) => Within::Double,
        ('`', Within::Nothing) => Within::Back,
        ('(', Within::Nothing) => Within::Dollar,
        ('\'', Within::Single)
        | ('"', Within::Double)
        | ('`', Within::Back)
        | (')', Within::Dollar) => Within::Nothing,
        (_, within) => within,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_compose_splits_them() {
        let cases: [(&str, &[&str]); 7] = [
            ("python3  app.py", &["python3", "app.py"]),
            ("sh -c 'a \"b\" \\n'", &["sh", "-c", "a \"b\" \\n"]),
            ("a \"b \\\" c\" '' d\\ e\\t", &["a", "b \" c", "", "d et"]),
            ("echo a && echo b", &["echo", "a"]),
            ("app 2>&1", &["app"]),
            ("echo $(date +%s) x", &["echo", "$(date +%s)", "x"]),
            ("", &[]),
        ];
        for (line, words) in cases {
            assert_eq!(split(line).unwrap(), words, "{line}");
        }
    }

    #[test]
    fn what_does_not_close_is_refused() {
        for line in ["a 'b", "a \"b", "a \\", "a (b)", "a `b", "a $(b"] {
            assert_eq!(split(line), None, "{line}");
        }
    }
}
