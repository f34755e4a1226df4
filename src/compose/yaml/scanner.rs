//! Scanning of characters into tokens.
//!
//! Compose reads YAML with go-yaml, which implements the rules of libyaml (YAML 1.1, with parts of 1.2). This scanner follows
//! these rules exactly, including where they are stricter or laxer than the specification: a tab on an otherwise empty line is
//! refused, `"a"# comment` is accepted, and `?` ends a word between brackets.

use super::slip::{Slip, Trouble};

/// Maximum number of tokens of a file, far above the needs of a compose file.
const TOKENS: usize = 160_000;

/// Maximum length of a key without `?`, in characters.
const KEY: usize = 1024;

/// Distance up to which go-yaml finds the next comment, in characters.
const COMMENT_DISTANCE: usize = 512;

/// A position in the characters of a file, counted from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spot {
    pub at: usize,
    pub line: usize,
    pub column: usize,
}

/// A token and its position.
#[derive(Debug)]
pub(super) struct Lexeme {
    pub token: Token,
    pub start: Spot,
    pub end: Spot,
}

/// A token of YAML.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token {
    StreamEnd,
    /// `%YAML 1.1`.
    Version(u8, u8),
    /// `%TAG handle prefix`.
    TagDirective(String, String),
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(String),
    Anchor(String),
    /// A tag as its handle, which is empty for a tag in full, and its suffix.
    Tag(String, String),
    /// A text, and true if it has neither quotes nor block indicators.
    Scalar(String, bool),
}

/// Scans the tokens of a text.
pub(super) fn tokens(text: &str) -> Result<Vec<Lexeme>, Slip> {
    let mut scanner = Scanner {
        characters: text.trim_start_matches('\u{feff}').chars().collect(),
        here: Spot::default(),
        newlines: 0,
        tokens: Vec::new(),
        indent: -1,
        indents: Vec::new(),
        keys: vec![None],
        may_begin_key: true,
    };
    scanner.check_characters()?;
    while scanner.next()? {
        if scanner.tokens.len() > TOKENS {
            return Err(Slip::new(Trouble::TooLarge, scanner.here));
        }
    }
    Ok(scanner.tokens)
}

struct Scanner {
    characters: Vec<char>,
    here: Spot,
    /// Number of line ends since the last character that is not blank.
    newlines: usize,
    tokens: Vec<Lexeme>,
    /// Column of the innermost block collection, -1 outside of all.
    indent: i64,
    indents: Vec<i64>,
    /// Tokens that may prove to be keys: one for the block context, and one for each open bracket.
    keys: Vec<Option<PossibleKey>>,
    /// True if a key may begin here.
    may_begin_key: bool,
}

/// A token that is a key if a `:` follows.
#[derive(Clone, Copy)]
struct PossibleKey {
    start: Spot,
    /// Index of the token.
    token: usize,
    /// True if only a key is allowed at this position.
    required: bool,
}

impl Scanner {
    /// Scans a token; returns `false` after the last one.
    fn next(&mut self) -> Result<bool, Slip> {
        self.skip_to_token();
        self.unroll(self.column());
        let first = self.peek(0);
        if first == '\0' {
            self.end_of_stream()?;
            return Ok(false);
        }
        if self.here.column == 0 {
            if first == '%' {
                self.directive()?;
                return Ok(true);
            }
            if let Some(token) = self.document_indicator() {
                self.leave_blocks()?;
                self.take(3, token);
                return Ok(true);
            }
        }
        self.token(first)?;
        let is_entry = |lexeme: &Lexeme| lexeme.token == Token::BlockEntry;
        if !self.tokens.last().is_some_and(is_entry) {
            self.skip_comment_of_line();
        }
        Ok(true)
    }

    fn token(&mut self, first: char) -> Result<(), Slip> {
        let is_alone = is_blank_or_end(self.peek(1));
        let in_flow = self.in_flow();
        match first {
            '[' => self.open(Token::FlowSequenceStart),
            '{' => self.open(Token::FlowMappingStart),
            ']' => self.close(Token::FlowSequenceEnd),
            '}' => self.close(Token::FlowMappingEnd),
            ',' => {
                self.forget_key()?;
                self.may_begin_key = true;
                self.take(1, Token::FlowEntry);
                Ok(())
            }
            '-' if is_alone => self.block_entry(),
            '?' if is_alone || in_flow => self.key(),
            ':' if is_alone || in_flow => self.value(),
            '*' | '&' => self.anchor(first),
            '!' => self.tag(),
            '|' | '>' if !in_flow => self.block_scalar(first == '|'),
            '\'' | '"' => self.quoted_scalar(first),
            '-' => self.plain_scalar(),
            '?' | ':' if !in_flow && !is_alone => self.plain_scalar(),
            '\t' | '?' | ':' | '#' | '|' | '>' | '%' | '@' | '`' => {
                Err(self.slip(Trouble::CannotBegin(first)))
            }
            _ => self.plain_scalar(),
        }
    }

    fn end_of_stream(&mut self) -> Result<(), Slip> {
        self.leave_blocks()?;
        self.take(0, Token::StreamEnd);
        Ok(())
    }

    /// Ends all blocks, at the end of a document or of the file.
    fn leave_blocks(&mut self) -> Result<(), Slip> {
        self.unroll(-1);
        self.forget_key()?;
        self.may_begin_key = false;
        Ok(())
    }

    fn document_indicator(&self) -> Option<Token> {
        if self.here.column > 0 || !is_blank_or_end(self.peek(3)) {
            return None;
        }
        match [self.peek(0), self.peek(1), self.peek(2)] {
            ['-', '-', '-'] => Some(Token::DocumentStart),
            ['.', '.', '.'] => Some(Token::DocumentEnd),
            _ => None,
        }
    }

    fn open(&mut self, token: Token) -> Result<(), Slip> {
        self.remember_key()?;
        self.keys.push(None);
        self.may_begin_key = true;
        self.take(1, token);
        Ok(())
    }

    fn close(&mut self, token: Token) -> Result<(), Slip> {
        self.forget_key()?;
        if self.in_flow() {
            self.keys.pop();
        }
        self.may_begin_key = false;
        self.take(1, token);
        Ok(())
    }

    fn block_entry(&mut self) -> Result<(), Slip> {
        if !self.in_flow() {
            if !self.may_begin_key {
                return Err(self.slip(Trouble::EntryInLine));
            }
            self.roll(self.column(), None, Token::BlockSequenceStart, self.here);
        }
        self.forget_key()?;
        self.may_begin_key = true;
        self.take(1, Token::BlockEntry);
        Ok(())
    }

    fn key(&mut self) -> Result<(), Slip> {
        if !self.in_flow() {
            if !self.may_begin_key {
                return Err(self.slip(Trouble::CannotBegin('?')));
            }
            self.roll(self.column(), None, Token::BlockMappingStart, self.here);
        }
        self.forget_key()?;
        self.may_begin_key = !self.in_flow();
        self.take(1, Token::Key);
        Ok(())
    }

    fn value(&mut self) -> Result<(), Slip> {
        match self.valid_key()? {
            Some(key) => {
                let lexeme = Lexeme {
                    token: Token::Key,
                    start: key.start,
                    end: key.start,
                };
                self.tokens.insert(key.token, lexeme);
                let column = i64::try_from(key.start.column).unwrap_or(i64::MAX);
                self.roll(column, Some(key.token), Token::BlockMappingStart, key.start);
                self.set_key(None);
                self.may_begin_key = false;
            }
            None => {
                if !self.in_flow() {
                    if !self.may_begin_key {
                        return Err(self.slip(Trouble::ValueInLine));
                    }
                    self.roll(self.column(), None, Token::BlockMappingStart, self.here);
                }
                self.may_begin_key = !self.in_flow();
            }
        }
        self.take(1, Token::Value);
        Ok(())
    }

    fn anchor(&mut self, indicator: char) -> Result<(), Slip> {
        self.remember_key()?;
        self.may_begin_key = false;
        let start = self.here;
        self.skip();
        let name = self.word();
        let ends = |character| {
            is_blank_or_end(character)
                || matches!(character, '?' | ':' | ',' | ']' | '}' | '%' | '@' | '`')
        };
        if name.is_empty() || !ends(self.peek(0)) {
            return Err(Slip::new(Trouble::Anchor(indicator), start));
        }
        let token = match indicator {
            '*' => Token::Alias(name),
            _ => Token::Anchor(name),
        };
        self.push(token, start);
        Ok(())
    }

    fn tag(&mut self) -> Result<(), Slip> {
        self.remember_key()?;
        self.may_begin_key = false;
        let start = self.here;
        let bad = Slip::new(Trouble::Tag, start);
        let (handle, suffix) = if self.peek(1) == '<' {
            self.skip();
            self.skip();
            let suffix = self.uri(String::new()).ok_or(bad)?;
            if self.peek(0) != '>' {
                return Err(bad);
            }
            self.skip();
            (String::new(), suffix)
        } else {
            let handle = self.handle();
            if handle.len() > 1 && handle.ends_with('!') {
                let suffix = self.uri(String::new()).ok_or(bad)?;
                (handle, suffix)
            } else {
                let suffix = self.uri(handle).ok_or(bad)?;
                match suffix.strip_prefix('!').unwrap_or_default() {
                    "" => (String::new(), suffix),
                    suffix => ("!".to_owned(), suffix.to_owned()),
                }
            }
        };
        if !is_blank_or_end(self.peek(0)) {
            return Err(bad);
        }
        self.push(Token::Tag(handle, suffix), start);
        Ok(())
    }

    /// Reads `!`, a word, and another `!` if one follows.
    fn handle(&mut self) -> String {
        let mut handle = String::new();
        self.read(&mut handle);
        handle += &self.word();
        if self.peek(0) == '!' {
            self.read(&mut handle);
        }
        handle
    }

    /// Reads the rest of a tag after its head. Returns `None` if the tag is empty or has an invalid escape.
    fn uri(&mut self, head: String) -> Option<String> {
        let mut uri = head.into_bytes();
        loop {
            let character = self.peek(0);
            if character == '%' {
                let digit = |at| self.peek(at).to_digit(16);
                let octet = digit(1)? * 16 + digit(2)?;
                uri.push(u8::try_from(octet).ok()?);
                (0..3).for_each(|_| self.skip());
            } else if is_word(character) || ";/?:@&=+$,.!~*'()[]".contains(character) {
                uri.push(u8::try_from(character).ok()?);
                self.skip();
            } else {
                break;
            }
        }
        let uri = String::from_utf8(uri).ok()?;
        (!uri.is_empty()).then_some(uri)
    }

    fn directive(&mut self) -> Result<(), Slip> {
        self.leave_blocks()?;
        let start = self.here;
        let bad = Slip::new(Trouble::Directive, start);
        self.skip();
        let name = self.word();
        if !is_blank_or_end(self.peek(0)) {
            return Err(bad);
        }
        self.skip_blanks();
        let token = match name.as_str() {
            "YAML" => {
                let major = self.version().ok_or(bad)?;
                if self.peek(0) != '.' {
                    return Err(bad);
                }
                self.skip();
                Token::Version(major, self.version().ok_or(bad)?)
            }
            "TAG" => {
                let handle = match self.peek(0) {
                    '!' => self.handle(),
                    _ => return Err(bad),
                };
                if !handle.ends_with('!') || !is_blank(self.peek(0)) {
                    return Err(bad);
                }
                self.skip_blanks();
                let prefix = self.uri(String::new()).ok_or(bad)?;
                if !is_blank_or_end(self.peek(0)) {
                    return Err(bad);
                }
                Token::TagDirective(handle, prefix)
            }
            _ => return Err(bad),
        };
        self.push(token, start);
        self.end_line().map_err(|_| bad)
    }

    /// Reads one or two digits.
    fn version(&mut self) -> Option<u8> {
        let mut digits = String::new();
        while self.peek(0).is_ascii_digit() {
            self.read(&mut digits);
        }
        (digits.len() <= 2).then(|| digits.parse().ok()).flatten()
    }

    /// Skips blanks, a comment, and the line end; any other text is an error.
    fn end_line(&mut self) -> Result<(), Slip> {
        self.skip_blanks();
        if self.peek(0) == '#' {
            self.skip_line();
        }
        if !is_break_or_end(self.peek(0)) {
            return Err(self.slip(Trouble::AfterIndicator));
        }
        self.skip_break();
        Ok(())
    }

    fn block_scalar(&mut self, is_literal: bool) -> Result<(), Slip> {
        self.forget_key()?;
        self.may_begin_key = true;
        let start = self.here;
        self.skip();
        let mut chomping = None;
        let mut increment = 0;
        for _ in 0..2 {
            match self.peek(0) {
                sign @ ('+' | '-') if chomping.is_none() => chomping = Some(sign),
                '0' if increment == 0 => return Err(self.slip(Trouble::AfterIndicator)),
                digit if increment == 0 && digit.is_ascii_digit() => {
                    increment = i64::from(digit.to_digit(10).unwrap_or_default());
                }
                _ => break,
            }
            self.skip();
        }
        self.end_line()?;
        let mut indent = match increment {
            0 => 0,
            _ => self.indent.max(0) + increment,
        };
        let mut text = String::new();
        let mut leading = String::new();
        let mut trailing = String::new();
        let mut end = self.block_breaks(&mut indent, &mut trailing)?;
        let mut after_blank = false;
        while self.column() == indent && self.peek(0) != '\0' {
            let is_blank = is_blank(self.peek(0));
            if !is_literal && !after_blank && !is_blank && leading == "\n" {
                if trailing.is_empty() {
                    text.push(' ');
                }
            } else {
                text.push_str(&leading);
            }
            leading.clear();
            text.push_str(&trailing);
            trailing.clear();
            after_blank = is_blank;
            while !is_break_or_end(self.peek(0)) {
                self.read(&mut text);
            }
            self.read_break(&mut leading);
            end = self.block_breaks(&mut indent, &mut trailing)?;
        }
        if chomping != Some('-') {
            text.push_str(&leading);
        }
        if chomping == Some('+') {
            text.push_str(&trailing);
        }
        let token = Token::Scalar(text, false);
        self.tokens.push(Lexeme { token, start, end });
        Ok(())
    }

    /// Skips the indentation and empty lines of a block scalar; determines its indentation if that is 0. Returns the end of the
    /// last empty line.
    fn block_breaks(&mut self, indent: &mut i64, breaks: &mut String) -> Result<Spot, Slip> {
        let mut end = self.here;
        let mut deepest = 0;
        loop {
            while (*indent == 0 || self.column() < *indent) && self.peek(0) == ' ' {
                self.skip();
            }
            deepest = deepest.max(self.column());
            if (*indent == 0 || self.column() < *indent) && self.peek(0) == '\t' {
                return Err(self.slip(Trouble::CannotBegin('\t')));
            }
            if !is_break(self.peek(0)) {
                break;
            }
            self.read_break(breaks);
            end = self.here;
        }
        if *indent == 0 {
            *indent = deepest.max(self.indent + 1).max(1);
        }
        Ok(end)
    }

    fn quoted_scalar(&mut self, quote: char) -> Result<(), Slip> {
        self.remember_key()?;
        self.may_begin_key = false;
        let start = self.here;
        self.skip();
        let mut text = String::new();
        loop {
            if self.peek(0) == '\0' || self.document_indicator().is_some() {
                return Err(Slip::new(Trouble::OpenQuote, start));
            }
            let is_escaped_break = self.quoted_words(quote, &mut text)?;
            if self.peek(0) == quote {
                break;
            }
            self.quoted_blanks(is_escaped_break, &mut text);
        }
        self.skip();
        self.push(Token::Scalar(text, false), start);
        Ok(())
    }

    /// Reads characters up to a blank or the closing quote; returns true if an escaped line break ends them.
    fn quoted_words(&mut self, quote: char, text: &mut String) -> Result<bool, Slip> {
        while !is_blank_or_end(self.peek(0)) {
            match self.peek(0) {
                '\'' if quote == '\'' && self.peek(1) == '\'' => {
                    self.skip();
                    self.read(text);
                }
                character if character == quote => break,
                '\\' if quote == '"' && is_break(self.peek(1)) => {
                    self.skip();
                    self.skip_break();
                    return Ok(true);
                }
                '\\' if quote == '"' => self.escape(text)?,
                _ => self.read(text),
            }
        }
        Ok(false)
    }

    /// Reads blanks and line breaks between the words of a quoted text, and folds them.
    fn quoted_blanks(&mut self, after_escaped_break: bool, text: &mut String) {
        let mut is_leading = after_escaped_break;
        let mut blanks = String::new();
        let mut leading = String::new();
        let mut trailing = String::new();
        while is_blank(self.peek(0)) || is_break(self.peek(0)) {
            if is_blank(self.peek(0)) {
                match is_leading {
                    true => self.skip(),
                    false => self.read(&mut blanks),
                }
            } else if is_leading {
                self.read_break(&mut trailing);
            } else {
                blanks.clear();
                self.read_break(&mut leading);
                is_leading = true;
            }
        }
        match is_leading {
            true => fold(text, &leading, &trailing),
            false => text.push_str(&blanks),
        }
    }

    fn escape(&mut self, text: &mut String) -> Result<(), Slip> {
        let start = self.here;
        let sign = self.peek(1);
        let length = match sign {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        let plain = match sign {
            '0' => '\0',
            'a' => '\u{7}',
            'b' => '\u{8}',
            't' | '\t' => '\t',
            'n' => '\n',
            'v' => '\u{b}',
            'f' => '\u{c}',
            'r' => '\r',
            'e' => '\u{1b}',
            ' ' | '"' | '\'' | '\\' => sign,
            'N' => '\u{85}',
            '_' => '\u{a0}',
            'L' => '\u{2028}',
            'P' => '\u{2029}',
            'x' | 'u' | 'U' => {
                let digits: String = (0..length).map(|at| self.peek(2 + at)).collect();
                let is_number = digits.chars().all(|digit| digit.is_ascii_hexdigit());
                let code = u32::from_str_radix(&digits, 16).ok();
                code.filter(|_| is_number)
                    .and_then(char::from_u32)
                    .ok_or(Slip::new(Trouble::Escape(sign), start))?
            }
            _ => return Err(Slip::new(Trouble::Escape(sign), start)),
        };
        text.push(plain);
        (0..2 + length).for_each(|_| self.skip());
        Ok(())
    }

    fn plain_scalar(&mut self) -> Result<(), Slip> {
        self.remember_key()?;
        self.may_begin_key = false;
        let start = self.here;
        let mut end = self.here;
        let indent = self.indent + 1;
        let mut text = String::new();
        let mut blanks = String::new();
        let mut leading = String::new();
        let mut trailing = String::new();
        let mut is_leading = false;
        while self.document_indicator().is_none() && self.peek(0) != '#' {
            while !is_blank_or_end(self.peek(0)) && !self.ends_plain() {
                if is_leading {
                    fold(&mut text, &leading, &trailing);
                    leading.clear();
                    trailing.clear();
                    is_leading = false;
                }
                text.push_str(&blanks);
                blanks.clear();
                self.read(&mut text);
                end = self.here;
            }
            if !is_blank(self.peek(0)) && !is_break(self.peek(0)) {
                break;
            }
            while is_blank(self.peek(0)) || is_break(self.peek(0)) {
                if is_blank(self.peek(0)) {
                    if is_leading && self.column() < indent && self.peek(0) == '\t' {
                        return Err(self.slip(Trouble::CannotBegin('\t')));
                    }
                    match is_leading {
                        true => self.skip(),
                        false => self.read(&mut blanks),
                    }
                } else if is_leading {
                    self.read_break(&mut trailing);
                } else {
                    blanks.clear();
                    self.read_break(&mut leading);
                    is_leading = true;
                }
            }
            if !self.in_flow() && self.column() < indent {
                break;
            }
        }
        let token = Token::Scalar(text, true);
        self.tokens.push(Lexeme { token, start, end });
        if is_leading {
            self.may_begin_key = true;
        }
        Ok(())
    }

    /// Returns true if the next character ends a text without quotes.
    fn ends_plain(&self) -> bool {
        match self.peek(0) {
            ':' => is_blank_or_end(self.peek(1)),
            ',' | '?' | '[' | ']' | '{' | '}' => self.in_flow(),
            _ => false,
        }
    }

    /// Skips white space and comments. A tab is white space only inside brackets, and after a token on the same line.
    fn skip_to_token(&mut self) {
        loop {
            let may_be_tab = self.in_flow() || !self.may_begin_key;
            while self.peek(0) == ' ' || may_be_tab && self.peek(0) == '\t' {
                self.skip();
            }
            if self.peek(0) == '#' {
                self.skip_comments();
            }
            if !is_break(self.peek(0)) {
                return;
            }
            self.skip_break();
            if !self.in_flow() {
                self.may_begin_key = true;
            }
        }
    }

    /// Skips a comment, and each further comment within the distance, with the white space before it.
    fn skip_comments(&mut self) {
        self.skip_line();
        while let Some(distance) = self.next_comment(1) {
            for _ in 0..distance {
                match is_break(self.peek(0)) {
                    true if self.peek(0) == '\r' && self.peek(1) == '\n' => self.skip(),
                    true => self.skip_break(),
                    false => self.skip(),
                }
            }
            self.skip_line();
        }
    }

    /// Skips the comment that follows a token on its line.
    fn skip_comment_of_line(&mut self) {
        if self.newlines == 0 {
            let blanks = (0..COMMENT_DISTANCE).take_while(|at| is_blank(self.peek(*at)));
            let distance = blanks.count();
            if distance < COMMENT_DISTANCE && self.peek(distance) == '#' {
                self.skip_line();
            }
        }
    }

    /// Returns the distance to the next comment, if only white space precedes it.
    fn next_comment(&self, from: usize) -> Option<usize> {
        (from..COMMENT_DISTANCE)
            .find(|at| !is_blank(self.peek(*at)) && !is_break(self.peek(*at)))
            .filter(|at| self.peek(*at) == '#')
    }

    /// Refuses characters that YAML does not allow.
    fn check_characters(&self) -> Result<(), Slip> {
        let mut line = 0;
        let mut column = 0;
        for (at, character) in self.characters.iter().copied().enumerate() {
            let is_allowed = matches!(character,
                '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..);
            if !is_allowed {
                let spot = Spot { at, line, column };
                return Err(Slip::new(Trouble::Character(character), spot));
            }
            let is_end = is_break(character)
                && !(character == '\r' && self.characters.get(at + 1) == Some(&'\n'));
            (line, column) = match is_end {
                true => (line + 1, 0),
                false => (line, column + 1),
            };
        }
        Ok(())
    }

    /// Ends the blocks whose indentation exceeds a column.
    fn unroll(&mut self, column: i64) {
        while !self.in_flow() && self.indent > column {
            self.take(0, Token::BlockEnd);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    /// Begins a block if a column exceeds the current indentation. `number` is the block's index in the tokens; without one, it
    /// begins after the last token.
    fn roll(&mut self, column: i64, number: Option<usize>, token: Token, start: Spot) {
        if self.in_flow() || self.indent >= column {
            return;
        }
        self.indents.push(self.indent);
        self.indent = column;
        let number = number.unwrap_or(self.tokens.len());
        let end = start;
        self.tokens.insert(number, Lexeme { token, start, end });
    }

    /// Remembers that a key may begin here.
    fn remember_key(&mut self) -> Result<(), Slip> {
        if self.may_begin_key {
            self.forget_key()?;
            self.set_key(Some(PossibleKey {
                start: self.here,
                token: self.tokens.len(),
                required: !self.in_flow() && self.indent == self.column(),
            }));
        }
        Ok(())
    }

    /// Drops the possible key; a required one is an error.
    fn forget_key(&mut self) -> Result<(), Slip> {
        match self.keys.last().copied().flatten() {
            Some(key) if key.required => Err(Slip::new(Trouble::NoColon, key.start)),
            Some(_) => {
                self.set_key(None);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Returns the key to which the `:` here belongs.
    fn valid_key(&mut self) -> Result<Option<PossibleKey>, Slip> {
        let key = self.keys.last().copied().flatten();
        let is_near = |key: &PossibleKey| {
            key.start.line == self.here.line && key.start.at + KEY >= self.here.at
        };
        match key {
            Some(key) if is_near(&key) => Ok(Some(key)),
            Some(_) | None => {
                self.forget_key()?;
                Ok(None)
            }
        }
    }

    fn set_key(&mut self, key: Option<PossibleKey>) {
        if let Some(last) = self.keys.last_mut() {
            *last = key;
        }
    }

    /// Returns true inside brackets.
    fn in_flow(&self) -> bool {
        self.keys.len() > 1
    }

    fn column(&self) -> i64 {
        i64::try_from(self.here.column).unwrap_or(i64::MAX)
    }

    /// Returns a character ahead; NUL, which no valid text contains, means the end.
    fn peek(&self, ahead: usize) -> char {
        let at = self.here.at + ahead;
        self.characters.get(at).copied().unwrap_or('\0')
    }

    fn skip(&mut self) {
        if !is_blank(self.peek(0)) {
            self.newlines = 0;
        }
        self.here.at += 1;
        self.here.column += 1;
    }

    fn read(&mut self, text: &mut String) {
        text.push(self.peek(0));
        self.skip();
    }

    /// Reads letters, digits, `_` and `-`.
    fn word(&mut self) -> String {
        let mut word = String::new();
        while is_word(self.peek(0)) {
            self.read(&mut word);
        }
        word
    }

    fn skip_blanks(&mut self) {
        while is_blank(self.peek(0)) {
            self.skip();
        }
    }

    /// Skips the rest of the line.
    fn skip_line(&mut self) {
        while !is_break_or_end(self.peek(0)) {
            self.skip();
        }
    }

    fn skip_break(&mut self) {
        self.read_break(&mut String::new());
    }

    fn read_break(&mut self, breaks: &mut String) {
        let character = self.peek(0);
        let width = match character {
            '\r' if self.peek(1) == '\n' => 2,
            _ if is_break(character) => 1,
            _ => return,
        };
        breaks.push(match character {
            '\u{2028}' | '\u{2029}' => character,
            _ => '\n',
        });
        self.here.at += width;
        self.here.line += 1;
        self.here.column = 0;
        self.newlines += 1;
    }

    /// Adds a token made of the next `width` characters.
    fn take(&mut self, width: usize, token: Token) {
        let start = self.here;
        (0..width).for_each(|_| self.skip());
        self.push(token, start);
    }

    fn push(&mut self, token: Token, start: Spot) {
        let end = self.here;
        self.tokens.push(Lexeme { token, start, end });
    }

    fn slip(&self, trouble: Trouble) -> Slip {
        Slip::new(trouble, self.here)
    }
}

/// Folds line breaks: a single one becomes a space, several become one less.
fn fold(text: &mut String, leading: &str, trailing: &str) {
    match (leading, trailing) {
        ("\n", "") => text.push(' '),
        ("\n", _) => text.push_str(trailing),
        (_, _) => {
            text.push_str(leading);
            text.push_str(trailing);
        }
    }
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-')
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t')
}

fn is_break(character: char) -> bool {
    matches!(character, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_break_or_end(character: char) -> bool {
    character == '\0' || is_break(character)
}

fn is_blank_or_end(character: char) -> bool {
    is_blank(character) || is_break_or_end(character)
}
