//! The mathematics of a rotation: what a sequence of replica numbers is.

/// What a sequence of replies is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rotation {
    /// The same order over and over, every replica equally often.
    Balanced {
        /// Length of the order that repeats.
        period: usize,
    },
    /// The same order over and over, some replicas more often than others.
    Weighted {
        /// How often each replica comes in one period, the first replica first.
        shares: Vec<usize>,
    },
    /// No order that repeats.
    Aperiodic,
}

/// What `sequence`, in which every number from 1 to `replicas` occurs, is.
///
/// Periodic and balanced is the whole property: an `upstream` that lists a name twice gives `ABBA ABBA` on a
/// right solution, because Docker's DNS shuffles each answer.
pub(crate) fn rotation(sequence: &[u32], replicas: u32) -> Rotation {
    let Some(period) = period(sequence) else {
        return Rotation::Aperiodic;
    };
    let shares = counts(&sequence[..period], replicas);
    if shares.windows(2).all(|pair| pair[0] == pair[1]) {
        return Rotation::Balanced { period };
    }
    Rotation::Weighted { shares }
}

/// Length of the shortest order that was seen at least twice in full and never broken.
pub fn period(sequence: &[u32]) -> Option<usize> {
    (1..=sequence.len() / 2).find(|&period| repeats(sequence, period))
}

/// How often each replica from 1 to `replicas` occurs.
pub(crate) fn counts(sequence: &[u32], replicas: u32) -> Vec<usize> {
    (1..=replicas)
        .map(|replica| sequence.iter().filter(|&&seen| seen == replica).count())
        .collect()
}

/// Whether `sequence` can be `workers` rotations, interleaved in any way.
///
/// Each worker of nginx keeps a rotation of its own, so whoever cannot stay on one connection meets several. In one
/// rotation the counts of two replicas never differ by more than two over any stretch (two for `ABBA`), so in all
/// by no more than two a worker; requests sent at random drift further with every request.
pub(crate) fn interleaves_rotations(sequence: &[u32], replicas: u32, workers: u32) -> bool {
    let widest = 2 * i64::from(workers.max(1));
    (1..=replicas)
        .flat_map(|one| (1..one).map(move |other| (one, other)))
        .all(|(one, other)| drift(sequence, one, other) <= widest)
}

fn repeats(sequence: &[u32], period: usize) -> bool {
    sequence[period..]
        .iter()
        .zip(sequence)
        .all(|(later, earlier)| later == earlier)
}

/// The widest range of the difference between how often `one` and `other` have occurred so far.
fn drift(sequence: &[u32], one: u32, other: u32) -> i64 {
    let (mut difference, mut lowest, mut highest) = (0_i64, 0, 0);
    for &seen in sequence {
        difference += i64::from(seen == one) - i64::from(seen == other);
        lowest = lowest.min(difference);
        highest = highest.max(difference);
    }
    highest - lowest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repeat(order: &[u32], times: usize) -> Vec<u32> {
        order.repeat(times)
    }

    #[test]
    fn alternation_is_balanced() {
        assert_eq!(
            rotation(&repeat(&[1, 2], 20), 2),
            Rotation::Balanced { period: 2 }
        );
    }

    #[test]
    fn a_name_listed_twice_is_balanced() {
        assert_eq!(
            rotation(&repeat(&[1, 2, 2, 1], 10), 2),
            Rotation::Balanced { period: 4 }
        );
    }

    #[test]
    fn a_name_listed_five_times_is_balanced() {
        let order = [1, 2, 2, 1, 1, 2, 1, 2, 2, 1];
        assert_eq!(
            rotation(&repeat(&order, 4), 2),
            Rotation::Balanced { period: 10 }
        );
    }

    #[test]
    fn a_weight_is_not_balanced() {
        assert_eq!(
            rotation(&repeat(&[1, 1, 2], 14), 2),
            Rotation::Weighted { shares: vec![2, 1] }
        );
    }

    #[test]
    fn one_slip_is_no_period() {
        let mut sequence = repeat(&[1, 2], 20);
        sequence.swap(30, 31);
        assert_eq!(rotation(&sequence, 2), Rotation::Aperiodic);
    }

    #[test]
    fn an_order_seen_once_is_no_period() {
        assert_eq!(rotation(&[1, 2, 2, 1, 1], 2), Rotation::Aperiodic);
        assert_eq!(rotation(&[], 2), Rotation::Aperiodic);
    }

    #[test]
    fn two_workers_in_turn_interleave() {
        assert!(interleaves_rotations(&repeat(&[1, 1, 2, 2], 50), 2, 2));
    }

    #[test]
    fn a_worker_lets_counts_drift_by_two() {
        for (order, workers, is_possible) in [
            ([1, 1, 2, 2].as_slice(), 1, true),
            (&[1, 1, 1, 2, 2, 2], 1, false),
            (&[1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2], 3, true),
            (&[1, 1, 2, 2], 0, true),
        ] {
            let sequence = repeat(order, 10);
            let is_interleaved = interleaves_rotations(&sequence, 2, workers);
            assert_eq!(is_interleaved, is_possible, "{order:?} {workers}");
        }
    }

    #[test]
    fn a_favourite_does_not_interleave() {
        assert!(!interleaves_rotations(&repeat(&[1, 1, 2], 50), 2, 2));
    }
}
