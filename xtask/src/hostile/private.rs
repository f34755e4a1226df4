//! Private engine of the harness, which may be stopped, paused and filled.
//!
//! It has its own process, network and mount namespaces, and a disk that is a file. The first process of the namespaces
//! ends when its stdin is closed, which happens when this process ends for any reason. Then everything inside ends and is
//! removed.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::engine::docker;
use crate::{process, workspace};

/// Time limit from the engine's start until it answers.
const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// Size of the engine's disk: two base images take a third of it.
const DISK_BYTES: u64 = 3 << 30;

/// Images that its submission builds on.
const IMAGES: [&str; 2] = ["nginx:latest", "python:3.12"];

/// Script of the first process, a shell that also reaps ended processes. Its own `/run` hides the machine's engines, whose
/// containerd would be used otherwise.
const FIRST: &str = r#"set -e
mount -t tmpfs none /run
mount -o loop "$1/disk" "$1/data"
ip link set lo up
echo 1 > /proc/sys/net/ipv4/ip_forward
echo ready
cat
exit"#;

/// Script that waits for the end of the engine's processes. The engine would try to use a containerd that is still ending.
const GONE: &str = r#"for file in /run/engine.pid /run/engine/containerd/containerd.pid; do
  for _ in $(seq 300); do
    kill -0 "$(cat $file)" 2> /dev/null || break
    sleep 0.1
  done
  rm -f $file
done"#;

/// A private engine of the harness.
pub struct Private {
    /// Process of `unshare`, which ends its child when it ends.
    outside: Child,
    /// Id of the first process inside, as seen by the machine.
    first: String,
    folder: PathBuf,
}

impl Private {
    /// Makes the namespaces and the disk, starts the engine and loads the base images.
    pub fn open(root: &Path) -> Result<Private> {
        let folder = root.join("engine");
        fs::create_dir_all(folder.join("data"))?;
        // The machine's own configuration does not apply here.
        fs::write(folder.join("daemon.json"), "{}")?;
        File::create(folder.join("disk"))?.set_len(DISK_BYTES)?;
        process::text(
            Command::new("mkfs.ext4")
                .args(["-q", "-m", "0"])
                .arg(folder.join("disk")),
        )?;
        let mut outside = Command::new("unshare");
        outside
            .args([
                "--net",
                "--mount",
                "--pid",
                "--fork",
                "--kill-child",
                "--mount-proc",
            ])
            .args(["--propagation", "private", "--", "sh", "-c", FIRST, "first"])
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut outside = outside.spawn().context("`unshare` cannot be started")?;
        let said = outside.stdout.take().context("its stdout is a pipe")?;
        let mut line = String::new();
        BufReader::new(said).read_line(&mut line)?;
        if line.trim() != "ready" {
            outside.wait()?;
            bail!("no namespaces or no loop device");
        }
        let number = outside.id();
        let children = fs::read_to_string(format!("/proc/{number}/task/{number}/children"))?;
        let private = Private {
            outside,
            first: children.trim().to_owned(),
            folder,
        };
        private.start()?;
        private.load()?;
        Ok(private)
    }

    /// Returns the socket on which the engine listens.
    pub fn socket(&self) -> PathBuf {
        self.folder.join("docker.sock")
    }

    /// Starts the engine, and waits until it answers.
    pub fn start(&self) -> Result<()> {
        let driver = process::text(&mut docker(["info", "--format", "{{.Driver}}"]))?;
        let log = File::create(self.folder.join("log"))?;
        let mut gone = self.inside(&["--mount", "--pid"]);
        process::text(gone.args(["sh", "-c", GONE]))?;
        let mut command = self.inside(&["--net", "--mount", "--pid"]);
        // The first process adopts the engine: an `nsenter` that waited for it would stop with it, and not continue with
        // it.
        command
            .args(["sh", "-c", r#""$@" &"#, "engine"])
            .args(["dockerd", "--pidfile", "/run/engine.pid"])
            .args(["--exec-root", "/run/engine"])
            .args(["--bip", "10.213.0.1/24", "--default-address-pool"])
            .args(["base=10.214.0.0/16,size=24", "--storage-driver", &driver])
            .arg("--config-file")
            .arg(self.folder.join("daemon.json"))
            .arg("--data-root")
            .arg(self.folder.join("data"))
            .arg("--cgroup-parent")
            .arg(format!("softy-hostile-{}", std::process::id()))
            .arg("--host")
            .arg(format!("unix://{}", self.socket().display()))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        process::run(&mut command)?;
        let since = Instant::now();
        while process::text(self.docker().arg("version")).is_err() {
            if since.elapsed() > STARTS_WITHIN {
                let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                bail!(
                    "a second engine does not start: {}",
                    log.lines().last().unwrap_or_default()
                );
            }
            sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// Sends the engine a signal.
    pub fn signal(&self, signal: &str) -> Result<()> {
        let mut command = self.inside(&["--mount", "--pid"]);
        let script = format!("kill -s {signal} $(cat /run/engine.pid)");
        process::text(command.args(["sh", "-c", &script])).map(drop)
    }

    /// Fills its disk to the last byte, at once: space that is allocated first need not be written.
    pub fn fill(&self) -> Result<()> {
        // The run continues meanwhile and also needs space; the error of dd proves that the disk is full.
        const FILL: &str = r#"free=$(df --output=avail --block-size=1 "$1" | tail -1)
fallocate --length $((free - 16777216)) "$1/fill"
! dd if=/dev/zero of="$1/fill.rest" bs=4k status=none"#;
        let mut command = self.inside(&["--mount"]);
        command
            .args(["sh", "-c", FILL, "fill"])
            .arg(self.folder.join("data"));
        process::text(&mut command).map(drop)
    }

    /// Removes the files that fill the disk.
    pub fn empty(&self) -> Result<()> {
        let mut command = self.inside(&["--mount", "rm", "-f"]);
        let data = self.folder.join("data");
        process::text(command.arg(data.join("fill")).arg(data.join("fill.rest"))).map(drop)
    }

    /// Returns the command of the checker, inside the engine's network namespace.
    pub fn checker(&self) -> Command {
        let mut command = self.inside(&["--net", "setpriv", "--pdeathsig", "INT", "--"]);
        command.arg(workspace::target().join("debug/softy-check"));
        command.env("DOCKER_HOST", format!("unix://{}", self.socket().display()));
        command
    }

    fn inside(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.first]).args(arguments);
        command
    }

    fn docker(&self) -> Command {
        let mut command = docker([]);
        command.env("DOCKER_HOST", format!("unix://{}", self.socket().display()));
        command
    }

    fn load(&self) -> Result<()> {
        let images = self.folder.join("images.tar");
        let mut save = docker(["image", "save", "--output"]);
        process::text(save.arg(&images).args(IMAGES))?;
        process::text(
            self.docker()
                .args(["image", "load", "--input"])
                .arg(&images),
        )?;
        Ok(fs::remove_file(images)?)
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        // A failure cannot be reported here; the end of its stdin ends it in any case.
        drop(self.outside.stdin.take());
        let _ = self.outside.wait();
    }
}
