//! Comparison of the two witnesses of a volley: the replicas' access logs and network counters.

use crate::observation::{Volley, Witness};
use crate::rotation::counts;

/// Result of comparing the witnesses of a volley.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Testimony {
    /// Both agree.
    Agreed,
    /// The logs record each request; the network counters were not read.
    LogsAlone,
    /// The logs record no request.
    CountersAlone,
    /// They disagree; this is the first replica for which they do.
    Contradicted {
        /// Number of the replica.
        replica: usize,
        /// Its requests by the logs.
        logged: usize,
        /// Its approximate requests by the counters.
        counted: f64,
    },
    /// Neither witness recorded a request.
    Nobody,
}

/// Least number of bytes that a replica receives for the shortest request: a segment with an address of the checker's, and one
/// that acknowledges the answer.
const SHORTEST: u64 = 120;

/// Compares the two witnesses.
///
/// All requests of a volley have the same size, so a replica's share of the bytes is its share of the requests. The tolerance
/// is a fifth of an even share, which is more than other traffic can amount to. If the logs show requests of other clients, the
/// tolerance may rise to one request of the volley for each of them, but never above half an even share. So a replica that
/// received almost nothing by the counters has not received its turns, even if its log shows them. If all replicas together
/// received too little for the number of requests, no replica may have logged more than the counters show: then another program
/// answered, and sent the replicas the requests to log.
pub fn testimony(volley: &Volley) -> Testimony {
    match volley.witness {
        Witness::Nobody => return Testimony::Nobody,
        Witness::Counters => return Testimony::CountersAlone,
        Witness::Logs => {}
    }
    if volley.received.is_empty() {
        return Testimony::LogsAlone;
    }
    let total: u64 = volley.received.iter().sum();
    let requests = volley.sequence.len() as f64;
    let even = requests / volley.received.len() as f64;
    let by_others = (volley.others.len() as f64).min(even / 2.0);
    let tolerance = (even / 5.0).max(by_others);
    let is_enough = total >= SHORTEST * volley.sequence.len() as u64;
    let each = match is_enough {
        true => total as f64 / requests,
        false => SHORTEST as f64,
    };
    let logged = counts(&volley.sequence, volley.replicas);
    let shares = volley.received.iter();
    let shares = shares.map(|&bytes| bytes as f64 / each);
    let mut both = shares
        .enumerate()
        .map(|(index, counted)| (index, logged.get(index).copied().unwrap_or(0), counted));
    let is_contradicted = |logged: usize, counted: f64| {
        let apart = counted - logged as f64;
        apart.abs() > tolerance || (!is_enough && apart < 0.0)
    };
    match both.find(|&(_, logged, counted)| is_contradicted(logged, counted)) {
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
    use crate::observation::Other;
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
    fn too_few_bytes_for_so_many_requests_contradict() {
        assert!(matches!(
            of(Witness::Logs, &[2_100, 1_900]),
            Testimony::Contradicted { logged: 20, .. }
        ));
        assert!(matches!(
            of(Witness::Logs, &[0, 0]),
            Testimony::Contradicted { counted: 0.0, .. }
        ));
        // Requests with nothing but the address, on connections that the proxy keeps.
        assert_eq!(of(Witness::Logs, &[3_900, 4_000]), Testimony::Agreed);
    }

    #[test]
    fn others_excuse_half_an_even_share_at_most() {
        let testimony = |received: &[u64], others: u32| {
            let mut volley = correct().volleys.remove(0);
            volley.received = received.to_vec();
            volley.others = (0..others)
                .map(|after| Other { replica: 1, after })
                .collect();
            testimony(&volley)
        };
        let [uneven, alone] = [[66_000, 40_000], [104_000, 2_900]];
        assert_ne!(testimony(&uneven, 0), Testimony::Agreed);
        assert_eq!(testimony(&uneven, 8), Testimony::Agreed);
        assert_ne!(testimony(&alone, 8), Testimony::Agreed);
        assert_ne!(testimony(&alone, 4000), Testimony::Agreed);
    }

    #[test]
    fn one_witness_is_no_agreement() {
        assert_eq!(of(Witness::Logs, &[]), Testimony::LogsAlone);
        assert_eq!(
            of(Witness::Counters, &[102_016, 56_355]),
            Testimony::CountersAlone
        );
        assert_eq!(of(Witness::Nobody, &[0, 0]), Testimony::Nobody);
    }
}
