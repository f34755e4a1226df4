//! Archives that `ADD` unpacks. The engine unpacks them itself, outside of every limit, and a megabyte may hold a terabyte.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use flate2::read::MultiGzDecoder;
use tar::{Archive, Entry, EntryType};

use super::dockerfile::instructions;
use super::unlimited::{Need, added};
use crate::sandbox::limits;

/// First bytes of the formats that the engine unpacks and the checker does not measure: bzip2, xz and zstd.
const UNMEASURED: [&[u8]; 3] = [b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"];

/// First bytes of gzip.
const GZIP: &[u8] = b"\x1f\x8b\x08";

/// Number of bytes that identify a file's format.
const HEAD: u64 = 6;

/// Prefix of the extension keys for sparse files, which the tar reader here does not support.
const HOLES: &[u8] = b"GNU.sparse.";

/// Kind of a path in a context.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A folder, which is copied as it is, with all its content.
    Folder,
    /// A file that is copied, or unpacks to no more than a context may have.
    Harmless,
    /// A file that may unpack to anything.
    Archive,
    /// A link, which leads elsewhere.
    Link,
}

/// Returns the first `ADD` of a Dockerfile that may unpack more of a packed `context` than a build may take.
///
/// # Errors
/// An I/O error of reading the packed context.
pub(super) fn unpacks(dockerfile: &str, context: &mut File) -> io::Result<Option<Need>> {
    let mut adds = Vec::new();
    for instruction in instructions(dockerfile) {
        if instruction.name() == "ADD" {
            adds.push((instruction.line + 1, added(&instruction)));
        }
    }
    if adds.is_empty() {
        return Ok(None);
    }
    let kinds = kinds(context)?;
    let has_archive = kinds.values().any(|kind| *kind == Kind::Archive);
    let is_archive = |source: &String| match named(source).and_then(|path| kinds.get(&path)) {
        Some(Kind::Folder | Kind::Harmless) => false,
        Some(Kind::Archive) => true,
        // A pattern, a variable, or a path through a link may mean any file.
        Some(Kind::Link) | None => has_archive,
    };
    let mut adds = adds.into_iter();
    let unpacking = adds.find(|(_, sources)| sources.iter().any(is_archive));
    Ok(unpacking.map(|(line, _)| Need {
        what: "ADD of an archive".to_owned(),
        line,
    }))
}

/// Returns the path inside the context that a source of `ADD` names; `None` if it has a pattern, a variable or `..`.
fn named(source: &str) -> Option<PathBuf> {
    if source.contains(['*', '?', '[', '\\', '`', '$', '"', '\'']) {
        return None;
    }
    let mut path = PathBuf::new();
    for component in Path::new(source).components() {
        match component {
            Component::Normal(name) => path.push(name),
            Component::RootDir | Component::CurDir => {}
            Component::ParentDir | Component::Prefix(_) => return None,
        }
    }
    Some(path)
}

fn kinds(context: &mut File) -> io::Result<BTreeMap<PathBuf, Kind>> {
    context.seek(SeekFrom::Start(0))?;
    let mut kinds = BTreeMap::from([(PathBuf::new(), Kind::Folder)]);
    for entry in Archive::new(&mut *context).entries()? {
        let mut entry = entry?;
        let path = entry.path()?.components().collect();
        let kind = match entry.header().entry_type() {
            EntryType::Directory => Kind::Folder,
            EntryType::Regular => match is_bounded(&mut entry) {
                true => Kind::Harmless,
                false => Kind::Archive,
            },
            _ => Kind::Link,
        };
        kinds.insert(path, kind);
    }
    context.seek(SeekFrom::Start(0))?;
    Ok(kinds)
}

/// Returns whether a file is not an archive, or unpacks to no more than a context may have.
fn is_bounded(file: &mut impl Read) -> bool {
    let mut head = Vec::new();
    if file.by_ref().take(HEAD).read_to_end(&mut head).is_err() {
        return false;
    }
    let whole = head.as_slice().chain(file);
    match &head {
        head if UNMEASURED.iter().any(|magic| head.starts_with(magic)) => false,
        head if head.starts_with(GZIP) => unpacks_little(MultiGzDecoder::new(whole)),
        _ => unpacks_little(whole),
    }
}

/// Returns whether the archive in `stream`, if it is one, has no more bytes and entries than a context may have.
fn unpacks_little(stream: impl Read) -> bool {
    // One byte more shows that there are more.
    let mut archive = Archive::new(stream.take(limits::CONTEXT_BYTES + 1));
    let Ok(entries) = archive.entries() else {
        return false;
    };
    let (mut bytes, mut count): (u64, u64) = (0, 0);
    for entry in entries {
        let Ok(mut entry) = entry else {
            // A file whose first entry is not one of an archive is copied as it is.
            return count == 0;
        };
        count += 1;
        bytes = bytes.saturating_add(entry.size());
        if bytes > limits::CONTEXT_BYTES || count > limits::CONTEXT_ENTRIES || has_holes(&mut entry)
        {
            return false;
        }
    }
    true
}

/// Returns whether an entry's extensions state a size larger than its bytes; an unreadable extension may, too.
fn has_holes(entry: &mut Entry<'_, impl Read>) -> bool {
    match entry.pax_extensions() {
        Ok(Some(mut words)) => words.any(|word| match word {
            Ok(word) => word.key_bytes().starts_with(HOLES),
            Err(_) => true,
        }),
        Ok(None) => false,
        Err(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use tar::{Builder, Header};

    use super::*;

    /// Returns an archive with one file that states a size of `says` bytes, of which only the first exist.
    fn archive(says: u64) -> Vec<u8> {
        let mut header = Header::new_gnu();
        header.set_path("file").unwrap();
        header.set_size(says);
        header.set_mode(0o644);
        header.set_cksum();
        let mut archive = header.as_bytes().to_vec();
        archive.resize(archive.len() + 2048, 0);
        archive
    }

    fn with_words(key: &str) -> Vec<u8> {
        let mut archive = Builder::new(Vec::new());
        archive
            .append_pax_extensions([(key, b"1".as_slice())])
            .unwrap();
        let mut header = Header::new_ustar();
        header.set_size(0);
        archive
            .append_data(&mut header, "file", io::empty())
            .unwrap();
        archive.into_inner().unwrap()
    }

    fn compressed(bytes: &[u8]) -> Vec<u8> {
        let mut compressed = GzEncoder::new(Vec::new(), Compression::fast());
        compressed.write_all(bytes).unwrap();
        compressed.finish().unwrap()
    }

    fn context(files: &[(&str, &[u8])]) -> File {
        let mut context = Builder::new(tempfile::tempfile().unwrap());
        let mut folder = Header::new_gnu();
        folder.set_entry_type(EntryType::Directory);
        folder.set_size(0);
        context
            .append_data(&mut folder, "site/", io::empty())
            .unwrap();
        let mut link = Header::new_gnu();
        link.set_entry_type(EntryType::Symlink);
        link.set_size(0);
        context.append_link(&mut link, "link", "site").unwrap();
        for (path, bytes) in files {
            let mut header = Header::new_gnu();
            header.set_size(bytes.len() as u64);
            context.append_data(&mut header, path, *bytes).unwrap();
        }
        context.into_inner().unwrap()
    }

    #[test]
    fn what_unpacks_to_more_than_a_context_is_known() {
        let most = limits::CONTEXT_BYTES;
        assert!(is_bounded(&mut archive(1024).as_slice()));
        assert!(!is_bounded(&mut archive(most + 1).as_slice()));
        assert!(is_bounded(&mut compressed(&archive(1024)).as_slice()));
        assert!(!is_bounded(
            &mut compressed(&archive(u64::MAX >> 1)).as_slice()
        ));
        let twice = [compressed(&archive(1)), compressed(&archive(most + 1))].concat();
        assert!(
            is_bounded(&mut twice.as_slice()),
            "an archive ends with its zeros"
        );
        assert!(is_bounded(&mut with_words("path").as_slice()));
        assert!(!is_bounded(
            &mut with_words("GNU.sparse.realsize").as_slice()
        ));
        for head in ["BZh9", "\u{fffd}7zXZ"] {
            let is_known = head.starts_with('B');
            assert_eq!(is_bounded(&mut head.as_bytes()), !is_known, "{head}");
        }
        for harmless in [
            &b"print('hello')"[..],
            b"",
            b"\x1f\x8b\x08 not really",
            &[0; 4096],
        ] {
            assert!(is_bounded(&mut &*harmless), "{harmless:?}");
        }
    }

    #[test]
    fn only_a_file_that_add_names_is_unpacked() {
        let files = [
            ("site/bomb.tar.xz", &b"\xfd7zXZ\0"[..]),
            ("small.tgz", &compressed(&archive(1))),
            ("api.py", b"import flask"),
        ];
        for (add, line) in [
            ("ADD . /app", None),
            ("ADD ./site /srv", None),
            ("ADD small.tgz /srv", None),
            ("ADD [\"api.py\", \"/srv/\"]", None),
            ("COPY site/bomb.tar.xz /srv", None),
            ("ADD --chown=1 api.py site//bomb.tar.xz /srv/", Some(2)),
            ("ADD /site/./bomb.tar.xz /srv/", Some(2)),
            ("ADD site/b*.xz /srv/", Some(2)),
            ("ADD $SITE /srv/", Some(2)),
            ("ADD link/bomb.tar.xz /srv/", Some(2)),
            ("ADD link /srv/", Some(2)),
            ("ADD x/../site/bomb.tar.xz /srv/", Some(2)),
            ("ADD [\"site/bomb\\u002etar.xz\",\"/srv/\"]", Some(2)),
        ] {
            let dockerfile = format!("FROM a\n{add}\n");
            let need = unpacks(&dockerfile, &mut context(&files)).unwrap();
            assert_eq!(need.map(|need| need.line), line, "{add}");
        }
        let harmless = unpacks("FROM a\nADD * /", &mut context(&files[1..])).unwrap();
        assert!(harmless.is_none());
    }
}
