//! Features of a Dockerfile that no limited build supports.
//!
//! Steps of the classic builder are containers, whose memory, processes, processors and disk can be limited. Steps of BuildKit
//! cannot be, and a fork bomb in one of them takes down the machine. So BuildKit builds only images that no other builder can,
//! and only if that is allowed.

use softy_checks::observation::{Fault, FaultKind};

use super::dockerfile::{Instruction, ambiguous_line, directive, instructions};

/// A feature that needs a builder without limits.
pub(super) struct Need {
    /// The feature, as written in Dockerfiles.
    pub(super) what: String,
    /// Line of the feature, from 1.
    pub(super) line: usize,
}

impl Need {
    /// Returns the fault for the Dockerfile at `path` that was not built.
    pub(super) fn fault(&self, path: &str) -> Fault {
        let words = format!("{path}:{}: {}", self.line, self.what);
        Fault::told(FaultKind::Unlimited, words)
    }
}

/// Flags that the classic builder does not support.
const FLAGS: [(&str, &[&str]); 3] = [
    ("RUN", &["mount", "network", "security", "device"]),
    ("COPY", &["link", "chmod", "parents", "exclude"]),
    (
        "ADD",
        &[
            "link",
            "chmod",
            "exclude",
            "checksum",
            "keep-git-dir",
            "unpack",
        ],
    ),
];

/// Arguments that BuildKit sets by itself.
const PLATFORM: [&str; 8] = [
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDARCH",
    "BUILDVARIANT",
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETARCH",
    "TARGETVARIANT",
];

/// Prefixes of `ADD` sources that the engine fetches, from any address that it reaches and of any size.
const REMOTE: [&str; 5] = ["http://", "https://", "git://", "git@", "ssh://"];

/// Dockerfile frontend whose language the engine supports by itself.
const OWN_SYNTAX: &str = "docker/dockerfile";

/// Returns the first feature of a Dockerfile that needs a builder without limits, if any.
pub(super) fn need(dockerfile: &str) -> Option<Need> {
    if let Some(syntax) = directive(dockerfile, "syntax")
        && !is_own(&syntax)
    {
        let what = format!("# syntax={syntax}");
        return Some(Need { what, line: 1 });
    }
    // Old engines do not know this directive, and read none after it.
    if directive(dockerfile, "check").is_some() && directive(dockerfile, "escape").is_some() {
        let what = "# check with # escape".to_owned();
        return Some(Need { what, line: 1 });
    }
    if let Some(line) = ambiguous_line(dockerfile) {
        let what = "\\ before two carriage returns".to_owned();
        return Some(Need {
            what,
            line: line + 1,
        });
    }
    let mut has_volume = false;
    for instruction in instructions(dockerfile) {
        let name = instruction.name();
        match name.as_str() {
            "FROM" => has_volume = false,
            "VOLUME" => has_volume = true,
            _ => {}
        }
        // The classic builder drops the changes of a step to a volume; BuildKit keeps them.
        let changes_volume = has_volume && name == "RUN";
        let what = feature(&name, &instruction)
            .or_else(|| changes_volume.then(|| "RUN after VOLUME".to_owned()));
        if let Some(what) = what {
            let line = instruction.line + 1;
            return Some(Need { what, line });
        }
    }
    None
}

fn feature(name: &str, instruction: &Instruction) -> Option<String> {
    let words = instruction.words();
    let flags = FLAGS.iter().filter(|(of, _)| *of == name);
    let mut flags = flags.flat_map(|(_, flags)| flags.iter());
    if let Some(flag) = flags.find(|flag| instruction.has_flag(flag)) {
        return Some(format!("{name} --{flag}"));
    }
    match name {
        "RUN" | "COPY" if words.iter().any(|word| is_heredoc(word)) => Some(format!("{name} <<")),
        "ADD" if words.iter().any(|word| is_heredoc(word)) => Some("ADD <<".to_owned()),
        "ADD"
            if added(instruction)
                .iter()
                .any(|source| may_be_remote(source)) =>
        {
            Some("ADD URL".to_owned())
        }
        "ARG" => {
            let argument = PLATFORM.iter().find(|argument| words.contains(argument))?;
            Some(format!("ARG {argument}"))
        }
        "FROM" => {
            let used = |argument: &&&str| {
                let [plain, braced] = [format!("${argument}"), format!("${{{argument}")];
                words
                    .iter()
                    .any(|word| word.contains(&plain) || word.contains(&braced))
            };
            let argument = PLATFORM.iter().find(used)?;
            Some(format!("FROM ${argument}"))
        }
        _ => None,
    }
}

fn is_own(syntax: &str) -> bool {
    let name = syntax.strip_prefix("docker.io/").unwrap_or(syntax);
    let tag = name.strip_prefix(OWN_SYNTAX);
    tag.is_some_and(|tag| tag.is_empty() || tag.starts_with(':'))
}

/// Returns whether a word begins a here-document, as in `<<END`, possibly after a number.
fn is_heredoc(word: &str) -> bool {
    let word = word.trim_start_matches(|character: char| character.is_ascii_digit());
    let Some(name) = word.strip_prefix("<<") else {
        return false;
    };
    let name = name.strip_prefix('-').unwrap_or(name);
    !name.is_empty() && !name.contains('<')
}

/// Returns the sources of an `ADD`, plain or a list in JSON. Adds a variable, which may be anything, if the engine may read
/// sources that this function does not see.
pub(super) fn added(add: &Instruction) -> Vec<String> {
    let words = add.words();
    let is_list = |word: &str| word.starts_with('[');
    let (mut sources, is_known) = match words.iter().position(|word| is_list(word)) {
        Some(start) => listed(&words.get(start..).unwrap_or_default().join(" ")),
        None => {
            let plain = words.iter().skip_while(|word| word.starts_with("--"));
            let plain: Vec<String> = plain.map(|word| (*word).to_owned()).collect();
            (all_but_last(&plain).to_vec(), true)
        }
    };
    // One parser separates words at it, another does not.
    let is_odd = |character: char| character.is_whitespace() && !character.is_ascii();
    if !is_known || add.text.contains(is_odd) {
        sources.push("$".to_owned());
    }
    sources
}

/// Returns the sources of a list, and whether there can be no others.
fn listed(list: &str) -> (Vec<String>, bool) {
    let mut lists = serde_json::Deserializer::from_str(list).into_iter::<Vec<String>>();
    let first = lists.next();
    match first {
        Some(Ok(items)) if lists.byte_offset() == list.len() => {
            (all_but_last(&items).to_vec(), true)
        }
        Some(_) | None => {
            let words = list.split([' ', ',']).map(str::to_owned);
            (words.collect(), !list.contains('\\'))
        }
    }
}

/// Returns all but the last word or item, which is the destination.
fn all_but_last<T>(words: &[T]) -> &[T] {
    words.split_last().map_or(&[], |(_, sources)| sources)
}

/// Returns whether a source of `ADD` is remote, or may be through a variable.
fn may_be_remote(word: &str) -> bool {
    let plain: String = word
        .chars()
        .filter(|character| !"\"'\\`[],".contains(*character))
        .collect();
    let plain = plain.to_lowercase();
    let (start, is_variable) = match plain.split_once('$') {
        Some((start, _)) => (start, true),
        None => (plain.as_str(), false),
    };
    REMOTE
        .iter()
        .any(|remote| start.starts_with(remote) || (is_variable && remote.starts_with(start)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(dockerfile: &str) -> Option<String> {
        need(dockerfile).map(|need| need.what)
    }

    #[test]
    fn what_only_buildkit_builds_is_known() {
        for (dockerfile, expected) in [
            (
                "FROM a\nRUN --mount=type=cache,target=/c true",
                "RUN --mount",
            ),
            ("FROM a\nRUN <<EOF\ntrue\nEOF", "RUN <<"),
            ("FROM a\nCOPY <<-'END' /x\nEND", "COPY <<"),
            ("FROM a\nCOPY --chown=1 --chmod=755 a b", "COPY --chmod"),
            (
                "# syntax=example.com/own:1\nFROM a",
                "# syntax=example.com/own:1",
            ),
            (
                "FROM --platform=$BUILDPLATFORM a AS b",
                "FROM $BUILDPLATFORM",
            ),
            ("FROM a\nARG TARGETARCH\nRUN true", "ARG TARGETARCH"),
            (
                "# check=skip=all\n# escape=`\nFROM a",
                "# check with # escape",
            ),
            (
                "FROM a\nRUN b \\\r\r\nADD c d",
                "\\ before two carriage returns",
            ),
            (
                "FROM a\nVOLUME /data\nRUN touch /data/x",
                "RUN after VOLUME",
            ),
        ] {
            assert_eq!(what(dockerfile).as_deref(), Some(expected), "{dockerfile}");
        }
    }

    #[test]
    fn what_the_engine_itself_would_fetch_is_known() {
        for source in [
            "http://169.254.169.254/latest",
            "HTTPS://example.com/x",
            "[\"https://example.com/x\",",
            "ht\\tp://example.com",
            "$URL",
            "ht${REST}",
            "git@github.com:a/b.git",
            "[\"http://example.com\",\"/y\"]",
            "[\"\\u0068ttp://example.com\",\"/y\"]",
            "[\"\\ud800\",\"\\u0068ttp://example.com\",\"/y\"]",
            "[\"a\"]\" [\"\\u0068ttp://example.com\",\"/y\"]",
            "[\"a\",\"$B\",\"/y\"]",
            "\\\n  http://example.com",
            "--chown=1\u{a0}http://example.com",
        ] {
            let dockerfile = format!("FROM a\nONBUILD ADD {source} /x");
            assert_eq!(what(&dockerfile).as_deref(), Some("ADD URL"), "{source}");
        }
    }

    #[test]
    fn what_the_classic_builder_builds_too_is_left_to_it() {
        for dockerfile in [
            "# syntax=docker/dockerfile:1\nFROM ubuntu\nRUN apt-get update \\\n && echo $((1 << 2))",
            "FROM ubuntu AS base\nFROM base\nCOPY --from=base --chown=www-data /a /b\nADD ./site.tar.gz /srv",
            "FROM nginx\nARG PORT\nARG TARGETARCH=amd64\nVOLUME /data\nCOPY a /data\nCMD [\"nginx\", \"--mount\"]",
            "FROM ubuntu\nADD app$VERSION.py $APP/\nRUN cat <<< word",
            "# check=skip=all\nFROM ubuntu\nADD [\"a b\", \"c$D\",\"$APP/\"]\nADD [\"e\",\"/f\"]",
        ] {
            assert_eq!(what(dockerfile), None, "{dockerfile}");
        }
    }
}
