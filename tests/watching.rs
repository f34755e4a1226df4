//! `task6 --watch` and `--keep`; only with `SOFTY_CHECK_LIVE=1`, except for the tests that need no engine.

#![expect(clippy::expect_used, reason = "a test ends at what it cannot do")]

mod fixture;

use std::fs;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use fixture::{Fixture, is_live, softy_check, stdout};
use serde_json::de::IoRead;
use serde_json::{Deserializer, StreamDeserializer, Value};

const PROXY: &str = "task6/proxy/proxy.conf";
const ANSWER: &str = "task6/2-api-servers.txt";
const API: &str = "task6/back-end/api.py";

/// For what ends by itself.
const PATIENCE: Duration = Duration::from_secs(20);

/// A run with `--watch`, and the reports that it writes.
struct Watching {
    child: Child,
    reports: StreamDeserializer<'static, IoRead<ChildStdout>, Value>,
}

impl Watching {
    fn begin(submission: &Path, arguments: &[&str]) -> Watching {
        let mut child = Command::new(env!("CARGO_BIN_EXE_softy-check"))
            .args(["task6", "--watch", "--format", "json"])
            .arg(submission)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program runs");
        let stdout = child.stdout.take().expect("stdout is piped");
        Watching {
            child,
            reports: Deserializer::from_reader(stdout).into_iter(),
        }
    }

    fn next(&mut self) -> Value {
        let report = self.reports.next().expect("another report");
        report.expect("a whole report")
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.is_ok_and(|status| status.success()));
    }

    /// Interrupts the run as Ctrl-C does. Returns its exit code.
    fn end(mut self) -> Option<i32> {
        self.signal("INT");
        self.child.wait().expect("it ends").code()
    }
}

/// Returns each check's id, status and mistake.
fn verdicts(report: &Value) -> Vec<(String, String, Option<String>)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let checks = report["checks"].as_array().expect("checks").iter();
    let verdicts = checks.map(|check| {
        let (id, status) = (text(&check["id"]), text(&check["status"]));
        (
            id.unwrap_or_default(),
            status.unwrap_or_default(),
            text(&check["code"]),
        )
    });
    verdicts.collect()
}

/// Returns the names of a run's phases.
fn phases(report: &Value) -> Vec<&str> {
    let phases = report["phases"].as_array().expect("phases").iter();
    phases.filter_map(|phase| phase["name"].as_str()).collect()
}

/// Returns the verdicts of a separate run.
fn fresh(submission: &Path) -> Vec<(String, String, Option<String>)> {
    let output = softy_check()
        .args(["task6", "--format", "json"])
        .arg(submission)
        .output()
        .expect("the program runs");
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    verdicts(&report)
}

/// Returns the output of the engine's command.
fn docker(arguments: &[&str]) -> String {
    let output = Command::new("docker").args(arguments).output();
    let output = output.expect("the engine's command is there");
    assert!(output.status.success(), "{output:?}");
    stdout(&output)
}

/// Returns the ids of the first two back-end replicas in a process's run.
fn replicas(of: &Child) -> Vec<String> {
    let owner = r#"{{.ID}} {{.Names}} {{.Label "org.softy-check.owner"}}"#;
    let listed = docker(&["ps", "--no-trunc", "--format", owner]);
    let process = format!(r#""id":{},"#, of.id());
    let own = listed.lines().filter(|line| line.contains(&process));
    let own = own.filter(|line| line.contains("-back-end-1 ") || line.contains("-back-end-2 "));
    let mut ids: Vec<String> = own
        .filter_map(|line| line.split(' ').next().map(str::to_owned))
        .collect();
    ids.sort();
    ids
}

fn change(submission: &Path, file: &str, change: impl Fn(&str) -> String) -> String {
    let path = submission.join(file);
    let before = fs::read_to_string(&path).expect("a fixture can be read");
    fs::write(&path, change(&before)).expect("a copy can be written");
    before
}

#[test]
fn files_alone_are_judged_again_as_they_change() {
    let submission = Fixture::named("correct").submission();
    let mut watching = Watching::begin(submission.path(), &["--no-stack"]);
    let status = |report: &Value| {
        let verdicts = verdicts(report).into_iter();
        let mut answer = verdicts.filter(|(id, ..)| id == "answer-command");
        answer.next().expect("a verdict").1
    };
    assert_eq!(status(&watching.next()), "passed");
    let right = change(submission.path(), ANSWER, |_| "docker-compose up\n".into());
    assert_eq!(status(&watching.next()), "failed");
    change(submission.path(), ANSWER, |_| right.clone());
    assert_eq!(status(&watching.next()), "passed");
    assert_eq!(watching.end(), Some(130));
}

#[test]
fn a_run_whose_reports_nobody_reads_any_more_ends() {
    let submission = Fixture::named("correct").submission();
    let mut watching = Watching::begin(submission.path(), &["--no-stack"]);
    watching.next();
    let Watching { mut child, reports } = watching;
    drop(reports);
    let deadline = Instant::now() + PATIENCE;
    let ended = loop {
        match child.try_wait().expect("a child can be asked") {
            None if Instant::now() < deadline => sleep(Duration::from_millis(20)),
            ended => break ended,
        }
    };
    child.kill().expect("a child that has ended, or ends");
    assert_eq!(ended.and_then(|ended| ended.code()), Some(0));
}

#[test]
fn a_run_that_is_to_outlive_its_terminal_does() {
    let submission = Fixture::named("correct").submission();
    let mut child = Command::new("sh")
        .args(["-c", r#"trap "" HUP; exec "$0" "$@""#])
        .arg(env!("CARGO_BIN_EXE_softy-check"))
        .args(["task6", "--watch", "--no-stack", "--format", "json"])
        .arg(submission.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program runs");
    let stdout = child.stdout.take().expect("stdout is piped");
    let reports = Deserializer::from_reader(stdout).into_iter();
    let mut watching = Watching { child, reports };
    watching.next();
    watching.signal("HUP");
    change(submission.path(), ANSWER, |_| "docker-compose up\n".into());
    watching.next();
    assert_eq!(watching.end(), Some(130));
}

#[test]
fn every_round_comes_to_what_a_fresh_run_comes_to() {
    if !is_live() {
        return;
    }
    let submission = Fixture::named("correct").submission();
    let path = submission.path();
    let mut watching = Watching::begin(path, &[]);
    let first = watching.next();
    assert_eq!(first["score"], 100, "{first:#}");
    let mut judged = |file: &str, changed: &dyn Fn(&str) -> String, done: &[&str]| {
        let before = change(path, file, changed);
        let report = watching.next();
        assert_eq!(verdicts(&report), fresh(path), "{file}");
        assert_eq!(phases(&report), done, "{file}");
        (before, replicas(&watching.child))
    };
    let all = ["read", "build", "start", "measure", "scale"];
    let (conf, warm) = judged(PROXY, &|text| format!("{text}# changed\n"), &all);
    assert_eq!(warm.len(), 2, "{warm:?}");
    let hashed = |_: &str| {
        "upstream api { ip_hash; server back-end:5252; }\n\
         server { listen 80; location / { proxy_pass http://api; } }\n"
            .to_owned()
    };
    let (_, still_warm) = judged(PROXY, &hashed, &all[..4]);
    assert_eq!(still_warm, warm, "the replicas are others");
    judged(PROXY, &|_| "server {".to_owned(), &all[..3]);
    judged(PROXY, &|_| conf.clone(), &all);
    judged(ANSWER, &|_| "docker-compose up\n".to_owned(), &all[..1]);
    let (_, others) = judged(API, &|text| text.replace("Hello", "Goodbye"), &all[..4]);
    assert!(
        others.iter().all(|id| !warm.contains(id)),
        "a replica of the old image is still there"
    );
    let run = run_of(&watching.child);
    assert_eq!(watching.end(), Some(130));
    let filter = format!("label=org.softy-check.run={run}");
    for kind in ["container", "network", "volume"] {
        assert_eq!(docker(&[kind, "ls", "--quiet", "--filter", &filter]), "");
    }
}

/// Returns the id of a process's run.
fn run_of(child: &Child) -> String {
    let format = r#"{{.Label "org.softy-check.run"}} {{.Label "org.softy-check.owner"}}"#;
    let listed = docker(&["network", "ls", "--format", format]);
    let process = format!(r#""id":{},"#, child.id());
    let mut own = listed.lines().filter(|line| line.contains(&process));
    let own = own.next().and_then(|line| line.split(' ').next());
    own.expect("a run has a network").to_owned()
}
