//! Configuration of the proxy's nginx, and the submission's files that its files are copies of.

use std::collections::BTreeMap;

use softy_checks::nginx::{Effective, MIME_TYPES};
use softy_checks::observation::{Nginx, NginxFile, SourceFile};

use super::stack::Deployer;
use crate::compose::project::Build;
use crate::sandbox::ContainerHandle;
use crate::submission::{Kind, Submission, TASK_FOLDER};

/// Folder of nginx's configuration.
const FOLDER: &str = "/etc/nginx";

/// Maximum number of files and folders that are listed per search folder of the submission.
const ENTRIES: usize = 2000;

/// Maximum depth of nested folders.
const DEPTH: usize = 6;

/// Maximum size of a Dockerfile, or of a file searched for `proxy_pass`, in bytes.
const TEXT: u64 = 64 << 10;

impl Deployer<'_> {
    /// Returns the files that the proxy's nginx reads when it starts. Returns `None` when the proxy does not run nginx, or when
    /// its files cannot be downloaded: they only explain the causes of mistakes.
    pub(super) async fn nginx(
        &self,
        proxy: Option<(ContainerHandle, Vec<String>)>,
    ) -> Option<Nginx> {
        let (member, command) = proxy?;
        let main = main_file(&command)?;
        let mut files = self.sandbox.download(&member, FOLDER).await?;
        if !main.starts_with(FOLDER) {
            files.extend(self.sandbox.download(&member, &main).await?);
        }
        let mut services = self.project.services.iter();
        let service = services.find(|service| service.name == member.service)?;
        let build = service.build.as_ref();
        let sources = Sources::of(self.submission, build.map(|build| build.context.as_str()));
        let nginx = Nginx {
            service: member.service,
            files: sources.beside(files),
            main,
            dockerfile: build.and_then(|build| dockerfile(self.submission, build)),
            handed_in: sources.handed_in(),
        };
        Some(without_others(nginx))
    }
}

/// Returns nginx's main configuration file. Returns `None` when the command does not start nginx, or sets another prefix path
/// with `-p`.
fn main_file(command: &[String]) -> Option<String> {
    let words: Vec<&str> = command
        .iter()
        .flat_map(|word| word.split_whitespace())
        .collect();
    let is_nginx = |word: &str| word.trim_matches(['"', '\'']).rsplit('/').next() == Some("nginx");
    let nginx = words.iter().position(|word| is_nginx(word))?;
    let options = words.get(nginx..).unwrap_or_default();
    if options.iter().any(|word| word.starts_with("-p")) {
        return None;
    }
    let given = options.iter().position(|word| *word == "-c");
    let main = given.and_then(|given| options.get(given + 1));
    Some(match main {
        Some(path) if path.starts_with('/') => (*path).to_owned(),
        Some(path) => format!("{FOLDER}/{path}"),
        None => format!("{FOLDER}/nginx.conf"),
    })
}

/// Removes the list of MIME types, and the image's own files that nginx does not read.
fn without_others(nginx: Nginx) -> Nginx {
    let effective = Effective::read(&nginx);
    let read: Vec<&str> = effective
        .files
        .iter()
        .map(|file| file.path.as_str())
        .collect();
    let is_kept = |file: &&NginxFile| {
        let is_told = read.contains(&file.path.as_str()) || file.source.is_some();
        is_told && !file.path.ends_with(MIME_TYPES)
    };
    let files = nginx.files.iter().filter(is_kept).cloned().collect();
    Nginx { files, ..nginx }
}

fn dockerfile(submission: &Submission, build: &Build) -> Option<SourceFile> {
    let path = submission.locate(&build.context, &build.dockerfile)?;
    let text = submission.read(&path, TEXT).ok()?;
    let text = String::from_utf8_lossy(&text).into_owned();
    build.inline.is_none().then_some(SourceFile { path, text })
}

/// Files of the submission; those in the build context of the proxy's image come first.
struct Sources<'a> {
    submission: &'a Submission,
    /// Paths in the build context, with their sizes in bytes.
    built_from: Vec<(String, u64)>,
    others: Vec<(String, u64)>,
}

impl<'a> Sources<'a> {
    fn of(submission: &'a Submission, context: Option<&str>) -> Sources<'a> {
        let built_from = context.map(|context| files(submission, context));
        Sources {
            submission,
            built_from: built_from.unwrap_or_default(),
            others: files(submission, TASK_FOLDER),
        }
    }

    /// Returns the files of a container, each with the submission's file that it is a copy of.
    fn beside(&self, files: BTreeMap<String, Vec<u8>>) -> Vec<NginxFile> {
        let files = files.into_iter();
        let files = files.map(|(path, content)| NginxFile {
            path,
            source: self.source(&content),
            text: String::from_utf8_lossy(&content).into_owned(),
        });
        files.collect()
    }

    /// Returns the submission's file with this content. For empty content, returns the build context's only empty `.conf` file.
    fn source(&self, content: &[u8]) -> Option<String> {
        if content.is_empty() {
            let files = self.built_from.iter();
            let mut empty = files.filter(|(path, bytes)| *bytes == 0 && path.ends_with(".conf"));
            let (path, _) = empty.next()?;
            return empty.next().is_none().then(|| path.clone());
        }
        let size = content.len() as u64;
        let mut files = self.built_from.iter().chain(&self.others);
        let found = files.find(|(path, bytes)| {
            let read = || self.submission.read(path, size);
            *bytes == size && read().is_ok_and(|read| read == content)
        });
        found.map(|(path, _)| path.clone())
    }

    fn handed_in(&self) -> Vec<String> {
        let small = self.built_from.iter().filter(|(_, bytes)| *bytes <= TEXT);
        let configuring = small.filter(|(path, _)| {
            let read = self.submission.read(path, TEXT);
            read.is_ok_and(|read| String::from_utf8_lossy(&read).contains("proxy_pass"))
        });
        configuring.map(|(path, _)| path.clone()).collect()
    }
}

/// Returns the regular files of a folder and of its subfolders, with their sizes in bytes, the nearest first.
pub(super) fn files(submission: &Submission, folder: &str) -> Vec<(String, u64)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    let mut left = ENTRIES;
    for _ in 0..DEPTH {
        let mut below = Vec::new();
        for folder in folders {
            let names = submission.names(&folder, left).unwrap_or_default();
            left = left.saturating_sub(names.len());
            for name in names {
                let path = format!("{folder}/{name}");
                match submission.kind(&path) {
                    Ok(Some(Kind::Regular { bytes })) => files.push((path, bytes)),
                    Ok(Some(Kind::Other(_)) | None) => below.push(path),
                    Err(_) => {}
                }
            }
        }
        folders = below;
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    fn main(command: &[&str]) -> Option<String> {
        let command: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
        main_file(&command)
    }

    #[test]
    fn the_command_names_the_main_file() {
        let stock = ["/docker-entrypoint.sh", "nginx", "-g", "daemon off;"];
        assert_eq!(main(&stock).as_deref(), Some("/etc/nginx/nginx.conf"));
        let given = ["nginx", "-c", "/app/nginx.conf", "-g", "daemon off;"];
        assert_eq!(main(&given).as_deref(), Some("/app/nginx.conf"));
        let shell = ["/bin/sh", "-c", "exec /usr/sbin/nginx -c my.conf"];
        assert_eq!(main(&shell).as_deref(), Some("/etc/nginx/my.conf"));
        assert_eq!(main(&["nginx", "-p", "/app"]), None);
        assert_eq!(main(&["python3", "nginx.py"]), None);
        assert_eq!(main(&["haproxy", "-f", "/etc/haproxy.cfg"]), None);
    }

    #[test]
    fn a_copy_is_found_in_the_folder_that_the_image_is_built_from_first() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a", "proxy/conf"] {
            std::fs::create_dir_all(folder.path().join("task6").join(name)).unwrap();
        }
        for name in ["a/nginx.conf", "proxy/conf/site.conf"] {
            std::fs::write(folder.path().join("task6").join(name), "proxy_pass x;").unwrap();
        }
        for name in ["empty", "empty.conf"] {
            std::fs::write(folder.path().join("task6/proxy").join(name), "").unwrap();
        }
        let submission = Submission::open(folder.path()).unwrap();
        let sources = Sources::of(&submission, Some("task6/proxy"));
        let site = "task6/proxy/conf/site.conf".to_owned();
        assert_eq!(sources.source(b"proxy_pass x;"), Some(site.clone()));
        let empty = "task6/proxy/empty.conf".to_owned();
        assert_eq!(sources.source(b""), Some(empty));
        assert_eq!(sources.handed_in(), [site]);
        let without = Sources::of(&submission, None);
        let first = "task6/a/nginx.conf".to_owned();
        assert_eq!(without.source(b"proxy_pass x;"), Some(first));
    }
}
