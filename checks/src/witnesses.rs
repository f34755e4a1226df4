//! The two witnesses of a volley: the replicas' access logs and network counters.

use crate::observation::{Volley, Witness};
use crate::rotation::counts;

/// What the witnesses of a volley say of each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Testimony {
    /// Both say the same.
    Agreed,
    /// The logs name each request; what the replicas received was not read.
    LogsAlone,
    /// The logs are silent.
    CountersAlone,
    /// They tell different stories, first of this replica.
    Contradicted {
        /// The replica's number.
        replica: usize,
        /// Its requests by the logs.
        logged: usize,
        /// Its requests by the counters, about.
        counted: f64,
    },
    /// Neither knows of any request.
    Nobody,
}

/// Compares the two.
///
/// All requests of a volley are of one size, so a replica's share of the bytes is its share of the requests; a
/// fifth of an even share is more than the traffic beside them can make up.
pub fn testimony(volley: &Volley) -> Testimony {
    match volley.witness {
        Witness::Nobody => return Testimony::Nobody,
        Witness::Counters => return Testimony::CountersAlone,
        Witness::Logs => {}
    }
    let total: u64 = volley.received.iter().sum();
    if total == 0 {
        return Testimony::LogsAlone;
    }
    let requests = volley.sequence.len() as f64;
    let tolerance = requests / volley.received.len() as f64 / 5.0;
    let logged = counts(&volley.sequence, volley.replicas);
    let shares = volley.received.iter();
    let shares = shares.map(|&bytes| bytes as f64 / total as f64 * requests);
    let mut both = shares
        .enumerate()
        .map(|(index, counted)| (index, logged.get(index).copied().unwrap_or(0), counted));
    match both.find(|&(_, logged, counted)| (counted - logged as f64).abs() > tolerance) {
        Some((index, logged, counted)) => Testimony::Contradicted {
            replica: index + 1,
            logged,
            counted,
        },
        None => Testimony::Agreed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::correct::correct;

    fn of(witness: Witness, received: &[u64]) -> Testimony {
        let volleys = correct().volleys.into_iter();
        let mut volleys = volleys.map(|volley| Volley {
            witness,
            received: received.to_vec(),
            ..volley
        });
        volleys
            .next()
            .map_or(Testimony::Nobody, |volley| testimony(&volley))
    }

    #[test]
    fn equal_shares_agree_with_turns() {
        assert_eq!(of(Witness::Logs, &[53_362, 51_481]), Testimony::Agreed);
    }

    #[test]
    fn bytes_that_went_elsewhere_contradict() {
        let testimony = of(Witness::Logs, &[104_166, 2_927]);
        assert!(matches!(
            testimony,
            Testimony::Contradicted {
                replica: 1,
                logged: 20,
                ..
            }
        ));
    }

    #[test]
    fn more_than_a_fifth_of_an_even_share_contradicts() {
        let is_contradicted = |received| {
            let testimony = of(Witness::Logs, received);
            matches!(testimony, Testimony::Contradicted { .. })
        };
        assert!(!is_contradicted(&[60_000, 40_000]));
        assert!(is_contradicted(&[61_000, 39_000]));
    }

    #[test]
    fn one_witness_is_no_agreement() {
        assert_eq!(of(Witness::Logs, &[]), Testimony::LogsAlone);
        assert_eq!(of(Witness::Logs, &[0, 0]), Testimony::LogsAlone);
        assert_eq!(
            of(Witness::Counters, &[102_016, 56_355]),
            Testimony::CountersAlone
        );
        assert_eq!(of(Witness::Nobody, &[0, 0]), Testimony::Nobody);
    }
}
