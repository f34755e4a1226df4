//! Directives and blocks of one file.

use super::tokens::{Token, Tokens, Word};

/// Most levels of nested blocks; nginx's own configurations have five.
const DEPTH: usize = 32;

/// A directive of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// Name and arguments of the directive; never empty.
    pub words: Vec<Word>,
    /// Line of its `;` or `{`, from 1: the one that nginx reports.
    pub end: u32,
    /// Directives in its block, if it has one.
    pub block: Option<Vec<Fragment>>,
}

/// Reason why nginx does not read a file to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Kind of error.
    pub trouble: Trouble,
    /// Line that nginx reports, from 1.
    pub line: u32,
    /// Words of the directive that has no end.
    pub words: Vec<Word>,
}

/// Errors that nginx reports before it interprets any directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// `}` or the end of the file where a directive should end with `;`.
    Unended,
    /// `;` or `{` without a directive before it.
    Nameless,
    /// A `}` that closes nothing.
    Unopened,
    /// The file ends inside a block.
    Unclosed,
    /// A quote without an end, or a character directly after its end.
    Quote,
    /// More nested blocks than are read here.
    TooDeep,
}

/// Parses the directives of a text. If an error occurs, returns those that were complete before it.
pub fn parse(text: &str) -> (Vec<Fragment>, Option<SyntaxError>) {
    let mut reader = Reader::default();
    let mut tokens = Tokens::of(text);
    let trouble = loop {
        match tokens.next() {
            Some(token) => {
                if let Err(trouble) = reader.read(token, tokens.line()) {
                    break Some(trouble);
                }
            }
            None => break reader.trouble_at_end(),
        }
    };
    let error = trouble.map(|trouble| SyntaxError {
        trouble,
        line: tokens.line(),
        words: std::mem::take(&mut reader.words),
    });
    (reader.finish(), error)
}

/// State of the parser.
#[derive(Default)]
struct Reader {
    /// Words of the directive that has no end yet.
    words: Vec<Word>,
    /// Directives of the innermost open block.
    block: Vec<Fragment>,
    /// Blocks around it, each with the directive that opened the next.
    open: Vec<(Vec<Fragment>, Fragment)>,
}

impl Reader {
    fn read(&mut self, token: Token, line: u32) -> Result<(), Trouble> {
        match token {
            Token::Word(word) => {
                self.words.push(word);
                Ok(())
            }
            Token::End => {
                let ended = self.ended(line)?;
                self.block.push(ended);
                Ok(())
            }
            Token::Open => {
                let opener = self.ended(line)?;
                if self.open.len() == DEPTH {
                    return Err(Trouble::TooDeep);
                }
                self.open.push((std::mem::take(&mut self.block), opener));
                Ok(())
            }
            Token::Close if !self.words.is_empty() => Err(Trouble::Unended),
            Token::Close => self.close(),
            Token::UnendedQuote | Token::AfterQuote => Err(Trouble::Quote),
        }
    }

    fn ended(&mut self, end: u32) -> Result<Fragment, Trouble> {
        if self.words.is_empty() {
            return Err(Trouble::Nameless);
        }
        Ok(Fragment {
            words: std::mem::take(&mut self.words),
            end,
            block: None,
        })
    }

    fn close(&mut self) -> Result<(), Trouble> {
        let (around, opener) = self.open.pop().ok_or(Trouble::Unopened)?;
        let block = std::mem::replace(&mut self.block, around);
        self.block.push(Fragment {
            block: Some(block),
            ..opener
        });
        Ok(())
    }

    fn trouble_at_end(&self) -> Option<Trouble> {
        if !self.words.is_empty() {
            return Some(Trouble::Unended);
        }
        (!self.open.is_empty()).then_some(Trouble::Unclosed)
    }

    /// Returns every directive, and closes the blocks that are still open.
    fn finish(mut self) -> Vec<Fragment> {
        self.words.clear();
        while self.close().is_ok() {}
        self.block
    }
}

/// Returns the word that should have a `;` after it, in the directive for which nginx reports an error at `line`. This is
/// the word before a directive's name at the beginning of a line, or before the token that nginx found in place of the `;`.
pub(crate) fn missing_semicolon(text: &str, line: u32) -> Option<Word> {
    let (fragments, error) = parse(text);
    if let Some(error) = error.filter(|error| error.line == line) {
        let unended = error
            .words
            .last()
            .filter(|_| error.trouble == Trouble::Unended);
        return swallowed(&error.words).or(unended).cloned();
    }
    let mut next: Vec<&Fragment> = fragments.iter().collect();
    while let Some(fragment) = next.pop() {
        let first = fragment.words.first().map_or(0, |word| word.line);
        if (first..=fragment.end).contains(&line)
            && let Some(word) = swallowed(&fragment.words)
        {
            return Some(word.clone());
        }
        next.extend(fragment.block.iter().flatten());
    }
    None
}

/// Returns the last word before a directive's name that begins a new line.
fn swallowed(words: &[Word]) -> Option<&Word> {
    let pairs = words.iter().zip(words.iter().skip(1));
    let mut pairs =
        pairs.filter(|(before, word)| word.line > before.line && is_directive(&word.text));
    pairs.next().map(|(before, _)| before)
}

/// Returns whether a word is the name of a directive that configurations of this kind use.
fn is_directive(word: &str) -> bool {
    const NAMES: [&str; 44] = [
        "access_log",
        "add_header",
        "alias",
        "allow",
        "autoindex",
        "charset",
        "client_max_body_size",
        "default_type",
        "deny",
        "error_log",
        "error_page",
        "events",
        "expires",
        "gzip",
        "hash",
        "http",
        "if",
        "include",
        "index",
        "ip_hash",
        "keepalive",
        "keepalive_timeout",
        "least_conn",
        "listen",
        "location",
        "log_format",
        "map",
        "pid",
        "random",
        "resolver",
        "return",
        "rewrite",
        "root",
        "sendfile",
        "server",
        "server_name",
        "set",
        "tcp_nopush",
        "try_files",
        "types_hash_max_size",
        "upstream",
        "user",
        "worker_connections",
        "worker_processes",
    ];
    NAMES.contains(&word) || word.starts_with("proxy_")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Formats the directives as one line, with blocks in braces.
    fn shown(fragments: &[Fragment]) -> String {
        let one = |fragment: &Fragment| {
            let words: Vec<&str> = fragment
                .words
                .iter()
                .map(|word| word.text.as_str())
                .collect();
            match &fragment.block {
                Some(block) => format!("{}{{{}}}", words.join(" "), shown(block)),
                None => format!("{};", words.join(" ")),
            }
        };
        fragments.iter().map(one).collect()
    }

    fn trouble(text: &str) -> Option<(Trouble, u32)> {
        parse(text).1.map(|error| (error.trouble, error.line))
    }

    #[test]
    fn blocks_hold_directives() {
        let (read, error) = parse("http {\n server { listen 80; }\n}\nuser nginx;\n");
        assert_eq!(error, None);
        assert_eq!(shown(&read), "http{server{listen 80;}}user nginx;");
    }

    #[test]
    fn each_trouble_has_the_line_that_nginx_names() {
        assert_eq!(trouble("a b\n}"), Some((Trouble::Unended, 2)));
        assert_eq!(trouble("a {\nb;"), Some((Trouble::Unclosed, 2)));
        assert_eq!(trouble("a;\n}\n"), Some((Trouble::Unopened, 2)));
        assert_eq!(trouble(";"), Some((Trouble::Nameless, 1)));
        assert_eq!(trouble("a \"b"), Some((Trouble::Quote, 1)));
        assert_eq!(trouble(&"a{".repeat(1000)), Some((Trouble::TooDeep, 1)));
    }

    #[test]
    fn what_was_complete_before_an_error_is_kept() {
        let (read, _) = parse("a { b; c");
        assert_eq!(shown(&read), "a{b;}");
    }

    #[test]
    fn a_missing_semicolon_is_where_the_next_directive_begins() {
        let text = "location /api {\n  proxy_pass http://api\n  proxy_set_header Host $host;\n}\n";
        let word = missing_semicolon(text, 3).unwrap();
        assert_eq!((word.text.as_str(), word.line), ("http://api", 2));
        assert_eq!(missing_semicolon(text, 9), None);
    }

    #[test]
    fn a_name_of_a_directive_in_the_middle_of_a_line_is_a_word() {
        let text = "proxy_hide_header server\nproxy_set_header Host $host;\n";
        let word = missing_semicolon(text, 2).unwrap();
        assert_eq!((word.text.as_str(), word.line), ("server", 1));
    }

    #[test]
    fn a_missing_semicolon_is_where_a_block_ends() {
        let text = "location /api {\n  proxy_pass http://api\n}\n";
        assert_eq!(missing_semicolon(text, 3).map(|word| word.line), Some(2));
        let text = "listen 80\nlocation / {\n  root /x;\n}\n";
        assert_eq!(missing_semicolon(text, 2).map(|word| word.line), Some(1));
    }

    #[test]
    fn a_directive_over_several_lines_is_complete() {
        let text = "log_format main '$a '\n    '$b';\nbad x;\n";
        assert_eq!(missing_semicolon(text, 2), None);
        assert_eq!(missing_semicolon(text, 3), None);
    }
}
