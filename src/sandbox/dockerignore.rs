//! Parser and matcher for `.dockerignore`, equivalent to Docker's client.
//!
//! Patterns are anchored at the context's root and cleaned like paths. `**` crosses folders, `!` takes a match back, the last
//! match wins, and a match on a folder covers everything in it. The rules are those of the Dockerfile reference, "dockerignore
//! files", and of Go's `filepath.Match`: `[^a]` negates, `[!a]` does not, braces are literal.

use regex::{Regex, RegexBuilder};

/// Largest number of patterns per file: many times that of templates for whole languages.
pub const PATTERNS: usize = 200;

/// Largest number of characters per pattern.
const PATTERN_CHARACTERS: usize = 1024;

/// Size limit of a compiled pattern, and of the tables made while it is matched, in bytes.
const COMPILED_BYTES: usize = 1 << 20;

/// The patterns of one file, in order.
#[derive(Debug, Default)]
pub struct Ignored {
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    keeps: bool,
    regex: Regex,
}

/// Reason why a file is rejected.
#[derive(Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// A line that Docker's client refuses.
    Illegal(String),
    /// More than [`PATTERNS`] patterns: each takes memory, and is compared with each file.
    TooMany,
}

impl Ignored {
    /// Parses the text of a `.dockerignore`.
    ///
    /// # Errors
    /// The first line that is not a pattern, or the fact that there are too many.
    pub fn parse(text: &str) -> Result<Ignored, Unreadable> {
        let lines = text.trim_start_matches('\u{feff}').lines();
        let mut patterns = Vec::new();
        for pattern in lines.filter_map(pattern) {
            if patterns.len() == PATTERNS {
                return Err(Unreadable::TooMany);
            }
            patterns.push(pattern?);
        }
        Ok(Ignored { patterns })
    }

    /// Returns whether the file or folder at `path`, from the context's root, stays out of the context.
    pub fn excludes(&self, path: &str) -> bool {
        let mut excluded = false;
        for pattern in &self.patterns {
            if excluded == pattern.keeps && pattern.covers(path) {
                excluded = !pattern.keeps;
            }
        }
        excluded
    }

    /// Returns whether something inside an excluded folder may still be kept.
    pub fn may_keep_inside(&self) -> bool {
        self.patterns.iter().any(|pattern| pattern.keeps)
    }
}

impl Pattern {
    /// Returns whether the pattern matches `path` or a folder that contains it.
    fn covers(&self, path: &str) -> bool {
        self.regex.is_match(path)
            || path
                .match_indices('/')
                .any(|(end, _)| self.regex.is_match(&path[..end]))
    }
}

fn pattern(line: &str) -> Option<Result<Pattern, Unreadable>> {
    if line.starts_with('#') {
        return None;
    }
    let line = line.trim();
    let (keeps, rest) = match line.strip_prefix('!') {
        Some(rest) => (true, rest.trim()),
        None => (false, line),
    };
    if line.is_empty() {
        return None;
    }
    let illegal = || Unreadable::Illegal(line.to_owned());
    if rest.is_empty() || rest.chars().nth(PATTERN_CHARACTERS).is_some() {
        return Some(Err(illegal()));
    }
    let regex = RegexBuilder::new(&expression(&clean(rest)))
        .size_limit(COMPILED_BYTES)
        .dfa_size_limit(COMPILED_BYTES)
        .build();
    let pattern = regex.map(|regex| Pattern { keeps, regex });
    Some(pattern.map_err(|_| illegal()))
}

/// Cleans a path as Go's `path.Clean` does: removes `.`, `..`, doubled and leading slashes.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    if parts.is_empty() {
        return ".".to_owned();
    }
    parts.join("/")
}

fn expression(pattern: &str) -> String {
    let mut expression = String::from("^");
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '*' if characters.peek() == Some(&'*') => {
                characters.next();
                let slash = characters.next_if_eq(&'/').is_some();
                let last = characters.peek().is_none();
                expression.push_str(if last && !slash { ".*" } else { "(.*/)?" });
            }
            '*' => expression.push_str("[^/]*"),
            '?' => expression.push_str("[^/]"),
            '[' => class(&mut characters, &mut expression),
            '\\' => {
                let escaped = characters.next().unwrap_or('\\');
                expression.push_str(&regex::escape(&escaped.to_string()));
            }
            other => expression.push_str(&regex::escape(&other.to_string())),
        }
    }
    expression.push('$');
    expression
}

/// Translates a class as Go reads it. Without its `]`, it stays open and the expression does not compile, as in Docker.
fn class(characters: &mut std::iter::Peekable<std::str::Chars<'_>>, expression: &mut String) {
    expression.push('[');
    if characters.next_if_eq(&'^').is_some() {
        expression.push('^');
    }
    for character in characters.by_ref() {
        match character {
            ']' => {
                expression.push(']');
                return;
            }
            '-' => expression.push('-'),
            '\\' => {}
            other => expression.push_str(&regex::escape(&other.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excluded(text: &str, path: &str) -> bool {
        Ignored::parse(text).unwrap().excludes(path)
    }

    #[test]
    fn patterns_are_anchored_at_the_root() {
        assert!(excluded("venv", "venv"));
        assert!(!excluded("venv", "app/venv"));
        assert!(excluded("**/venv", "app/venv"));
        assert!(excluded("/venv/", "venv/bin/python"));
    }

    #[test]
    fn a_star_stays_in_its_folder() {
        assert!(excluded("*.pyc", "api.pyc"));
        assert!(!excluded("*.pyc", "app/api.pyc"));
        assert!(excluded("**/*.pyc", "app/api.pyc"));
        assert!(excluded("**/*.pyc", "api.pyc"));
    }

    #[test]
    fn the_last_match_wins() {
        assert!(!excluded("*\n!api.py", "api.py"));
        assert!(excluded("*\n!api.py\napi.*", "api.py"));
        assert!(!excluded("site\n!site/index.html", "site/index.html"));
    }

    #[test]
    fn patterns_are_few() {
        assert!(Ignored::parse(&"*.pyc\n".repeat(PATTERNS)).is_ok());
        let many = Ignored::parse(&"*.pyc\n".repeat(PATTERNS + 1));
        assert_eq!(many.unwrap_err(), Unreadable::TooMany);
    }

    #[test]
    fn comments_start_in_the_first_column() {
        assert!(!excluded("# api.py", "api.py"));
        assert!(excluded(" #api.py", "#api.py"));
    }

    #[test]
    fn classes_are_those_of_go() {
        assert!(excluded("[a-c].py", "b.py"));
        assert!(excluded("[^a].py", "b.py"));
        assert!(!excluded("[!b].py", "c.py"));
    }

    #[test]
    fn a_lone_exclamation_mark_is_illegal() {
        assert_eq!(
            Ignored::parse("!").unwrap_err(),
            Unreadable::Illegal("!".to_owned())
        );
        assert!(Ignored::parse("[a").is_err());
    }

    #[test]
    fn braces_are_literal() {
        assert!(excluded("{a,b}", "{a,b}"));
        assert!(!excluded("{a,b}", "a"));
    }
}
