//! Who answered, from the replicas' logs.

use std::collections::{BTreeMap, BTreeSet};

/// Which replicas' logs name which requests.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Attribution {
    /// The replicas, counted from 1, that name each request, counted from 1.
    seen: BTreeMap<u32, BTreeSet<u32>>,
}

impl Attribution {
    /// Reads one log for each replica; requests carry `nonce`, a hyphen and their number.
    pub fn read(logs: &[String], nonce: &str) -> Attribution {
        let mut attribution = Attribution::default();
        for (replica, log) in (1..).zip(logs) {
            for request in requests(log, nonce) {
                attribution.seen.entry(request).or_default().insert(replica);
            }
        }
        attribution
    }

    /// How many of the first `requests` some replica names.
    pub fn named(&self, requests: u32) -> usize {
        self.seen.range(1..=requests).count()
    }

    /// The replica that answered each of `requests` requests, the first that names it; 0 where none does.
    pub fn sequence(&self, requests: u32) -> Vec<u32> {
        let replica = |request| {
            self.seen
                .get(&request)
                .and_then(|replicas| replicas.first().copied())
        };
        (1..=requests)
            .map(|request| replica(request).unwrap_or(0))
            .collect()
    }

    /// The requests, counted from 1, that several replicas name.
    pub fn doubled(&self, requests: u32) -> Vec<u32> {
        let doubled = self
            .seen
            .range(1..=requests)
            .filter(|(_, replicas)| replicas.len() > 1);
        doubled.map(|(request, _)| *request).collect()
    }
}

/// The numbers that stand behind `nonce` and a hyphen in a log.
fn requests<'a>(log: &'a str, nonce: &'a str) -> impl Iterator<Item = u32> + 'a {
    log.split(nonce).skip(1).filter_map(|rest| {
        let rest = rest.strip_prefix('-')?;
        let digits = rest
            .find(|character: char| !character.is_ascii_digit())
            .unwrap_or(rest.len());
        rest[..digits].parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(logs: [&str; 2]) -> Attribution {
        Attribution::read(&logs.map(str::to_owned), "ab12")
    }

    #[test]
    fn a_line_names_its_request() {
        let first =
            "10.0.0.4 - - [23/Nov/2026 18:00:00] \"GET /api/hello?softy=ab12-1 HTTP/1.0\" 200 -\n";
        let second =
            "10.0.0.4 - - [23/Nov/2026 18:00:00] \"GET /api/hello?softy=ab12-2 HTTP/1.0\" 200 -\n";
        assert_eq!(read([first, second]).sequence(2), [1, 2]);
    }

    #[test]
    fn a_request_told_twice_by_one_replica_is_not_doubled() {
        let read = read(["ab12-1 before\nab12-1 after\n", ""]);
        assert_eq!(read.doubled(1), [0; 0]);
        assert_eq!(read.named(1), 1);
    }

    #[test]
    fn a_request_told_by_two_replicas_is_doubled() {
        assert_eq!(read(["ab12-1", "ab12-1"]).doubled(1), [1]);
    }

    #[test]
    fn silence_names_nobody() {
        assert_eq!(read(["", "other-1"]).sequence(2), [0, 0]);
    }

    #[test]
    fn numbers_out_of_range_are_passed_over() {
        let read = read(["ab12-99999999999 ab12-0 ab12- ab12", "ab12-3"]);
        assert_eq!(read.sequence(2), [0, 0]);
        assert_eq!(read.named(2), 0);
    }
}
