//! Attribution of requests to replicas by the replicas' logs, and the requests of other clients in these logs.

use std::collections::{BTreeMap, BTreeSet};

use softy_checks::observation::Other;

/// Query parameter that marks every request of the checker.
const OWN: &str = "softy=";

/// Requests named by the replicas' logs.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Attribution {
    /// Replicas, counted from 1, that name each request, counted from 1.
    seen: BTreeMap<u32, BTreeSet<u32>>,
}

impl Attribution {
    /// Reads one log per replica; a request's path contains `nonce`, a hyphen and its number.
    pub fn read(logs: &[String], nonce: &str) -> Attribution {
        let mut attribution = Attribution::default();
        for (replica, log) in (1..).zip(logs) {
            for request in requests(log, nonce) {
                attribution.seen.entry(request).or_default().insert(replica);
            }
        }
        attribution
    }

    /// Returns the number of the first `requests` requests that at least one replica names.
    pub fn named(&self, requests: u32) -> usize {
        self.seen.range(1..=requests).count()
    }

    /// Returns the replica that answered each of `requests` requests: the first one that names it, or 0 for none.
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

    /// Returns the requests, counted from 1, that several replicas name.
    pub fn doubled(&self, requests: u32) -> Vec<u32> {
        let doubled = self
            .seen
            .range(1..=requests)
            .filter(|(_, replicas)| replicas.len() > 1);
        doubled.map(|(request, _)| *request).collect()
    }
}

/// Returns the requests of other clients that the logs show between those of a volley, by the time at which the engine got each
/// line. Before the first and after the last request of the volley, only the nearest one counts.
///
/// A request of another client is a line with the same words in front of the path as a line of the volley.
pub fn others(logs: &[String], nonce: &str) -> Vec<Other> {
    let mut own: BTreeMap<u32, &str> = BTreeMap::new();
    let mut shapes = BTreeSet::new();
    for (time, line) in logs.iter().flat_map(|log| timed(log)) {
        for request in requests(line, nonce) {
            let first = own.entry(request).or_insert(time);
            *first = time.min(first);
        }
        let shape = shape(line).filter(|(_, path)| path.contains(nonce));
        shapes.extend(shape.map(|(shape, _)| shape));
    }
    let mut found: Vec<(&str, Other)> = Vec::new();
    for (replica, log) in (1..).zip(logs) {
        for (time, line) in timed(log).filter(|(_, line)| !line.contains(OWN)) {
            if shape(line).is_some_and(|(shape, _)| shapes.contains(&shape)) {
                let before = own.values().filter(|own| **own <= time);
                let after = u32::try_from(before.count()).unwrap_or(u32::MAX);
                found.push((time, Other { replica, after }));
            }
        }
    }
    found.sort_by_key(|(time, other)| (*time, other.replica));
    let others: Vec<Other> = found.into_iter().map(|(_, other)| other).collect();
    let last = u32::try_from(own.len()).unwrap_or(u32::MAX);
    let begin = others.partition_point(|other| other.after == 0);
    let end = others.partition_point(|other| other.after < last);
    let end = others.len().min(end + 1);
    others
        .get(begin.saturating_sub(1)..end)
        .unwrap_or_default()
        .to_vec()
}

/// Returns the lines of a log that begin with a time, each with its time.
fn timed(log: &str) -> impl Iterator<Item = (&str, &str)> {
    log.lines().filter_map(|line| {
        let (time, line) = line.split_once(' ')?;
        let is_time = time.ends_with('Z') && time.contains('T');
        is_time.then_some((time, line))
    })
}

/// Returns the text before the first path of a line, with uniform numbers and methods, and the path.
fn shape(line: &str) -> Option<(String, &str)> {
    let mut before = ' ';
    let path = line.char_indices().find_map(|(index, character)| {
        let begins = character == '/' && !before.is_alphanumeric();
        before = character;
        begins.then_some(index)
    })?;
    let (front, path) = line.split_at_checked(path)?;
    let end = path.find([' ', '"', '\'']).unwrap_or(path.len());
    let mut shape = String::new();
    // A colour code may precede a request that was not answered with 200.
    let plain = front.split('\u{1b}').enumerate().map(|(index, part)| {
        let colour = part.split_once('m').filter(|_| index > 0);
        colour.map_or(part, |(_, rest)| rest)
    });
    let plain: String = plain.collect();
    for word in plain.split_inclusive(|character: char| !character.is_alphanumeric()) {
        let letters = word.trim_end_matches(|character: char| !character.is_alphanumeric());
        let behind = word.get(letters.len()..).unwrap_or_default();
        shape.push_str(match letters {
            "" => "",
            _ if letters.contains(|character: char| character.is_ascii_digit()) => "0",
            _ if letters.chars().all(char::is_uppercase) => "A",
            _ => letters,
        });
        shape.push_str(behind);
    }
    Some((shape, path.get(..end)?))
}

/// Returns the numbers that follow `nonce` and a hyphen in a log.
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

    /// Returns the line that a Flask server logs, `time` nanoseconds after a full minute.
    fn line(time: u32, request: &str) -> String {
        format!(
            "2026-11-23T18:00:00.{time:09}Z 172.18.0.5 - - [23/Nov/2026 18:00:00] \"{request} HTTP/1.0\" 200 -\n"
        )
    }

    fn own(time: u32, number: u32) -> String {
        line(time, &format!("GET /api/hello?softy=ab12-{number}-00ff"))
    }

    #[test]
    fn requests_of_others_are_told_by_their_lines_and_their_times() {
        let first = [
            line(5, "GET /api/hello"),
            line(8, "GET /"),
            own(10, 1),
            own(30, 3),
            "2026-11-23T18:00:00.000000031Z  * Serving /api\n".to_owned(),
        ];
        let second = [
            own(20, 2),
            line(25, "HEAD /api/hello?x=1"),
            own(40, 4),
            line(41, "GET /api/hello?softy=9999-1-00"),
            line(50, "GET /api"),
            line(60, "GET /api"),
        ];
        let logs = [first.concat(), second.concat()];
        let other = |replica, after| Other { replica, after };
        assert_eq!(
            others(&logs, "ab12"),
            [other(1, 0), other(2, 2), other(2, 4)]
        );
    }

    #[test]
    fn a_line_beside_each_request_is_no_other() {
        let log = [
            "2026-11-23T18:00:00.000000009Z answering /api/hello\n",
            &own(10, 1),
            "2026-11-23T18:00:00.000000019Z answering /api/hello\n",
            &own(20, 2),
        ];
        assert_eq!(others(&[log.concat()], "ab12"), []);
    }

    #[test]
    fn a_shape_has_no_numbers_methods_and_colours() {
        let flask = shape("172.18.0.15 - - [23/Nov/2026 18:00:00] \u{1b}[33m\"GET /x HTTP/1.0\"");
        assert_eq!(
            flask,
            Some(("0.0.0.0 - - [0/Nov/0 0:0:0] \"A ".to_owned(), "/x"))
        );
        assert_eq!(shape("/api?x"), Some((String::new(), "/api?x")));
        assert_eq!(shape("no path"), None);
    }
}
