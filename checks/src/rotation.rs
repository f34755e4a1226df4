//! Mathematics of a rotation: classification of a sequence of replica numbers.
//!
//! An order needs evidence that excludes chance and slips:
//! - A request confirms an order if the requests before it predict its replica. A random choice among `r` replicas agrees with
//!   the prediction with a probability of 1 in `r`, so a confirmation is worth log2 `r` bits. An order needs [`BITS`] of them
//!   beyond the requests that it was read from: two replicas need 20 requests more than the order is long, five need nine.
//! - An order that favours a replica must be seen [`UNEQUAL_TIMES`] times in full. A client that sends one request per second
//!   takes one turn per second, and a rotation that slips so regularly is an order of its own, such as 9 : 10.
//! - If the logs show requests of others, only requests with none of those near them confirm or contradict an order
//!   ([`rotation_beside`]).

use crate::observation::Other;

/// Least evidence for an order, in bits: random requests reach it once in a million cases.
const BITS: f64 = 20.0;

/// Least evidence, in bits, that each tried order leaves beyond its own requests. If such an order fits with too little
/// evidence, the answer stays open.
const CONTRADICTING_BITS: f64 = 10.0;

/// Number of times that an order that favours a replica must be seen in full.
const UNEQUAL_TIMES: usize = 4;

/// Largest distance, in requests, between the place of a log line and the place of its request in the sequence. Replicas write
/// the line after they have answered, and the engine reads each log separately.
const MARGIN: usize = 1;

/// Classification of a sequence of replies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rotation {
    /// An order that repeats, with every replica equally often.
    Balanced {
        /// Length of the order that repeats.
        period: usize,
    },
    /// An order that repeats, with some replicas more often than others.
    Weighted {
        /// Occurrences of each replica in one period, the first replica first.
        shares: Vec<usize>,
    },
    /// No order that repeats.
    Aperiodic,
}

/// Classifies `sequence`, in which every number from 1 to `replicas` occurs.
///
/// A correct rotation is periodic and balanced; no other property counts. An `upstream` may list a name twice: a correct
/// solution then gives `ABBA ABBA`, because Docker's DNS shuffles each answer.
pub(crate) fn rotation(sequence: &[u32], replicas: u32) -> Rotation {
    let Some(period) = period(sequence) else {
        return Rotation::Aperiodic;
    };
    let shares = counts(&sequence[..period], replicas);
    let is_equal = is_equal(&shares);
    let has_evidence = (sequence.len() - period) as f64 * bits(replicas, 1) >= BITS;
    match has_evidence && (is_equal || sequence.len() / period >= UNEQUAL_TIMES) {
        true if is_equal => Rotation::Balanced { period },
        true => Rotation::Weighted { shares },
        false => Rotation::Aperiodic,
    }
}

/// Classifies a sequence between whose requests `others` sent theirs; `None` if the evidence does not suffice for an answer.
///
/// A request of another client takes a turn if it reaches the same worker of the proxy. It takes none if it reaches another
/// worker, or the replica directly. So at a logged request of others, or directly beside it, the order may advance by as many
/// extra turns as there were such requests.
pub(crate) fn rotation_beside(
    sequence: &[u32],
    others: &[Other],
    replicas: u32,
) -> Option<Rotation> {
    let slips = slips(sequence.len(), others);
    let quiet = slips.iter().filter(|&&slips| slips == 0).count();
    let (mut found, mut is_open) = (None, false);
    for period in 1..=sequence.len() / 2 {
        let left = quiet.saturating_sub(period) as f64 * bits(replicas, 1);
        if left < CONTRADICTING_BITS {
            break;
        }
        let windows = 0..=sequence.len() - period;
        let mut quiet_windows = windows.filter(|&start| {
            let inside = slips.get(start..start + period - 1).unwrap_or_default();
            inside.iter().all(|&slips| slips == 0)
        });
        // Each quiet window shows the order, from one of its turns on.
        let Some(order) = quiet_windows
            .next()
            .and_then(|start| sequence.get(start..start + period))
        else {
            break;
        };
        let Some(confirmed) = confirmed(sequence, &slips, order, replicas) else {
            continue;
        };
        let shares = counts(order, replicas);
        let is_equal = is_equal(&shares);
        let is_often = is_equal || quiet / period >= UNEQUAL_TIMES;
        if confirmed >= BITS && is_often && found.is_none() {
            found = Some(match is_equal {
                true => Rotation::Balanced { period },
                false => Rotation::Weighted { shares },
            });
        }
        is_open = true;
    }
    let could_tell = quiet as f64 * bits(replicas, 1) >= BITS;
    match found {
        None if could_tell && !is_open => Some(Rotation::Aperiodic),
        found => found,
    }
}

/// Returns the number of turns that others may have taken between each request and the next.
fn slips(requests: usize, others: &[Other]) -> Vec<usize> {
    let gaps = 1..requests;
    let is_near = |gap: usize| move |other: &&Other| gap.abs_diff(other.after as usize) <= MARGIN;
    gaps.map(|gap| others.iter().filter(is_near(gap)).count())
        .collect()
}

/// Returns the evidence for an order beyond the requests that it was read from, in bits; `None` if the sequence contradicts it.
fn confirmed(sequence: &[u32], slips: &[usize], order: &[u32], replicas: u32) -> Option<f64> {
    let turns = order.len();
    let first = sequence.first()?;
    let mut possible: Vec<bool> = order.iter().map(|replica| replica == first).collect();
    let mut evidence = -((turns - 1) as f64) * bits(replicas, 1);
    for (next, slips) in sequence.iter().skip(1).zip(slips) {
        let mut reached = vec![false; turns];
        for turn in (0..turns).filter(|&turn| possible[turn]) {
            for slip in 0..=(*slips).min(turns - 1) {
                reached[(turn + 1 + slip) % turns] = true;
            }
        }
        let mut foretold: Vec<u32> = (order.iter().zip(&reached))
            .filter_map(|(replica, is_reached)| is_reached.then_some(*replica))
            .collect();
        foretold.sort_unstable();
        foretold.dedup();
        if !foretold.contains(next) {
            return None;
        }
        if *slips == 0 {
            evidence += bits(replicas, foretold.len());
        }
        possible = (order.iter().zip(reached))
            .map(|(replica, is_reached)| is_reached && replica == next)
            .collect();
    }
    Some(evidence)
}

/// Returns the evidence, in bits, of a correct prediction of a request's replica as one of `foretold`.
fn bits(replicas: u32, foretold: usize) -> f64 {
    (f64::from(replicas.max(2)) / foretold.max(1) as f64)
        .log2()
        .max(0.0)
}

fn is_equal(shares: &[usize]) -> bool {
    shares.windows(2).all(|pair| pair[0] == pair[1])
}

/// Returns the length of the shortest order that was seen at least twice in full and never broken.
pub fn period(sequence: &[u32]) -> Option<usize> {
    (1..=sequence.len() / 2).find(|&period| repeats(sequence, period))
}

/// Returns the least number of requests that shows an order twice as long as the number of replicas.
pub fn enough(replicas: u32) -> u32 {
    let evidence = (BITS / bits(replicas, 1)).ceil() as u32;
    replicas.saturating_mul(2).saturating_add(evidence)
}

/// Counts the occurrences of each replica from 1 to `replicas`.
pub(crate) fn counts(sequence: &[u32], replicas: u32) -> Vec<usize> {
    (1..=replicas)
        .map(|replica| sequence.iter().filter(|&&seen| seen == replica).count())
        .collect()
}

/// Returns whether `sequence` can be `workers` rotations, interleaved in any way; `None` if `others` leave that open.
///
/// Others take turns in the same rotations, unless they send requests to a replica directly. So the sequence must be possible
/// with all of them inserted, or with none.
pub(crate) fn interleaves_beside(
    sequence: &[u32],
    others: &[Other],
    replicas: u32,
    workers: u32,
) -> Option<bool> {
    if interleaves_rotations(sequence, replicas, workers) {
        return Some(true);
    }
    let mut merged = Vec::with_capacity(sequence.len() + others.len());
    let mut others_left = others.iter().peekable();
    for (sent, replica) in (0..).zip(sequence) {
        while let Some(other) = others_left.next_if(|other| other.after <= sent) {
            merged.push(other.replica);
        }
        merged.push(*replica);
    }
    if interleaves_rotations(&merged, replicas, workers) {
        return Some(true);
    }
    // If only some of them take turns, the sequence drifts no further than by the number of all of them.
    let further = u32::try_from(others.len()).ok()?.div_ceil(2);
    let may_be = interleaves_rotations(sequence, replicas, workers.max(1).checked_add(further)?);
    (!may_be).then_some(false)
}

/// Returns whether `sequence` can be `workers` rotations, interleaved in any way.
///
/// Each worker of nginx keeps its own rotation, so a client that cannot keep one connection meets several rotations. In one
/// rotation the counts of two replicas differ by at most two over any stretch (by two for `ABBA`), so in all rotations together
/// by at most two per worker. Random requests drift further with every request.
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

/// Returns the range of the difference between the counts of `one` and `other` along the sequence.
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

    /// Returns requests that pass one by one through one rotation, and requests of others after some of them. Each of those
    /// takes a turn or does not.
    fn beside(order: &[u32], requests: u32, after: &[(u32, bool)]) -> (Vec<u32>, Vec<Other>) {
        let mut turns = order.iter().copied().cycle();
        let (mut sequence, mut others) = (Vec::new(), Vec::new());
        for sent in 0..requests {
            for (_, takes_turn) in after.iter().filter(|(after, _)| *after == sent) {
                let replica = match takes_turn {
                    true => turns.next().unwrap(),
                    false => order[0],
                };
                others.push(Other {
                    replica,
                    after: sent,
                });
            }
            sequence.push(turns.next().unwrap());
        }
        (sequence, others)
    }

    /// Returns a pseudo-random generator of replica numbers.
    fn by_chance(replicas: u32, mut seed: u64) -> impl FnMut() -> u32 {
        move || {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as u32 % replicas + 1
        }
    }

    #[test]
    fn slips_that_come_regularly_are_no_weight() {
        let slipping: Vec<u32> = [repeat(&[1, 2], 9), vec![2]].concat();
        assert_eq!(rotation(&repeat(&slipping, 2), 2), Rotation::Aperiodic);
        assert_eq!(
            rotation(&repeat(&slipping, 4), 2),
            Rotation::Weighted {
                shares: vec![9, 10]
            }
        );
    }

    #[test]
    fn so_many_requests_are_enough() {
        assert_eq!((enough(2), enough(5)), (24, 19));
        assert_eq!(
            rotation(&repeat(&[1, 2, 2, 1], 6), 2),
            Rotation::Balanced { period: 4 }
        );
    }

    #[test]
    fn few_requests_make_no_order() {
        assert_eq!(rotation(&repeat(&[1, 2], 10), 2), Rotation::Aperiodic);
        assert_eq!(
            rotation(&repeat(&[1, 2], 11), 2),
            Rotation::Balanced { period: 2 }
        );
    }

    #[test]
    fn turns_that_others_take_are_counted_in() {
        for order in [&[1, 2][..], &[1, 2, 2, 1]] {
            let after = [(5, true), (16, true), (27, false), (33, true)];
            let (sequence, others) = beside(order, 60, &after);
            assert_eq!(period(&sequence), None);
            let period = order.len();
            assert_eq!(
                rotation_beside(&sequence, &others, 2),
                Some(Rotation::Balanced { period })
            );
        }
        let (sequence, others) = beside(&[3, 1, 5, 2, 4], 100, &[(7, true), (50, true)]);
        assert_eq!(
            rotation_beside(&sequence, &others, 5),
            Some(Rotation::Balanced { period: 5 })
        );
    }

    #[test]
    fn a_weight_shows_beside_others() {
        let (sequence, others) = beside(&[1, 1, 2], 60, &[(10, true), (31, true), (44, true)]);
        assert_eq!(
            rotation_beside(&sequence, &others, 2),
            Some(Rotation::Weighted { shares: vec![2, 1] })
        );
    }

    #[test]
    fn one_replica_shows_beside_others() {
        let others = [Other {
            replica: 2,
            after: 12,
        }];
        assert_eq!(
            rotation_beside(&[1; 40], &others, 2),
            Some(Rotation::Weighted { shares: vec![1, 0] })
        );
    }

    #[test]
    fn others_in_step_leave_the_order_open() {
        let others: Vec<Other> = (1..40).map(|after| Other { replica: 2, after }).collect();
        assert_eq!(rotation_beside(&[1; 40], &others, 2), None);
    }

    #[test]
    fn chance_is_no_order_whatever_others_do() {
        let (mut contradicted, mut open) = (0, 0);
        for seed in 0..2000 {
            let mut replica = by_chance(2, seed);
            let sequence: Vec<u32> = (0..40).map(|_| replica()).collect();
            let step = seed as u32 % 20 + 1;
            let afters = (1..40).filter(|after| after % step == 0);
            let others: Vec<Other> = afters
                .map(|after| Other {
                    replica: replica(),
                    after,
                })
                .collect();
            match rotation_beside(&sequence, &others, 2) {
                Some(Rotation::Balanced { .. } | Rotation::Weighted { .. }) => {
                    panic!("{sequence:?} {others:?}")
                }
                Some(Rotation::Aperiodic) => contradicted += 1,
                None => open += 1,
            }
        }
        assert!(contradicted > 1000 && open > 0, "{contradicted} {open}");
    }

    #[test]
    fn interleaved_rotations_may_have_others_in_them() {
        let mut replica = by_chance(2, 7);
        let walk: Vec<u32> = (0..120).map(|_| replica()).collect();
        assert_eq!(interleaves_beside(&walk, &[], 2, 1), Some(false));
        // Others sent all the requests that one replica lacks.
        let (mut sequence, mut others) = (Vec::new(), Vec::new());
        for turn in 0..120 {
            let replica = turn % 2 + 1;
            match turn % 6 {
                5 => others.push(Other {
                    replica,
                    after: sequence.len() as u32,
                }),
                _ => sequence.push(replica),
            }
        }
        assert!(!interleaves_rotations(&sequence, 2, 1));
        assert_eq!(interleaves_beside(&sequence, &others, 2, 1), Some(true));
        others.truncate(others.len() - 3);
        assert_eq!(interleaves_beside(&sequence, &others, 2, 1), None);
    }
}
