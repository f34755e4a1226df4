//! Rubrics: errors are reported with their place, and a recording can be judged by another rubric without an engine.

#![expect(clippy::expect_used, reason = "a test ends at what it cannot do")]

mod fixture;

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use fixture::{Fixture, softy_check, stdout, verdicts};

use predicates::str::{contains, is_empty};
use serde_json::Value;
use tempfile::TempDir;

/// Writes a rubric into a temporary folder.
fn rubric(text: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let folder = TempDir::new().expect("a folder can be made");
    let path = folder.path().join("rubric.toml");
    fs::write(&path, text).expect("a file can be written");
    (folder, path)
}

/// Judges a recorded fixture by a rubric.
fn replayed(name: &str, text: &str, arguments: &[&str]) -> Output {
    let (_folder, path) = rubric(text);
    let rubric = ["--rubric", &path.to_string_lossy()];
    Fixture::named(name).replay(&[arguments, &rubric].concat())
}

/// Does the same as [`replayed`], but returns the JSON report.
fn json(name: &str, text: &str) -> Value {
    let output = replayed(name, text, &["--format", "json"]);
    serde_json::from_slice(&output.stdout).expect("a report")
}

/// Returns the status of a check of a recorded fixture.
fn status(name: &str, text: &str, id: &str) -> String {
    let output = replayed(name, text, &["--format", "json"]);
    let verdicts = verdicts(&output).expect("a report");
    let mut statuses = verdicts.into_iter().filter(|(check, ..)| check == id);
    statuses.next().expect("the check is there").1
}

#[test]
fn the_usual_rubric_is_printed_in_both_languages_and_changes_nothing() {
    for language in ["en", "fr"] {
        let arguments = ["rubric", "--lang", language];
        let printed = softy_check().args(arguments).output().expect("it runs");
        assert_eq!(printed.status.code(), Some(0));
        let printed = stdout(&printed);
        for name in ["correct", "other-service", "five-did-not-start"] {
            for format in ["text", "json"] {
                let asked = ["--format", format, "--lang", language];
                let by_rubric = replayed(name, &printed, &asked);
                let usual = Fixture::named(name).replay(&asked);
                assert_eq!(stdout(&by_rubric), stdout(&usual));
                assert_eq!(by_rubric.status.code(), usual.status.code());
            }
        }
    }
}

#[test]
fn what_is_wrong_with_a_rubric_is_wrong_usage_with_its_place() {
    for (text, words) in [
        ("[points]\nround-robbin = 20\n", "line 2, column 1"),
        ("[points]\nround-robbin = 20\n", "nearest is `round-robin`"),
        ("\n[points]\nround-robin = 25\n", "line 2, column 2"),
        (
            "\n[points]\nround-robin = 25\n",
            "add up to 105, not to 100",
        ),
        ("[stack]\nreplicas = é\n", "line 2, column 12"),
    ] {
        for line in [&["task6", ".", "--no-stack"][..], &["replay", "nowhere"]] {
            let (_folder, path) = rubric(text);
            softy_check()
                .args(line)
                .arg("--rubric")
                .arg(path)
                .assert()
                .code(2)
                .stdout(is_empty())
                .stderr(contains(words));
        }
    }
}

#[test]
fn what_is_no_rubric_at_all_is_wrong_usage() {
    let large = "#".repeat(70_000);
    for (bytes, words) in [
        (&b"\xff\xfe"[..], "not text in UTF-8"),
        (large.as_bytes(), "more than 64 KiB"),
        (b"\0", "line 1, column 2"),
    ] {
        let (folder, path) = rubric(bytes);
        for (path, words) in [
            (path.as_path(), words),
            (folder.path(), "cannot be read"),
            (&folder.path().join("nowhere"), "cannot be read"),
        ] {
            softy_check()
                .args(["task6", ".", "--no-stack", "--rubric"])
                .arg(path)
                .assert()
                .code(2)
                .stdout(is_empty())
                .stderr(contains(words));
        }
    }
}

const OTHER_POINTS: &str = "[points]\nanswer-command = 0\nround-robin = 40\n";

#[test]
fn other_points_change_the_score_and_no_verdict() {
    let usual = verdicts(&Fixture::named("detached").replay(&["--format", "json"]));
    let other = replayed("detached", OTHER_POINTS, &["--format", "json"]);
    assert_eq!(verdicts(&other), usual);
    let report = json("weighted", OTHER_POINTS);
    assert_eq!(
        (&report["score"], &report["out_of"]),
        (&55.into(), &100.into())
    );
    assert_eq!(report["rubric"]["points"]["round-robin"], 40);
}

#[test]
fn a_check_that_is_worth_nothing_is_advice() {
    let output = replayed("detached", OTHER_POINTS, &[]);
    assert_eq!(status("detached", OTHER_POINTS, "answer-command"), "failed");
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
}

#[test]
fn a_pass_mark_is_told_and_changes_no_exit_status() {
    for (mark, words) in [(75, "is reached"), (76, "is not reached")] {
        let text = format!("pass-mark = {mark}\n");
        let output = replayed("weighted", &text, &[]);
        assert_eq!(output.status.code(), Some(1));
        assert!(stdout(&output).contains(words), "{}", stdout(&output));
        let report = json("weighted", &text);
        assert_eq!(report["reaches_pass_mark"], mark == 75);
    }
}

#[test]
fn equivalent_commands_are_accepted_where_they_start_the_same() {
    let accept = "[answer]\nequivalent-commands = true\n";
    let by_both = |name| {
        let id = "answer-command";
        (status(name, "", id), status(name, accept, id))
    };
    for name in [
        "build-option",
        "detached",
        "docker-compose-with-space",
        "file-option",
        "sudo",
        "spaces",
    ] {
        assert_eq!(by_both(name), ("failed".into(), "passed".into()), "{name}");
    }
    for name in [
        "chained",
        "commented-out",
        "crlf",
        "echo",
        "no-command",
        "no-scale",
        "other-count",
        "other-program",
        "other-service",
        "other-subcommand",
        "prompt",
        "scale-subcommand",
        "typographic-characters",
    ] {
        assert_eq!(by_both(name), ("failed".into(), "failed".into()), "{name}");
    }
}

#[test]
fn what_was_not_looked_at_is_not_graded_and_no_mistake() {
    for (text, id) in [
        ("[stack]\nreplicas = 4\n", "scales-further"),
        ("[stack]\negress = true\n", "stack-runs"),
        ("[base-images]\nubuntu = \"ubuntu:22.04\"\n", "round-robin"),
        ("[stack]\nservice-names = [\"front-end\"]\n", "images-build"),
    ] {
        assert_eq!(status("correct", text, id), "not-graded", "{text}");
        let output = replayed("correct", text, &[]);
        assert_eq!(output.status.code(), Some(3), "{text}");
        assert!(stdout(&output).contains("grade this submission again"));
    }
    // This recording ends with the files, so it lacks no measurement that the rubric needs.
    let files = "[stack]\nreplicas = 4\negress = true\n";
    assert_eq!(status("detached", files, "images-build"), "skipped");
}

#[test]
fn another_name_of_the_service_is_accepted_where_it_is_listed() {
    let text = "[stack]\nservice-names = [\"api\", \"backend\"]\n";
    let both = |id| {
        let name = "back-end-missing";
        (status(name, "", id), status(name, text, id))
    };
    assert_eq!(both("compose-file"), ("failed".into(), "passed".into()));
    // The answer must scale that service.
    assert_eq!(both("answer-command"), ("passed".into(), "failed".into()));
    let said = stdout(&replayed("back-end-missing", text, &[]));
    assert!(
        said.contains("is valid and has a service `backend`"),
        "{said}"
    );
    assert!(
        said.contains("expected the service `backend`, found `back-end`"),
        "{said}"
    );
    assert!(
        said.contains("docker-compose up --scale backend=2"),
        "{said}"
    );
    // The first name is expected if a file has none of them.
    assert_eq!(status("correct", text, "compose-file"), "failed");
    let said = stdout(&replayed("correct", text, &[]));
    assert!(
        said.contains("expected a service `api`, found `back-end`"),
        "{said}"
    );
}

#[test]
fn what_is_asked_is_said() {
    let output = replayed("correct", "[stack]\nreplicas = 3\n", &[]);
    assert!(stdout(&output).contains("between three API servers too"));
}

#[test]
fn a_base_image_is_replaced_once() {
    let (_folder, path) = rubric("[base-images]\nubuntu = \"ubuntu:22.04\"\n");
    softy_check()
        .args(["task6", ".", "--no-stack", "--base", "ubuntu=a", "--rubric"])
        .arg(path)
        .assert()
        .code(2)
        .stderr(contains("replaced twice"));
}

/// A rubric that takes the service of `back-end-missing` for that of the API servers.
const BACKEND: &str = "[stack]\nservice-names = [\"back-end\", \"backend\"]\n";

#[test]
fn what_was_never_run_is_not_graded_by_a_rubric_that_would_have_run_it() {
    let (folder, rubric) = rubric(BACKEND);
    let recording = folder.path().join("recording.json");
    let judged = |recorded: &[&str], replayed: &[&str]| {
        let submission = Fixture::named("back-end-missing").submission();
        let mut command = softy_check();
        command.arg("task6").arg(submission.path()).args(recorded);
        command.arg("--record").arg(&recording);
        assert_eq!(command.output().expect("it runs").status.code(), Some(1));
        let mut command = softy_check();
        command.arg("replay").arg(&recording).args(replayed);
        let replay = command.arg("--rubric").arg(&rubric).output();
        let replay = replay.expect("it runs");
        (replay.status.code(), stdout(&replay))
    };
    let files = ["--only", "compose-file,can-scale,back-end-private"];
    let (status, text) = judged(&[], &[]);
    assert_eq!(status, Some(3), "{text}");
    let words = "it was not run because `compose-file` failed at that time";
    assert!(text.contains(words), "{text}");
    let (status, text) = judged(&[], &files);
    assert_eq!(status, Some(0), "{text}");
    let (status, text) = judged(&["--no-stack"], &[]);
    assert_eq!(status, Some(1), "{text}");
    assert!(text.contains("`front-page` (not asked for)"), "{text}");
    assert!(text.contains("\n30/50\n"), "{text}");
    // A recording of a release that did not record why.
    assert_eq!(
        replayed("back-end-missing", BACKEND, &[]).status.code(),
        Some(3)
    );
    assert_eq!(
        replayed("separate-services", BACKEND, &[]).status.code(),
        Some(1)
    );
}

#[test]
fn a_batch_judged_again_has_no_score_of_what_was_never_run() {
    let (folder, rubric) = rubric(BACKEND);
    let [submissions, batch] = ["submissions", "batch"].map(|name| folder.path().join(name));
    fs::create_dir(&submissions).expect("a folder can be made");
    let submission = Fixture::named("back-end-missing").submission();
    fs::rename(submission.path(), submissions.join("alice")).expect("a folder can be moved");
    let mut command = softy_check();
    command
        .args(["batch", "task6", "--progress", "plain"])
        .arg(&submissions);
    let graded = command.arg("--out").arg(&batch).output().expect("it runs");
    assert_eq!(graded.status.code(), Some(1), "{graded:?}");
    let report = |rubric: &[&str], format: &str| {
        let mut command = softy_check();
        command.arg("report").arg(&batch).args(["--format", format]);
        let report = command.args(rubric).output().expect("it runs");
        (report.status.code(), stdout(&report))
    };
    let row = |score: &str| format!("alice,,,alice,,{score}\r\n");
    let (status, canvas) = report(&[], "canvas");
    assert!(
        status == Some(1) && canvas.ends_with(&row("30")),
        "{canvas}"
    );
    let path = rubric.to_string_lossy();
    let (status, canvas) = report(&["--rubric", &path], "canvas");
    assert!(status == Some(3) && canvas.ends_with(&row("")), "{canvas}");
    let (_, text) = report(&["--rubric", &path], "text");
    assert!(
        text.starts_with("0 graded · 0 without a mistake · 1 not graded"),
        "{text}"
    );
}
