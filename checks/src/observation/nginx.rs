//! Configuration of the proxy's nginx.

use serde::{Deserialize, Serialize};

use crate::model::Place;

/// Length at which the line of a snippet is cut, in characters.
const SNIPPET: usize = 200;

/// Files that the proxy's nginx reads at its start, from its container, which may have exited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nginx {
    /// Service of the proxy.
    pub service: String,
    /// Main file of nginx, by its path in the container.
    pub main: String,
    /// Files that nginx reads, except the list of MIME types, and files beside them that it does not read and that the
    /// submission added.
    pub files: Vec<NginxFile>,
    /// Dockerfile of the proxy's image.
    pub dockerfile: Option<SourceFile>,
    /// Files with a `proxy_pass` in the folder that the image is built from, by their paths from the submission's root.
    pub handed_in: Vec<String>,
}

/// A file of a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NginxFile {
    /// Path in the container.
    pub path: String,
    /// All of its text.
    pub text: String,
    /// File of the submission with the same bytes, by its path from the root.
    pub source: Option<String>,
}

/// A file of the submission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Path from the submission's root.
    pub path: String,
    /// All of its text.
    pub text: String,
}

impl Nginx {
    /// Returns the container's file at a path.
    pub fn file(&self, path: &str) -> Option<&NginxFile> {
        self.files.iter().find(|file| file.path == path)
    }
}

impl NginxFile {
    /// Returns a place in the file of the submission of which this one is a copy.
    pub(crate) fn place(&self, line: u32, column: u32, width: u32) -> Option<Place> {
        place(self.source.as_ref()?, &self.text, line, column, width)
    }

    /// Returns a line as a place, without the space around its words.
    pub(crate) fn line(&self, line: u32) -> Option<Place> {
        line_of(self.source.as_ref()?, &self.text, line)
    }
}

impl SourceFile {
    /// Returns a line as a place, without the space around its words.
    pub(crate) fn line(&self, line: u32) -> Option<Place> {
        line_of(&self.path, &self.text, line)
    }
}

fn line_of(file: &str, text: &str, line: u32) -> Option<Place> {
    let words = nth(text, line)?;
    let indent = words
        .chars()
        .take_while(|character| character.is_whitespace());
    let column = u32::try_from(indent.count()).ok()?.saturating_add(1);
    let width = u32::try_from(words.trim().chars().count()).ok()?;
    place(file, text, line, column, width)
}

fn place(file: &str, text: &str, line: u32, column: u32, width: u32) -> Option<Place> {
    let snippet: String = nth(text, line)?.chars().take(SNIPPET).collect();
    let length = u32::try_from(snippet.chars().count()).ok()?;
    let rest = length.saturating_sub(column.saturating_sub(1));
    Some(Place {
        file: file.to_owned(),
        line,
        column,
        width: width.min(rest).max(1),
        snippet,
    })
}

/// Returns a line, counted from 1, without its line ending.
fn nth(text: &str, line: u32) -> Option<&str> {
    let index = usize::try_from(line).ok()?.checked_sub(1)?;
    text.lines().nth(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_place_without_its_indent() {
        let file = NginxFile {
            path: "/etc/nginx/nginx.conf".to_owned(),
            text: "a;\r\n  listen 80;\r\n".to_owned(),
            source: Some("task6/proxy/nginx.conf".to_owned()),
        };
        let place = file.line(2).unwrap();
        assert_eq!((place.line, place.column, place.width), (2, 3, 10));
        assert_eq!(place.snippet, "  listen 80;");
        assert_eq!(file.line(9), None);
        assert_eq!(file.place(1, 9, 9).unwrap().width, 1);
    }

    #[test]
    fn what_the_image_brought_along_has_no_place() {
        let file = NginxFile {
            path: "/etc/nginx/nginx.conf".to_owned(),
            text: "a;\n".to_owned(),
            source: None,
        };
        assert_eq!(file.line(1), None);
    }
}
