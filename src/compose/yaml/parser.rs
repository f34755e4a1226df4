//! Parsing of tokens into a tree that still has its anchors, aliases and tags.

use std::collections::HashMap;
use std::iter::Peekable;
use std::vec::IntoIter;

use super::DEPTH;
use super::scanner::{Lexeme, Spot, Token};
use super::slip::{Slip, Trouble};

/// The nodes of a file.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// All nodes; they refer to each other by index.
    pub nodes: Vec<Written>,
    /// Root of each document.
    pub documents: Vec<usize>,
}

/// A node before anchors, aliases and tags are resolved.
#[derive(Debug)]
pub(super) struct Written {
    pub start: Spot,
    pub end: Spot,
    /// Full tag; `None` without a tag, or for `!` alone.
    pub tag: Option<String>,
    pub content: Content,
}

/// The content of a node.
#[derive(Debug)]
pub(super) enum Content {
    Scalar {
        text: String,
        is_plain: bool,
    },
    Sequence(Vec<usize>),
    Mapping(Vec<(usize, usize)>),
    /// A reference to the node of an anchor.
    Alias {
        name: String,
        node: usize,
    },
}

/// Parses tokens into a tree.
pub(super) fn tree(tokens: Vec<Lexeme>) -> Result<Tree, Slip> {
    let last = tokens.last().map(|lexeme| lexeme.end).unwrap_or_default();
    let mut parser = Parser {
        tokens: tokens.into_iter().peekable(),
        here: Spot::default(),
        last,
        tree: Tree::default(),
        anchors: HashMap::new(),
        handles: Vec::new(),
    };
    parser.stream()?;
    Ok(parser.tree)
}

struct Parser {
    tokens: Peekable<IntoIter<Lexeme>>,
    /// End of the last token that was consumed.
    here: Spot,
    /// End of the file.
    last: Spot,
    tree: Tree,
    /// Last node of each anchor, including anchors of earlier documents.
    anchors: HashMap<String, usize>,
    /// Handles of tags with their prefixes.
    handles: Vec<(String, String)>,
}

/// The context of a node, which determines the tokens that may begin it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Inside brackets.
    Flow,
    /// In a list, or at the root.
    Block,
    /// A key or value of a block mapping, where a list may begin in the column of the keys.
    InMapping,
}

impl Parser {
    fn stream(&mut self) -> Result<(), Slip> {
        let begins_alone = |token: &Token| {
            !matches!(
                token,
                Token::Version(..)
                    | Token::TagDirective(..)
                    | Token::DocumentStart
                    | Token::StreamEnd
            )
        };
        if begins_alone(self.peek()) {
            self.directives()?;
            let root = self.node(Place::Block, 0)?;
            self.end_document(root);
        }
        loop {
            while *self.peek() == Token::DocumentEnd {
                self.take();
            }
            if *self.peek() == Token::StreamEnd {
                return Ok(());
            }
            self.directives()?;
            if *self.peek() != Token::DocumentStart {
                return Err(self.slip(Trouble::AfterDocument));
            }
            self.take();
            let is_empty = matches!(
                self.peek(),
                Token::Version(..)
                    | Token::TagDirective(..)
                    | Token::DocumentStart
                    | Token::DocumentEnd
                    | Token::StreamEnd
            );
            let root = match is_empty {
                true => self.empty(),
                false => self.node(Place::Block, 0)?,
            };
            self.end_document(root);
        }
    }

    fn end_document(&mut self, root: usize) {
        self.tree.documents.push(root);
        if *self.peek() == Token::DocumentEnd {
            self.take();
        }
    }

    fn directives(&mut self) -> Result<(), Slip> {
        self.handles.clear();
        let mut has_version = false;
        while matches!(self.peek(), Token::Version(..) | Token::TagDirective(..)) {
            let start = self.start();
            match self.take() {
                Token::Version(1, 1) if !has_version => has_version = true,
                Token::TagDirective(handle, prefix) if self.prefix(&handle).is_none() => {
                    self.handles.push((handle, prefix));
                }
                Token::Version(..) => return Err(Slip::new(Trouble::Version, start)),
                _ => return Err(Slip::new(Trouble::Directive, start)),
            }
        }
        for (handle, prefix) in [("!", "!"), ("!!", "tag:yaml.org,2002:")] {
            if self.prefix(handle).is_none() {
                self.handles.push((handle.to_owned(), prefix.to_owned()));
            }
        }
        Ok(())
    }

    fn prefix(&self, handle: &str) -> Option<&str> {
        let mut handles = self.handles.iter();
        let (_, prefix) = handles.find(|(own, _)| own == handle)?;
        Some(prefix)
    }

    fn node(&mut self, place: Place, depth: usize) -> Result<usize, Slip> {
        let start = self.start();
        let Some(depth) = depth.checked_add(1).filter(|depth| *depth <= DEPTH) else {
            return Err(self.slip(Trouble::TooLarge));
        };
        if let Token::Alias(_) = self.peek() {
            let Token::Alias(name) = self.take() else {
                return Ok(self.empty());
            };
            return match self.anchors.get(&name).copied() {
                Some(node) => Ok(self.add(start, None, Content::Alias { name, node })),
                None => Err(Slip::new(Trouble::UnknownAnchor, start).wide(self.here)),
            };
        }
        let (anchor, tag) = self.properties()?;
        let has_properties = anchor.is_some() || tag.is_some();
        // The node is added before its content, because an alias inside it may already refer to its anchor.
        let node = self.add(
            start,
            tag.filter(|tag| tag != "!"),
            Content::Sequence(Vec::new()),
        );
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, node);
        }
        let in_block = place != Place::Flow;
        let content = match self.peek() {
            Token::BlockEntry if place == Place::InMapping => self.list_of_mapping(depth)?,
            Token::Scalar(..) => match self.take() {
                Token::Scalar(text, is_plain) => Content::Scalar { text, is_plain },
                _ => return Ok(node),
            },
            Token::FlowSequenceStart => self.flow_sequence(depth)?,
            Token::FlowMappingStart => self.flow_mapping(depth)?,
            Token::BlockSequenceStart if in_block => self.block_sequence(depth)?,
            Token::BlockMappingStart if in_block => self.block_mapping(depth)?,
            _ if has_properties => nothing(),
            _ => return Err(self.slip(Trouble::NoContent)),
        };
        let end = self.here;
        if let Some(node) = self.tree.nodes.get_mut(node) {
            node.content = content;
            node.end = end;
        }
        Ok(node)
    }

    /// Parses an anchor and a tag, in any order.
    fn properties(&mut self) -> Result<(Option<String>, Option<String>), Slip> {
        let mut anchor = None;
        let mut tag = None;
        for _ in 0..2 {
            let start = self.start();
            match self.peek() {
                Token::Anchor(_) if anchor.is_none() => {
                    if let Token::Anchor(name) = self.take() {
                        anchor = Some(name);
                    }
                }
                Token::Tag(..) if tag.is_none() => {
                    if let Token::Tag(handle, suffix) = self.take() {
                        let full = match handle.as_str() {
                            "" => Some(suffix),
                            handle => self
                                .prefix(handle)
                                .map(|prefix| format!("{prefix}{suffix}")),
                        };
                        tag = Some(full.ok_or(Slip::new(Trouble::Tag, start))?);
                    }
                }
                _ => break,
            }
        }
        Ok((anchor, tag))
    }

    fn block_sequence(&mut self, depth: usize) -> Result<Content, Slip> {
        let start = self.start();
        self.take();
        let mut items = Vec::new();
        loop {
            match self.peek() {
                Token::BlockEntry => {
                    self.take();
                    let is_empty = matches!(self.peek(), Token::BlockEntry | Token::BlockEnd);
                    items.push(self.node_or_empty(is_empty, Place::Block, depth)?);
                }
                Token::BlockEnd => {
                    self.tokens.next();
                    return Ok(Content::Sequence(items));
                }
                _ => return Err(self.slip(Trouble::NotAnEntry { line: start.line })),
            }
        }
    }

    /// Parses a list whose `-` are in the column of the mapping's keys.
    fn list_of_mapping(&mut self, depth: usize) -> Result<Content, Slip> {
        let mut items = Vec::new();
        while *self.peek() == Token::BlockEntry {
            self.take();
            let is_empty = matches!(
                self.peek(),
                Token::BlockEntry | Token::Key | Token::Value | Token::BlockEnd
            );
            items.push(self.node_or_empty(is_empty, Place::Block, depth)?);
        }
        Ok(Content::Sequence(items))
    }

    fn block_mapping(&mut self, depth: usize) -> Result<Content, Slip> {
        let start = self.start();
        self.take();
        let mut entries = Vec::new();
        let is_empty = |token: &Token| matches!(token, Token::Key | Token::Value | Token::BlockEnd);
        loop {
            match self.peek() {
                Token::Key => {
                    self.take();
                    let no_key = is_empty(self.peek());
                    let key = self.node_or_empty(no_key, Place::InMapping, depth)?;
                    let has_value = self.take_if(&Token::Value);
                    let no_value = !has_value || is_empty(self.peek());
                    entries.push((key, self.node_or_empty(no_value, Place::InMapping, depth)?));
                }
                Token::BlockEnd => {
                    self.tokens.next();
                    return Ok(Content::Mapping(entries));
                }
                _ => return Err(self.slip(Trouble::NotAKey { line: start.line })),
            }
        }
    }

    fn flow_sequence(&mut self, depth: usize) -> Result<Content, Slip> {
        let start = self.start();
        self.take();
        let mut items = Vec::new();
        while *self.peek() != Token::FlowSequenceEnd {
            if !items.is_empty() {
                self.separator('[', start)?;
            }
            match self.peek() {
                Token::FlowSequenceEnd => break,
                Token::Key => items.push(self.pair(depth)?),
                _ => items.push(self.node(Place::Flow, depth)?),
            }
        }
        self.take();
        Ok(Content::Sequence(items))
    }

    /// Parses a mapping of one entry, without braces, in a flow sequence.
    fn pair(&mut self, depth: usize) -> Result<usize, Slip> {
        let Some(depth) = depth.checked_add(1).filter(|depth| *depth <= DEPTH) else {
            return Err(self.slip(Trouble::TooLarge));
        };
        let start = self.start();
        self.take();
        let ends = |token: &Token| matches!(token, Token::FlowEntry | Token::FlowSequenceEnd);
        let key = match self.peek() {
            // As in go-yaml, the token that shows a missing key is skipped.
            Token::Value | Token::FlowEntry | Token::FlowSequenceEnd => {
                self.take();
                self.empty()
            }
            _ => self.node(Place::Flow, depth)?,
        };
        let has_value = self.take_if(&Token::Value);
        let is_empty = !has_value || ends(self.peek());
        let value = self.node_or_empty(is_empty, Place::Flow, depth)?;
        Ok(self.add(start, None, Content::Mapping(vec![(key, value)])))
    }

    fn flow_mapping(&mut self, depth: usize) -> Result<Content, Slip> {
        let start = self.start();
        self.take();
        let mut entries = Vec::new();
        let is_end = |token: &Token| matches!(token, Token::FlowEntry | Token::FlowMappingEnd);
        while *self.peek() != Token::FlowMappingEnd {
            if !entries.is_empty() {
                self.separator('{', start)?;
            }
            match self.peek() {
                Token::FlowMappingEnd => break,
                Token::Key => {
                    self.take();
                    let no_key = *self.peek() == Token::Value || is_end(self.peek());
                    let key = self.node_or_empty(no_key, Place::Flow, depth)?;
                    let has_value = self.take_if(&Token::Value);
                    let no_value = !has_value || is_end(self.peek());
                    entries.push((key, self.node_or_empty(no_value, Place::Flow, depth)?));
                }
                _ => {
                    let key = self.node(Place::Flow, depth)?;
                    entries.push((key, self.empty()));
                }
            }
        }
        self.take();
        Ok(Content::Mapping(entries))
    }

    fn separator(&mut self, bracket: char, start: Spot) -> Result<(), Slip> {
        if self.take_if(&Token::FlowEntry) {
            return Ok(());
        }
        Err(match self.peek() {
            Token::StreamEnd => Slip::new(Trouble::OpenBracket(bracket), start),
            _ => self.slip(Trouble::NoComma {
                bracket,
                line: start.line,
            }),
        })
    }

    fn node_or_empty(&mut self, is_empty: bool, place: Place, depth: usize) -> Result<usize, Slip> {
        match is_empty {
            true => Ok(self.empty()),
            false => self.node(place, depth),
        }
    }

    /// Adds an omitted node: null.
    fn empty(&mut self) -> usize {
        let here = self.here;
        self.add(here, None, nothing())
    }

    fn add(&mut self, start: Spot, tag: Option<String>, content: Content) -> usize {
        self.tree.nodes.push(Written {
            start,
            end: self.here,
            tag,
            content,
        });
        self.tree.nodes.len() - 1
    }

    fn peek(&mut self) -> &Token {
        match self.tokens.peek() {
            Some(lexeme) => &lexeme.token,
            None => &Token::StreamEnd,
        }
    }

    fn start(&mut self) -> Spot {
        let last = self.last;
        self.tokens.peek().map_or(last, |lexeme| lexeme.start)
    }

    fn take(&mut self) -> Token {
        match self.tokens.next() {
            Some(lexeme) => {
                self.here = lexeme.end;
                lexeme.token
            }
            None => Token::StreamEnd,
        }
    }

    fn take_if(&mut self, token: &Token) -> bool {
        let is_there = self.peek() == token;
        if is_there {
            self.take();
        }
        is_there
    }

    fn slip(&mut self, trouble: Trouble) -> Slip {
        Slip::new(trouble, self.start())
    }
}

fn nothing() -> Content {
    Content::Scalar {
        text: String::new(),
        is_plain: true,
    }
}
