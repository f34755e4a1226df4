//! Verdicts on a real engine, which equal the recorded ones, and no resources left by any run; only with
//! `SOFTY_CHECK_LIVE=1`.

#![expect(clippy::expect_used, reason = "a test ends at what it cannot do")]

mod fixture;

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use fixture::{Fixture, complaints, is_live, top};

/// Filter by the label of every resource that a run makes.
const LABEL: &str = "label=org.softy-check.run";

/// Maximum time to wait for resources of other runs on the same engine, which disappear without the tests.
const PATIENCE: Duration = Duration::from_secs(30);

/// Lock of the engine: the tests of this file use it one at a time.
static ENGINE: Mutex<()> = Mutex::new(());

#[test]
fn live_fixtures_are_judged_as_their_recordings() {
    if !is_live() {
        return;
    }
    let _engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
    let before = labelled();
    let mut fixtures = Fixture::all();
    fixtures.retain(|fixture| fixture.needs_stack() && fixture.is_quick());
    assert_eq!(complaints(fixtures, Fixture::is_graded_as_recorded), "");
    assert_eq!(left_over(&before), "");
}

#[test]
fn an_interrupted_run_leaves_nothing() {
    if !is_live() {
        return;
    }
    let _engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
    let before = labelled();
    for phase in ["building", "starting", "watching"] {
        let submission = Fixture::named("correct").submission();
        let mut run = Command::new(env!("CARGO_BIN_EXE_softy-check"))
            .args(["task6", "--lang", "en"])
            .arg(submission.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let mut progress = BufReader::new(run.stderr.take().expect("stderr is piped")).lines();
        let reached = progress.any(|line| line.is_ok_and(|line| line.starts_with(phase)));
        assert!(reached, "no line of progress begins with `{phase}`");
        let interrupt = Command::new("kill")
            .args(["-INT", &run.id().to_string()])
            .status();
        assert!(interrupt.is_ok_and(|status| status.success()));
        progress.for_each(drop);
        let output = run.wait_with_output().expect("the program ends");
        assert_eq!(output.status.code(), Some(130), "interrupted while {phase}");
        assert_eq!(output.stdout, b"", "interrupted while {phase}");
    }
    assert_eq!(left_over(&before), "");
}

#[test]
fn the_doctor_finds_the_engine_of_a_context() {
    if !is_live() {
        return;
    }
    let _engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
    let config = tempfile::TempDir::new().expect("a folder can be made");
    // Docker's name for the folder of the context `class`.
    let folder = config
        .path()
        .join("contexts/meta/0889113e04d3203f0c401c17c0fd8b352b740dc607433779d3edcaa13320b001");
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let engine =
        r#"{"Name":"class","Endpoints":{"docker":{"Host":"unix:///var/run/docker.sock"}}}"#;
    std::fs::write(folder.join("meta.json"), engine).expect("a file can be written");
    let output = fixture::softy_check()
        .env("DOCKER_CONFIG", config.path())
        .args(["doctor", "--lang", "en", "--context", "class"])
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("by the context `class`"), "{said}");
    assert!(said.contains("✓ engine"), "{said}");
}

#[test]
fn every_way_in_leads_to_full_marks() {
    if !is_live() {
        return;
    }
    let _engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
    let before = labelled();
    let submission = Fixture::named("correct").submission();
    let through_a_port = fixture::softy_check()
        .args(["task6", "--reach", "loopback"])
        .arg(submission.path())
        .output()
        .expect("the program runs");
    assert_eq!(through_a_port.status.code(), Some(0), "{through_a_port:?}");
    let from_a_container = in_a_container(submission.path());
    assert_eq!(
        from_a_container.status.code(),
        Some(0),
        "{from_a_container:?}"
    );
    assert_eq!(left_over(&before), "");
}

#[test]
fn the_service_that_a_rubric_names_is_measured() {
    if !is_live() {
        return;
    }
    let _engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
    let before = labelled();
    let submission = Fixture::named("correct").submission();
    let path = |file: &str| submission.path().join(file);
    for file in [
        "task6/docker-compose.yml",
        "task6/proxy/proxy.conf",
        "task6/2-api-servers.txt",
    ] {
        let text = std::fs::read_to_string(path(file)).expect("a fixture can be read");
        // The folder keeps its name.
        let text = text
            .replace("back-end", "api")
            .replace("./api", "./back-end");
        std::fs::write(path(file), text).expect("a copy can be written");
    }
    let rubric = "[stack]\nservice-names = [\"back-end\", \"api\"]\n";
    std::fs::write(path("rubric.toml"), rubric).expect("a file can be written");
    let run = fixture::softy_check()
        .args(["task6", "--lang", "en", "--rubric"])
        .arg(path("rubric.toml"))
        .arg(submission.path())
        .output()
        .expect("the program runs");
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    let said = fixture::stdout(&run);
    assert!(
        said.contains("addresses for `api`: one a replica"),
        "{said}"
    );
    assert_eq!(left_over(&before), "");
}

#[test]
fn what_is_let_out_may_install_what_it_needs_when_it_starts() {
    if !is_live() {
        return;
    }
    let _engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
    let before = labelled();
    let submission = Fixture::named("correct").submission();
    // The delay is longer than the time limit of a container without egress.
    let late = "services: {back-end: {command: [sh, -c, 'pip3 download -qd /tmp flask && sleep 35 && exec python3 api.py']}}\n";
    let file = submission.path().join("task6/docker-compose.override.yml");
    std::fs::write(file, late).expect("a copy can be written");
    let run = fixture::softy_check()
        .args(["task6", "--egress"])
        .arg(submission.path())
        .output()
        .expect("the program runs");
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    assert_eq!(left_over(&before), "");
}

#[test]
fn builds_reach_the_web_through_the_checker_alone() {
    if !is_live() {
        return;
    }
    let _engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
    let before = labelled();
    let submission = Fixture::named("correct").submission();
    let dockerfile = submission.path().join("task6/back-end/Dockerfile");
    let text = std::fs::read_to_string(&dockerfile).expect("a fixture can be read");
    // An attempt that succeeds ends the build; apt and pip, above it, must get their downloads.
    let attempts = format!(
        "{text}RUN for host in 169.254.169.254 10.1.2.3 172.17.0.1; do \\\n  \
         python3 -c \"import urllib.request as u; u.urlopen('http://$host/{process}', timeout=5)\" && exit 1; \\\n  \
         python3 -c \"import socket as s; s.create_connection(('$host', 80), 2)\" && exit 1; \\\n  \
         done; test -n \"$http_proxy\"\n",
        process = std::process::id()
    );
    std::fs::write(&dockerfile, attempts).expect("a copy can be written");
    let run = fixture::softy_check()
        .args(["task6", "--format", "json"])
        .arg(submission.path())
        .output()
        .expect("the program runs");
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    let report: serde_json::Value =
        serde_json::from_slice(&run.stdout).expect("the report is JSON");
    let sandbox = &report["observation"]["sandbox"];
    let refused = serde_json::json!(["10.1.2.3:80", "169.254.169.254:80", "172.17.0.1:80"]);
    assert_eq!(sandbox["refused_to_builds"], refused, "{sandbox}");
    assert!(!sandbox.to_string().contains("build-network"), "{sandbox}");
    assert_eq!(left_over(&before), "");
}

#[test]
fn a_checker_in_a_container_closes_the_machine_to_the_stack() {
    if !is_live() {
        return;
    }
    let _engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
    let before = labelled();
    let service = TcpListener::bind("0.0.0.0:0").expect("a port is free");
    let port = service.local_addr().expect("it has an address").port();
    let submission = Fixture::named("correct").submission();
    // A replica ends if it reaches the service, by the address that the machine has on the replica's network.
    let attempt = format!(
        "import socket as s; a = s.gethostbyname(s.gethostname()).split('.')[:3] + ['1']; s.create_connection(('.'.join(a), {port}), 3)"
    );
    let compose = serde_json::json!({"services": {"back-end": {
        "command": ["sh", "-c", format!("python3 -c \"{attempt}\" && exit 1; exec python3 api.py")],
    }}});
    let file = submission.path().join("task6/docker-compose.override.yml");
    std::fs::write(file, compose.to_string()).expect("a copy can be written");
    let run = in_a_container(submission.path());
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    let run = fixture::softy_check()
        .arg("task6")
        .arg(submission.path())
        .output()
        .expect("the program runs");
    assert_eq!(run.status.code(), Some(1), "the attempt is none: {run:?}");
    assert_eq!(left_over(&before), "");
}

#[test]
fn the_image_of_another_day_may_be_taken() {
    if !is_live() {
        return;
    }
    let _engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
    let before = labelled();
    let moved = Fixture::named("pip-externally-managed");
    let graded = |bases: &[&str]| {
        let json = ["--only", "images-build", "--format", "json"];
        let run = moved.grade(&[&json, bases].concat());
        let report: serde_json::Value =
            serde_json::from_slice(&run.stdout).expect("the report is JSON");
        let words = String::from_utf8_lossy(&run.stderr).into_owned();
        (run.status.code(), report, words)
    };
    let with = ["--base", "ubuntu=ubuntu:22.04"];
    // An image built on one base is not reused for a build on the other, in either order.
    for bases in [&with[..], &[], &with[..]] {
        let (status, report, words) = graded(bases);
        assert!(!words.contains("starting the stack"), "{words}");
        let images = &report["observation"]["sandbox"]["base_images"];
        let ubuntu = images.as_array().expect("images are noted").iter();
        let mut ubuntu = ubuntu.filter(|image| image["reference"] == "ubuntu:latest");
        let ubuntu = ubuntu.next().expect("the image of the back-end is noted");
        assert!(ubuntu["id"].is_string(), "{ubuntu}");
        match bases.is_empty() {
            true => {
                assert_eq!(status, Some(1), "{report}");
                assert_eq!(report["checks"][7]["code"], "pip-externally-managed");
                assert_eq!(ubuntu["taken"], serde_json::Value::Null);
            }
            false => {
                assert_eq!(status, Some(0), "{report}");
                assert_eq!(ubuntu["taken"], "ubuntu:22.04");
            }
        }
    }
    let (status, report, _) = graded(&["--base", "ubuntu=127.0.0.1:20520/ubuntu"]);
    assert_eq!(status, Some(3), "{report}");
    assert_eq!(report["checks"][7]["fault"]["kind"], "base", "{report}");
    let (status, _, words) = graded(&["--base", "debian=ubuntu:22.04"]);
    assert_eq!(status, Some(1), "{words}");
    assert!(words.contains("no image `debian`"), "{words}");
    assert_eq!(left_over(&before), "");
}

#[test]
fn a_batch_that_is_interrupted_leaves_nothing_and_goes_on_later() {
    if !is_live() {
        return;
    }
    let _engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
    let before = labelled();
    let names = [
        "correct",
        "weighted",
        "missing-semicolon",
        "correct-short-headers",
    ];
    let class = tempfile::tempdir().expect("a folder can be made");
    let submissions = class.path().join("class");
    std::fs::create_dir(&submissions).expect("a folder can be made");
    let mut copies = Vec::new();
    for name in names {
        let copy = Fixture::named(name).submission();
        std::os::unix::fs::symlink(copy.path(), submissions.join(name))
            .expect("a link can be made");
        copies.push(copy);
    }
    let batch = || {
        let mut batch = Command::new(env!("CARGO_BIN_EXE_softy-check"));
        batch.args([
            "batch",
            "task6",
            "--lang",
            "en",
            "--progress",
            "plain",
            "--out",
        ]);
        batch.arg(class.path().join("out")).arg(&submissions);
        batch.stdout(Stdio::null()).stderr(Stdio::piped());
        batch.spawn().expect("the program runs")
    };
    let mut run = batch();
    let mut progress = BufReader::new(run.stderr.take().expect("stderr is piped")).lines();
    let first = progress.next().and_then(Result::ok).unwrap_or_default();
    assert!(first.starts_with("1/4"), "{first}");
    let interrupt = Command::new("kill")
        .args(["-INT", &run.id().to_string()])
        .status();
    assert!(interrupt.is_ok_and(|status| status.success()));
    progress.for_each(drop);
    assert_eq!(run.wait().ok().and_then(|status| status.code()), Some(130));
    assert_eq!(left_over(&before), "");
    let output = batch().wait_with_output().expect("the program ends");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    for name in names {
        let file = class.path().join(format!("out/results/{name}.json"));
        let result = std::fs::read(file).expect("each has a result");
        let recorded = Fixture::named(name).replay(&["--format", "json"]);
        assert_eq!(
            fixture::verdicts_of(&result),
            fixture::verdicts(&recorded),
            "{name}"
        );
    }
    assert_eq!(left_over(&before), "");
}

/// Runs the program, copied into the submission, in a container of the engine that it uses. From there no route leads to
/// the stack's containers.
fn in_a_container(submission: &Path) -> Output {
    let host = std::env::var("DOCKER_HOST").unwrap_or_default();
    let socket = host
        .strip_prefix("unix://")
        .unwrap_or("/var/run/docker.sock");
    let program = submission.join("softy-check");
    std::fs::copy(env!("CARGO_BIN_EXE_softy-check"), program).expect("a program can be copied");
    Command::new("docker")
        .args(["run", "--rm"])
        .args(["--volume", &format!("{socket}:/var/run/docker.sock")])
        .args([
            "--volume",
            &format!("{}:/repository:ro", submission.display()),
        ])
        .args(["ubuntu:latest", "/repository/softy-check"])
        .args(["task6", "/repository"])
        .output()
        .expect("the engine's command is there")
}

/// Returns the labelled resources on the engine that did not exist `before`, one per line, after they had time to
/// disappear.
fn left_over(before: &[String]) -> String {
    let started = Instant::now();
    loop {
        let mut left = labelled();
        left.retain(|line| !before.contains(line) && !is_of_a_live_run(line));
        if left.is_empty() || started.elapsed() > PATIENCE {
            return left.join("\n");
        }
        sleep(Duration::from_secs(1));
    }
}

/// Lists every labelled resource, also of live runs: they may end before the test does, and what they leave is not the
/// test's.
fn labelled() -> Vec<String> {
    const OWNED: &str = r#"{{.ID}} {{.Label "org.softy-check.owner"}}"#;
    let kinds: [&[&str]; 4] = [
        &["container", "ls", "--all", "--format", OWNED],
        &["network", "ls", "--format", OWNED],
        &[
            "volume",
            "ls",
            "--format",
            r#"{{.Name}} {{.Label "org.softy-check.owner"}}"#,
        ],
        &["image", "ls", "--all", "--quiet"],
    ];
    let listed = kinds.map(listed).concat();
    listed.lines().map(str::to_owned).collect()
}

/// Returns whether a live run owns a listed resource: other programs may grade on the same engine.
fn is_of_a_live_run(line: &str) -> bool {
    let process = line.split("\"id\":").nth(1);
    let process = process.and_then(|rest| rest.split(',').next());
    process.is_some_and(|process| Path::new("/proc").join(process).exists())
}

fn listed(command: &[&str]) -> String {
    let output = Command::new("docker")
        .args(command)
        .args(["--filter", LABEL])
        .current_dir(top())
        .output()
        .expect("the engine's command is there");
    assert!(output.status.success(), "{output:?}");
    fixture::stdout(&output)
}
