//! Files of a container, read through the engine. This needs no program in the container, and works after it has exited.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use bollard::query_parameters::DownloadFromContainerOptionsBuilder;
use futures_util::StreamExt;
use tar::{Archive, EntryType};
use tokio::time::timeout;

use super::{ContainerHandle, Sandbox, limits};

/// Largest number of links followed in a row.
const LINKS: usize = 8;

impl Sandbox {
    /// Returns the regular files of a container's folder, or the one file at `path`, by their paths. Follows links inside the
    /// folder. Returns `None` if nothing exists there, it exceeds [`limits::DOWNLOAD_BYTES`] or [`limits::DOWNLOAD_FILES`], or
    /// it does not arrive within [`limits::DOWNLOAD`].
    pub async fn download(
        &self,
        member: &ContainerHandle,
        path: &str,
    ) -> Option<BTreeMap<String, Vec<u8>>> {
        let options = DownloadFromContainerOptionsBuilder::new()
            .path(path)
            .build();
        let read = async {
            let mut archive = Vec::new();
            let mut parts = self
                .docker
                .download_from_container(&member.id, Some(options));
            while let Some(part) = parts.next().await {
                archive.extend_from_slice(&part.ok()?);
                if archive.len() > limits::DOWNLOAD_BYTES {
                    return None;
                }
            }
            Some(archive)
        };
        let archive = timeout(limits::DOWNLOAD, read).await.ok()??;
        let folder = Path::new(path).parent()?;
        unpacked(&archive, folder)
    }
}

/// Unpacks the files of an archive whose names begin at `folder`.
fn unpacked(archive: &[u8], folder: &Path) -> Option<BTreeMap<String, Vec<u8>>> {
    let mut files: BTreeMap<PathBuf, Vec<u8>> = BTreeMap::new();
    let mut links: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    for entry in Archive::new(archive).entries().ok()? {
        let mut entry = entry.ok()?;
        let path = normal(&folder.join(entry.path().ok()?));
        match entry.header().entry_type() {
            EntryType::Regular => {
                let mut content = Vec::new();
                entry.read_to_end(&mut content).ok()?;
                files.insert(path, content);
            }
            EntryType::Symlink | EntryType::Link => {
                if let Ok(Some(target)) = entry.link_name() {
                    let beside = path.parent().unwrap_or(Path::new("/"));
                    links.insert(path.clone(), normal(&beside.join(target)));
                }
            }
            _ => {}
        }
        if files.len() + links.len() > limits::DOWNLOAD_FILES {
            return None;
        }
    }
    let followed = links.keys().filter_map(|link| {
        let mut target = links.get(link)?;
        for _ in 0..LINKS {
            match links.get(target) {
                Some(next) => target = next,
                None => return Some((link.clone(), files.get(target)?.clone())),
            }
        }
        None
    });
    let followed: Vec<_> = followed.collect();
    files.extend(followed);
    let named = files.into_iter();
    let named = named.filter_map(|(path, content)| Some((path.to_str()?.to_owned(), content)));
    Some(named.collect())
}

/// Returns a path without `.` and `..`, without access to the file system.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::from("/");
    for part in path.components() {
        match part {
            Component::Normal(name) => normal.push(name),
            Component::ParentDir => drop(normal.pop()),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(files: &[(&str, &str)], links: &[(&str, &str)]) -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        for (path, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            archive
                .append_data(&mut header, path, text.as_bytes())
                .unwrap();
        }
        for (path, target) in links {
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(EntryType::Symlink);
            header.set_size(0);
            archive.append_link(&mut header, path, target).unwrap();
        }
        archive.into_inner().unwrap()
    }

    #[test]
    fn files_and_links_to_them_are_read() {
        let archive = archive(
            &[
                ("nginx/nginx.conf", "a;"),
                ("nginx/sites-available/api", "b;"),
            ],
            &[
                ("nginx/sites-enabled/api", "../sites-available/api"),
                ("nginx/modules", "/usr/lib/nginx/modules"),
                ("nginx/circle", "circle"),
                ("nginx/passwd", "../../../etc/passwd"),
            ],
        );
        let files = unpacked(&archive, Path::new("/etc")).unwrap();
        let paths: Vec<&str> = files.keys().map(String::as_str).collect();
        assert_eq!(
            paths,
            [
                "/etc/nginx/nginx.conf",
                "/etc/nginx/sites-available/api",
                "/etc/nginx/sites-enabled/api"
            ]
        );
        assert_eq!(files["/etc/nginx/sites-enabled/api"], b"b;");
    }

    #[test]
    fn what_is_cut_off_or_too_much_is_not_known() {
        let whole = archive(&[("nginx/nginx.conf", "a;")], &[]);
        assert_eq!(unpacked(&whole[..513], Path::new("/etc")), None);
        let many: Vec<String> = (0..=limits::DOWNLOAD_FILES)
            .map(|number| format!("nginx/{number}"))
            .collect();
        let many: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), "")).collect();
        assert_eq!(unpacked(&archive(&many, &[]), Path::new("/etc")), None);
    }
}
