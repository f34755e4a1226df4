//! Circumstances of a measurement.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// Addresses of the replicas and state of the proxy at the time of the requests; no check judges them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circumstances {
    /// Number of running replicas.
    pub replicas: u32,
    /// Addresses of each replica, by its number; empty if the engine did not report any.
    pub addresses: Vec<Vec<IpAddr>>,
    /// Addresses to which `back-end` resolves in the proxy's container; empty if it has none, `None` if no program in the
    /// container could resolve the name.
    pub resolved: Option<Vec<IpAddr>>,
    /// Worker processes of the proxy; `None` if their number is unknown.
    pub workers: Option<u32>,
}

impl Circumstances {
    /// Returns the number of the replica that has an address.
    pub fn replica(&self, address: &IpAddr) -> Option<u32> {
        (1..)
            .zip(&self.addresses)
            .find_map(|(number, own)| own.contains(address).then_some(number))
    }

    /// Returns whether `back-end` resolves to each replica exactly once, and to nothing else.
    pub fn finds_each(&self) -> bool {
        let resolved = self.resolved.iter().flatten();
        let mut found: Vec<Option<u32>> = resolved.map(|address| self.replica(address)).collect();
        found.sort_unstable();
        let each: Vec<Option<u32>> = (1..=self.replicas).map(Some).collect();
        found == each
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds_each(resolved: Option<&[u8]>) -> bool {
        let address = |last: u8| IpAddr::from([172, 19, 0, last]);
        let circumstances = Circumstances {
            replicas: 2,
            addresses: vec![vec![address(2)], vec![address(9), address(3)]],
            resolved: resolved.map(|lasts| lasts.iter().copied().map(address).collect()),
            workers: None,
        };
        circumstances.finds_each()
    }

    #[test]
    fn a_name_finds_each_replica_when_it_has_one_address_of_each() {
        assert!(finds_each(Some(&[3, 2])));
        assert!(!finds_each(Some(&[2])));
        assert!(!finds_each(Some(&[2, 3, 4])));
        assert!(!finds_each(Some(&[3, 9])));
    }

    #[test]
    fn nothing_known_is_nothing_found() {
        assert!(!finds_each(None));
        assert!(!finds_each(Some(&[])));
    }
}
