//! What replicas have received, between one reading of their counters and the next.

/// What replicas have received, by number; nothing where one of them cannot be read.
#[derive(Clone, Debug, Default)]
pub(super) struct Received(pub(super) Option<Vec<u64>>);

impl Received {
    /// What came since `before`; empty when either is unknown.
    pub(super) fn since(&self, before: &Received) -> Vec<u64> {
        let (Some(now), Some(before)) = (&self.0, &before.0) else {
            return Vec::new();
        };
        now.iter()
            .zip(before)
            .map(|(now, before)| now.saturating_sub(*before))
            .collect()
    }

    /// Adds replicas behind those that are known.
    pub(super) fn extend(&mut self, others: Received) {
        self.0 = match (self.0.take(), others.0) {
            (Some(known), Some(others)) => Some([known, others].concat()),
            (None, _) | (_, None) => None,
        };
    }

    /// Puts a later reading of the first replicas in its place.
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
