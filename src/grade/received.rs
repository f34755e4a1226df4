//! Bytes that replicas received between two readings of their network counters.

/// Bytes received by each replica, in the order of the replica numbers; `None` when one counter cannot be read.
#[derive(Clone, Debug, Default)]
pub(super) struct Received(pub(super) Option<Vec<u64>>);

impl Received {
    /// Returns the bytes received since `before`; empty when either reading is unknown.
    pub(super) fn since(&self, before: &Received) -> Vec<u64> {
        let (Some(now), Some(before)) = (&self.0, &before.0) else {
            return Vec::new();
        };
        now.iter()
            .zip(before)
            .map(|(now, before)| now.saturating_sub(*before))
            .collect()
    }

    /// Returns whether the counters are unknown.
    pub(super) fn is_unknown(&self) -> bool {
        self.0.is_none()
    }

    /// Returns whether the counters were known before and are unknown now.
    pub(super) fn is_lost_since(&self, before: &Received) -> bool {
        self.is_unknown() && !before.is_unknown()
    }

    /// Appends the counters of further replicas.
    pub(super) fn extend(&mut self, others: Received) {
        self.0 = match (self.0.take(), others.0) {
            (Some(known), Some(others)) => Some([known, others].concat()),
            (None, _) | (_, None) => None,
        };
    }

    /// Replaces the counters of the first replicas by a later reading.
    pub(super) fn update(&mut self, later: Received) {
        self.0 = match (self.0.take(), later.0) {
            (Some(mut known), Some(later)) => {
                for (known, later) in known.iter_mut().zip(later) {
                    *known = later;
                }
                Some(known)
            }
            (None, _) | (_, None) => None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_known_before_can_be_lost() {
        let (known, unknown) = (Received(Some(vec![1, 2])), Received::default());
        assert!(unknown.is_lost_since(&known));
        assert!(!unknown.is_lost_since(&unknown));
        assert!(!known.is_lost_since(&known));
        assert_eq!(unknown.since(&known), [0; 0]);
        assert_eq!(Received(Some(vec![5, 2])).since(&known), [4, 0]);
    }
}
