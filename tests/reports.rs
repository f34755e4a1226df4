//! Reports on a batch of recorded submissions, in every format. A real browser opens the page.

#![expect(clippy::expect_used, reason = "a test ends at what it cannot do")]

mod browser;
mod fixture;

use std::fs;
use std::path::Path;
use std::process::Output;

use browser::Browser;
use fixture::{softy_check, stdout, top};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Recorded submissions: a correct one, and four with different mistakes; of one of these, only the files were inspected.
const SUBMISSIONS: [&str; 5] = [
    "correct",
    "not-round-robin",
    "other-service",
    "container-exited",
    "missing-semicolon",
];

/// Name of a student that attacks the reader of a report.
const ATTACK: &str =
    "=cmd|'/c'!A1 <img src=x onerror=\"document.title='owned'\">\u{202e}\x1b[2J,\"";

#[test]
fn every_format_is_made_from_the_result_files() {
    let batch = batch();
    for format in [
        "text", "json", "csv", "canvas", "junit", "github", "markdown", "html",
    ] {
        let output = report(&batch, format, &[]);
        assert_eq!(output.status.code(), Some(3), "{format}");
        let text = stdout(&output);
        assert!(text.ends_with('\n'), "{format}");
        assert!(!text.contains(['\u{202e}', '\x1b']), "{format}");
        let file = batch.path().join("report");
        let path = file.to_string_lossy();
        assert_eq!(
            report(&batch, format, &["--output", &path]).status.code(),
            Some(3)
        );
        assert_eq!(
            fs::read_to_string(&file).expect("it is there"),
            text,
            "{format}"
        );
    }
}

#[test]
fn the_summary_counts_and_names_what_could_not_be_read() {
    let batch = batch();
    let text = stdout(&report(&batch, "text", &[]));
    assert!(
        text.starts_with(
            "5 graded · 2 without a mistake · 1 in part · 1 not graded · 1 unreadable · "
        ),
        "{text}"
    );
    assert!(
        text.contains("  troubled: the Docker engine could not do its part: no answer\n"),
        "{text}"
    );
    assert!(text.contains("broken.json: EOF while parsing"), "{text}");
    let json: Value =
        serde_json::from_slice(&report(&batch, "json", &[]).stdout).expect("it is JSON");
    assert_eq!((&json["graded"], &json["partial"]), (&5.into(), &1.into()));
    let rows = json["submissions"].as_array().expect("there are rows");
    let part = rows.iter().find(|row| row["status"] == "partial");
    let part = part.expect("there is one without a stack");
    assert_eq!((&part["score"], &part["part"]), (&Value::Null, &30.into()));
    assert_eq!(part["out_of"], 50);
    assert_eq!(json["submissions"].as_array().map(Vec::len), Some(7));
    assert_eq!(json["unreadable"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_strict_reader_takes_the_comma_separated_values() {
    let batch = batch();
    let text = stdout(&report(&batch, "csv", &["--lang", "fr"]));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().expect("there is a header").clone();
    let place = |name: &str| {
        header
            .iter()
            .position(|column| column == name)
            .expect("the column is there")
    };
    let lines: Vec<_> = reader
        .records()
        .map(|line| line.expect("as long as the header"))
        .collect();
    assert_eq!(lines.len(), 8);
    for line in &lines {
        let is_graded = ["passed", "failed"].contains(&&line[place("status")]);
        assert_eq!(is_graded, !line[place("score")].is_empty(), "{line:?}");
        assert!(
            line.iter()
                .all(|cell| !cell.starts_with(['=', '+', '-', '@'])),
            "{line:?}"
        );
    }
}

#[test]
fn gradescope_takes_a_file_for_each_submission() {
    let batch = batch();
    assert_eq!(report(&batch, "gradescope", &[]).status.code(), Some(2));
    let folder = TempDir::new().expect("a folder can be made");
    let path = folder.path().to_string_lossy();
    assert_eq!(
        report(&batch, "gradescope", &["--output", &path])
            .status
            .code(),
        Some(3)
    );
    let results = |name: &str| -> Value {
        let text = fs::read(folder.path().join(name)).expect("it is there");
        serde_json::from_slice(&text).expect("it is JSON")
    };
    assert_eq!(results("correct.json")["score"], 100);
    assert!(results("troubled.json").get("score").is_none());
}

/// Students of the page about reports: recording, id, name and seconds.
const SHOWN: [(&str, &str, &str, f64); 3] = [
    ("not-round-robin", "s21001", "Grace Hopper", 33.9),
    ("missing-semicolon", "s21004", "Zoé Lefèvre", 19.8),
    ("correct", "s21009", "Anna Müller", 1.1),
];

#[test]
fn the_documentation_shows_what_comes_of_such_a_batch() {
    let batch = TempDir::new().expect("a folder can be made");
    let results = batch.path().join("results");
    fs::create_dir(&results).expect("a folder can be made");
    for (number, (fixture, id, name, seconds)) in SHOWN.into_iter().enumerate() {
        let mut result = result(fixture, id);
        result["batch"]["name"] = name.into();
        result["batch"]["group"] = ["G2", "G2", "G1"][number].into();
        result["seconds"] = seconds.into();
        if fixture == "correct" {
            let detail = "registry-1.docker.io: i/o timeout";
            result["observation"]["fault"] = json!({"kind": "network", "detail": detail});
            result["observation"]["images"] = Value::Null;
            result["observation"]["stack"] = Value::Null;
            result["observation"]["volleys"] = json!([]);
        }
        write(&results, id, &result);
    }
    let page = fs::read_to_string(top().join("docs/reports.md")).expect("the page is there");
    let blocks = page.split("```console\n").skip(1);
    let mut shown = 0;
    for block in blocks.filter_map(|block| block.split("```").next()) {
        let (command, expected) = block.split_once('\n').expect("a command and more");
        let arguments = command.strip_prefix("$ softy-check report DIR");
        let arguments = arguments.expect("a report of a batch").split_whitespace();
        let output = softy_check()
            .arg("report")
            .arg(batch.path())
            .args(arguments)
            .output();
        let text = stdout(&output.expect("the program runs"));
        assert_eq!(text.replace('\r', ""), expected, "{command}");
        shown += 1;
    }
    assert_eq!(shown, 2);
}

#[test]
fn a_submission_alone_has_every_format() {
    for format in [
        "csv",
        "canvas",
        "junit",
        "gradescope",
        "github",
        "markdown",
        "html",
    ] {
        let output = fixture::Fixture::named("not-round-robin").replay(&["--format", format]);
        assert_eq!(output.status.code(), Some(1), "{format}");
        assert!(!output.stdout.is_empty(), "{format}");
    }
}

#[test]
fn a_folder_without_results_is_wrong_usage() {
    let folder = TempDir::new().expect("a folder can be made");
    assert_eq!(report(&folder, "text", &[]).status.code(), Some(2));
}

#[test]
fn a_browser_shows_the_page_without_a_complaint() {
    let Some(browser) = Browser::find() else {
        return;
    };
    let batch = batch();
    let page = batch.path().join("report.html");
    report(&batch, "html", &["--output", &page.to_string_lossy()]);
    let (document, complaints) = browser.open(&page);
    assert_eq!(complaints, Vec::<String>::new());
    assert!(
        document.contains("&lt;img src=x onerror="),
        "the attack is no text"
    );
    assert!(!document.contains("<img") && !document.contains("<title>owned"));
    assert!(
        document.contains(">7 of 7 shown</p>"),
        "the script did not run"
    );
}

#[test]
fn a_browser_sorts_and_filters_the_table() {
    let Some(browser) = Browser::find() else {
        return;
    };
    let batch = batch();
    let page = batch.path().join("report.html");
    report(&batch, "html", &["--output", &page.to_string_lossy()]);
    let said = browser.act(&page, include_str!("browser/act.js"));
    let expected = [
        "by score: other-service, then troubled",
        "by score again: correct",
        "aria-sort: none none descending none none none",
        "not graded: troubled; 1 of 7 shown",
        "find other-service: other-service; 1 of 7 shown; 1 section",
        "by keyboard: BUTTON",
    ];
    for line in expected {
        assert!(said.contains(line), "{line}\n{said}");
    }
}

fn report(batch: &TempDir, format: &str, more: &[&str]) -> Output {
    let mut command = softy_check();
    command
        .arg("report")
        .arg(batch.path())
        .args(["--format", format]);
    command.args(more).output().expect("the program runs")
}

/// Makes the folder of a batch: results of some recorded fixtures, a student with a malicious name, one that could not be
/// graded, and a file that is cut off.
fn batch() -> TempDir {
    let batch = TempDir::new().expect("a folder can be made");
    let results = batch.path().join("results");
    fs::create_dir(&results).expect("a folder can be made");
    for (number, name) in SUBMISSIONS.iter().enumerate() {
        let mut result = result(name, name);
        result["batch"]["group"] = format!("group {}", number % 2 + 1).into();
        result["seconds"] = (number as f64 + 1.5).into();
        write(&results, name, &result);
    }
    let mut attack = result("correct", "attack");
    attack["batch"]["name"] = ATTACK.into();
    write(&results, "attack", &attack);
    let mut troubled = result("correct", "troubled");
    let fault = json!({"kind": "engine", "detail": "no answer"});
    troubled["observation"]["fault"] = fault;
    troubled["observation"]["volleys"] = json!([]);
    troubled["observation"]["stack"] = Value::Null;
    write(&results, "troubled", &troubled);
    fs::write(results.join("broken.json"), "{\"schema\":1").expect("a file can be made");
    batch
}

/// Returns the checker's report on a recorded fixture, as a result file.
fn result(fixture: &str, id: &str) -> Value {
    let path = top()
        .join("fixtures")
        .join(fixture)
        .join("observation.json");
    let mut command = softy_check();
    let output = command
        .arg("replay")
        .arg(path)
        .args(["--format", "json"])
        .output();
    let output = output.expect("the program runs");
    let mut result: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    result["batch"] = json!({"id": id, "fingerprint": "0", "attempts": 1});
    result
}

fn write(results: &Path, name: &str, result: &Value) {
    let file = results.join(format!("{name}.json"));
    fs::write(file, result.to_string()).expect("a file can be made");
}
