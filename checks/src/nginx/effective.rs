//! The whole configuration, with each `include` replaced by the content of its files.

use super::includes::Includes;
use super::syntax::{Fragment, SyntaxError, parse};
use super::tokens::Word;
use crate::model::Place;
use crate::observation::{Nginx, NginxFile};

/// Most levels of files that include each other.
const INCLUDES: usize = 8;

/// A directive, with the file that contains it.
#[derive(Clone, Debug)]
pub struct Directive<'a> {
    /// Name and arguments of the directive; never empty.
    pub words: Vec<Word>,
    /// Line of its `;` or `{`, from 1.
    pub end: u32,
    /// File that contains it.
    pub file: &'a NginxFile,
    /// Directives in its block, if it has one.
    pub block: Option<Vec<Directive<'a>>>,
}

/// A configuration with all included files.
#[derive(Clone, Debug)]
pub struct Effective<'a> {
    /// Directives outside every block.
    pub directives: Vec<Directive<'a>>,
    /// Files that the directives come from, in the order in which nginx opens them, each as often as it is included.
    pub files: Vec<&'a NginxFile>,
    /// Errors that stop nginx from reading a file, in the order in which nginx meets them.
    pub errors: Vec<(&'a NginxFile, SyntaxError)>,
    /// True if every included file is known, and no limit was reached.
    pub is_whole: bool,
}

impl<'a> Directive<'a> {
    /// Returns its name.
    pub fn name(&self) -> &str {
        self.words.first().map_or("", |word| word.text.as_str())
    }

    /// Returns its arguments.
    pub fn arguments(&self) -> &[Word] {
        self.words.get(1..).unwrap_or_default()
    }

    /// Returns its first argument.
    pub fn argument(&self) -> Option<&str> {
        self.arguments().first().map(|word| word.text.as_str())
    }

    /// Returns the directives of this name in its block.
    pub fn all<'d>(&'d self, name: &'d str) -> impl Iterator<Item = &'d Directive<'a>> {
        let block = self.block.iter().flatten();
        block.filter(move |directive| directive.name() == name)
    }

    /// Returns the line that it begins in.
    pub fn line(&self) -> u32 {
        self.words.first().map_or(0, |word| word.line)
    }

    /// Returns the place of its words in the submission; `None` if the submission has no such file.
    pub(crate) fn place(&self) -> Option<Place> {
        let first = self.words.first()?;
        let same_line = self.words.iter().take_while(|word| word.line == first.line);
        let last = same_line.last()?;
        let end = last.column + u32::try_from(last.text.chars().count()).ok()?;
        self.file
            .place(first.line, first.column, end.saturating_sub(first.column))
    }
}

impl<'a> Effective<'a> {
    /// Reads a configuration, beginning with nginx's main file.
    pub fn read(seen: &'a Nginx) -> Effective<'a> {
        let mut effective = Effective {
            directives: Vec::new(),
            files: Vec::new(),
            errors: Vec::new(),
            is_whole: true,
        };
        let mut includes = Includes::of(seen);
        effective.directives = match seen.file(&seen.main) {
            Some(main) => effective.open(main, &mut includes, 0),
            None => Vec::new(),
        };
        effective.is_whole &= !effective.files.is_empty();
        effective
    }

    /// Returns whether any directive has this name.
    pub fn has(&self, name: &str) -> bool {
        self.everything()
            .iter()
            .any(|directive| directive.name() == name)
    }

    /// Returns every directive. Those inside a block come after the block's own directive.
    pub fn everything<'d>(&'d self) -> Vec<&'d Directive<'a>> {
        let mut all: Vec<&Directive<'_>> = self.directives.iter().collect();
        let mut next = 0;
        while let Some(directive) = all.get(next).copied() {
            all.extend(directive.block.iter().flatten());
            next += 1;
        }
        all
    }

    fn open(
        &mut self,
        file: &'a NginxFile,
        includes: &mut Includes<'a>,
        depth: usize,
    ) -> Vec<Directive<'a>> {
        let left = includes.bytes.checked_sub(file.text.len());
        let Some(left) = left.filter(|_| depth <= INCLUDES) else {
            self.is_whole = false;
            return Vec::new();
        };
        includes.bytes = left;
        self.files.push(file);
        let (fragments, error) = parse(&file.text);
        if let Some(error) = error {
            self.errors.push((file, error));
        }
        self.resolve(fragments, file, includes, depth)
    }

    fn resolve(
        &mut self,
        fragments: Vec<Fragment>,
        file: &'a NginxFile,
        includes: &mut Includes<'a>,
        depth: usize,
    ) -> Vec<Directive<'a>> {
        let mut directives = Vec::new();
        for Fragment { words, end, block } in fragments {
            match words.as_slice() {
                [name, pattern] if name.text == "include" => {
                    let Some(included) = includes.named(&pattern.text) else {
                        self.is_whole = false;
                        continue;
                    };
                    for file in included {
                        directives.extend(self.open(file, includes, depth + 1));
                    }
                }
                _ => {
                    let block = block.map(|block| self.resolve(block, file, includes, depth));
                    directives.push(Directive {
                        words,
                        end,
                        file,
                        block,
                    });
                }
            }
        }
        directives
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nginx::includes::BYTES;
    use crate::nginx::sample::nginx;

    fn names(effective: &Effective<'_>) -> Vec<String> {
        let directives = effective.directives.iter();
        directives
            .map(|directive| directive.name().to_owned())
            .collect()
    }

    #[test]
    fn an_include_is_replaced_by_what_it_names() {
        let seen = nginx(&[
            (
                "nginx.conf",
                "user x; http { include mime.types; include conf.d/*.conf; }",
            ),
            ("conf.d/b.conf", "server { listen 2; }"),
            ("conf.d/a.conf", "server { listen 1; }"),
            ("conf.d/.c.conf", "server { listen 3; }"),
            ("conf.d/d.cnf", "server { listen 4; }"),
        ]);
        let effective = Effective::read(&seen);
        assert!(effective.is_whole && effective.errors.is_empty());
        assert_eq!(names(&effective), ["user", "http"]);
        let servers = effective.directives[1].all("server");
        let paths = servers.map(|server| server.file.path.as_str());
        assert_eq!(
            paths.collect::<Vec<_>>(),
            ["/etc/nginx/conf.d/a.conf", "/etc/nginx/conf.d/b.conf"]
        );
        assert!(effective.has("listen") && !effective.has("proxy_pass"));
    }

    #[test]
    fn files_that_include_each_other_end() {
        let seen = nginx(&[("nginx.conf", "include nginx.conf; include nginx.conf;")]);
        assert!(!Effective::read(&seen).is_whole);
        let seen = nginx(&[("nginx.conf", "include nginx.conf;")]);
        assert_eq!(Effective::read(&seen).files.len(), INCLUDES + 1);
        let seen = nginx(&[("nginx.conf", &"a;".repeat(BYTES))]);
        assert!(!Effective::read(&seen).is_whole);
    }

    #[test]
    fn a_file_that_is_not_known_leaves_it_in_parts() {
        for include in ["include other.conf;", "include conf.d/[a-z].conf;"] {
            assert!(!Effective::read(&nginx(&[("nginx.conf", include)])).is_whole);
        }
        assert!(!Effective::read(&nginx(&[])).is_whole);
    }

    #[test]
    fn a_directive_is_where_its_words_in_its_first_line_are() {
        let seen = nginx(&[(
            "nginx.conf",
            "a;\n  listen 80 # of the server\n  default_server;\n",
        )]);
        let effective = Effective::read(&seen);
        let listen = &effective.directives[1];
        assert_eq!((listen.line(), listen.end), (2, 3));
        let place = listen.place().unwrap();
        assert_eq!((place.line, place.column, place.width), (2, 3, 9));
    }
}
