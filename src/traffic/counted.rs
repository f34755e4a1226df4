//! Attribution of requests to replicas by the replicas' network counters.
//!
//! Requests of different lengths are sent in small groups. Every replica's counter is read after each group: the bytes that a
//! replica received show which of the group's requests it served.

/// Extra bytes of the requests of one group; the largest fits into the 8 kB that nginx and gunicorn accept in one header line.
///
/// Whatever a request costs beyond them, the sums of two different selections of these requests differ by at least 900 bytes:
/// two requests are always more than one, and no two requests equal the sum of the other two.
pub(super) const PADDINGS: [usize; 4] = [3600, 4500, 5400, 7200];

/// Extra bytes of a request that is sent alone.
pub(super) const ALONE: usize = PADDINGS[3];

/// Minimum number of bytes that a replica receives when another replica forwards a request to it; other traffic of such a short
/// time is less.
const HANDED_ON: u64 = 250;

/// Maximum difference between a replica's counter and its expected value, in bytes: half the smallest difference between two
/// selections.
const TOLERANCE: f64 = 450.0;

/// Returns the replica, counted from 1, that served each request of a group; `None` when the bytes of the replicas allow more
/// than one assignment or none.
///
/// The cost of a request beyond its padding is the same for all requests, so it follows from the sum.
pub(super) fn served(received: &[u64]) -> Option<[u32; PADDINGS.len()]> {
    let total: u64 = received.iter().sum();
    let padding: usize = PADDINGS.iter().sum();
    let overhead = (total as f64 - padding as f64) / PADDINGS.len() as f64;
    if overhead < 0.0 {
        return None;
    }
    let replicas = u32::try_from(received.len()).ok()?;
    let assignments = replicas.checked_pow(PADDINGS.len() as u32)?;
    let mut fitting = (0..assignments)
        .map(|assignment| decode(assignment, replicas))
        .filter(|assignment| fits(assignment, received, overhead));
    let only = fitting.next()?;
    fitting.next().is_none().then_some(only)
}

/// Returns whether no replica received enough bytes for a forwarded request while none was sent.
pub(super) fn is_quiet(received: &[u64]) -> bool {
    received.iter().all(|&bytes| bytes < HANDED_ON)
}

/// Returns whether the requests that were sent alone caused about the same number of bytes each: a request of another client
/// among them would have taken a turn.
pub(super) fn are_alike(totals: &[u64]) -> bool {
    let least = totals.iter().min().copied().unwrap_or(0);
    let most = totals.iter().max().copied().unwrap_or(0);
    ((most - least) as f64) < TOLERANCE
}

/// Returns the replicas, counted from 1, that received a request which was sent alone. The first one is the one that the proxy
/// chose. Empty when the request reached no replica.
pub(super) fn receivers(received: &[u64]) -> Vec<u32> {
    let mut receivers: Vec<(u32, u64)> = (1..).zip(received.iter().copied()).collect();
    receivers.retain(|(_, bytes)| *bytes >= HANDED_ON);
    receivers.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    match receivers.first() {
        Some((_, most)) if *most >= ALONE as u64 => {}
        Some(_) | None => receivers.clear(),
    }
    receivers.into_iter().map(|(replica, _)| replica).collect()
}

/// Returns the requests, counted from 1, of those sent alone, that a replica forwarded. A replica counts as forwarding only if
/// it forwarded all its requests, and more than one; otherwise other traffic happened to arrive at the same time.
pub(super) fn handed_on(receivers: &[Vec<u32>]) -> Vec<u32> {
    let is_handed_on = |receivers: &Vec<u32>| receivers.len() > 1;
    let is_certain = receivers.iter().filter(|one| is_handed_on(one)).all(|one| {
        let alike = receivers
            .iter()
            .filter(|other| other.first() == one.first());
        alike.clone().count() > 1 && alike.into_iter().all(is_handed_on)
    });
    if !is_certain {
        return Vec::new();
    }
    let handed_on = (1..).zip(receivers).filter(|(_, one)| is_handed_on(one));
    handed_on.map(|(request, _)| request).collect()
}

fn decode(mut assignment: u32, replicas: u32) -> [u32; PADDINGS.len()] {
    PADDINGS.map(|_| {
        let replica = assignment % replicas + 1;
        assignment /= replicas;
        replica
    })
}

fn fits(assignment: &[u32], received: &[u64], overhead: f64) -> bool {
    (1..).zip(received).all(|(replica, &bytes)| {
        let served = assignment
            .iter()
            .zip(PADDINGS)
            .filter(|(server, _)| **server == replica);
        let expected: f64 = served.map(|(_, padding)| padding as f64 + overhead).sum();
        (bytes as f64 - expected).abs() < TOLERANCE
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OVERHEAD: u64 = 720;

    #[test]
    fn turns_are_read_from_two_counters() {
        let first = 3600 + 5400 + 2 * OVERHEAD;
        let second = 4500 + 7200 + 2 * OVERHEAD;
        assert_eq!(served(&[first, second + 120]), Some([1, 2, 1, 2]));
    }

    #[test]
    fn idle_replicas_have_served_nothing() {
        let all = 20_700 + 4 * OVERHEAD;
        assert_eq!(served(&[90, all, 60]), Some([2, 2, 2, 2]));
    }

    #[test]
    fn five_replicas_are_told_apart() {
        let received = PADDINGS.map(|padding| padding as u64 + OVERHEAD);
        let [first, second, third, fourth] = received;
        assert_eq!(
            served(&[0, fourth, third, second, first]),
            Some([5, 4, 3, 2])
        );
    }

    #[test]
    fn every_assignment_is_told_from_all_others() {
        for overhead in [0, 500, 1500, 3000] {
            for assignment in (0..625).map(|number| decode(number, 5)) {
                let of_it = |replica| {
                    let served = assignment.iter().zip(PADDINGS);
                    let served = served.filter(|(server, _)| **server == replica);
                    served.map(|(_, padding)| padding as u64 + overhead).sum()
                };
                let received: Vec<u64> = (1..=5).map(of_it).collect();
                assert_eq!(served(&received), Some(assignment), "{overhead}");
            }
        }
    }

    #[test]
    fn a_request_that_is_handed_on_has_two_receivers() {
        assert_eq!(receivers(&[574, 7900]), [2, 1]);
        assert_eq!(receivers(&[90, 7900]), [2]);
        assert_eq!(receivers(&[574, 90]), [0; 0]);
    }

    #[test]
    fn a_request_of_another_client_makes_one_unlike_the_rest() {
        assert!(are_alike(&[7900, 7990, 7900, 8100]));
        assert!(!are_alike(&[7900, 7990, 8600, 7900]));
        assert!(are_alike(&[]));
    }

    #[test]
    fn what_a_replica_always_hands_on_is_doubled() {
        let one_way = [vec![1], vec![2, 1], vec![1], vec![2, 1]];
        assert_eq!(handed_on(&one_way), [2, 4]);
        assert_eq!(handed_on(&[vec![1], vec![2], vec![1], vec![2]]), [0; 0]);
    }

    #[test]
    fn what_comes_now_and_then_is_not_handed_on() {
        let health_check = [vec![1], vec![2, 1], vec![1], vec![2]];
        assert_eq!(handed_on(&health_check), [0; 0]);
        assert_eq!(handed_on(&[vec![1, 2], vec![2], vec![3], vec![4]]), [0; 0]);
    }

    #[test]
    fn too_few_bytes_say_nothing() {
        assert_eq!(served(&[100, 200]), None);
        assert_eq!(served(&[]), None);
    }
}
