//! State that lives as long as the harness: a folder, foreign resources on the engine, and the process that removes both.

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::Verdict;
use super::attack::Attack;
use super::machine::{everything, process_of, processes, tags, things};
use crate::checker::{Ended, Run, program};
use crate::engine::{self, docker};
use crate::expectation::summary;
use crate::submission::lay_over;
use crate::{process, workspace};

/// Time limit of a right submission, on a machine that also does other work.
const CORRECT_WITHIN: Duration = Duration::from_secs(180);

/// Time limit for the kernel to remove a container's last process, which may be later than the engine's report of its end.
const GONE_WITHIN: Duration = Duration::from_secs(5);

/// Time limit for unlabelled resources of other programs on the same engine to disappear.
const OTHERS_END_WITHIN: Duration = Duration::from_secs(30);

/// Prefix of the bystanders' names, similar to that of a run's containers.
const BYSTANDER: &str = "softy-check-bystander-";

/// State of the harness.
pub struct Session {
    /// Folder of submissions, outputs and temporary files.
    pub root: PathBuf,
    /// Name of the bystanders.
    bystander: String,
    tags: HashMap<String, String>,
    /// Resources on the engine when the session was opened, bystanders included.
    before: BTreeSet<String>,
    runs: AtomicUsize,
    /// Process that waits for the end of its stdin, which is closed when this process ends for any reason, and then removes
    /// everything.
    undertaker: Child,
    events: Child,
}

impl Session {
    /// Makes the folder and the bystanders: a container, an image, a network and a volume that are similar to a run's and
    /// have no label of one.
    pub fn open() -> Result<Session> {
        let number = std::process::id();
        let bystander = bystander();
        let root = std::env::temp_dir().join(format!("softy-hostile-{number}"));
        fs::create_dir_all(&root)?;
        let undertaker = undertaker(&root, &bystander)?;
        make_bystanders(&bystander)?;
        let events = events(&root)?;
        let tags = tags()?;
        let before = everything()?;
        Ok(Session {
            root,
            bystander,
            tags,
            before,
            runs: AtomicUsize::new(0),
            undertaker,
            events,
        })
    }

    /// Grades an attack, in as many parallel copies as it requires.
    pub fn attack(&self, attack: &Attack) -> Result<Verdict> {
        let folders: Vec<PathBuf> = (0..attack.expected.at_once)
            .map(|_| self.folder(&attack.name))
            .collect::<Result<_>>()?;
        for folder in &folders {
            if let Err(error) = attack.make(&folder.join("submission")) {
                return Ok(Verdict::NotRun(format!("{error:#}")));
            }
        }
        let judge = |ended: &Ended| {
            let (report, mut complaints) = ended.report();
            let expected = attack.expected.comes_out.iter();
            let said = expected.filter_map(|out| out.is_said(&report, ended.code()));
            let said: Vec<String> = said.collect();
            if said.is_empty() {
                let summary = summary(&report);
                complaints.push(format!("exit status {}, {summary}", ended.code()));
            }
            (said.join(", "), complaints)
        };
        let start = |folder: &Path| Run::start_as(program(), folder, &attack.expected.arguments);
        let verdict = self.graded(&folders, start, attack.bound(), judge);
        for folder in folders {
            fs::remove_dir_all(folder)?;
        }
        verdict
    }

    /// Grades the right submission, which must get 100 points.
    pub fn correct(&self) -> Result<Verdict> {
        let folder = self.correct_submission()?;
        let judge = |ended: &Ended| {
            let (report, mut complaints) = ended.report();
            if ended.code() != 0 || report["score"] != 100 {
                let summary = summary(&report);
                complaints.push(format!("exit status {}, {summary}", ended.code()));
            }
            ("100 points".to_owned(), complaints)
        };
        let folders = [folder];
        let verdict = self.graded(&folders, Run::start, CORRECT_WITHIN, judge);
        let [folder] = folders;
        fs::remove_dir_all(folder)?;
        verdict
    }

    /// Makes a folder for a run, with the right submission in it.
    pub fn correct_submission(&self) -> Result<PathBuf> {
        let folder = self.folder("correct")?;
        let correct = workspace::root().join(workspace::CORRECT_SUBMISSION);
        lay_over(&correct, &folder.join("submission"))?;
        Ok(folder)
    }

    /// Makes an empty folder for a run.
    pub fn folder(&self, name: &str) -> Result<PathBuf> {
        let number = self.runs.fetch_add(1, Ordering::Relaxed);
        let folder = self.root.join(format!("{name}-{number}"));
        fs::create_dir(&folder)?;
        Ok(folder)
    }

    /// Returns the resources, processes and temporary files that an ended run has left.
    pub fn left(&self, ended: &Ended) -> Result<Vec<String>> {
        let mut left: Vec<String> = things(None)?
            .into_iter()
            .filter(|thing| thing.process == Some(ended.process))
            .map(|thing| format!("left a {} {}", thing.kind, thing.id))
            .collect();
        let containers = self.containers(ended.process)?;
        let since = Instant::now();
        let mut running = processes(ended.process, &containers)?;
        while !running.is_empty() && since.elapsed() < GONE_WITHIN {
            sleep(Duration::from_millis(100));
            running = processes(ended.process, &containers)?;
        }
        left.extend(
            running
                .iter()
                .map(|process| format!("left the process {process}")),
        );
        let files = ended.temporary_files()?;
        left.extend(files.iter().map(|file| format!("left the file {file:?}")));
        Ok(left)
    }

    /// Checks that the bystanders and the tags of the machine are unchanged.
    pub fn bystanders(&self) -> Result<Verdict> {
        let name = &self.bystander;
        let mut complaints = Vec::new();
        for (kind, format) in [
            (
                "container",
                "{{and .State.Running (not .HostConfig.PidsLimit)}}",
            ),
            ("image", "true"),
            ("network", "true"),
            ("volume", "true"),
        ] {
            let said = process::text(docker([kind, "inspect", "--format", format]).arg(name));
            if said.ok().as_deref() != Some("true") {
                complaints.push(format!("the bystanding {kind} is gone or changed"));
            }
        }
        let now = tags()?;
        for (tag, id) in &self.tags {
            // Another harness may run on the same engine.
            let is_another_s = tag.starts_with(BYSTANDER) && !tag.starts_with(name);
            if now.get(tag) != Some(id) && !is_another_s {
                complaints.push(format!("the tag {tag} names another image"));
            }
        }
        let ours = now.keys().filter(|tag| tag.starts_with("hostile-"));
        complaints.extend(ours.map(|tag| format!("left the tag {tag}")));
        if complaints.is_empty() {
            return Ok(Verdict::Held(format!("untouched, and {} tags", now.len())));
        }
        Ok(Verdict::Broken(complaints))
    }

    /// Checks that the engine has the same resources as at the beginning, except the builds' cache and other users' runs.
    pub fn residue(&self) -> Result<Verdict> {
        let since = Instant::now();
        let mut complaints = self.changed()?;
        while !complaints.is_empty() && since.elapsed() < OTHERS_END_WITHIN {
            sleep(Duration::from_secs(1));
            complaints = self.changed()?;
        }
        if complaints.is_empty() {
            let count = self.before.len();
            return Ok(Verdict::Held(format!(
                "the same {count} containers, networks, volumes and images"
            )));
        }
        Ok(Verdict::Broken(complaints))
    }

    fn changed(&self) -> Result<Vec<String>> {
        let now = everything()?;
        // Another harness may run on the same engine.
        let is_another_s =
            |thing: &&String| thing.contains(BYSTANDER) && !thing.contains(&self.bystander);
        // Containers of other programs may end at any time; only the bystanders must stay.
        let may_end = |thing: &&String| thing.starts_with("container ");
        let more = now
            .difference(&self.before)
            .filter(|thing| !is_another_s(thing));
        let less = self.before.difference(&now);
        let less = less.filter(|thing| !is_another_s(thing) && !may_end(thing));
        let more = more.map(|thing| format!("left the {thing}"));
        Ok(more
            .chain(less.map(|thing| format!("took the {thing} away")))
            .collect())
    }

    /// Starts a run in each folder at once, and judges each.
    fn graded(
        &self,
        folders: &[PathBuf],
        start: impl Fn(&Path) -> Result<Run>,
        bound: Duration,
        judge: impl Fn(&Ended) -> (String, Vec<String>),
    ) -> Result<Verdict> {
        let runs: Vec<Run> = folders
            .iter()
            .map(|folder| start(folder))
            .collect::<Result<_>>()?;
        let (mut how, mut took, mut complaints) = (String::new(), Duration::ZERO, Vec::new());
        for run in runs {
            let ended = run.end_within(bound)?;
            let (said, complained) = judge(&ended);
            complaints.extend(complained);
            complaints.extend(self.left(&ended)?);
            (how, took) = (said, took.max(ended.took));
        }
        if complaints.is_empty() {
            let seconds = took.as_secs_f64();
            return Ok(Verdict::Held(format!(
                "{how:32} {seconds:5.1} s  residue none"
            )));
        }
        Ok(Verdict::Broken(complaints))
    }

    /// Returns the ids of the containers that a process has made.
    fn containers(&self, process: u32) -> Result<Vec<String>> {
        let made = fs::read_to_string(self.root.join("events"))?;
        let made = made.lines().filter_map(|line| line.split_once('\t'));
        Ok(made
            .filter(|(_, owner)| process_of(owner) == Some(process))
            .map(|(id, _)| id.to_owned())
            .collect())
    }
}

/// Returns the name of this harness's bystanders.
pub fn bystander() -> String {
    format!("{BYSTANDER}{}", std::process::id())
}

impl Drop for Session {
    fn drop(&mut self) {
        // A failure cannot be reported here.
        let _ = self.events.kill();
        let _ = self.events.wait();
        drop(self.undertaker.stdin.take());
        let _ = self.undertaker.wait();
    }
}

/// Returns the id of the bystanding container, in the form in which a builder prints ids.
pub fn bystanding_container() -> Result<String> {
    let format = ["container", "inspect", "--format", "{{slice .Id 0 12}}"];
    process::text(docker(format).arg(bystander()))
}

fn undertaker(root: &Path, bystander: &str) -> Result<Child> {
    const SCRIPT: &str = r#"cat > /dev/null
docker container rm --force --volumes "$2"
docker network rm "$2"
docker volume rm --force "$2"
docker image rm "$2"
rm -rf "$1"
find /sys/fs/cgroup -depth -type d -path "*/$(basename "$1")*" -exec rmdir {} +"#;
    let mut command = Command::new("setsid");
    command
        .args(["sh", "-c", SCRIPT, "undertaker"])
        .arg(root)
        .arg(bystander)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().context("`setsid` cannot be started")
}

fn make_bystanders(name: &str) -> Result<()> {
    process::text(docker(["network", "create"]).arg(name))?;
    process::text(docker(["volume", "create"]).arg(name))?;
    process::text(docker(["image", "tag", "ubuntu:latest"]).arg(name))?;
    let mut container = docker(["run", "--detach", "--name", name, "--network", name]);
    container
        .args(["--volume", &format!("{name}:/data")])
        .args([name, "sleep", "infinity"]);
    process::text(&mut container).map(drop)
}

/// Starts a process that records the id and the owner of each container that the engine makes.
fn events(root: &Path) -> Result<Child> {
    let format = "{{.ID}}\t{{index .Actor.Attributes \"org.softy-check.owner\"}}";
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "KILL", "--", "docker", "events"])
        .args(["--filter", "type=container", "--filter", "event=create"])
        .args(["--format", format])
        .stdout(File::create(root.join("events"))?)
        .stderr(Stdio::null());
    engine::address_for(&mut command)?
        .spawn()
        .context("`setpriv` cannot be started")
}
