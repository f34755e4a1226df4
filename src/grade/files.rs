//! Files of the submission that explain why a container does not start.

use std::collections::BTreeSet;

use softy_checks::observation::{Bind, BindKind, Fault, FileKind, Script};

use super::nginx::files;
use crate::compose::project::{MountSource, Project};
use crate::submission::{Kind, Submission};

/// Maximum size of a script, in bytes.
const TEXT: u64 = 64 << 10;

/// Maximum number of scripts in the observation.
const SCRIPTS: usize = 20;

/// File name endings of scripts, whatever their first line is.
const ENDINGS: [&str; 3] = [".sh", ".bash", ".py"];

/// Returns the scripts that Linux cannot run: those with Windows line ends, and those that are not executable. A Dockerfile
/// that converts line ends or sets the permission excuses the scripts of its build context.
pub(super) fn scripts(submission: &Submission, project: &Project) -> Vec<Script> {
    let mut scripts: Vec<Script> = Vec::new();
    let mut folders = BTreeSet::new();
    for service in &project.services {
        if let Some(build) = &service.build {
            let path = submission.locate(&build.context, &build.dockerfile);
            let read = path.and_then(|path| submission.read(&path, TEXT).ok());
            let file = read.map(|text| String::from_utf8_lossy(&text).into_owned());
            let dockerfile = build.inline.clone().or(file).unwrap_or_default();
            folders.insert((build.context.clone(), dockerfile));
        }
        for mount in &service.mounts {
            if let MountSource::Submission(path) = &mount.source {
                folders.insert((path.clone(), String::new()));
            }
        }
    }
    for (folder, dockerfile) in folders {
        let is_converted = dockerfile.contains("dos2unix") || dockerfile.contains("\\r");
        let is_permitted = dockerfile.contains("chmod");
        for path in paths(submission, &folder) {
            let Some(script) = script(submission, path) else {
                continue;
            };
            let script = Script {
                windows_line: script.windows_line.filter(|_| !is_converted),
                is_executable: script.is_executable || is_permitted,
                ..script
            };
            let is_odd = script.windows_line.is_some() || !script.is_executable;
            if is_odd && !scripts.iter().any(|known| known.path == script.path) {
                scripts.push(script);
            }
        }
    }
    scripts.truncate(SCRIPTS);
    scripts
}

/// Returns the files of a folder, or the file itself.
fn paths(submission: &Submission, folder: &str) -> Vec<String> {
    match submission.kind(folder) {
        Ok(Some(Kind::Regular { .. })) => vec![folder.to_owned()],
        Ok(Some(Kind::Other(_)) | None) | Err(_) => {
            let small = files(submission, folder).into_iter();
            let small = small.filter(|(_, bytes)| *bytes <= TEXT);
            small.map(|(path, _)| path).collect()
        }
    }
}

/// Returns a file as a script, if its ending or its first line makes it one. Most files of a site have another ending and are
/// not read.
fn script(submission: &Submission, path: String) -> Option<Script> {
    let name = path.rsplit('/').next().unwrap_or(&path);
    let is_named = ENDINGS.iter().any(|ending| name.ends_with(ending));
    if !is_named && name.contains('.') {
        return None;
    }
    let text = submission.read(&path, TEXT).ok()?;
    if !is_named && !text.starts_with(b"#!") {
        return None;
    }
    let mut lines = text.split_inclusive(|byte| *byte == b'\n');
    let windows_line = lines.position(|line| line.ends_with(b"\r\n"));
    Some(Script {
        windows_line: windows_line.and_then(|index| u32::try_from(index + 1).ok()),
        is_executable: submission.is_executable(&path),
        path,
    })
}

/// Returns the bind mounts of the submission's files.
///
/// # Errors
/// A fault when a path cannot be read.
pub(super) fn binds(submission: &Submission, project: &Project) -> Result<Vec<Bind>, Fault> {
    let mut binds = Vec::new();
    for service in &project.services {
        for mount in &service.mounts {
            let MountSource::Submission(source) = &mount.source else {
                continue;
            };
            let kind = match submission.kind(source)? {
                None => BindKind::Missing,
                Some(Kind::Other(FileKind::Directory)) => BindKind::Folder,
                Some(Kind::Regular { .. } | Kind::Other(_)) => BindKind::File,
            };
            binds.push(Bind {
                service: service.name.clone(),
                source: source.clone(),
                target: mount.target.clone(),
                kind,
            });
        }
    }
    Ok(binds)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::compose::project::{Build, Service};

    #[test]
    fn scripts_that_linux_does_not_run_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str, mode: u32| {
            let path = folder.path().join("task6").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        };
        write("a/Dockerfile", "FROM ubuntu\n", 0o644);
        write("a/start.sh", "#!/bin/sh\ntrue\r\n", 0o755);
        write("a/bin/run", "#!/bin/sh\ntrue\n", 0o644);
        write("a/good.sh", "#!/bin/sh\ntrue\n", 0o755);
        write("a/page.html", "x\r\n", 0o644);
        write("b/Dockerfile", "RUN dos2unix x && chmod +x x", 0o644);
        write("b/start.sh", "true\r\n", 0o644);
        let service = |context: &str| Service {
            build: Some(Build {
                context: format!("task6/{context}"),
                dockerfile: "Dockerfile".to_owned(),
                ..Build::default()
            }),
            ..Service::default()
        };
        let project = Project {
            services: vec![service("a"), service("b")],
            ..Project::default()
        };
        let submission = Submission::open(folder.path()).unwrap();
        let script = |path: &str, windows_line, is_executable| Script {
            path: path.to_owned(),
            windows_line,
            is_executable,
        };
        let expected = [
            script("task6/a/start.sh", Some(2), true),
            script("task6/a/bin/run", None, false),
        ];
        assert_eq!(scripts(&submission, &project), expected);
    }
}
