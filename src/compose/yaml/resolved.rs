//! Resolution of a tree with anchors, aliases, tags and merge keys into plain values.

use std::collections::{HashMap, HashSet};

use super::parser::{Content, Tree, Written};
use super::scalar::{self, CORE};
use super::slip::{Slip, Trouble};
use super::{DEPTH, Entry, Node, Tag, Value};
use crate::compose::source::Mark;

/// Limits on the expansion of aliases: far above the needs of a compose file, far below those of a bomb.
const NODES: usize = 20_000;
const ALIASES: usize = 1_000;
const SCALARS: usize = 4 * 1024 * 1024;

/// Maximum length of a key, in bytes; YAML itself has this limit for keys without `?`.
const KEY: usize = 1024;

/// Resolves the values of a file's documents.
pub(super) fn documents(tree: &Tree, file: usize) -> Result<Vec<Node>, Slip> {
    let mut resolver = Resolver {
        tree,
        file,
        nodes_left: NODES,
        aliases_left: ALIASES,
        bytes_left: SCALARS,
        is_overridden: false,
    };
    let roots = tree.documents.iter();
    roots.map(|root| resolver.node(*root, 0)).collect()
}

struct Resolver<'t> {
    tree: &'t Tree,
    file: usize,
    nodes_left: usize,
    aliases_left: usize,
    bytes_left: usize,
    /// True inside `!override`, where `!reset` and `!override` are treated like any other tag.
    is_overridden: bool,
}

impl<'t> Resolver<'t> {
    fn node(&mut self, number: usize, depth: usize) -> Result<Node, Slip> {
        let written = self.target(number)?;
        let depth = depth + 1;
        self.nodes_left = match self.nodes_left.checked_sub(1) {
            Some(left) if depth <= DEPTH => left,
            Some(_) | None => return Err(too_large(written)),
        };
        let mark = self.mark(written);
        let value = match &written.content {
            Content::Scalar { text, is_plain } => self.scalar(written, text, *is_plain)?,
            Content::Sequence(items) => {
                let mut kept = Vec::new();
                for item in items {
                    if self.tag(*item)? != Some(Tag::Reset) {
                        kept.push(self.node(*item, depth)?);
                    }
                }
                Value::List(kept)
            }
            Content::Mapping(_) => {
                let mut entries = Vec::new();
                self.entries(written, &mut HashSet::new(), &mut entries, depth)?;
                Value::Map(entries)
            }
            Content::Alias { .. } => return Err(too_large(written)),
        };
        Ok(Node { mark, value })
    }

    fn scalar(&mut self, written: &Written, text: &str, is_plain: bool) -> Result<Value, Slip> {
        self.bytes_left = match self.bytes_left.checked_sub(text.len()) {
            Some(left) => left,
            None => return Err(too_large(written)),
        };
        let value = scalar::value(text, written.tag.as_deref(), is_plain);
        value.ok_or_else(|| slip(Trouble::NotItsTag, written))
    }

    /// Adds the entries of a mapping, then those that its `<<` merges in; skips keys that are already `taken`.
    fn entries(
        &mut self,
        mapping: &'t Written,
        taken: &mut HashSet<String>,
        entries: &mut Vec<Entry>,
        depth: usize,
    ) -> Result<(), Slip> {
        let Content::Mapping(pairs) = &mapping.content else {
            return Err(slip(Trouble::NotToMerge, mapping));
        };
        if depth > DEPTH {
            return Err(too_large(mapping));
        }
        self.check_keys(pairs)?;
        let is_merged = !taken.is_empty() || !entries.is_empty();
        let mut merged = None;
        for (key, value) in pairs {
            if self.is_merge(*key) {
                let is_reset = self.tag(*value)? == Some(Tag::Reset);
                merged = (!is_reset).then_some(*value);
                continue;
            }
            let Some((name, mark)) = self.key(*key, is_merged)? else {
                continue;
            };
            if taken.insert(name.clone()) {
                let tag = self.tag(*value)?;
                let value = match tag {
                    Some(Tag::Reset) => {
                        let target = self.target(*value)?;
                        Node {
                            mark: self.mark(target),
                            value: Value::Null,
                        }
                    }
                    Some(Tag::Override) => {
                        self.is_overridden = true;
                        let value = self.node(*value, depth);
                        self.is_overridden = false;
                        value?
                    }
                    None => self.node(*value, depth)?,
                };
                entries.push(Entry {
                    key: name,
                    mark,
                    value,
                    tag,
                });
            } else if !is_merged {
                // A duplicate key through an alias: the last value counts.
                let value = self.node(*value, depth)?;
                if let Some(entry) = entries.iter_mut().find(|entry| entry.key == name) {
                    entry.value = value;
                }
            }
        }
        let Some(merged) = merged else {
            return Ok(());
        };
        let merged = self.target(merged)?;
        match &merged.content {
            Content::Sequence(items) => {
                for item in items {
                    if self.tag(*item)? != Some(Tag::Reset) {
                        let item = self.target(*item)?;
                        self.entries(item, taken, entries, depth + 1)?;
                    }
                }
                Ok(())
            }
            Content::Mapping(_) => self.entries(merged, taken, entries, depth + 1),
            Content::Scalar { .. } | Content::Alias { .. } => {
                Err(slip(Trouble::NotToMerge, merged))
            }
        }
    }

    /// Refuses the second of two keys with the same text; an alias has its name as text.
    fn check_keys(&mut self, pairs: &[(usize, usize)]) -> Result<(), Slip> {
        let mut lines: HashMap<&str, usize> = HashMap::new();
        for (key, _) in pairs {
            let Some(key) = self.tree.nodes.get(*key) else {
                continue;
            };
            let text = match &key.content {
                Content::Scalar { text, .. } => text,
                Content::Alias { name, .. } => name,
                Content::Sequence(_) | Content::Mapping(_) => "",
            };
            if let Some(line) = lines.insert(text, key.start.line) {
                return Err(slip(Trouble::Duplicate { line }, key));
            }
        }
        Ok(())
    }

    /// Returns the text and the position of a key, or `None` for a null key that is merged into a mapping of texts.
    fn key(&mut self, key: usize, is_merged: bool) -> Result<Option<(String, Mark)>, Slip> {
        let written = self.written(key)?;
        let mark = self.mark(written);
        let target = self.target(key)?;
        let Content::Scalar { text, is_plain } = &target.content else {
            return Err(slip(Trouble::NotAText, written));
        };
        if text.len() > KEY {
            return Err(slip(Trouble::NotAText, written));
        }
        match self.scalar(target, text, *is_plain)? {
            Value::Text(_) if is_date_key(target, text, *is_plain) => {
                Err(slip(Trouble::NotAText, written))
            }
            Value::Text(text) => Ok(Some((text, mark))),
            Value::Null if is_merged => Ok(None),
            _ if is_merged => Ok(Some((text.clone(), mark))),
            _ => Err(slip(Trouble::NotAText, written)),
        }
    }

    /// Returns true if a key is `<<`, without quotes or with the tag for merge keys.
    fn is_merge(&self, key: usize) -> bool {
        let Some(key) = self.tree.nodes.get(key) else {
            return false;
        };
        match &key.content {
            Content::Scalar { text, is_plain } if text == "<<" => match key.tag.as_deref() {
                Some(tag) => tag.strip_prefix(CORE) == Some("merge"),
                None => *is_plain,
            },
            Content::Scalar { .. }
            | Content::Sequence(_)
            | Content::Mapping(_)
            | Content::Alias { .. } => false,
        }
    }

    fn tag(&mut self, number: usize) -> Result<Option<Tag>, Slip> {
        if self.is_overridden {
            return Ok(None);
        }
        let mut written = self.written(number)?;
        if let Content::Alias { node, .. } = written.content {
            written = self.written(node)?;
        }
        Ok(match written.tag.as_deref() {
            Some("!reset") => Some(Tag::Reset),
            Some("!override") => Some(Tag::Override),
            Some(_) | None => None,
        })
    }

    /// Returns a node, or the node to which an alias refers.
    fn target(&mut self, number: usize) -> Result<&'t Written, Slip> {
        let written = self.written(number)?;
        let Content::Alias { node, .. } = written.content else {
            return Ok(written);
        };
        self.aliases_left = match self.aliases_left.checked_sub(1) {
            Some(left) => left,
            None => return Err(too_large(written)),
        };
        self.written(node)
    }

    fn written(&self, number: usize) -> Result<&'t Written, Slip> {
        let node = self.tree.nodes.get(number);
        node.ok_or_else(|| Slip::new(Trouble::TooLarge, Default::default()))
    }

    fn mark(&self, written: &Written) -> Mark {
        Slip::new(Trouble::TooLarge, written.start)
            .wide(written.end)
            .mark(self.file)
    }
}

fn is_date_key(key: &Written, text: &str, is_plain: bool) -> bool {
    match key.tag.as_deref() {
        Some(tag) => tag.strip_prefix(CORE) == Some("timestamp"),
        None => is_plain && scalar::is_date(text),
    }
}

fn too_large(written: &Written) -> Slip {
    slip(Trouble::TooLarge, written)
}

fn slip(trouble: Trouble, written: &Written) -> Slip {
    Slip::new(trouble, written.start).wide(written.end)
}
