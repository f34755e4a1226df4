mod arguments;
mod characters;
mod command;
mod deviation;
mod equivalent;
mod line;
mod look;
mod mistakes;
mod program;
mod scale;

use self::line::{Line, comparison};
use self::look::look;
use super::answer_file;
use crate::model::{Check, Finding, Judged, Judgement, Note, Text};
use crate::observation::{Observation, Stage};

/// Returns the command that starts two containers of the API servers' service.
fn expected(back_end: &str) -> String {
    format!("docker-compose up --scale {back_end}=2")
}

/// One line of the answer file is, byte for byte, `docker-compose up --scale back-end=2`.
///
/// Other lines are allowed, but noted. If no line is the command, the most similar one is split as a shell would split it, and
/// each difference is reported. The checker never runs the file. A rubric can require that the command is the only line, and
/// can accept equivalent commands.
pub(super) static CHECK: Check = Check {
    id: "answer-command",
    points: 20,
    after: &[&answer_file::CHECK],
    stage: Stage::Answer,
    title: Text::fixed(
        "the answer is the exact command that starts two API servers",
        "la réponse est la commande exacte qui démarre deux serveurs API",
    ),
    mistakes: mistakes::ALL,
    notes: &[OTHER_LINES],
    judge,
};

const OTHER_LINES: &str = "other-lines";

fn judge(seen: &Observation) -> Judgement {
    let text = String::from_utf8_lossy(seen.seen(Stage::Answer, &seen.answer)?.bytes());
    let lines = lines(&text);
    if lines.iter().any(|line| is_accepted(seen, line)) {
        return Ok(beside(seen, lines.len() - 1));
    }
    let back_end = seen.back_end();
    let read = lines.iter().filter_map(|line| Line::read(line, back_end));
    let findings = match read.min_by_key(Line::distance) {
        Some(nearest) => nearest.findings(),
        None => vec![no_command(&lines, back_end)],
    };
    Ok(Judged::from_findings(findings))
}

/// Returns the lines of a file. After a backslash at its end, a line continues in the next, as in a shell.
fn lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut start = 0;
    for (end, _) in text.match_indices('\n') {
        let line = &text[start..end];
        if !line.ends_with('\\') {
            lines.push(line);
            start = end + 1;
        }
    }
    let last = &text[start..];
    lines.extend((!last.is_empty()).then_some(last));
    lines
}

/// Returns whether a line is the command, or an equivalent one if the rubric accepts those.
fn is_accepted(seen: &Observation, line: &str) -> bool {
    let files = seen.compose.as_ref().map(|compose| &compose.files[..]);
    let back_end = seen.back_end();
    let is_equivalent = || equivalent::starts_two(line, back_end, files.unwrap_or_default());
    line == expected(back_end) || (seen.asked.equivalent_commands && is_equivalent())
}

/// Returns the result for a file with the command and `lines` other lines, including empty ones.
fn beside(seen: &Observation, lines: usize) -> Judged {
    let message = match lines {
        0 => return Judged::passed(),
        1 => Text::fixed(
            "the file has another line beside the command",
            "le fichier a une autre ligne à côté de la commande",
        ),
        lines => Text::new(
            format!("the file has {lines} other lines beside the command"),
            format!("le fichier a {lines} autres lignes à côté de la commande"),
        ),
    };
    if seen.asked.line_alone {
        return Judged::failed(mistakes::NOT_ALONE.finding(message));
    }
    Judged::passed().with_notes(vec![Note {
        code: OTHER_LINES,
        message,
    }])
}

fn no_command(lines: &[&str], back_end: &str) -> Finding {
    let expected = expected(back_end);
    let message = match look(lines) {
        Some(Text { en, fr }) => Text::new(
            format!("expected `{expected}`, found what looks like {en}"),
            format!("attendu : `{expected}` ; trouvé, semble-t-il : {fr}"),
        ),
        None => Text::new(
            format!("expected `{expected}`, found no command"),
            format!("attendu : `{expected}` ; trouvé : aucune commande"),
        ),
    };
    let first = lines
        .iter()
        .find(|line| !line.trim().is_empty())
        .copied()
        .unwrap_or_default();
    let whole = 0..first.chars().count();
    mistakes::NO_COMMAND
        .finding(message)
        .comparing(comparison(first, &[whole], expected))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expectations::Expectations;
    use crate::observation::correct::{answer, correct};

    fn judged(content: &str) -> Judged {
        let answer = answer(content);
        judge(&Observation {
            answer: Some(answer),
            ..correct()
        })
        .unwrap_or_default()
    }

    fn codes(content: &str) -> Vec<&'static str> {
        judged(content)
            .findings
            .iter()
            .map(|finding| finding.code)
            .collect()
    }

    /// Returns the part of the line that each finding marks.
    fn marked(content: &str) -> Vec<String> {
        let comparisons = judged(content)
            .findings
            .into_iter()
            .filter_map(|finding| finding.comparison);
        let marked = |comparison: &crate::model::Comparison| {
            let marks = comparison.marks.iter();
            let part = |&(start, end): &(usize, usize)| {
                comparison.found.chars().skip(start).take(end - start)
            };
            marks.flat_map(part).collect::<String>()
        };
        comparisons.map(|comparison| marked(&comparison)).collect()
    }

    #[test]
    fn the_command_alone_passes() {
        assert_eq!(
            judged("docker-compose up --scale back-end=2\n"),
            Judged::passed()
        );
        assert_eq!(
            judged("docker-compose up --scale back-end=2"),
            Judged::passed()
        );
    }

    #[test]
    fn other_lines_are_noted() {
        let lines = "#!/bin/bash\ndocker-compose build\ndocker-compose up --scale back-end=2\n";
        assert!(codes(lines).is_empty());
        assert_eq!(judged(lines).notes[0].code, "other-lines");
        assert_eq!(
            judged("docker-compose up --scale back-end=2\n\n")
                .notes
                .len(),
            1
        );
    }

    fn asking(content: &str, asked: Expectations) -> Judged {
        let seen = Observation {
            answer: Some(answer(content)),
            ..correct()
        };
        judge(&seen.asking(asked)).unwrap_or_default()
    }

    #[test]
    fn a_rubric_can_ask_for_the_line_alone() {
        let alone = |content| {
            let line_alone = true;
            let asked = Expectations {
                line_alone,
                ..Expectations::default()
            };
            asking(content, asked).findings.first().map(|it| it.code)
        };
        assert_eq!(alone("docker-compose up --scale back-end=2\n"), None);
        assert_eq!(
            alone("docker-compose up --scale back-end=2\n\n"),
            Some("not-alone")
        );
        assert_eq!(alone("docker-compose up\n\n"), Some("no-scale"));
    }

    #[test]
    fn a_rubric_can_accept_what_does_the_same() {
        let accepting = |content| {
            let equivalent_commands = true;
            let asked = Expectations {
                equivalent_commands,
                ..Expectations::default()
            };
            asking(content, asked)
        };
        let same = "docker compose up -d --scale back-end=2\n";
        assert_eq!(accepting(same), Judged::passed());
        assert_eq!(codes(same), ["docker-compose-with-space", "detached"]);
        let other = "docker compose up -d --scale back-end=3\n";
        assert_eq!(accepting(other), judged(other));
    }

    #[test]
    fn nothing_seen_is_not_a_pass() {
        assert_eq!(codes(""), ["no-command"]);
        assert_eq!(codes("\n"), ["no-command"]);
    }

    #[test]
    fn each_wrapping_has_its_code() {
        assert_eq!(
            codes("# docker-compose up --scale back-end=2\n"),
            ["commented-out"]
        );
        assert_eq!(
            codes("$ docker-compose up --scale back-end=2\n"),
            ["prompt"]
        );
        assert_eq!(
            codes("> docker-compose up --scale back-end=2\n"),
            ["prompt"]
        );
        assert_eq!(
            codes("me@pc:~/task6$ docker-compose up --scale back-end=2\n"),
            ["prompt"]
        );
        assert_eq!(
            codes("cd task6 && docker-compose up --scale back-end=2\n"),
            ["chained"]
        );
        assert_eq!(
            codes("docker-compose up --scale back-end=2 | tee log\n"),
            ["chained"]
        );
        assert_eq!(
            codes("docker-compose up --scale back-end=2 > log\n"),
            ["chained"]
        );
        assert_eq!(
            codes("sudo docker-compose up --scale back-end=2\n"),
            ["sudo"]
        );
        assert_eq!(
            codes("sudo -E docker-compose up --scale back-end=2\n"),
            ["sudo"]
        );
        assert_eq!(
            codes("$ sudo docker-compose up --scale back-end=2\n"),
            ["prompt", "sudo"]
        );
        let echo = "echo \"docker-compose up --scale back-end=2\" > 2-api-servers.txt\n";
        assert_eq!(codes(echo), ["echo"]);
        assert_eq!(
            codes("echo docker-compose up --scale back-end=2 > a\n"),
            ["echo"]
        );
    }

    #[test]
    fn each_program_and_subcommand_has_its_code() {
        assert_eq!(
            codes("docker compose up --scale back-end=2\n"),
            ["docker-compose-with-space"]
        );
        assert_eq!(
            codes("podman-compose up --scale back-end=2\n"),
            ["other-program"]
        );
        assert_eq!(
            codes("podman compose up --scale back-end=2\n"),
            ["other-program"]
        );
        assert_eq!(
            codes("docker-compose.exe up --scale back-end=2\n"),
            ["other-program"]
        );
        assert_eq!(codes("docker up --scale back-end=2\n"), ["other-program"]);
        assert_eq!(
            codes("docker-compose scale back-end=2\n"),
            ["scale-subcommand"]
        );
        assert_eq!(
            codes("docker-compose build\n"),
            ["other-subcommand", "no-scale"]
        );
        assert_eq!(
            codes("docker-compose --scale back-end=2\n"),
            ["other-subcommand"]
        );
        assert_eq!(codes("docker-compose\n"), ["other-subcommand", "no-scale"]);
        assert_eq!(
            codes("docker compose up\n"),
            ["no-scale", "docker-compose-with-space"]
        );
    }

    #[test]
    fn each_word_of_scale_has_its_code() {
        assert_eq!(codes("docker-compose up\n"), ["no-scale"]);
        assert_eq!(
            codes("docker-compose up --scale backend=2\n"),
            ["other-service"]
        );
        assert_eq!(
            codes("docker-compose up --scale Back-End=2\n"),
            ["other-service"]
        );
        assert_eq!(
            codes("docker-compose up --scale back-end=3\n"),
            ["other-count"]
        );
        assert_eq!(
            codes("docker-compose up --scale back-end=2s\n"),
            ["other-count"]
        );
        assert_eq!(
            codes("docker-compose up --scale back-end\n"),
            ["other-count"]
        );
        assert_eq!(
            codes("docker-compose up --scale\n"),
            ["other-service", "other-count"]
        );
    }

    #[test]
    fn each_further_option_has_its_code() {
        assert_eq!(
            codes("docker-compose up -d --scale back-end=2\n"),
            ["detached"]
        );
        assert_eq!(
            codes("docker-compose up --scale back-end=2 --build\n"),
            ["build-option"]
        );
        assert_eq!(
            codes("docker-compose -f docker-compose.yml up --scale back-end=2\n"),
            ["file-option"]
        );
        assert_eq!(
            codes("docker-compose up --force-recreate --scale back-end=2\n"),
            ["other-option"]
        );
        assert_eq!(
            codes("docker-compose up --scale back-end=2 back-end\n"),
            ["other-option"]
        );
        let both = "docker-compose up --scale front-end=1 --scale back-end=2\n";
        assert_eq!(codes(both), ["other-option"]);
    }

    #[test]
    fn each_kind_of_character_has_its_code() {
        assert_eq!(codes("docker-compose up --scale back-end=2\r\n"), ["crlf"]);
        assert_eq!(
            codes("\u{feff}docker-compose up --scale back-end=2\n"),
            ["byte-order-mark"]
        );
        assert_eq!(codes("docker-compose up --scale back-end=2 \n"), ["spaces"]);
        assert_eq!(
            codes("docker-compose  up\t--scale back-end=2\n"),
            ["spaces"]
        );
        assert_eq!(
            codes("docker-compose up –scale back-end=2\n"),
            ["typographic-characters"]
        );
        assert_eq!(
            codes("docker-compose up ––scale back-end=2\n"),
            ["typographic-characters"]
        );
        assert_eq!(
            codes("docker–compose up --scale back-end=2\n"),
            ["typographic-characters"]
        );
        assert_eq!(
            codes("docker-compose\u{a0}up --scale back-end=2\n"),
            ["typographic-characters"]
        );
        assert_eq!(
            codes("docker-compose up --scale back-end=2\u{200b}\n"),
            ["typographic-characters"]
        );
    }

    #[test]
    fn the_same_words_written_otherwise_are_another_spelling() {
        assert_eq!(
            codes("docker-compose up --scale=back-end=2\n"),
            ["other-spelling"]
        );
        assert_eq!(
            codes("docker-compose --scale back-end=2 up\n"),
            ["other-spelling"]
        );
        assert_eq!(
            codes("docker-compose up -scale back-end=2\n"),
            ["other-spelling"]
        );
        assert_eq!(
            codes("docker-compose up --scale \"back-end=2\"\n"),
            ["other-spelling"]
        );
        assert_eq!(
            codes("\"docker-compose up --scale back-end=2\"\n"),
            ["other-spelling"]
        );
        assert_eq!(
            codes("Docker-compose up --scale back-end=2\n"),
            ["other-spelling"]
        );
        assert_eq!(
            codes("docker-compose UP --scale back-end=2\n"),
            ["other-spelling"]
        );
        assert_eq!(
            codes("run docker-compose up --scale back-end=2\n"),
            ["other-spelling"]
        );
        assert_eq!(
            codes("docker-compose up --scale back-end=2 # two\n"),
            ["other-spelling"]
        );
        assert_eq!(
            codes("`docker-compose up --scale back-end=2`\n")[0],
            "other-spelling"
        );
    }

    #[test]
    fn each_difference_is_told_the_most_telling_first() {
        let found = codes("sudo docker compose up -d --build --scale backend=3 \r\n");
        let expected = [
            "other-service",
            "other-count",
            "docker-compose-with-space",
            "sudo",
            "detached",
            "build-option",
            "crlf",
            "spaces",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn each_difference_is_marked() {
        let line = "docker compose up -d --scale backend=3 \r\n";
        let expected = ["backend", "3", "docker compose", "-d", "␍", "·"];
        assert_eq!(marked(line), expected);
        assert_eq!(
            marked("echo 'docker-compose up --scale api=2' > a\n"),
            ["echo", "api"]
        );
        assert_eq!(marked("# docker-compose up --scale api=2\n"), ["#", "api"]);
        assert_eq!(marked("docker-compose up –scale back-end=5\n"), ["5", "–"]);
        assert_eq!(
            marked("docker-compose up --scale='back-end=2'\n"),
            ["--scale='back-end=2'", "''"]
        );
        assert_eq!(
            marked("\"docker-compose up --scale back-end=2\"\n"),
            ["\"\""]
        );
        assert_eq!(
            marked("docker-compose up --scale front-end=1 --scale back-end=2\n"),
            ["--scale front-end=1"]
        );
        assert_eq!(
            marked("docker-compose up --scale back-end=2 # two\n"),
            ["# two"]
        );
        assert_eq!(marked("docker-compose  up --scale back-end=2\n"), ["··"]);
        assert_eq!(marked("\ntwo servers\n"), ["two servers"]);
    }

    #[test]
    fn what_is_missing_is_marked_at_the_end() {
        let marks = |content: &str| {
            let comparison = judged(content).findings.remove(0).comparison;
            comparison.map(|comparison| comparison.marks)
        };
        assert_eq!(marks("docker-compose up\n"), Some(vec![(17, 17)]));
        assert_eq!(marks("docker-compose up --scale\n"), Some(vec![(25, 25)]));
    }

    #[test]
    fn how_scale_is_written_is_told() {
        for (written, told) in [
            (
                "--scale=back-end=2",
                "expected `--scale back-end=2`, found `--scale=back-end=2`",
            ),
            ("-scale back-end=2", "expected `--scale`, found `-scale`"),
        ] {
            let findings = judged(&format!("docker-compose up {written}\n")).findings;
            assert_eq!(findings[0].message.en, told);
        }
    }

    #[test]
    fn what_was_meant_is_recognised() {
        let over_two_lines = "docker-compose up \\\n  --scale back-end=2\n";
        assert_eq!(codes(over_two_lines), ["other-spelling"]);
        assert_eq!(
            codes("docker-compose up scale back-end=2\n"),
            ["other-spelling"]
        );
        assert_eq!(
            codes("PS C:\\task6> docker-compose up --scale back-end=2\n"),
            ["prompt"]
        );
        assert_eq!(
            codes("docker-compose run back-end\n"),
            ["other-subcommand", "no-scale"]
        );
        assert_eq!(codes("use docker to scale it\n"), ["no-command"]);
    }

    #[test]
    fn the_nearest_line_is_told() {
        let lines = "docker-compose build\ndocker-compose up --scale back-end=3\nsudo reboot\n";
        assert_eq!(codes(lines), ["other-count"]);
        let chained = "docker-compose build && docker-compose up --scale back-end=2\n";
        assert_eq!(codes(chained), ["chained"]);
    }

    #[test]
    fn what_is_no_command_is_named() {
        let look = |content: &str| judged(content).findings[0].message.en.clone();
        assert_eq!(codes("2-api-servers.txt\n"), ["no-command"]);
        assert!(look("2-api-servers.txt\n").ends_with("the file’s own name"));
        assert!(look("server {\n  listen 80;\n}\n").ends_with("an nginx configuration"));
        assert!(look("services:\n  back-end:\n").ends_with("a compose file"));
        let table =
            "NAME                IMAGE    COMMAND\ntask6-back-end-1  x  \"/docker-entrypoint.…\"\n";
        assert!(look(table).ends_with("running containers"));
        assert!(look("two servers\n").ends_with("found no command"));
    }

    #[test]
    fn a_line_without_end_is_cut() {
        for part in ["é", "# ", "; # ", "-d ", "\"'", "\\\" "] {
            let line = format!("docker-compose up {}\n", part.repeat(30_000));
            let finding = judged(&line).findings.remove(0);
            let shown = finding
                .comparison
                .map(|comparison| comparison.found.chars().count());
            assert!(shown.is_some_and(|shown| shown < 200), "{part}");
            assert!(codes(&part.repeat(30_000)).len() < 20, "{part}");
        }
    }

    #[test]
    fn any_text_is_judged() {
        let parts = [
            "docker", "-", "compose", " ", "up", "--scale", "=", "2", "\"", "'", "\\", "#", "`",
            "$", "(", "&", ">", "\r", "\n", "\u{feff}", "–", "“", "é", "echo ", "sudo ",
            "back-end", "\t",
        ];
        let mut state = 1_u32;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..12 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                text.push_str(parts[(state >> 16) as usize % parts.len()]);
            }
            let findings = judged(&text).findings;
            let marks = findings
                .iter()
                .filter_map(|finding| finding.comparison.as_ref());
            let within = |comparison: &crate::model::Comparison| {
                let length = comparison.found.chars().count();
                comparison
                    .marks
                    .iter()
                    .all(|&(start, end)| start <= end && end <= length)
            };
            assert!(
                !findings.is_empty() && marks.clone().all(within),
                "{text:?}"
            );
        }
    }
}
