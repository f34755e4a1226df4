//! Tokens of a configuration, by the rules of `ngx_conf_read_token`.

/// A word of a directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Text without its quotes.
    pub text: String,
    /// Line that it begins in, from 1.
    pub line: u32,
    /// Column that it begins at, in characters, from 1.
    pub column: u32,
}

/// Token of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A word.
    Word(Word),
    /// `;`
    End,
    /// `{`
    Open,
    /// `}`
    Close,
    /// A quote without an end.
    UnendedQuote,
    /// A character that may not follow a quote.
    AfterQuote,
}

/// Iterator over the tokens of a text, up to the first that nginx refuses.
pub(super) struct Tokens<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    line: u32,
    column: u32,
    is_broken: bool,
}

impl<'a> Tokens<'a> {
    pub(super) fn of(text: &'a str) -> Tokens<'a> {
        Tokens {
            rest: text.chars().peekable(),
            line: 1,
            column: 1,
            is_broken: false,
        }
    }

    /// Returns the current line, from 1.
    pub(super) fn line(&self) -> u32 {
        self.line
    }

    fn take(&mut self) -> Option<char> {
        let character = self.rest.next()?;
        match character {
            '\n' => {
                self.line = self.line.saturating_add(1);
                self.column = 1;
            }
            _ => self.column = self.column.saturating_add(1),
        }
        Some(character)
    }

    fn skip_space_and_comments(&mut self) {
        while let Some(&character) = self.rest.peek() {
            match character {
                ' ' | '\t' | '\r' | '\n' => drop(self.take()),
                '#' => while self.take().is_some_and(|character| character != '\n') {},
                _ => return,
            }
        }
    }

    fn quoted(&mut self, quote: char) -> Option<String> {
        let mut text = String::new();
        loop {
            match self.take()? {
                '\\' => escaped(&mut text, self.take()?),
                character if character == quote => return Some(text),
                character => text.push(character),
            }
        }
    }

    /// Reads a word without quotes. Inside it, quotes and the brace of `${` are ordinary characters.
    fn plain(&mut self) -> String {
        let mut text = String::new();
        let mut before = ' ';
        while let Some(&character) = self.rest.peek() {
            match character {
                ' ' | '\t' | '\r' | '\n' | ';' => break,
                '{' if before != '$' => break,
                _ => drop(self.take()),
            }
            before = character;
            match (character, self.rest.peek()) {
                ('\\', Some(_)) => {
                    if let Some(next) = self.take() {
                        escaped(&mut text, next);
                        before = ' ';
                    }
                }
                _ => text.push(character),
            }
        }
        text
    }

    /// Returns whether the next character may follow a quoted word: space, an end, a block, or the parenthesis of an `if`.
    fn may_follow_quote(&mut self) -> bool {
        match self.rest.peek() {
            Some(character) => " \t\r\n;{)".contains(*character),
            None => true,
        }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        if self.is_broken {
            return None;
        }
        self.skip_space_and_comments();
        let (line, column) = (self.line, self.column);
        let word = |text| Token::Word(Word { text, line, column });
        match *self.rest.peek()? {
            ';' => {
                self.take();
                Some(Token::End)
            }
            '{' => {
                self.take();
                Some(Token::Open)
            }
            '}' => {
                self.take();
                Some(Token::Close)
            }
            quote @ ('"' | '\'') => {
                self.take();
                let Some(text) = self.quoted(quote) else {
                    self.is_broken = true;
                    return Some(Token::UnendedQuote);
                };
                if !self.may_follow_quote() {
                    self.is_broken = true;
                    return Some(Token::AfterQuote);
                }
                Some(word(text))
            }
            _ => Some(word(self.plain())),
        }
    }
}

/// Appends the meaning of a backslash and the character after it.
fn escaped(text: &mut String, character: char) {
    match character {
        '"' | '\'' | '\\' => text.push(character),
        't' => text.push('\t'),
        'r' => text.push('\r'),
        'n' => text.push('\n'),
        other => text.extend(['\\', other]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Formats the tokens as they would be written, with words between bars.
    fn shown(text: &str) -> String {
        let tokens = Tokens::of(text).map(|token| match token {
            Token::Word(word) => format!("|{}|", word.text),
            Token::End => ";".to_owned(),
            Token::Open => "{".to_owned(),
            Token::Close => "}".to_owned(),
            Token::UnendedQuote => "unended".to_owned(),
            Token::AfterQuote => "after".to_owned(),
        });
        tokens.collect()
    }

    #[test]
    fn words_blocks_and_ends() {
        assert_eq!(
            shown("server{listen 80;} # end; {"),
            "|server|{|listen||80|;}"
        );
        assert_eq!(shown("a b#c;"), "|a||b#c|;");
        assert_eq!(shown("a b};"), "|a||b}|;");
    }

    #[test]
    fn quotes_and_escapes() {
        assert_eq!(
            shown(r#"a "b; {c" 'd "e"' \"f;"#),
            "|a||b; {c||d \"e\"||\"f|;"
        );
        assert_eq!(shown(r"a \.php$ b\;c;"), r"|a||\.php$||b\;c|;");
        assert_eq!(shown("a b\"c d\";"), "|a||b\"c||d\"|;");
    }

    #[test]
    fn a_variable_keeps_its_braces() {
        assert_eq!(
            shown("a http://${api}:80/$b{c;}"),
            "|a||http://${api}:80/$b|{|c|;}"
        );
    }

    #[test]
    fn what_nginx_refuses_ends_the_text() {
        assert_eq!(shown("a \"b; c"), "|a|unended");
        assert_eq!(shown("a \"b\"c; d"), "|a|after");
    }

    #[test]
    fn a_word_knows_where_it_begins() {
        let tokens = Tokens::of("a 'b\nc'\r\n  é d;").filter_map(|token| match token {
            Token::Word(word) => Some((word.line, word.column)),
            _ => None,
        });
        assert_eq!(tokens.collect::<Vec<_>>(), [(1, 1), (1, 3), (3, 3), (3, 5)]);
    }
}
