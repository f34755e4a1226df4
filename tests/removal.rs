//! Removal of the resources that killed runs leave, and of nothing else; only with `SOFTY_CHECK_LIVE=1`.

#![expect(clippy::expect_used, reason = "a test ends at what it cannot do")]

mod fixture;

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use fixture::{Fixture, is_live, stdout};

/// Label of every resource that a run makes.
const LABEL: &str = "org.softy-check.run";

/// Maximum time to wait for runs that end concurrently with the tests.
const PATIENCE: Duration = Duration::from_secs(20);

/// Lock of the engine: the sweep of one test would remove resources that another test expects.
static ENGINE: Mutex<()> = Mutex::new(());

#[test]
fn a_killed_run_is_swept_by_clean_and_by_the_next_run() {
    if !is_live() {
        return;
    }
    let _engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
    let submission = Fixture::named("correct").submission();
    for phase in ["building", "starting", "watching"] {
        let run = killed(submission.path(), phase);
        let listed = clean(&["--dry-run"]);
        assert!(listed.contains(&run), "killed while {phase}: {listed}");
        assert!(!things(&run).is_empty(), "a dry run has removed {run}");
        let removed = clean(&[]);
        assert!(removed.contains(&run), "killed while {phase}: {removed}");
        assert_eq!(things(&run), "", "killed while {phase}");
    }
    let run = killed(submission.path(), "watching");
    let next = fixture::softy_check()
        .arg("task6")
        .arg(submission.path())
        .output()
        .expect("the program runs");
    assert_eq!(next.status.code(), Some(0), "{next:?}");
    assert_eq!(things(&run), "", "the next run has not removed it");
}

#[test]
fn a_run_that_is_ended_in_a_step_of_a_build_leaves_no_step() {
    if !is_live() {
        return;
    }
    let _engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
    for name in ["KILL", "INT"] {
        let submission = Fixture::named("correct").submission();
        let dockerfile = submission.path().join("task6/back-end/Dockerfile");
        let text = std::fs::read_to_string(&dockerfile).expect("a fixture can be read");
        // The word is unique to this process, so that no cache contains the step.
        let word = format!("step-{name}-{}", std::process::id());
        std::fs::write(&dockerfile, format!("{text}RUN sleep 60; : {word}\n"))
            .expect("a copy can be written");
        let (mut live, _progress) = begun(submission.path());
        assert!(steps(&word, |steps| !steps.is_empty()), "no step has begun");
        signal(live.id(), name);
        live.wait().expect("a child that was ended ends");
        assert!(steps(&word, <[String]>::is_empty), "left after {name}");
    }
    clean(&[]);
}

#[test]
fn a_live_run_is_left_alone() {
    if !is_live() {
        return;
    }
    let _engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
    let submission = Fixture::named("correct").submission();
    let (live, mut progress) = begun(submission.path());
    reach(&mut progress, "watching");
    let own = owned_by(live.id());
    // The run is stopped, so that it does not end before the sweep has inspected it, which is slow if the engine is.
    signal(live.id(), "STOP");
    let list = clean(&[]);
    signal(live.id(), "CONT");
    assert!(
        list.contains(&format!("run {own} goes on and is left alone")),
        "{list}"
    );
    progress.for_each(drop);
    let output = live.wait_with_output().expect("the program ends");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn what_somebody_else_made_is_left_alone() {
    if !is_live() {
        return;
    }
    let _engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
    let dead = r#"{"began":0,"process":null,"container":null}"#;
    let owner = format!("org.softy-check.owner={dead}");
    let name = format!("softy-check-bystander-{}", std::process::id());
    let with_run = |run: &str| vec![format!("{LABEL}={run}"), owner.clone()];
    let bystanders: [Vec<String>; 5] = [
        Vec::new(),
        vec![format!("{LABEL}=0123456789ab")],
        with_run("true"),
        with_run("0123456789ABCDEF"),
        // A run's labels, inherited from an image, and a name that no run gives.
        with_run("0123456789ab"),
    ];
    let mut made = Vec::new();
    for (index, labels) in bystanders.iter().enumerate() {
        let name = format!("{name}-{index}");
        let labels: Vec<&str> = labels.iter().flat_map(|label| ["--label", label]).collect();
        docker(&[&["network", "create"], &labels[..], &[&name]].concat());
        made.push(["network", "rm", &name].map(str::to_owned));
        let create = [
            &["container", "create", "--name", &name],
            &labels[..],
            &["ubuntu", "true"],
        ];
        docker(&create.concat());
        made.push(["container", "rm", &name].map(str::to_owned));
        // A volume may have any name, because only a run can have given it its labels.
        if index < 4 {
            docker(&[&["volume", "create"], &labels[..], &[&name]].concat());
            made.push(["volume", "rm", &name].map(str::to_owned));
        }
        let changes = labels.iter().filter(|label| **label != "--label");
        let changes: Vec<String> = changes
            .filter_map(|label| label.split_once('='))
            .map(|(label, value)| format!("LABEL {label}='{value}'"))
            .collect();
        let changes: Vec<&str> = changes
            .iter()
            .flat_map(|change| ["--change", change])
            .collect();
        let container = name.as_str();
        docker(&[&["container", "commit"], &changes[..], &[container, &name]].concat());
        made.push(["image", "rm", &name].map(str::to_owned));
    }
    let list = clean(&[]);
    let removed: Vec<String> = made.iter().map(|remove| remove_by(remove)).collect();
    assert!(!list.contains(&name), "{list}");
    assert_eq!(removed.concat(), "", "{list}");
}

#[test]
fn what_has_a_dead_run_s_labels_and_name_is_removed() {
    if !is_live() {
        return;
    }
    let _engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
    let run = format!("{:012x}", std::process::id());
    let name = format!("softy-check-{run}-default");
    docker(&[
        "network",
        "create",
        "--label",
        &format!("{LABEL}={run}"),
        "--label",
        r#"org.softy-check.owner={"began":0,"process":null,"container":null}"#,
        &name,
    ]);
    // A container that does not belong to the run is on the network, like the one that the checker runs in.
    let guest = format!("bystander-{run}");
    docker(&[
        "run",
        "--detach",
        "--name",
        &guest,
        "--network",
        &name,
        "ubuntu",
        "sleep",
        "60",
    ]);
    let list = clean(&[]);
    let still_runs = docker(&["ps", "--quiet", "--filter", &format!("name={guest}")]);
    docker(&["rm", "--force", &guest]);
    assert!(list.contains(&name), "{list}");
    assert_ne!(still_runs, "", "the guest has gone with the network");
    assert_eq!(things(&run), "");
}

#[test]
fn a_stack_that_is_kept_stays_until_its_removal_is_asked_for() {
    if !is_live() {
        return;
    }
    let _engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
    let submission = Fixture::named("correct").submission();
    let graded = |arguments: &[&str]| {
        let graded = fixture::softy_check()
            .arg("task6")
            .arg(submission.path())
            .args(arguments)
            .output();
        let graded = graded.expect("the program runs");
        assert_eq!(graded.status.code(), Some(0), "{graded:?}");
        String::from_utf8_lossy(&graded.stderr).into_owned()
    };
    let told = graded(&["--keep"]);
    let names = told
        .lines()
        .filter_map(|line| line.split_once("docker logs "));
    let names: Vec<&str> = names.map(|(_, name)| name).collect();
    assert_eq!(names.len(), 7, "{told}");
    let address = told.lines().find_map(|line| line.split_once("http://"));
    let (_, address) = address.expect("an address");
    assert!(answers(address.trim_end_matches('/')), "{address}");
    graded(&[]);
    let running = docker(&["ps", "--format", "{{.Names}}"]);
    for name in &names {
        assert!(running.contains(name), "{name} is gone:\n{running}");
    }
    let removed = clean(&[]);
    let left = docker(&["ps", "--all", "--format", "{{.Names}}"]);
    for name in &names {
        assert!(removed.contains(name), "{removed}");
        assert!(!left.contains(name), "{name} is left:\n{left}");
    }
}

/// Returns whether an HTTP server at an address forwards to the API.
fn answers(address: &str) -> bool {
    let mut connection = TcpStream::connect(address).expect("somebody listens");
    let request = "GET /api/hello HTTP/1.0\r\n\r\n";
    let sent = connection.write_all(request.as_bytes());
    let mut response = String::new();
    let read = connection.read_to_string(&mut response);
    sent.is_ok() && read.is_ok() && response.ends_with("Hello, World!")
}

/// Kills a run when its progress reaches `phase` and its first resource exists. Returns the id of the run.
fn killed(submission: &Path, phase: &str) -> String {
    let (mut child, mut progress) = begun(submission);
    reach(&mut progress, phase);
    let run = owned_by(child.id());
    child.kill().expect("a child can be killed");
    child.wait().expect("a child that was killed ends");
    run
}

fn signal(process: u32, name: &str) {
    let sent = Command::new("kill")
        .args(["-s", name, &process.to_string()])
        .status();
    assert!(sent.is_ok_and(|status| status.success()), "{name}");
}

fn begun(submission: &Path) -> (Child, Lines<BufReader<ChildStderr>>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_softy-check"))
        .args(["task6", "--lang", "en"])
        .arg(submission)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let progress = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
    (child, progress)
}

fn reach(progress: &mut impl Iterator<Item = std::io::Result<String>>, phase: &str) {
    let reached = progress.any(|line| line.is_ok_and(|line| line.starts_with(phase)));
    assert!(reached, "no line of progress begins with `{phase}`");
}

/// Returns the run of a process, as soon as it has made a network.
fn owned_by(process: u32) -> String {
    let format = format!(r#"{{{{.Label "{LABEL}"}}}} {{{{.Label "org.softy-check.owner"}}}}"#);
    let started = Instant::now();
    let owner = format!(r#""id":{process},"#);
    while started.elapsed() < PATIENCE {
        let owners = docker(&["network", "ls", "--format", &format]);
        let mut lines = owners.lines().filter_map(|line| line.split_once(' '));
        if let Some((run, _)) = lines.find(|(_, line)| line.contains(&owner)) {
            return run.to_owned();
        }
        sleep(Duration::from_millis(20));
    }
    String::from("no run")
}

/// Waits until the containers whose commands contain a word are as expected. Returns whether they are.
fn steps(word: &str, as_they_should: impl Fn(&[String]) -> bool) -> bool {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        let format = "{{.ID}} {{.Command}}";
        let listed = docker(&["ps", "--all", "--no-trunc", "--format", format]);
        let steps = listed.lines().filter(|line| line.contains(word));
        let steps: Vec<String> = steps.map(str::to_owned).collect();
        if as_they_should(&steps) {
            return true;
        }
        sleep(Duration::from_millis(50));
    }
    false
}

/// Returns the ids of a run's remaining resources.
fn things(run: &str) -> String {
    let filter = format!("label={LABEL}={run}");
    let kinds: [&[&str]; 4] = [
        &["container", "ls", "--all"],
        &["network", "ls"],
        &["volume", "ls"],
        &["image", "ls", "--all"],
    ];
    kinds
        .map(|kind| docker(&[kind, &["--quiet", "--filter", &filter]].concat()))
        .concat()
}

fn clean(arguments: &[&str]) -> String {
    let output = fixture::softy_check()
        .args(["clean", "--lang", "en"])
        .args(arguments)
        .output()
        .expect("the program runs");
    let list = stdout(&output);
    // Engine 20.10 sometimes counts endpoints of a network that has none any more, until the engine is restarted. Each test
    // checks for resources of its own runs itself.
    let stuck = list
        .lines()
        .filter(|line| line.contains("has active endpoints"))
        .count();
    let expected = match stuck {
        0 => 0,
        stuck if list.contains(&format!("could not be removed: {stuck}")) => 3,
        _ => 0,
    };
    assert_eq!(output.status.code(), Some(expected), "{output:?}");
    list
}

fn docker(arguments: &[&str]) -> String {
    let output = Command::new("docker")
        .args(arguments)
        .output()
        .expect("the engine's command is there");
    assert!(output.status.success(), "{output:?}");
    stdout(&output)
}

/// Removes a resource. Returns the error if it did not exist, otherwise an empty text.
fn remove_by(command: &[String]) -> String {
    let output = Command::new("docker").args(command).output();
    let output = output.expect("the engine's command is there");
    match output.status.success() {
        true => String::new(),
        false => String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
