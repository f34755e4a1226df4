//! Tar archives of a submission's folders, for builds and uploads.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use cap_std::fs::{Dir, DirEntry, Metadata, MetadataExt, OpenOptions, OpenOptionsExt};
use futures_util::stream;
use rustix::fs::OFlags;
use softy_checks::observation::{Fault, FaultKind};
use tar::{EntryType, Header};
use tokio::task::spawn_blocking;

use super::dockerignore::{self, Ignored, Unreadable};
use super::limits;

/// Bytes of an archive per chunk of the request.
const CHUNK: usize = 64 << 10;

/// Reason why a folder was not packed.
#[derive(Debug)]
pub(super) enum PackError {
    /// The folder exceeds the sandbox's limits of size, number or depth.
    TooLarge,
    /// The `.dockerignore` has an illegal pattern, or too many.
    Ignore(Unreadable),
    /// A file cannot be read, or the archive cannot be written.
    Io(io::Error),
}

impl PackError {
    /// Returns the error text for a mistake of the submission; `path` is the packed path.
    ///
    /// # Errors
    /// A fault when the submission is not the cause.
    pub(super) fn words(self, path: &str) -> Result<String, Fault> {
        let error = match self {
            PackError::TooLarge => {
                return Ok(format!(
                    "more than {} MB or {} files to copy into containers, with `{path}`",
                    limits::CONTEXT_BYTES >> 20,
                    limits::CONTEXT_ENTRIES
                ));
            }
            PackError::Ignore(Unreadable::Illegal(line)) => {
                return Ok(format!(
                    "illegal exclusion pattern in .dockerignore: \"{line}\""
                ));
            }
            PackError::Ignore(Unreadable::TooMany) => {
                return Ok(format!(
                    "more than {} patterns in .dockerignore",
                    dockerignore::PATTERNS
                ));
            }
            PackError::Io(error) => error,
        };
        let kind = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => FaultKind::Disk,
            _ => FaultKind::Files,
        };
        Err(Fault::told(kind, format!("{path}: {error}")))
    }
}

impl From<io::Error> for PackError {
    fn from(error: io::Error) -> PackError {
        PackError::Io(error)
    }
}

/// An archive that is being written to a private, unnamed file.
pub(super) struct Archive {
    tar: tar::Builder<File>,
    packed: Arc<UploadBudget>,
}

/// Sum of the bytes and entries of one archive, or of several that share the limits.
#[derive(Default)]
pub(super) struct UploadBudget {
    bytes: AtomicU64,
    entries: AtomicU64,
}

impl UploadBudget {
    /// Adds an entry of this size. Returns whether the sum is still within the limits.
    fn add(&self, bytes: u64) -> bool {
        let add = |sum: &AtomicU64, more: u64| {
            let added = |sum: u64| Some(sum.saturating_add(more));
            let before = sum.fetch_update(Ordering::Relaxed, Ordering::Relaxed, added);
            before.unwrap_or_else(|sum| sum).saturating_add(more)
        };
        let (bytes, entries) = (add(&self.bytes, bytes), add(&self.entries, 1));
        bytes <= limits::CONTEXT_BYTES && entries <= limits::CONTEXT_ENTRIES
    }
}

impl Archive {
    pub(super) fn new() -> io::Result<Archive> {
        Archive::among(Arc::default())
    }

    /// Creates an archive that shares its limits with all others of `packed`.
    pub(super) fn among(packed: Arc<UploadBudget>) -> io::Result<Archive> {
        let mut tar = tar::Builder::new(tempfile::tempfile()?);
        tar.follow_symlinks(false);
        Ok(Archive { tar, packed })
    }

    /// Adds all of `folder` under `prefix`, except what `ignored` excludes. Adds the paths in `kept` regardless.
    ///
    /// Keeps empty folders and links. Leaves out pipes, sockets and devices, as well as everything that Docker's client leaves
    /// out.
    pub(super) fn add_folder(
        &mut self,
        folder: &Dir,
        prefix: &str,
        ignored: &Ignored,
        kept: &[&str],
    ) -> Result<(), PackError> {
        self.add_entries(folder, prefix, "", ignored, kept, 0)
    }

    /// Adds a file with this text and these permissions, owned by root.
    pub(super) fn add_text(&mut self, path: &str, text: &[u8], mode: u32) -> Result<(), PackError> {
        self.count(text.len() as u64)?;
        let mut header = Header::new_gnu();
        header.set_mode(mode);
        header.set_size(text.len() as u64);
        Ok(self.tar.append_data(&mut header, path, text)?)
    }

    /// Adds the regular file `name` of `folder` as `path`.
    pub(super) fn add_file(
        &mut self,
        folder: &Dir,
        name: &str,
        path: &str,
    ) -> Result<(), PackError> {
        let metadata = folder.metadata(name)?;
        self.add_regular(folder, Path::new(name), Path::new(path), &metadata)
    }

    /// Finishes the archive. Returns its file, positioned at the first byte.
    pub(super) fn finish(self) -> io::Result<File> {
        let mut file = self.tar.into_inner()?;
        file.flush()?;
        file.seek(SeekFrom::Start(0))?;
        Ok(file)
    }

    fn add_entries(
        &mut self,
        folder: &Dir,
        prefix: &str,
        inside: &str,
        ignored: &Ignored,
        kept: &[&str],
        depth: usize,
    ) -> Result<(), PackError> {
        if depth > limits::CONTEXT_DEPTH {
            return Err(PackError::TooLarge);
        }
        let mut entries = folder.entries()?.collect::<Result<Vec<_>, _>>()?;
        entries.sort_by_key(DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name();
            let path = join(inside, &name.to_string_lossy());
            let excluded = ignored.excludes(&path) && !kept.contains(&path.as_str());
            let keeps = || ignored.may_keep_inside() || kept.iter().any(|kept| is_in(kept, &path));
            let metadata = entry.metadata()?;
            if metadata.is_dir() && (!excluded || keeps()) {
                if !excluded {
                    self.add_header(
                        EntryType::Directory,
                        Path::new(&join(prefix, &path)),
                        &metadata,
                    )?;
                }
                let folder = entry.open_dir()?;
                self.add_entries(&folder, prefix, &path, ignored, kept, depth + 1)?;
            } else if !excluded {
                self.add_other(folder, &entry, &join(prefix, &path), &metadata)?;
            }
        }
        Ok(())
    }

    fn add_other(
        &mut self,
        folder: &Dir,
        entry: &DirEntry,
        path: &str,
        metadata: &Metadata,
    ) -> Result<(), PackError> {
        let name = entry.file_name();
        if metadata.is_symlink() {
            self.count(0)?;
            let target = folder.read_link_contents(&name)?;
            let mut header = header(EntryType::Symlink, metadata);
            return Ok(self.tar.append_link(&mut header, path, target)?);
        }
        if metadata.is_file() {
            return self.add_regular(folder, Path::new(&name), Path::new(path), metadata);
        }
        Ok(())
    }

    fn add_regular(
        &mut self,
        folder: &Dir,
        name: &Path,
        path: &Path,
        metadata: &Metadata,
    ) -> Result<(), PackError> {
        let size = metadata.len();
        self.count(size)?;
        let mut options = OpenOptions::new();
        options
            .read(true)
            .custom_flags(OFlags::NONBLOCK.bits() as i32);
        let file = folder.open_with(name, &options)?;
        let mut header = header(EntryType::Regular, metadata);
        header.set_size(size);
        // Exactly as many bytes as the header states, even if the file changes meanwhile.
        let content = file.take(size).chain(io::repeat(0)).take(size);
        Ok(self.tar.append_data(&mut header, path, content)?)
    }

    fn add_header(
        &mut self,
        kind: EntryType,
        path: &Path,
        metadata: &Metadata,
    ) -> Result<(), PackError> {
        self.count(0)?;
        let mut header = header(kind, metadata);
        Ok(self.tar.append_data(&mut header, path, io::empty())?)
    }

    fn count(&self, bytes: u64) -> Result<(), PackError> {
        match self.packed.add(bytes) {
            true => Ok(()),
            false => Err(PackError::TooLarge),
        }
    }
}

/// Packs on a separate thread, so that nothing else waits for the disk.
pub(super) async fn packed<T: Send + 'static>(
    pack: impl FnOnce() -> Result<T, PackError> + Send + 'static,
) -> Result<T, PackError> {
    let packed = spawn_blocking(pack).await;
    packed.unwrap_or_else(|error| Err(PackError::Io(io::Error::other(error))))
}

/// Returns the file's content as chunks of a request's body.
pub(super) fn chunks(file: File) -> impl stream::Stream<Item = io::Result<Bytes>> + Send + 'static {
    stream::unfold(Some(file), |file| async move {
        let read = spawn_blocking(move || {
            let mut file = file?;
            let mut chunk = vec![0; CHUNK];
            Some(file.read(&mut chunk).map(|length| {
                chunk.truncate(length);
                (Bytes::from(chunk), file)
            }))
        });
        match read.await {
            Ok(None) => None,
            Ok(Some(Ok((chunk, _)))) if chunk.is_empty() => None,
            Ok(Some(Ok((chunk, file)))) => Some((Ok(chunk), Some(file))),
            Ok(Some(Err(error))) => Some((Err(error), None)),
            Err(error) => Some((Err(io::Error::other(error)), None)),
        }
    })
}

fn header(kind: EntryType, metadata: &Metadata) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(metadata.mode() & 0o7777);
    header.set_mtime(u64::try_from(metadata.mtime()).unwrap_or(0));
    header.set_size(0);
    header
}

fn is_in(path: &str, folder: &str) -> bool {
    let inside = path.strip_prefix(folder);
    inside.is_some_and(|inside| inside.starts_with('/'))
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        return name.to_owned();
    }
    format!("{folder}/{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_keep_to_the_limits_together() {
        let packed = Arc::<UploadBudget>::default();
        assert!(packed.add(limits::CONTEXT_BYTES));
        let mut other = Archive::among(Arc::clone(&packed)).unwrap();
        let added = other.add_text("x", b"x", 0o644);
        assert!(matches!(added, Err(PackError::TooLarge)));
        assert!(!packed.add(u64::MAX) && !packed.add(u64::MAX));
        assert!(Archive::new().unwrap().add_text("x", b"x", 0o644).is_ok());
    }

    #[test]
    fn a_dockerfile_in_an_ignored_folder_is_sent() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("docker")).unwrap();
        for name in ["docker/Dockerfile", "docker/secret", "api.py"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let opened = Dir::open_ambient_dir(folder.path(), cap_std::ambient_authority()).unwrap();
        let ignored = Ignored::parse("docker").unwrap();
        let mut archive = Archive::new().unwrap();
        let added = archive.add_folder(&opened, "", &ignored, &["docker/Dockerfile"]);
        assert!(added.is_ok());
        let mut sent = tar::Archive::new(archive.finish().unwrap());
        let paths = sent.entries().unwrap();
        let paths: Vec<_> = paths
            .map(|entry| entry.unwrap().path().unwrap().display().to_string())
            .collect();
        assert_eq!(paths, ["api.py", "docker/Dockerfile"]);
    }
}
