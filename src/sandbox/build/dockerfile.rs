//! A Dockerfile's instructions, as far as the checker has to know them before the engine reads them.

/// One instruction, with the lines that continue it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Instruction {
    /// The number of its first line, from 0.
    pub(super) line: usize,
    /// Its text on one line, without comments.
    pub(super) text: String,
}

impl Instruction {
    /// The instruction's name in upper case; what `ONBUILD` puts off counts as itself.
    pub(super) fn name(&self) -> String {
        let words = self.text.split_whitespace();
        let mut words = words.map(str::to_uppercase);
        let name = words.by_ref().find(|word| word != "ONBUILD");
        name.unwrap_or_default()
    }

    /// The words behind its name, flags first.
    pub(super) fn words(&self) -> Vec<&str> {
        let words = self.text.split_whitespace();
        words
            .skip_while(|word| word.eq_ignore_ascii_case("ONBUILD"))
            .skip(1)
            .collect()
    }

    /// Whether it has the flag `--name`, with a value or without.
    pub(super) fn has_flag(&self, name: &str) -> bool {
        let words = self.words().into_iter();
        let mut flags = words
            .take_while(|word| word.starts_with("--"))
            .filter_map(|word| word.strip_prefix("--"));
        flags.any(|flag| flag.split('=').next() == Some(name))
    }
}

/// The instructions of a Dockerfile; a `\` at a line's end continues it, or the character that `# escape=` names.
pub(super) fn instructions(dockerfile: &str) -> Vec<Instruction> {
    let escape = match directive(dockerfile, "escape").as_deref() {
        Some("`") => '`',
        Some(_) | None => '\\',
    };
    let mut instructions: Vec<Instruction> = Vec::new();
    let mut continues = false;
    for (line, text) in dockerfile.lines().enumerate() {
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let kept = text.strip_suffix(escape).unwrap_or(text);
        match instructions.last_mut() {
            Some(instruction) if continues => instruction.text.push_str(kept),
            Some(_) | None => instructions.push(Instruction {
                line,
                text: kept.to_owned(),
            }),
        }
        continues = kept.len() < text.len();
    }
    instructions
}

/// The value of `# name=value` in the comments that a Dockerfile begins with.
pub(super) fn directive(dockerfile: &str, name: &str) -> Option<String> {
    let lines = dockerfile.trim_start_matches('\u{feff}').lines();
    let mut directives = lines
        .map_while(|line| line.trim().strip_prefix('#'))
        .map_while(|comment| comment.split_once('='));
    let (_, value) = directives.find(|(key, _)| key.trim().eq_ignore_ascii_case(name))?;
    Some(value.trim().to_owned())
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
                (2, "RUN apt-get update && true".to_owned())
            ]
        );
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
