//! Clones of repositories, made by git without letting it run anything from them on this machine.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use softy_checks::model::Text;
use softy_checks::observation::{Fault, FaultKind};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// Prefix of the name of a clone's folder, before its random part, in the batch's folder.
pub(super) const PREFIX: &str = ".clone-";

/// Time limit of a clone, from the first request to the last file.
const CLONE: Duration = Duration::from_secs(300);

/// Maximum size of a file that git writes, in blocks of 512 bytes: 1 GiB.
const FILE_BLOCKS: &str = "2097152";

/// Maximum number of files in a repository: a few kilobytes can describe any number of them.
const FILES: usize = 100_000;

/// Maximum size of all files in a repository together, in bytes.
const BYTES: u64 = 1 << 30;

/// Exit code of `git rev-parse --verify --quiet` without such a commit; any other failure is a fault of the checker.
const NO_COMMIT: i32 = 1;

/// Maximum number of characters kept of each of git's last lines.
const DETAIL_CHARACTERS: usize = 300;

/// Clones the last commit of the repository at `address` into a folder of its own in `out`.
///
/// # Errors
/// A fault when git is missing, the clone fails or takes too long, or the repository is too large.
pub(super) async fn clone(address: &str, out: &Path) -> Result<TempDir, Fault> {
    let made = tempfile::Builder::new().prefix(PREFIX).tempdir_in(out);
    let folder = made.map_err(|error| Fault::told(FaultKind::Disk, error.to_string()))?;
    let cloned = timeout(CLONE, async {
        let filters = filters().await?;
        let path = folder.path();
        let fetch = [
            "clone",
            "--quiet",
            "--no-checkout",
            "--depth=1",
            "--no-tags",
            "--template=",
            "--",
        ];
        let fetch = git(&filters).args(fetch).arg(address).arg(path).spawn();
        finished(fetch).await?;
        let verify = ["rev-parse", "--verify", "--quiet", "HEAD"];
        let asked = git(&filters).current_dir(path).args(verify).output().await;
        if asked.is_ok_and(|asked| asked.status.code() == Some(NO_COMMIT)) {
            // The repository has no commit and therefore no files, which is the student's mistake.
            return Ok(());
        }
        measured(git(&filters).current_dir(path)).await?;
        let checkout = ["checkout", "--quiet", "--force", "HEAD"];
        finished(git(&filters).current_dir(path).args(checkout).spawn()).await
    });
    match cloned.await {
        Ok(Ok(())) => Ok(folder),
        Ok(Err(fault)) => {
            // Some versions of git repeat the address in their messages, including its secrets.
            let cleaned = |words: &str| words.replace(address, &without_secrets(address));
            Err(Fault::new(fault.kind, fault.detail.map(cleaned)))
        }
        Err(_) => {
            let seconds = CLONE.as_secs();
            let detail = Text::new(
                format!("`git clone` was not done after {seconds} s"),
                format!("`git clone` n’était pas terminé après {seconds} s"),
            );
            Err(Fault::new(FaultKind::Network, detail))
        }
    }
}

/// Returns an address without the password or token in it.
pub(super) fn without_secrets(address: &str) -> String {
    match address.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            let host = host.rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}/{path}")
        }
        None => address.to_owned(),
    }
}

/// Returns a git command that runs nothing from the repository (no hook, no filter, no submodule) and does not prompt.
fn git(filters: &[String]) -> Command {
    let mut git = Command::new("sh");
    git.args(["-c", r#"ulimit -f "$0" && exec git "$@""#, FILE_BLOCKS]);
    for setting in [
        "core.hooksPath=/dev/null",
        "core.fsmonitor=false",
        "core.symlinks=true",
        "submodule.recurse=false",
        "fetch.recurseSubmodules=false",
        "gc.auto=0",
        "advice.detachedHead=false",
    ] {
        git.args(["-c", setting]);
    }
    for filter in filters {
        for key in ["smudge=", "clean=", "process=", "required=false"] {
            git.args(["-c", &format!("filter.{filter}.{key}")]);
        }
    }
    git.env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_ALLOW_PROTOCOL", "https:http:ssh:git:file")
        .env("GIT_LFS_SKIP_SMUDGE", "1")
        .env("LC_ALL", "C.UTF-8");
    if std::env::var_os("GIT_SSH_COMMAND").is_none() {
        git.env("GIT_SSH_COMMAND", "ssh -oBatchMode=yes");
    }
    git.stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    git
}

/// Returns the filters in this user's git configuration, such as that of LFS, because a repository can refer to them.
async fn filters() -> Result<Vec<String>, Fault> {
    let asked = git(&[])
        .args(["config", "--name-only", "--get-regexp", "^filter\\."])
        .output()
        .await;
    let asked = asked.map_err(|error| Fault::told(FaultKind::Files, format!("git: {error}")))?;
    let names = String::from_utf8_lossy(&asked.stdout).into_owned();
    let names = names
        .lines()
        .filter_map(|key| key.strip_prefix("filter.")?.rsplit_once('.'));
    let mut names: Vec<String> = names.map(|(name, _)| name.to_owned()).collect();
    names.dedup();
    Ok(names)
}

/// Checks the number and the size of the files in the last commit before git writes them.
async fn measured(git: &mut Command) -> Result<(), Fault> {
    let listing = git.args(["ls-tree", "-r", "-l", "HEAD"]).spawn();
    let mut listing =
        Group(listing.map_err(|error| Fault::told(FaultKind::Files, format!("git: {error}")))?);
    let Some(listed) = listing.0.stdout.take() else {
        return Ok(());
    };
    let (mut lines, mut files, mut bytes) = (BufReader::new(listed).lines(), 0, 0_u64);
    while let Ok(Some(line)) = lines.next_line().await {
        let size = line
            .split('\t')
            .next()
            .and_then(|entry| entry.split_whitespace().last());
        let size = size.and_then(|size| size.parse::<u64>().ok()).unwrap_or(0);
        (files, bytes) = (files + 1, bytes.saturating_add(size));
        if files > FILES || bytes > BYTES {
            let detail = Text::new(
                format!("the repository has more than {FILES} files or {BYTES} bytes"),
                format!("le dépôt a plus de {FILES} fichiers ou de {BYTES} octets"),
            );
            return Err(Fault::new(FaultKind::Files, detail));
        }
    }
    match listing.0.wait().await {
        Ok(status) if status.success() => Ok(()),
        Ok(_) | Err(_) => {
            let words = Text::fixed(
                "git cannot list the repository",
                "git ne peut pas lister le dépôt",
            );
            Err(Fault::new(FaultKind::Files, words))
        }
    }
}

/// Process of git with its process group, which is killed on drop.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        let id = self.0.id().and_then(|id| i32::try_from(id).ok());
        if let Some(group) = id.and_then(Pid::from_raw) {
            // The group may have exited already.
            let _ended = kill_process_group(group, Signal::KILL);
        }
    }
}

async fn finished(spawned: std::io::Result<Child>) -> Result<(), Fault> {
    let no_git = |error: std::io::Error| Fault::told(FaultKind::Files, format!("git: {error}"));
    let mut group = Group(spawned.map_err(no_git)?);
    let mut errors = Vec::new();
    if let Some(stderr) = group.0.stderr.take() {
        let mut lines = BufReader::new(stderr).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            errors.push(line.chars().take(DETAIL_CHARACTERS).collect::<String>());
            errors.drain(..errors.len().saturating_sub(3));
        }
    }
    let status = group.0.wait().await.map_err(no_git)?;
    match status.success() {
        true => Ok(()),
        false => Err(Fault::told(
            FaultKind::Network,
            format!("git: {}", errors.join("; ")),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_what_opens_it() {
        for (address, shown) in [
            (
                "https://me:token@example.org/a.git",
                "https://example.org/a.git",
            ),
            ("https://example.org/a@b.git", "https://example.org/a@b.git"),
            ("git@example.org:a.git", "git@example.org:a.git"),
        ] {
            assert_eq!(without_secrets(address), shown);
        }
    }

    #[tokio::test]
    async fn what_git_says_does_not_repeat_a_token() {
        let out = tempfile::tempdir().unwrap();
        // Nothing listens on this port of localhost.
        let cloned = clone("http://me:token@127.0.0.1:9/a.git", out.path()).await;
        let fault = cloned.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Network);
        assert!(!fault.detail.en.contains("token"), "{}", fault.detail.en);
    }

    #[tokio::test]
    async fn a_repository_without_a_commit_is_empty() {
        let (origin, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let made = git(&[])
            .args(["init", "--quiet"])
            .arg(origin.path())
            .output()
            .await;
        assert!(made.unwrap().status.success());
        let address = format!("file://{}", origin.path().display());
        let cloned = clone(&address, out.path()).await.unwrap();
        assert!(!cloned.path().join("task6").exists());
    }
}
