//! Parser for a Dockerfile's instructions, as far as the checker needs them before the engine reads them.

/// An instruction, with its continuation lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Instruction {
    /// Number of its first line, from 0.
    pub(super) line: usize,
    /// Text on one line, without comments.
    pub(super) text: String,
}

impl Instruction {
    /// Returns the instruction's name in upper case; for `ONBUILD`, the name of the deferred instruction.
    pub(super) fn name(&self) -> String {
        let words = self.text.split_whitespace();
        let mut words = words.map(str::to_uppercase);
        let name = words.by_ref().find(|word| word != "ONBUILD");
        name.unwrap_or_default()
    }

    /// Returns the words after the name, flags first.
    pub(super) fn words(&self) -> Vec<&str> {
        let words = self.text.split_whitespace();
        words
            .skip_while(|word| word.eq_ignore_ascii_case("ONBUILD"))
            .skip(1)
            .collect()
    }

    /// Returns whether it has the flag `--name`, with or without a value.
    pub(super) fn has_flag(&self, name: &str) -> bool {
        let words = self.words().into_iter();
        let mut flags = words
            .take_while(|word| word.starts_with("--"))
            .filter_map(|word| word.strip_prefix("--"));
        flags.any(|flag| flag.split('=').next() == Some(name))
    }
}

/// Parser directives, which may precede the instructions as `# name=value`.
const DIRECTIVES: [&str; 3] = ["syntax", "escape", "check"];

/// Blanks around a directive's name and value.
const BLANKS: [char; 4] = [' ', '\t', '\r', '\u{c}'];

/// Parses the instructions of a Dockerfile. Joins lines as the engine's parser does: a `\` at a line's end, or the character
/// that `# escape=` names, continues it.
///
/// The checker judges an untrusted build by these instructions before it sends the build, so the engine must not find an
/// instruction that this list lacks.
pub(super) fn instructions(dockerfile: &str) -> Vec<Instruction> {
    let escape = escape(dockerfile);
    let mut instructions: Vec<Instruction> = Vec::new();
    let mut continues = false;
    for (line, text) in without_mark(dockerfile).lines().enumerate() {
        let begun = text.trim_start();
        if begun.is_empty() || begun.starts_with('#') {
            continue;
        }
        let continued = continued(text, escape);
        let kept = continued.unwrap_or(text);
        match instructions.last_mut() {
            Some(instruction) if continues => instruction.text.push_str(kept),
            Some(_) | None => instructions.push(Instruction {
                line,
                text: kept.trim_start().to_owned(),
            }),
        }
        continues = continued.is_some();
    }
    for Instruction { text, .. } in &mut instructions {
        text.truncate(text.trim_end().len());
    }
    instructions
}

/// Returns the line, from 0, that only some engines continue: two carriage returns end it.
pub(super) fn ambiguous_line(dockerfile: &str) -> Option<usize> {
    let escape = escape(dockerfile);
    let mut lines = dockerfile.lines();
    lines.position(|line| {
        let text = line.trim_end_matches('\r');
        text.len() < line.len() && continued(text, escape).is_some()
    })
}

/// Returns the part of a line before its continuation character. Only blanks may follow the character, and the same character
/// must not precede it.
fn continued(line: &str, escape: char) -> Option<&str> {
    let kept = line.trim_end_matches([' ', '\t']).strip_suffix(escape)?;
    (!kept.ends_with(escape)).then_some(kept)
}

fn escape(dockerfile: &str) -> char {
    match directive(dockerfile, "escape").as_deref() {
        Some("`") => '`',
        Some(_) | None => '\\',
    }
}

/// Returns the value of `# name=value` in the comments at the start of a Dockerfile; any other comment ends them.
pub(super) fn directive(dockerfile: &str, name: &str) -> Option<String> {
    let lines = without_mark(dockerfile).lines();
    let mut directives = lines
        .map_while(|line| line.trim_start().strip_prefix('#'))
        .map_while(|comment| comment.split_once('='))
        .map(|(key, value)| (key.trim_matches(BLANKS), value.trim_matches(BLANKS)))
        .take_while(|(key, value)| is_one_of(&DIRECTIVES, key) && !value.is_empty());
    let (_, value) = directives.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    Some(value.to_owned())
}

fn is_one_of(names: &[&str], key: &str) -> bool {
    names.iter().any(|name| key.eq_ignore_ascii_case(name))
}

/// Returns the text without a byte order mark at its start.
fn without_mark(dockerfile: &str) -> &str {
    dockerfile.strip_prefix('\u{feff}').unwrap_or(dockerfile)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_continued_by_the_escape_character() {
        let dockerfile = "# escape=`\nFROM ubuntu\nRUN apt-get update && `\n  # why\n  true\n";
        let texts: Vec<_> = instructions(dockerfile)
            .into_iter()
            .map(|instruction| (instruction.line, instruction.text))
            .collect();
        assert_eq!(
            texts,
            [
                (1, "FROM ubuntu".to_owned()),
                (2, "RUN apt-get update &&   true".to_owned())
            ]
        );
    }

    /// Compares with engines 20.10, 26.1 and 28.5: each case was sent to them, and their classic builders print the same steps.
    #[test]
    fn lines_are_joined_as_the_engine_joins_them() {
        for (lines, expected) in [
            ("RUN a \\ \t\nENV b", &["RUN a ENV b"][..]),
            ("RUN a \\\n\u{c}\n\u{a0}\nENV b", &["RUN a ENV b"]),
            (
                "RUN a \\\n  # c \\\n && d \nENV b",
                &["RUN a  && d", "ENV b"],
            ),
            ("\\\nENV b", &["ENV b"]),
            ("ENV\\\n  b", &["ENV  b"]),
            ("RUN a \\\\\nENV b", &["RUN a \\\\", "ENV b"]),
            ("RUN a \\\u{a0}\nENV b", &["RUN a \\", "ENV b"]),
            ("RUN a \\\u{b}\nENV b", &["RUN a \\", "ENV b"]),
            ("RUN a \\\rENV b", &["RUN a \\\rENV b"]),
            (
                "RUN a \\\n\u{feff}# b\nENV c",
                &["RUN a \u{feff}# b", "ENV c"],
            ),
            ("  # ESCAPE = `\nRUN a `\nENV b", &["RUN a ENV b"]),
            ("# syntax=a\n# escape=`\nRUN a `\nENV b", &["RUN a ENV b"]),
            (
                "# two words=x\n# escape=`\nRUN a `\nENV b",
                &["RUN a `", "ENV b"],
            ),
            (
                "# other=x\n# escape=`\nRUN a `\nENV b",
                &["RUN a `", "ENV b"],
            ),
            ("#\u{b}escape=`\nRUN a `\nENV b", &["RUN a `", "ENV b"]),
            (
                "# syntax=\n# escape=`\nRUN a `\nENV b",
                &["RUN a `", "ENV b"],
            ),
        ] {
            let texts = instructions(lines).into_iter();
            let texts: Vec<_> = texts.map(|instruction| instruction.text).collect();
            // Trailing blanks matter neither here nor to the engine.
            let expected: Vec<_> = expected.iter().map(|text| text.trim_end()).collect();
            assert_eq!(texts, expected, "{lines:?}");
        }
    }

    #[test]
    fn a_line_whose_end_is_marked_twice_is_ambiguous() {
        let lines = "FROM a\r\nRUN b \\\r\n && c \\ \r\r\n && d\r\r\n";
        assert_eq!(ambiguous_line(lines), Some(2));
        assert_eq!(ambiguous_line("FROM a\r\r\nRUN b \\\r\n && c"), None);
    }

    #[test]
    fn a_flag_is_told_from_the_words_of_a_command() {
        let instruction = |text: &str| Instruction {
            line: 0,
            text: text.to_owned(),
        };
        let run = instruction("RUN --mount=type=cache,target=/root pip install flask");
        assert!(run.has_flag("mount"));
        assert!(!instruction("RUN pip install --mount flask").has_flag("mount"));
        assert_eq!(instruction("onbuild add a b").name(), "ADD");
    }

    #[test]
    fn directives_come_first() {
        let text = "# syntax = docker/dockerfile:1\n# escape=`\nFROM ubuntu\n# syntax=other\n";
        assert_eq!(
            directive(text, "syntax").as_deref(),
            Some("docker/dockerfile:1")
        );
        assert_eq!(directive("FROM ubuntu\n# syntax=other\n", "syntax"), None);
    }
}
