//! Dockerfile as sent to the engine, with the submission's line numbers for the engine's errors.

use std::collections::BTreeSet;

use super::dockerfile::{Instruction, instructions};
use super::error::named_line;
use super::{CACHE_LABEL, STEP};
use crate::compose::project::{Build, NamedContext};

/// Prefix of the names of `additional_contexts` folders in the archive; a number follows it.
pub(super) const NAMED: &str = ".softy-check.context.";

/// Stages to build. Unlike BuildKit, the classic builder builds all of them, unless they are taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stages {
    /// All stages, as the classic builder does by itself.
    All,
    /// Stages that the image depends on.
    Needed,
}

/// A Dockerfile as sent to the engine.
pub struct RewrittenDockerfile {
    /// Text that the engine gets.
    pub text: String,
    /// Lines of the submission, from 0: for each line of the text, the one that it is or precedes.
    lines: Vec<usize>,
}

impl RewrittenDockerfile {
    /// Returns the Dockerfile for BuildKit. Each named context becomes a stage before the others, as the engine's builds know
    /// no other names.
    pub(super) fn plain(dockerfile: &str, build: &Build) -> RewrittenDockerfile {
        RewrittenDockerfile::with(dockerfile, build, &BTreeSet::new(), "")
    }

    /// Returns the Dockerfile for the classic builder. Every stage begins with a label that identifies everything built from
    /// it, even what a base image's `ONBUILD` adds to a last stage without instructions of its own. Stages that are left out
    /// become empty, which keeps the numbers of the others.
    pub fn marked(dockerfile: &str, build: &Build, stages: Stages) -> RewrittenDockerfile {
        let unused = match stages {
            Stages::All => BTreeSet::new(),
            Stages::Needed => unused(dockerfile, build),
        };
        let mark = format!("LABEL {CACHE_LABEL}={STEP}\n");
        RewrittenDockerfile::with(dockerfile, build, &unused, &mark)
    }

    fn with(
        dockerfile: &str,
        build: &Build,
        unused: &BTreeSet<usize>,
        mark: &str,
    ) -> RewrittenDockerfile {
        let mut sent = RewrittenDockerfile {
            text: String::new(),
            lines: Vec::new(),
        };
        let instructions = instructions(dockerfile);
        let mut coming = instructions.iter().peekable();
        let mut stages = 0;
        let (mut is_marked, mut is_used) = (true, true);
        for (number, line) in dockerfile.split_inclusive('\n').enumerate() {
            if let Some(instruction) = coming.next_if(|next| next.line == number) {
                if !is_marked {
                    sent.add(mark, number);
                    is_marked = true;
                }
                if instruction.name() == "FROM" {
                    if stages == 0 {
                        sent.add(&contexts(build, mark), number);
                    }
                    is_used = !unused.contains(&stages);
                    is_marked = false;
                    stages += 1;
                    if !is_used {
                        sent.add(&empty_stage(instruction), number);
                        continue;
                    }
                }
            }
            sent.add(if is_used { line } else { "\n" }, number);
        }
        if !is_marked && is_used {
            sent.end_with(mark);
        }
        sent
    }

    fn add(&mut self, text: &str, number: usize) {
        self.lines.extend(text.lines().map(|_| number));
        self.text.push_str(text);
    }

    /// Adds a line at the end, unless it would continue the last one.
    fn end_with(&mut self, line: &str) {
        let number = self.lines.last().copied().unwrap_or_default();
        let separator = if self.text.ends_with('\n') { "" } else { "\n" };
        let text = format!("{}{separator}{line}", self.text);
        let last = instructions(&text).pop();
        if last.is_some_and(|last| last.text == line.trim_end()) {
            self.text = text;
            self.lines.push(number);
        }
    }

    /// Returns the engine's error text with the line number of the submission.
    pub fn own_words(&self, error: &str) -> String {
        let Some(line) = named_line(error) else {
            return error.to_owned();
        };
        let Some(own) = self.lines.get(line) else {
            return error.to_owned();
        };
        let (named, own) = (format!("line {}", line + 1), format!("line {}", own + 1));
        error.replacen(&named, &own, 1)
    }
}

/// Returns whether the classic builder builds stages that the image does not depend on.
pub(super) fn has_unused_stages(dockerfile: &str, build: &Build) -> bool {
    !unused(dockerfile, build).is_empty()
}

fn contexts(build: &Build, mark: &str) -> String {
    let stages = build.contexts.iter().enumerate();
    let stages = stages.map(|(index, (name, context))| match context {
        NamedContext::Folder(_) => {
            format!("FROM scratch AS {name}\n{mark}COPY {NAMED}{index}/ /\n")
        }
        NamedContext::Image(image) => format!("FROM {image} AS {name}\n{mark}"),
    });
    stages.collect()
}

fn empty_stage(from: &Instruction) -> String {
    match stage_name(from) {
        Some(name) => format!("FROM scratch AS {name}\n"),
        None => "FROM scratch\n".to_owned(),
    }
}

/// Returns the numbers of the stages that the image does not depend on, as far as the Dockerfile alone shows it. A variable may
/// name any stage.
fn unused(dockerfile: &str, build: &Build) -> BTreeSet<usize> {
    let instructions = instructions(dockerfile);
    let starts = instructions.iter().enumerate();
    let starts: Vec<usize> = starts
        .filter(|(_, instruction)| instruction.name() == "FROM")
        .map(|(index, _)| index)
        .collect();
    let stages = starts.iter().enumerate().map(|(stage, start)| {
        let end = starts.get(stage + 1).copied();
        &instructions[*start..end.unwrap_or(instructions.len())]
    });
    let stages: Vec<&[Instruction]> = stages.collect();
    let is_called = |stage: &[Instruction], name: &str| {
        let own = stage.first().and_then(stage_name);
        own.is_some_and(|own| own.eq_ignore_ascii_case(name))
    };
    let target = build.target.as_deref().filter(|target| !target.is_empty());
    let target = match target {
        Some(target) => stages.iter().rposition(|stage| is_called(stage, target)),
        None => stages.len().checked_sub(1),
    };
    let Some(target) = target else {
        return BTreeSet::new();
    };
    let mut needed = BTreeSet::new();
    let mut asked = vec![target];
    while let Some(number) = asked.pop() {
        if !needed.insert(number) {
            continue;
        }
        for source in stages[number].iter().filter_map(source) {
            let is_source = |other: usize| {
                source.contains('$')
                    || source.parse() == Ok(other)
                    || is_called(stages[other], &source)
            };
            asked.extend((0..stages.len()).filter(|other| is_source(*other)));
        }
    }
    (0..stages.len())
        .filter(|stage| !needed.contains(stage))
        .collect()
}

/// Returns the stage or image that an instruction takes files from.
pub(super) fn source(instruction: &Instruction) -> Option<String> {
    let words = instruction.words();
    if instruction.name() == "FROM" {
        let base = words.into_iter().find(|word| !word.starts_with("--"));
        return base.map(plain);
    }
    let flags = words.into_iter().take_while(|word| word.starts_with("--"));
    let mut sources = flags.filter_map(|flag| flag.strip_prefix("--from="));
    sources.next().map(plain)
}

/// Returns the name that a `FROM` gives its stage.
pub(super) fn stage_name(from: &Instruction) -> Option<String> {
    let words = from.words().into_iter();
    let mut words = words.filter(|word| !word.starts_with("--")).skip(1);
    let is_as = words.next()?.eq_ignore_ascii_case("as");
    words.next().filter(|_| is_as).map(str::to_owned)
}

/// Returns a word without the quotes around it.
pub(super) fn plain(word: &str) -> String {
    word.trim_matches(['"', '\'']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(dockerfile: &str, stages: Stages) -> String {
        let sent = RewrittenDockerfile::marked(dockerfile, &Build::default(), stages);
        let mark = format!("LABEL {CACHE_LABEL}={STEP}\n");
        sent.text.replace(&mark, "(mark)\n")
    }

    #[test]
    fn every_stage_that_has_more_than_a_base_is_marked_and_the_last() {
        for (dockerfile, expected) in [
            ("FROM a\nRUN b\n", "FROM a\n(mark)\nRUN b\n"),
            (
                "ARG V\nfrom a:$V \\\n  as b\n\n# FROM c\nRUN d \\\n  FROM e\nFROM b\nFROM b",
                "ARG V\nfrom a:$V \\\n  as b\n\n# FROM c\n(mark)\nRUN d \\\n  FROM e\nFROM b\n(mark)\nFROM b\n(mark)\n",
            ),
            (
                "\u{feff}FROM a\r\nRUN b\r\n",
                "\u{feff}FROM a\r\n(mark)\nRUN b\r\n",
            ),
            (
                "# escape=`\nFROM a `\n  AS b\nRUN c\\\nONBUILD RUN d",
                "# escape=`\nFROM a `\n  AS b\n(mark)\nRUN c\\\nONBUILD RUN d",
            ),
            ("FROM a", "FROM a\n(mark)\n"),
            ("FROM a \\\n", "FROM a \\\n"),
            ("FROM a\n# \\\n", "FROM a\n# \\\n(mark)\n"),
        ] {
            assert_eq!(marked(dockerfile, Stages::All), expected);
        }
    }

    #[test]
    fn stages_that_nothing_is_taken_from_are_left_out() {
        let text = "FROM a AS test\nRUN false\nFROM b AS built\nRUN c\nFROM d\nCOPY --from=1 / /\n";
        assert_eq!(
            marked(text, Stages::Needed),
            "FROM scratch AS test\n(mark)\n\nFROM b AS built\n(mark)\nRUN c\nFROM d\n(mark)\nCOPY --from=1 / /\n"
        );
    }

    #[test]
    fn stages_that_may_be_meant_are_needed() {
        let build = Build::default();
        for dockerfile in [
            "FROM a AS one\nRUN x\nFROM ONE\n",
            "FROM a AS one\nFROM b AS two\nCOPY --chown=1 --from=one / /\nFROM two",
            "ARG V=one\nFROM a AS one\nFROM $V\n",
            "FROM a\nRUN x\n",
            "",
        ] {
            assert!(!has_unused_stages(dockerfile, &build), "{dockerfile}");
        }
        let text = "FROM a AS one\nFROM b AS two\n";
        assert_eq!(unused(text, &build), BTreeSet::from([0]));
        for (target, expected) in [("ONE", BTreeSet::from([1])), ("none", BTreeSet::new())] {
            let target = Some(target.to_owned());
            let build = Build {
                target,
                ..Build::default()
            };
            assert_eq!(unused(text, &build), expected);
        }
    }

    #[test]
    fn a_line_that_the_engine_names_is_the_submission_s() {
        let sent =
            RewrittenDockerfile::marked("FROM a\nRUN b\nRNU c\n", &Build::default(), Stages::All);
        let error =
            |line: u8| format!("dockerfile parse error on line {line}: unknown instruction: RNU");
        assert_eq!(sent.own_words(&error(4)), error(3));
        assert_eq!(sent.own_words(&error(90)), error(90));
    }
}
