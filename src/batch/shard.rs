//! Shard of a roster, the same on every machine that has the roster.

use std::str::FromStr;

use super::roster::Entry;

/// Part `index` of `count`, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: usize,
    count: usize,
}

/// Error of a text that is not a shard.
#[derive(Debug, thiserror::Error)]
#[error("a shard is `I/N` with I from 1 to N, such as `2/4`")]
pub struct ShardError;

impl Shard {
    /// Returns the entries of this part: every `count`-th by id, so that the sizes of the parts differ by one at most.
    pub fn of(self, mut entries: Vec<Entry>) -> Vec<Entry> {
        entries.sort_by(|one, other| one.id.cmp(&other.id));
        let own = entries.into_iter().skip(self.index - 1);
        own.step_by(self.count).collect()
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Shard, ShardError> {
        let (index, count) = text.split_once('/').ok_or(ShardError)?;
        let number = |text: &str| text.parse::<usize>().map_err(|_| ShardError);
        let (index, count) = (number(index)?, number(count)?);
        match (1..=count).contains(&index) {
            true => Ok(Shard { index, count }),
            false => Err(ShardError),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::batch::roster::Source;

    fn entry(id: &str) -> Entry {
        Entry {
            id: id.to_owned(),
            name: None,
            group: None,
            source: Source::Folder(PathBuf::new()),
        }
    }

    #[test]
    fn parts_have_every_entry_once_however_the_roster_is_sorted() {
        let part = |text: &str, ids: &[&str]| {
            let shard: Shard = text.parse().unwrap();
            let own = shard.of(ids.iter().map(|id| entry(id)).collect());
            own.into_iter().map(|entry| entry.id).collect::<Vec<_>>()
        };
        assert_eq!(part("1/2", &["c", "a", "b"]), ["a", "c"]);
        assert_eq!(part("2/2", &["b", "c", "a"]), ["b"]);
        assert_eq!(part("4/4", &["a"]), Vec::<String>::new());
    }

    #[test]
    fn what_is_no_part_is_refused() {
        for text in ["", "1", "0/2", "3/2", "1/0", "-1/2", "1/2/3", "a/b"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
