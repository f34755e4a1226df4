//! Files of an `include`.

use crate::observation::{Nginx, NginxFile};

/// Most bytes that are read, with a file counted as often as it is included: fifty times any configuration of this
/// exercise.
pub(super) const BYTES: usize = 256 << 10;

/// Most uses of `include`: many times those of any configuration of this exercise.
const USES: usize = 64;

/// Most bytes in the path of an `include`.
const PATTERN: usize = 255;

/// The list of MIME types, which an observation leaves out because it does not concern servers.
pub const MIME_TYPES: &str = "mime.types";

/// Files that `include` can name, with the remainder of the bounds above.
pub(super) struct Includes<'a> {
    seen: &'a Nginx,
    /// Folder of the main file, to which relative paths refer.
    folder: &'a str,
    /// Number of bytes that may still be read.
    pub(super) bytes: usize,
    uses: usize,
}

impl<'a> Includes<'a> {
    pub(super) fn of(seen: &'a Nginx) -> Includes<'a> {
        Includes {
            seen,
            folder: seen.main.rsplit_once('/').map_or("", |(folder, _)| folder),
            bytes: BYTES,
            uses: USES,
        }
    }

    /// Returns the files of a pattern in the order in which nginx reads them; `None` if they are not known.
    pub(super) fn named(&mut self, pattern: &str) -> Option<Vec<&'a NginxFile>> {
        self.uses = self.uses.checked_sub(1)?;
        let path = match pattern.starts_with('/') {
            true => pattern.to_owned(),
            false => format!("{}/{pattern}", self.folder),
        };
        if path.contains(['[', '$', '\\']) || path.len() > PATTERN {
            return None;
        }
        if !path.contains(['*', '?']) {
            return match self.seen.file(&path) {
                Some(file) => Some(vec![file]),
                None => path.ends_with(MIME_TYPES).then(Vec::new),
            };
        }
        let files = self.seen.files.iter();
        let mut named: Vec<&NginxFile> = files.filter(|file| is_match(&path, &file.path)).collect();
        named.sort_by(|one, other| one.path.cmp(&other.path));
        Some(named)
    }
}

/// Returns whether a path matches a pattern of `*` and `?` by the rules of `glob`.
fn is_match(pattern: &str, path: &str) -> bool {
    let (mut patterns, mut names) = (pattern.split('/'), path.split('/'));
    loop {
        match (patterns.next(), names.next()) {
            (None, None) => return true,
            (Some(pattern), Some(name)) => {
                let hidden = name.starts_with('.') && !pattern.starts_with('.');
                if hidden || !is_name_match(pattern.as_bytes(), name.as_bytes()) {
                    return false;
                }
            }
            (Some(_), None) | (None, Some(_)) => return false,
        }
    }
}

/// Returns whether a name without `/` matches. Each `*` matches as little as possible first, and more if that fails.
fn is_name_match(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(byte) = name.get(from) {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(wanted) if *wanted == b'?' || wanted == byte => {
                at += 1;
                from += 1;
            }
            Some(_) | None => {
                let Some((again, taken)) = star else {
                    return false;
                };
                at = again;
                from = taken + 1;
            }
        }
    }
    pattern.iter().skip(at).all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nginx::sample::nginx;

    #[test]
    fn the_files_of_a_long_or_intricate_pattern_are_not_known() {
        let seen = nginx(&[("a.conf", "")]);
        let stars = |length: usize| format!("/{}", "*".repeat(length - 1));
        for (pattern, files) in [
            ("a.conf", Some(1)),
            ("*.conf", Some(1)),
            ("[ab]*.conf", None),
            ("$a*.conf", None),
            ("\\**.conf", None),
            (&stars(PATTERN), Some(0)),
            (&stars(PATTERN + 1), None),
        ] {
            let named = Includes::of(&seen).named(pattern);
            assert_eq!(named.map(|named| named.len()), files, "{pattern}");
        }
    }

    #[test]
    fn patterns_match_as_in_a_shell() {
        assert!(is_name_match(b"*.conf", b"a.b.conf"));
        assert!(is_name_match(b"a?c*", b"abc"));
        assert!(!is_name_match(b"*.conf", b"a.conf.bak"));
        assert!(!is_match("/a/*", "/a/b/c"));
        assert!(!is_name_match(
            "*a".repeat(50).as_bytes(),
            "a".repeat(40).as_bytes()
        ));
    }
}
