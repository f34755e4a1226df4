//! Images that a Dockerfile names, and the Dockerfile with overrides applied.

use std::collections::BTreeSet;
use std::ops::Range;

use super::dockerfile::{Instruction, instructions};
use super::error::words;
use super::rewritten::{plain, stage_name};
use crate::compose::interpolation::{Variables, filled};
use crate::compose::project::{Build, NamedContext};
use crate::sandbox::image_overrides::ImageOverrides;
use crate::sandbox::reference::full;

/// Size limit of a reference with its variables substituted, in bytes.
const REFERENCE_BYTES: usize = 1000;

/// An image that a Dockerfile names.
struct Named {
    /// Byte range of the name in the Dockerfile.
    at: Range<usize>,
    /// Reference, with its variables substituted.
    reference: String,
}

/// Returns the images that a build begins with or takes files from, as far as the Dockerfile shows them before the build.
pub(super) fn images(dockerfile: &str, build: &Build) -> Vec<String> {
    let contexts = build.contexts.iter();
    let contexts = contexts.filter_map(|(_, context)| match context {
        NamedContext::Folder(_) => None,
        NamedContext::Image(image) => Some(image.clone()),
    });
    let named = named(dockerfile, build).into_iter();
    contexts.chain(named.map(|named| named.reference)).collect()
}

/// Returns the Dockerfile with the overrides of `bases` applied. Keeps everything else, including lines and their ends.
pub(super) fn based(dockerfile: &str, build: &Build, bases: &ImageOverrides) -> String {
    let mut based = String::new();
    let mut done = 0;
    for Named { at, reference } in named(dockerfile, build) {
        if let Some(taken) = bases.instead_of(&reference) {
            based.push_str(dockerfile.get(done..at.start).unwrap_or_default());
            based.push_str(taken);
            done = at.end;
        }
    }
    based + dockerfile.get(done..).unwrap_or_default()
}

/// Returns the build with the overrides of `bases` applied to its contexts.
pub(super) fn with_contexts(build: &Build, bases: &ImageOverrides) -> Build {
    let mut build = build.clone();
    for (_, context) in &mut build.contexts {
        if let NamedContext::Image(image) = context
            && let Some(taken) = bases.instead_of(image)
        {
            taken.clone_into(image);
        }
    }
    build
}

/// Returns the instruction of `dockerfile` that became `step` in `based`, with one blank between its words.
pub(super) fn own_step(dockerfile: &str, based: &str, step: &str) -> String {
    let built = instructions(based);
    let mut pairs = built.iter().zip(instructions(dockerfile));
    let own = pairs.find(|(built, _)| words(&built.text) == words(step));
    own.map_or_else(|| step.to_owned(), |(_, own)| words(&own.text).join(" "))
}

/// Returns the images that a Dockerfile names, in their order.
fn named(dockerfile: &str, build: &Build) -> Vec<Named> {
    let instructions = instructions(dockerfile);
    let lines = lines(dockerfile);
    let starts = instructions.iter().map(|instruction| instruction.line);
    let ends = starts.skip(1).chain([lines.len()]);
    let mut known = Known::of(build);
    let mut named: Vec<Named> = Vec::new();
    for (instruction, end) in instructions.iter().zip(ends) {
        let name = instruction.name();
        let lines = lines.get(instruction.line..end).unwrap_or_default();
        for (word, part) in sources(&name, instruction) {
            let source = word.get(part.clone()).unwrap_or_default();
            let last = named.last().map_or(0, |last| last.at.end);
            if let Some(reference) = known.image(&name, source)
                && let Some(start) = place(lines, word, last)
            {
                let at = start + part.start..start + part.end;
                named.push(Named { at, reference });
            }
        }
        known.add(&name, instruction);
    }
    named
}

/// Arguments and stages that a Dockerfile has declared up to an instruction.
struct Known<'a> {
    build: &'a Build,
    /// Values of `ARG` before the first `FROM`.
    arguments: Variables,
    /// Names of stages and contexts, in lower case.
    stages: BTreeSet<String>,
    has_begun: bool,
}

impl<'a> Known<'a> {
    fn of(build: &'a Build) -> Known<'a> {
        let contexts = build.contexts.iter();
        Known {
            build,
            arguments: Variables::new(),
            stages: contexts.map(|(name, _)| name.to_lowercase()).collect(),
            has_begun: false,
        }
    }

    /// Returns the image that a word of the instruction `name` means; `None` if it means a stage, or cannot be an image.
    fn image(&self, name: &str, word: &str) -> Option<String> {
        let reference = match name {
            // Only `FROM` substitutes variables.
            "FROM" => filled(&plain(word), &self.arguments, REFERENCE_BYTES).ok()?,
            _ => plain(word),
        };
        let is_number = name != "FROM" && reference.parse::<usize>().is_ok();
        let is_stage = self.stages.contains(&reference.to_lowercase());
        (!is_number && !is_stage && full(&reference).is_some()).then_some(reference)
    }

    fn add(&mut self, name: &str, instruction: &Instruction) {
        if name == "ARG" && !self.has_begun {
            let words = instruction.words().into_iter();
            words.for_each(|word| self.declare(word));
        }
        if name == "FROM" {
            self.has_begun = true;
            let name = stage_name(instruction);
            self.stages.extend(name.map(|name| name.to_lowercase()));
        }
    }

    /// Declares a variable, with the build's own value, or else with the default that `word` gives it.
    fn declare(&mut self, word: &str) {
        let (name, default) = match word.split_once('=') {
            Some((name, default)) => (name, Some(default)),
            None => (word, None),
        };
        let mut given = self.build.args.iter();
        let value = match given.find(|(given, _)| given == name) {
            Some((_, value)) => Some(value.clone()),
            None => {
                default.and_then(|text| filled(&plain(text), &self.arguments, REFERENCE_BYTES).ok())
            }
        };
        self.arguments
            .extend(value.map(|value| (name.to_owned(), value)));
    }
}

/// Returns the words of an instruction that name its base or a source of files, with the range of the name in each.
fn sources<'a>(name: &str, instruction: &'a Instruction) -> Vec<(&'a str, Range<usize>)> {
    let words = instruction.words();
    let flags = words.iter().take_while(|word| word.starts_with("--"));
    match name {
        "FROM" => {
            let base = words.iter().find(|word| !word.starts_with("--"));
            base.map(|word| (*word, 0..word.len()))
                .into_iter()
                .collect()
        }
        "COPY" => flags
            .filter(|word| word.starts_with("--from="))
            .map(|word| (*word, "--from=".len()..word.len()))
            .collect(),
        "RUN" => flags.filter_map(|word| mounted(word)).collect(),
        _ => Vec::new(),
    }
}

/// Returns the range of the source in `--mount=type=bind,from=…,target=…`.
fn mounted(flag: &str) -> Option<(&str, Range<usize>)> {
    let options = flag.strip_prefix("--mount=")?;
    let mut start = flag.len() - options.len();
    for option in options.split(',') {
        if let Some(source) = option.strip_prefix("from=") {
            let end = start + option.len();
            return Some((flag, end - source.len()..end));
        }
        start += option.len() + 1;
    }
    None
}

/// Returns the lines of a Dockerfile, each with its byte offset.
fn lines(dockerfile: &str) -> Vec<(usize, &str)> {
    let mut start = 0;
    let lines = dockerfile.split_inclusive('\n');
    lines
        .map(|line| {
            let begun = start;
            start += line.len();
            (begun, line)
        })
        .collect()
}

/// Returns the byte offset of a word in an instruction's lines, from `last` on; `None` if the word is spread over several
/// lines.
fn place(lines: &[(usize, &str)], word: &str, last: usize) -> Option<usize> {
    let mut lines = lines
        .iter()
        .filter(|(_, line)| !line.trim_start().starts_with('#'));
    lines.find_map(|(start, line)| {
        let found = line.match_indices(word);
        let mut found = found.filter(|(index, _)| start + index >= last);
        let (index, _) = found.find(|(index, _)| is_whole(line, *index, word))?;
        Some(start + index)
    })
}

/// Returns whether the word at `index` of a line has white space on both sides, or the escape character after it.
fn is_whole(line: &str, index: usize, word: &str) -> bool {
    let before = line.get(..index).and_then(|text| text.chars().next_back());
    let behind = line.get(index + word.len()..);
    let behind = behind.and_then(|text| text.chars().next());
    before.is_none_or(char::is_whitespace)
        && behind.is_none_or(|next| next.is_whitespace() || "\\`".contains(next))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(args: &[(&str, &str)]) -> Build {
        let args = args.iter();
        let args = args.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Build {
            args: args.collect(),
            ..Build::default()
        }
    }

    /// Returns the Dockerfile with `old:1` instead of `ubuntu:latest`.
    fn rebased(dockerfile: &str, args: &[(&str, &str)]) -> String {
        let base = "ubuntu:latest=old:1".parse().unwrap();
        based(
            dockerfile,
            &build(args),
            &ImageOverrides::new(vec![base]).unwrap(),
        )
    }

    #[test]
    fn every_image_of_that_name_is_another() {
        for (dockerfile, expected) in [
            ("FROM ubuntu\nRUN x", "FROM old:1\nRUN x"),
            (
                "from docker.io/library/ubuntu:latest as ubuntu\n",
                "from old:1 as ubuntu\n",
            ),
            (
                "FROM --platform=linux/amd64 \"ubuntu\"\n",
                "FROM --platform=linux/amd64 old:1\n",
            ),
            (
                "FROM a AS b\nFROM ubuntu:latest\n",
                "FROM a AS b\nFROM old:1\n",
            ),
            (
                "FROM a\nCOPY --chown=1 --from=ubuntu [\"/a  b\", \"/ubuntu\"]\n",
                "FROM a\nCOPY --chown=1 --from=old:1 [\"/a  b\", \"/ubuntu\"]\n",
            ),
            (
                "FROM a\nRUN --mount=type=bind,from=ubuntu,target=/b \\\n  c ubuntu",
                "FROM a\nRUN --mount=type=bind,from=old:1,target=/b \\\n  c ubuntu",
            ),
            (
                "FROM a\nRUN --mount=from=ubuntu --mount=from=ubuntu b",
                "FROM a\nRUN --mount=from=old:1 --mount=from=old:1 b",
            ),
            (
                "\u{feff}# escape=`\r\nFROM `\r\n # ubuntu \r\n  ubuntu `\r\n  AS b\r\n",
                "\u{feff}# escape=`\r\nFROM `\r\n # ubuntu \r\n  old:1 `\r\n  AS b\r\n",
            ),
        ] {
            assert_eq!(rebased(dockerfile, &[]), expected);
        }
    }

    #[test]
    fn what_is_no_image_of_that_name_stays() {
        for dockerfile in [
            "FROM ubuntu:22.04\nRUN echo ubuntu\nCOPY ubuntu --from=ubuntu /\n",
            "FROM me/ubuntu\n# FROM ubuntu\n",
            "FROM a AS ubuntu\nFROM UBUNTU\nCOPY --from=ubuntu / /\n",
            "FROM scratch\nCOPY --from=0 / /\nCOPY --from=$B / /",
            "ARG B\nFROM ubuntu:$B\n",
            "",
        ] {
            assert_eq!(rebased(dockerfile, &[]), dockerfile);
        }
    }

    #[test]
    fn variables_are_filled_in_before_an_image_is_looked_for() {
        let dockerfile =
            "ARG A=ubuntu\nARG B=${A}\nFROM ${B}:${C:-latest} AS c\nARG B=d\nFROM $B\n";
        let expected = "ARG A=ubuntu\nARG B=${A}\nFROM old:1 AS c\nARG B=d\nFROM old:1\n";
        assert_eq!(rebased(dockerfile, &[]), expected);
        assert_eq!(rebased(dockerfile, &[("A", "nginx")]), dockerfile);
        let unset = "ARG A\nFROM $A\n";
        assert_eq!(rebased(unset, &[("A", "ubuntu")]), "ARG A\nFROM old:1\n");
        assert_eq!(rebased("FROM $A\n", &[("A", "ubuntu")]), "FROM $A\n");
    }

    #[test]
    fn contexts_are_images_too() {
        let image = |reference: &str| NamedContext::Image(reference.to_owned());
        let contexts = vec![
            ("tools".to_owned(), image("ubuntu")),
            (
                "site".to_owned(),
                NamedContext::Folder("task6/site".to_owned()),
            ),
        ];
        let build = Build {
            contexts,
            ..Build::default()
        };
        let dockerfile = "FROM nginx\nCOPY --from=tools / /\nCOPY --from=Site / /\n";
        assert_eq!(images(dockerfile, &build), ["ubuntu", "nginx"]);
        let base = "ubuntu=old:1".parse().unwrap();
        let with = with_contexts(&build, &ImageOverrides::new(vec![base]).unwrap());
        assert_eq!(with.contexts[0].1, image("old:1"));
        assert_eq!(with.contexts[1], build.contexts[1]);
    }

    #[test]
    fn a_step_is_the_submission_s_own() {
        let dockerfile = "FROM ubuntu \\\n  AS a\nRUN b\n";
        let based = rebased(dockerfile, &[]);
        assert_eq!(
            own_step(dockerfile, &based, "FROM old:1   AS a"),
            "FROM ubuntu AS a"
        );
        assert_eq!(own_step(dockerfile, &based, "RUN b"), "RUN b");
        assert_eq!(own_step(dockerfile, &based, "RUN c"), "RUN c");
    }
}
