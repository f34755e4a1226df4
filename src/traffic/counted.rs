//! Who answered, from the engine's network counters.
//!
//! Requests of different lengths go out in small groups with one reading of every replica's counter behind each: the
//! bytes that a replica received say which of the group's requests it served.

/// Extra bytes of the requests of one group, the largest within the 8 kB that nginx and gunicorn take in one header line.
///
/// Whatever a request costs beyond them, two different selections of these requests differ by 900 bytes at least: two
/// are always more than one, and no two are the sum of the other two.
pub(super) const PADDINGS: [usize; 4] = [3600, 4500, 5400, 7200];

/// How far, in bytes, a replica's counter may be from what it should be: half the smallest difference.
const TOLERANCE: f64 = 450.0;

/// The replica, counted from 1, that served each request of a group, when the bytes that each replica received leave
/// no doubt.
///
/// What a request costs beyond its padding is the same for all, so it follows from the sum.
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
    fn too_few_bytes_say_nothing() {
        assert_eq!(served(&[100, 200]), None);
        assert_eq!(served(&[]), None);
    }
}
