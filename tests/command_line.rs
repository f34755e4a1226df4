//! The command line: outputs and exit codes.

#![expect(
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test ends at what it cannot do, and says what it skips"
)]

mod fixture;

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use fixture::{Fixture, softy_check, stdout, verdicts};
use predicates::prelude::*;
use predicates::str::{contains, is_empty};
use softy_checks::TASK6;
use tempfile::TempDir;

/// Prefix of every colour.
const ESCAPE: &str = "\u{1b}[";

fn empty_folder() -> TempDir {
    TempDir::new().expect("a folder can be made")
}

/// Grades a folder by its files; the first mistake's code, in less than a second.
fn first_code(folder: &Path) -> Option<String> {
    let started = Instant::now();
    let output = softy_check()
        .args(["task6", "--no-stack", "--format", "json"])
        .arg(folder)
        .output()
        .expect("the program runs");
    assert!(started.elapsed() < Duration::from_secs(1));
    assert_eq!(output.status.code(), Some(1));
    let verdicts = verdicts(&output).expect("a report");
    verdicts.into_iter().find_map(|(_, _, code)| code)
}

fn replayed(name: &str, arguments: &[&str]) -> Output {
    Fixture::named(name).replay(arguments)
}

#[test]
fn help_is_for_stdout() {
    softy_check()
        .arg("--help")
        .assert()
        .code(0)
        .stdout(contains("task6"))
        .stderr(is_empty());
    softy_check()
        .args(["task6", "--help"])
        .assert()
        .code(0)
        .stdout(contains("--no-stack"));
}

#[test]
fn wrong_usage_ends_with_2_and_an_empty_stdout() {
    let everything: Vec<&str> = TASK6.iter().map(|check| check.id).collect();
    let everything = everything.join(",");
    let nothing = ["task6", ".", "--skip", &everything];
    let lines: [&[&str]; 8] = [
        &[],
        &["task7", "."],
        &["task6"],
        &["task6", ".", "--format", "yaml"],
        &["task6", ".", "--only", "nonsense"],
        &["task6", ".", "--skip", "nonsense"],
        &nothing,
        &["replay", "nowhere.json"],
    ];
    for arguments in lines {
        softy_check()
            .args(arguments)
            .assert()
            .code(2)
            .stdout(is_empty())
            .stderr(is_empty().not());
    }
}

#[test]
fn who_types_nothing_is_told_what_to_type() {
    let repository = Fixture::named("correct").submission();
    let welcomed = |folder: &Path, locale: &str| {
        let mut command = softy_check();
        command.current_dir(folder).env("LC_ALL", locale);
        command.assert().code(2).stdout(is_empty())
    };
    let here = contains("\n    softy-check task6\n");
    welcomed(empty_folder().path(), "C.UTF-8").stderr(contains("task6 ./my-repository"));
    welcomed(repository.path(), "C.UTF-8").stderr(here.clone());
    welcomed(&repository.path().join("task6"), "C.UTF-8").stderr(here.clone());
    welcomed(repository.path(), "fr_FR.UTF-8").stderr(here.and(contains("Tapez")));
}

#[test]
fn without_a_path_the_current_folder_is_graded_where_the_task_is_there() {
    let repository = Fixture::named("correct").submission();
    let graded = |folder: &Path| {
        let mut command = softy_check();
        command.args(["task6", "--no-stack"]).current_dir(folder);
        command.assert()
    };
    graded(repository.path()).code(0);
    graded(&repository.path().join("task6")).code(0);
    graded(empty_folder().path())
        .code(2)
        .stdout(is_empty())
        .stderr(contains("softy-check task6 ./my-repository"));
}

#[test]
fn every_subcommand_has_examples() {
    for subcommand in [
        "task6",
        "batch",
        "replay",
        "report",
        "clean",
        "rubric",
        "explain",
        "schema",
        "completions",
        "man",
    ] {
        let mut command = softy_check();
        command.args([subcommand, "--help"]);
        command.assert().code(0).stdout(contains("Examples:"));
    }
}

#[test]
fn shells_can_read_their_completions() {
    for shell in ["bash", "zsh", "fish"] {
        let output = softy_check().args(["completions", shell]).output();
        let script = stdout(&output.expect("the program runs"));
        assert!(script.contains("no-stack"), "{shell}");
        let folder = empty_folder();
        let file = folder.path().join("completions");
        fs::write(&file, script).expect("a file can be written");
        match Command::new(shell).arg("-n").arg(&file).output() {
            Ok(read) => assert!(read.status.success(), "{shell}: {read:?}"),
            Err(_) => eprintln!("skipped: there is no {shell}"),
        }
    }
}

#[test]
fn bash_completes_what_a_subcommand_takes() {
    let output = softy_check().args(["completions", "bash"]).output();
    let script = stdout(&output.expect("the program runs"));
    let ask = "COMP_WORDS=(softy-check task6 --no-s); COMP_CWORD=2
        function=$(complete -p softy-check | grep -o -- '-F [^ ]*')
        ${function#-F } softy-check --no-s task6; echo \"${COMPREPLY[@]}\"";
    let bash = Command::new("bash").arg("-c").arg(script + ask).output();
    match bash {
        Ok(completed) => assert_eq!(stdout(&completed), "--no-stack\n", "{completed:?}"),
        Err(_) => eprintln!("skipped: there is no bash"),
    }
}

#[test]
fn manual_pages_can_be_set() {
    let folder = empty_folder();
    let pages = folder.path().join("man1");
    let mut command = softy_check();
    command.args(["man", "--output"]).arg(&pages);
    command.assert().code(0).stdout(is_empty());
    let main = fs::read_to_string(pages.join("softy-check.1")).expect("the program's page");
    softy_check().arg("man").assert().code(0).stdout(main);
    assert!(pages.join("softy-check-task6.1").exists());
    for page in fs::read_dir(&pages).expect("a folder can be read") {
        let page = page.expect("a folder can be read").path();
        let groff = Command::new("groff")
            .args(["-k", "-man", "-ww", "-z", "-Tutf8"])
            .arg(&page)
            .output();
        match groff {
            Ok(set) => assert_eq!(String::from_utf8_lossy(&set.stderr), "", "{page:?}"),
            Err(_) => eprintln!("skipped: there is no groff"),
        }
    }
}

#[test]
fn an_image_to_take_instead_is_a_pair_and_named_once() {
    for (bases, words) in [
        ("ubuntu:22.04", "ubuntu:latest=ubuntu:22.04"),
        ("ubuntu=", "ubuntu:latest=ubuntu:22.04"),
        ("ubuntu=Ubuntu", "no image can be called `Ubuntu`"),
        (
            "ubuntu=a,docker.io/library/ubuntu:latest=b",
            "replaced twice",
        ),
    ] {
        softy_check()
            .args(["task6", ".", "--no-stack", "--base", bases])
            .assert()
            .code(2)
            .stdout(is_empty())
            .stderr(contains(words));
    }
    let submission = Fixture::named("correct").submission();
    softy_check()
        .args(["task6", "--no-stack", "--base", "ubuntu=ubuntu:22.04"])
        .args(["--base", "nginx=nginx:1.27"])
        .arg(submission.path())
        .assert()
        .code(0)
        .stderr(is_empty());
}

#[test]
fn checks_and_codes_are_explained_in_both_languages() {
    let explained = |arguments: &[&str]| softy_check().arg("explain").args(arguments).assert();
    explained(&[]).code(0).stdout(contains("\n    weighted\n"));
    explained(&["round-robin"])
        .code(0)
        .stdout(contains("# round-robin – requests take turns"));
    explained(&["weighted", "--lang", "fr"])
        .code(0)
        .stdout(contains("# round-robin – les requêtes vont").and(contains("## `weighted`")));
    explained(&["wieghted"])
        .code(2)
        .stdout(is_empty())
        .stderr(contains("`weighted`").and(contains("softy-check explain")));
}

#[test]
fn a_path_that_is_no_folder_is_wrong_usage() {
    softy_check()
        .args(["task6", "nowhere"])
        .assert()
        .code(2)
        .stderr(contains("`nowhere` does not exist"));
    softy_check()
        .args(["task6", "Cargo.toml"])
        .assert()
        .code(2)
        .stderr(contains("is not a folder"));
}

#[test]
fn a_folder_that_may_not_be_read_is_wrong_usage() {
    let folder = empty_folder();
    set_mode(folder.path(), "000");
    if fs::read_dir(folder.path()).is_ok() {
        eprintln!("skipped: this user may read everything");
        return;
    }
    softy_check()
        .arg("task6")
        .arg(folder.path())
        .assert()
        .code(2)
        .stderr(contains("cannot be read"));
    set_mode(folder.path(), "700");
}

#[test]
fn an_empty_repository_is_graded() {
    assert_eq!(
        first_code(empty_folder().path()).as_deref(),
        Some("answer-missing")
    );
}

#[test]
fn a_pipe_as_answer_keeps_nobody_waiting() {
    let folder = empty_folder();
    let task = folder.path().join("task6");
    fs::create_dir(&task).expect("a folder can be made");
    let made = Command::new("mkfifo")
        .arg(task.join("2-api-servers.txt"))
        .status();
    assert!(made.is_ok_and(|status| status.success()));
    assert_eq!(
        first_code(folder.path()).as_deref(),
        Some("answer-not-regular")
    );
}

#[test]
fn the_task_folder_alone_is_a_submission() {
    let submission = Fixture::named("spaces").submission();
    assert_eq!(
        first_code(&submission.path().join("task6")).as_deref(),
        Some("spaces")
    );
}

#[test]
fn only_what_was_asked_for_is_judged() {
    let output = replayed(
        "weighted",
        &["--only", "answer-file,answer-newline", "--format", "json"],
    );
    assert_eq!(output.status.code(), Some(0));
    let verdicts = verdicts(&output).expect("a report");
    let judged: Vec<&str> = verdicts
        .iter()
        .filter(|(_, status, _)| status != "skipped")
        .map(|(id, ..)| id.as_str())
        .collect();
    assert_eq!(judged, ["answer-file", "answer-newline"]);
}

#[test]
fn what_was_not_asked_for_is_told_where_it_is_in_the_way() {
    let folder = empty_folder();
    fs::create_dir(folder.path().join("task6")).expect("a folder can be made");
    let graded = |arguments: &[&str]| {
        let mut command = softy_check();
        command.args(["task6", "--lang", "en", "--no-stack"]);
        command.args(arguments).arg(folder.path()).assert()
    };
    graded(&["--only", "answer-command"])
        .code(1)
        .stdout(contains("fix `answer-file` first"));
    graded(&["--only", " answer-file, answer-newline,"]).code(1);
    graded(&["--only", "round-robin"])
        .code(2)
        .stderr(contains("which `--no-stack` leaves out"));
}

#[test]
fn what_is_left_out_is_not_judged() {
    let output = replayed(
        "weighted",
        &[
            "--skip",
            "round-robin,scales-further,front-page",
            "--format",
            "json",
        ],
    );
    assert_eq!(output.status.code(), Some(0));
    let verdicts = verdicts(&output).expect("a report");
    let skipped = verdicts.iter().filter(|(_, status, _)| status == "skipped");
    let skipped: Vec<&str> = skipped.map(|(id, ..)| id.as_str()).collect();
    assert_eq!(skipped, ["round-robin", "scales-further", "front-page"]);
}

#[test]
fn every_json_report_fits_the_schema() {
    let schema = softy_check()
        .arg("schema")
        .output()
        .expect("the program runs");
    let schema = serde_json::from_slice(&schema.stdout).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is a schema");
    for fixture in Fixture::all() {
        let output = fixture.replay(&["--format", "json"]);
        let report = serde_json::from_slice(&output.stdout).expect("the report is JSON");
        let errors: Vec<String> = validator
            .iter_errors(&report)
            .map(|error| error.to_string())
            .collect();
        assert_eq!(errors, [""; 0], "{}", fixture.name);
    }
}

#[test]
fn a_report_is_written_whole_or_not_at_all() {
    let folder = empty_folder();
    let file = folder.path().join("report.txt");
    fs::write(&file, "an older report").expect("a file can be written");
    let output = replayed("weighted", &["--output", &file.to_string_lossy()]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output), "");
    assert_eq!(
        fs::read_to_string(&file).ok(),
        Some(stdout(&replayed("weighted", &[])))
    );
    let names = fs::read_dir(folder.path())
        .expect("a folder can be read")
        .count();
    assert_eq!(names, 1, "nothing but the report is left");
}

#[test]
fn a_report_that_cannot_be_written_is_no_grade() {
    let nowhere = empty_folder().path().join("gone").join("report.txt");
    let output = replayed("correct", &["--output", &nowhere.to_string_lossy()]);
    assert_eq!(output.status.code(), Some(3));
    assert!(!nowhere.exists());
}

#[test]
fn what_cannot_be_written_is_said_before_anything_is_graded() {
    let submission = Fixture::named("correct").submission();
    for option in ["--record", "--output"] {
        let mut command = softy_check();
        command.args(["task6", "--no-stack", option, "/nonexistent/file"]);
        command.arg(submission.path()).assert().code(3).stderr(
            contains("`/nonexistent/file` could not be written").and(contains(".tmp").not()),
        );
    }
}

#[test]
fn a_link_is_written_through_and_a_file_keeps_its_permissions() {
    let folder = empty_folder();
    let (file, link) = (folder.path().join("file"), folder.path().join("link"));
    fs::write(&file, "").expect("a file can be written");
    set_mode(&file, "600");
    std::os::unix::fs::symlink(&file, &link).expect("a link can be made");
    replayed("correct", &["--output", &link.to_string_lossy()]);
    assert!(link.is_symlink());
    let written = fs::metadata(&file).expect("it is there");
    assert!(written.len() > 0);
    assert_eq!(written.permissions().mode() & 0o777, 0o600);
}

#[test]
fn what_stands_for_stdout_is_written_to() {
    let output = replayed("correct", &["--output", "/dev/stdout"]);
    assert_eq!(stdout(&output), stdout(&replayed("correct", &[])));
    assert!(Path::new("/dev/stdout").is_symlink());
}

#[test]
fn what_is_no_recording_is_not_judged() {
    let folder = empty_folder();
    let file = folder.path().join("observation.json");
    for garbage in ["", "{}", "[1, 2", "{\"schema\": 99}"] {
        fs::write(&file, garbage).expect("a file can be written");
        softy_check()
            .arg("replay")
            .arg(&file)
            .assert()
            .code(2)
            .stdout(is_empty())
            .stderr(contains("no recording"));
    }
}

#[test]
fn a_pipe_gets_no_colours_unless_they_are_forced() {
    assert!(!stdout(&replayed("weighted", &[])).contains(ESCAPE));
    let recording = Fixture::named("weighted").path("observation.json");
    let mut forced = softy_check();
    forced
        .arg("replay")
        .arg(&recording)
        .env("CLICOLOR_FORCE", "1");
    forced.assert().stdout(contains(ESCAPE));
    let mut refused = softy_check();
    refused.arg("replay").arg(&recording).env("NO_COLOR", "1");
    refused.assert().stdout(contains(ESCAPE).not());
}

#[test]
fn a_file_gets_no_colours_even_if_they_are_forced() {
    let folder = empty_folder();
    let file = folder.path().join("report.txt");
    let mut command = softy_check();
    command
        .arg("replay")
        .arg(Fixture::named("weighted").path("observation.json"));
    command
        .arg("--output")
        .arg(&file)
        .env("CLICOLOR_FORCE", "1")
        .assert()
        .code(1);
    assert!(
        !fs::read_to_string(&file)
            .expect("a report")
            .contains(ESCAPE)
    );
}

#[test]
fn what_is_read_aloud_has_neither_colours_nor_signs() {
    let mut command = softy_check();
    command
        .arg("replay")
        .arg(Fixture::named("weighted").path("observation.json"))
        .args(["--plain", "--lang", "fr"])
        .env("CLICOLOR_FORCE", "1");
    let signs = [ESCAPE, "✓", "✗", "→", "│", "^"].map(contains);
    let mut report = command.assert().code(1);
    for sign in signs {
        report = report.stdout(sign.not());
    }
    report.stdout(contains("\nréussi, 5 points sur 5 : "));
}

#[test]
fn the_language_is_the_one_asked_for_else_the_locale_s() {
    let recording = Fixture::named("weighted").path("observation.json");
    let french = contains("les requêtes vont tour à tour");
    let mut asked = softy_check();
    asked
        .arg("replay")
        .arg(&recording)
        .args(["--lang", "fr"])
        .assert()
        .stdout(french.clone());
    for (variable, value) in [("LC_ALL", "fr_FR.UTF-8"), ("LANG", "fr_FR.UTF-8")] {
        let mut locale = softy_check();
        locale
            .arg("replay")
            .arg(&recording)
            .env_remove("LC_ALL")
            .env(variable, value);
        locale.assert().stdout(french.clone());
    }
}

#[test]
fn without_an_engine_the_files_are_judged_and_the_rest_is_no_zero() {
    let submission = Fixture::named("correct").submission();
    let mut command = softy_check();
    command.env("DOCKER_HOST", "unix:///nonexistent/docker.sock");
    let output = command
        .args(["task6", "--format", "json"])
        .arg(submission.path())
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(3));
    let verdicts = verdicts(&output).expect("a report");
    let status = |id: &str| {
        verdicts
            .iter()
            .find(|verdict| verdict.0 == id)
            .map(|verdict| verdict.1.as_str())
    };
    assert_eq!(status("answer-command"), Some("passed"));
    assert_eq!(status("can-scale"), Some("passed"));
    assert_eq!(status("images-build"), Some("not-graded"));
    assert_eq!(status("round-robin"), Some("not-graded"));
}

#[test]
fn without_an_engine_the_report_says_what_helps_in_its_language() {
    let submission = Fixture::named("correct").submission();
    let mut command = softy_check();
    command
        .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
        .args(["task6", "--lang", "fr"])
        .arg(submission.path());
    let advice =
        contains("→ vérifiez que `DOCKER_HOST` nomme").and(contains("docker version").not());
    command.assert().code(3).stdout(advice);
}

#[test]
fn without_an_engine_the_doctor_says_what_helps() {
    let doctor = || {
        let mut command = softy_check();
        command
            .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
            .args(["doctor", "--lang", "en"]);
        command
    };
    doctor()
        .assert()
        .code(3)
        .stdout(contains(
            "✗ engine       there is no socket `/nonexistent/docker.sock`",
        ))
        .stdout(contains("`unset DOCKER_HOST`"));
    let output = doctor()
        .args(["--format", "json"])
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(3));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(said["usable"], false);
    assert_eq!(said["lines"][1]["mark"], "trouble");
}

#[test]
fn an_engine_that_answers_strangely_is_told_by_what_it_says() {
    let folder = empty_folder();
    let socket = folder.path().join("docker.sock");
    let listener = UnixListener::bind(&socket).expect("a socket can be made");
    std::thread::spawn(move || {
        let words = [
            "Docker Desktop is manually paused. Unpause it.",
            "\\u001b[31mred",
        ];
        // Each command sends two requests: one for the engine's properties and, after a bad answer, one that tests the
        // connection.
        for (number, connection) in listener.incoming().enumerate() {
            let mut connection = connection.expect("a connection");
            let mut request = [0; 4096];
            if connection.read(&mut request).is_ok_and(|length| length > 0) {
                let body = format!(r#"{{"message":"{}"}}"#, words[usize::from(number > 1)]);
                let head = "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json";
                let length = body.len();
                let _ = write!(
                    connection,
                    "{head}\r\nContent-Length: {length}\r\n\r\n{body}"
                );
            }
        }
    });
    let doctor = || {
        let mut command = softy_check();
        command.args(["doctor", "--lang", "en", "--host"]);
        command.arg(format!("unix://{}", socket.display()));
        command
    };
    let paused = contains("Docker Desktop has been paused").and(contains("“Resume”"));
    doctor().assert().code(3).stdout(paused);
    doctor()
        .assert()
        .code(3)
        .stdout(contains("does not answer as an engine does: \\x1b[31mred"));
}

#[test]
fn an_engine_that_is_named_and_not_known_is_wrong_usage() {
    let config = empty_folder();
    let said = |arguments: &[&str], words: &'static str| {
        softy_check()
            .env("DOCKER_CONFIG", config.path())
            .arg("doctor")
            .args(arguments)
            .assert()
            .code(2)
            .stdout(is_empty())
            .stderr(contains(words));
    };
    said(
        &["--context", "nowhere"],
        "there is no Docker context `nowhere`: there are `default`",
    );
    said(&["--host", "ssh://me@host"], "does not speak SSH");
    said(
        &["--host", "tcp://host", "--context", "class"],
        "cannot be used with",
    );
}

fn set_mode(path: &Path, mode: &str) {
    let changed = Command::new("chmod").arg(mode).arg(path).status();
    assert!(changed.is_ok_and(|status| status.success()));
}

#[test]
fn the_folder_that_is_meant_is_found_and_told_and_in_doubt_asked_for() {
    let submission = Fixture::named("correct").submission();
    let root = submission.path();
    let graded = |path: &str| {
        let mut command = softy_check();
        command.args(["task6", "--no-stack"]).arg(root.join(path));
        command.assert()
    };
    let moved = |from: &str, to: &str| {
        let to = root.join(to);
        fs::create_dir_all(to.parent().expect("it is in a folder")).expect("a folder can be made");
        fs::rename(root.join(from), to).expect("a folder can be moved");
    };
    graded("task6/back-end")
        .code(0)
        .stderr(contains("/task6` is taken for the folder"));
    graded("task6/docker-compose.yml").code(0);
    moved("task6", "unpacked/repo-main/Task_6");
    let taken = "`unpacked/repo-main/Task_6` was taken for the folder `task6` [other-folder]";
    let words = contains("unpacked/repo-main/Task_6` is taken for the folder `task6`");
    let unwrapped = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let assert = graded("").code(0).stderr(words);
    assert!(unwrapped(&stdout(assert.get_output())).contains(taken));
    graded("unpacked/repo-main")
        .code(0)
        .stdout(contains("[other-folder]"));
    graded("unpacked/repo-main/Task_6")
        .code(0)
        .stdout(contains("other-folder").not());
    fs::create_dir_all(root.join("other/task6")).expect("a folder can be made");
    let asked = contains("did you mean").and(contains("other/task6"));
    graded("").code(2).stdout(is_empty()).stderr(asked);
    fs::write(root.join("work.zip"), "").expect("a file can be written");
    graded("work.zip").code(2).stderr(contains("unpack it"));
}
