//! Batches: each submission is graded once, and no result is lost if the run is ended early.

#![expect(clippy::expect_used, reason = "a test ends at what it cannot do")]

mod fixture;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use fixture::{Fixture, softy_check};
use serde_json::Value;
use tempfile::TempDir;

/// Number of submissions in the class that is graded by its files.
const MANY: usize = 1_000;

/// For all of them, with the program as the tests build it: a release is some times faster.
const TIME_FOR_MANY: Duration = Duration::from_secs(20);

/// A folder of submissions, and one for their results.
struct Class {
    folder: TempDir,
}

impl Class {
    /// Makes a class with one submission for each fixture named; its number is its name.
    fn of(fixtures: &[&str]) -> Class {
        let class = Class {
            folder: TempDir::new().expect("a folder can be made"),
        };
        for (number, name) in fixtures.iter().enumerate() {
            let submission = Fixture::named(name).submission();
            copy(
                submission.path(),
                &class.submissions().join(format!("s{number:04}")),
            );
        }
        class
    }

    fn submissions(&self) -> PathBuf {
        self.folder.path().join("class")
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    fn batch(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program runs")
    }

    fn command(&self, arguments: &[&str]) -> assert_cmd::Command {
        let mut command = softy_check();
        command.args(["batch", "task6", "--no-stack", "--progress", "plain"]);
        command.arg(self.submissions()).arg("--out").arg(self.out());
        command.args(arguments);
        command
    }

    /// Returns the content of each result file, without the fields that differ from run to run.
    fn results(&self) -> BTreeMap<String, Value> {
        let files = fs::read_dir(self.out().join("results")).expect("there are results");
        let files = files.map(|entry| entry.expect("a folder can be listed").path());
        files
            .map(|path| {
                let text = fs::read(&path).expect("a result can be read");
                let mut result: Value = serde_json::from_slice(&text).expect("a result is JSON");
                for changing in ["seconds", "phases"] {
                    result[changing].take();
                }
                (name(&path), result)
            })
            .collect()
    }
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("a folder can be read") {
        let path = entry.expect("a folder can be read").path();
        let copied = to.join(name(&path));
        if path.is_dir() {
            copy(&path, &copied);
        } else {
            fs::copy(&path, copied).expect("a file can be copied");
        }
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Counts the lines of progress about graded submissions.
fn graded(output: &Output) -> usize {
    stderr(output)
        .lines()
        .filter(|line| line.contains(": ") && line.contains(" in "))
        .count()
}

#[test]
fn each_submission_has_the_verdicts_of_a_run_of_its_own() {
    let fixtures = ["correct", "answer-missing", "crlf", "host-port"];
    let fixtures: Vec<&str> = fixtures
        .into_iter()
        .filter(|name| Fixture::named(name).path("submission").is_dir())
        .collect();
    let class = Class::of(&fixtures);
    class.batch(&[]);
    let results = class.results();
    assert_eq!(results.len(), fixtures.len());
    for (result, name) in results.values().zip(fixtures) {
        let alone = Fixture::named(name).submission();
        let mut alone_run = softy_check();
        alone_run
            .args(["task6", "--no-stack", "--format", "json"])
            .arg(alone.path());
        let alone = alone_run.output().expect("the program runs");
        let alone: Value = serde_json::from_slice(&alone.stdout).expect("a report");
        assert_eq!(result["checks"], alone["checks"], "{name}");
    }
}

#[test]
fn what_has_not_changed_is_not_graded_again() {
    let class = Class::of(&["correct", "correct", "answer-missing"]);
    assert_eq!(graded(&class.batch(&[])), 3);
    assert_eq!(graded(&class.batch(&[])), 0);
    let changed = class.submissions().join("s0001/task6/2-api-servers.txt");
    fs::write(changed, "docker-compose up\n").expect("a file can be written");
    assert_eq!(graded(&class.batch(&[])), 1);
    assert_eq!(
        graded(&class.batch(&["--base", "ubuntu:latest=ubuntu:22.04"])),
        3
    );
    assert_eq!(graded(&class.batch(&["--again"])), 3);
    fs::write(class.out().join("results/s0000.json"), "{").expect("a file can be written");
    assert!(graded(&class.batch(&[])) >= 1);
}

#[test]
fn a_batch_that_is_killed_goes_on_where_it_was() {
    let class = Class::of(&vec!["answer-missing"; 120]);
    let whole = Class {
        folder: TempDir::new().expect("a folder can be made"),
    };
    copy(&class.submissions(), &whole.submissions());
    let began = Instant::now();
    whole.batch(&[]);
    let lasts = began.elapsed();
    let mut done = 0;
    for moment in 1..=10 {
        let mut run = std::process::Command::new(env!("CARGO_BIN_EXE_softy-check"))
            .args(["batch", "task6", "--no-stack"])
            .arg(class.submissions())
            .arg("--out")
            .arg(class.out())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program runs");
        sleep(lasts * moment / 40);
        run.kill().expect("it can be killed");
        run.wait().expect("it ends");
        let results = class.out().join("results");
        let now = fs::read_dir(results).map_or(0, |files| {
            files
                .flatten()
                .filter(|file| !file.file_name().to_string_lossy().starts_with('.'))
                .count()
        });
        assert!(now >= done, "{now} results, there were {done}");
        done = now;
    }
    let last = class.batch(&[]);
    assert_eq!(graded(&last) + done, 120, "{}", stderr(&last));
    let of = |class: &Class| {
        let mut results = class.results();
        for result in results.values_mut() {
            result["submission"].take();
        }
        results
    };
    assert_eq!(of(&class), of(&whole));
    let hidden = fs::read_dir(class.out().join("results")).expect("there are results");
    assert_eq!(hidden.count(), 120);
}

#[test]
fn shards_grade_every_submission_once_and_their_folders_can_be_put_together() {
    let class = Class::of(&["correct", "correct", "answer-missing", "correct", "correct"]);
    assert_eq!(graded(&class.batch(&["--shard", "1/2"])), 3);
    assert_eq!(graded(&class.batch(&["--shard", "2/2"])), 2);
    assert_eq!(graded(&class.batch(&[])), 0);
}

#[test]
fn a_row_without_its_folder_is_not_zero_points() {
    let class = Class::of(&["correct"]);
    let roster = class.folder.path().join("class.csv");
    fs::write(&roster, "id,name,path\n1,Zoë,s0000\n2,Max,s0001\n").expect("a file can be written");
    let batch = class.batch(&["--roster", &roster.to_string_lossy()]);
    assert_eq!(batch.status.code(), Some(3), "{}", stderr(&batch));
    let results = class.results();
    assert_eq!(results["1.json"]["batch"]["name"], "Zoë");
    assert_eq!(results["2.json"]["score"], Value::Null);
    assert_eq!(results["2.json"]["checks"][0]["fault"]["kind"], "files");
}

#[test]
fn a_repository_is_cloned_and_nothing_of_it_is_carried_out() {
    let class = Class::of(&["correct"]);
    let origin = class.submissions().join("s0000");
    let evil = class.folder.path().join("evil");
    fs::write(origin.join(".gitattributes"), "* filter=evil\n").expect("a file can be written");
    fs::write(
        origin.join(".gitmodules"),
        "[submodule \"x\"]\npath = x\nurl = ext::touch\n",
    )
    .expect("a file can be written");
    for arguments in [
        &["init", "--quiet"][..],
        &["add", "--all"],
        &[
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@example.org",
            "commit",
            "--quiet",
            "-m",
            ".",
        ],
    ] {
        let git = std::process::Command::new("git")
            .args(arguments)
            .current_dir(&origin)
            .status();
        assert!(
            git.is_ok_and(|status| status.success()),
            "git {arguments:?}"
        );
    }
    let config = class.folder.path().join("gitconfig");
    let touch = format!(
        "[filter \"evil\"]\nsmudge = touch {0}\nrequired = true\n[init]\ntemplateDir = {1}\n",
        evil.display(),
        class.folder.path().join("template").display()
    );
    fs::write(&config, touch).expect("a file can be written");
    let hooks = class.folder.path().join("template/hooks");
    fs::create_dir_all(&hooks).expect("a folder can be made");
    fs::write(
        hooks.join("post-checkout"),
        format!("#!/bin/sh\ntouch {}\n", evil.display()),
    )
    .expect("a file can be written");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(hooks.join("post-checkout"), executable)
        .expect("it can be made executable");
    let roster = class.folder.path().join("class.csv");
    fs::write(&roster, format!("id,url\n1,file://{}\n", origin.display()))
        .expect("a file can be written");
    let mut batch = class.command(&["--roster", &roster.to_string_lossy()]);
    let batch = batch
        .env("GIT_CONFIG_GLOBAL", &config)
        .output()
        .expect("the program runs");
    let results = class.results();
    assert_eq!(results["1.json"]["score"], 50, "{}", stderr(&batch));
    assert!(
        !evil.exists(),
        "something of the repository was carried out"
    );
    let left = fs::read_dir(class.out())
        .expect("there are results")
        .flatten();
    let left = left.filter(|entry| entry.file_name().to_string_lossy().starts_with(".clone"));
    assert_eq!(left.count(), 0);
}

#[test]
fn two_batches_do_not_share_a_folder() {
    let class = Class::of(&["correct"]);
    fs::create_dir_all(class.out()).expect("a folder can be made");
    let lock = fs::File::create(class.out().join(".lock")).expect("a file can be made");
    lock.try_lock().expect("nobody holds it");
    let batch = class.batch(&[]);
    assert_eq!(batch.status.code(), Some(2));
    assert!(
        stderr(&batch).contains("another batch"),
        "{}",
        stderr(&batch)
    );
}

#[test]
fn thousands_are_read_in_seconds() {
    let class = Class::of(&["correct"]);
    let model = class.submissions().join("s0000");
    for number in 1..MANY {
        copy(&model, &class.submissions().join(format!("s{number:04}")));
    }
    let began = Instant::now();
    let batch = class.batch(&[]);
    assert_eq!(graded(&batch), MANY);
    assert!(began.elapsed() < TIME_FOR_MANY, "{:?}", began.elapsed());
}

#[test]
fn a_class_is_graded_as_it_arrives() {
    let class = Class::of(&["correct"]);
    let folder = class.submissions();
    let student = |name: &str, inside: &str| {
        let submission = Fixture::named("correct").submission();
        copy(
            &submission.path().join("task6"),
            &folder.join(name).join(inside),
        );
    };
    student("Ann_12_assignsubmission_file_", "softy-main/task6");
    student("bob", "TASK6");
    for which in ["old/task6", "new/task6"] {
        student("two", which);
    }
    for other in ["__MACOSX/s0000", ".git/refs", "packed"] {
        fs::create_dir_all(folder.join(other)).expect("a folder can be made");
    }
    for file in [
        ".DS_Store",
        "Thumbs.db",
        "desktop.ini",
        "packed/work.zip",
        "late.zip",
    ] {
        fs::write(folder.join(file), "").expect("a file can be written");
    }
    let output = class.batch(&[]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("archives"),
        "{output:?}"
    );
    let results = class.results();
    let came = results.iter().map(|(name, result)| {
        let kind = result["checks"][0]["fault"]["kind"].as_str();
        (name.as_str(), result["score"].as_u64(), kind)
    });
    let expected = [
        ("Ann_12_assignsubmission_file_.json", Some(50), None),
        ("bob.json", Some(50), None),
        ("packed.json", None, Some("folder")),
        ("s0000.json", Some(50), None),
        ("two.json", None, Some("folder")),
    ];
    assert_eq!(came.collect::<Vec<_>>(), expected);
}

#[test]
fn a_folder_around_the_class_is_asked_about() {
    let class = Class::of(&["correct", "correct"]);
    let around = class.folder.path().join("download");
    fs::create_dir(&around).expect("a folder can be made");
    fs::rename(class.submissions(), around.join("class")).expect("a folder can be moved");
    fs::rename(&around, class.submissions()).expect("a folder can be moved");
    let output = class.batch(&[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("did you mean"),
        "{output:?}"
    );
}
