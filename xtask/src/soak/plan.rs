//! Order in which cases are graded.

use super::condition::Condition;
use crate::random::Random;

/// Spreads `runs` runs evenly over `cases` cases and the conditions. A round contains each case once under each condition,
/// in a random order; the last round may be cut short. Cases are identified by their index.
pub fn blocks(
    cases: usize,
    conditions: &[Condition],
    runs: usize,
    random: &mut Random,
) -> Vec<(Condition, Vec<usize>)> {
    let of_condition = |&condition| (0..cases).map(move |case| (condition, case));
    let mut round: Vec<_> = conditions.iter().flat_map(of_condition).collect();
    let (mut blocks, mut left) = (Vec::new(), runs);
    while left > 0 && !round.is_empty() {
        random.shuffle(&mut round);
        round.truncate(left);
        left -= round.len();
        for &condition in conditions {
            let of_it = round.iter().filter(|(other, _)| *other == condition);
            let of_it: Vec<_> = of_it.map(|(_, case)| *case).collect();
            if !of_it.is_empty() {
                blocks.push((condition, of_it));
            }
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the number of runs of each case under each condition.
    fn counts(cases: usize, runs: usize, seed: u64) -> Vec<usize> {
        let blocks = blocks(cases, &Condition::ALL, runs, &mut Random::of(seed));
        let count = |condition, case| {
            let of_it = blocks.iter().filter(|(other, _)| *other == condition);
            let asked = of_it.flat_map(|(_, cases)| cases);
            asked.filter(|asked| **asked == case).count()
        };
        let of_condition = |condition| (0..cases).map(move |case| (condition, case));
        let all = Condition::ALL.into_iter().flat_map(of_condition);
        all.map(|(condition, case)| count(condition, case))
            .collect()
    }

    #[test]
    fn runs_are_spread_evenly() {
        for runs in [1, 17, 18, 100] {
            let counts = counts(6, runs, 7);
            assert_eq!(counts.iter().sum::<usize>(), runs);
            let fewest = runs / counts.len();
            let is_even = |count: &usize| (fewest..=fewest + 1).contains(count);
            assert!(counts.iter().all(is_even), "{counts:?}");
        }
    }

    #[test]
    fn a_seed_repeats_the_order() {
        let order = |seed| blocks(20, &Condition::ALL, 60, &mut Random::of(seed));
        assert_eq!(order(3), order(3));
        assert_ne!(order(3), order(4));
    }

    #[test]
    fn nothing_to_grade_is_no_block() {
        let all = &Condition::ALL[..];
        for (cases, conditions, runs) in [(0, all, 5), (5, all, 0), (5, &[], 5)] {
            let blocks = blocks(cases, conditions, runs, &mut Random::of(1));
            assert_eq!(blocks, []);
        }
    }
}
