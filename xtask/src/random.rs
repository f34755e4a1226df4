//! Random numbers that can be repeated with `SOFTY_CHECK_SEED`.

use std::time::{SystemTime, UNIX_EPOCH};

/// Returns the seed in `SOFTY_CHECK_SEED`; the current time if it is unset.
pub fn seed() -> u64 {
    let asked = std::env::var("SOFTY_CHECK_SEED").ok();
    let now = || {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(1, |since| since.as_secs())
    };
    asked.and_then(|seed| seed.parse().ok()).unwrap_or_else(now)
}

/// Splitmix64 generator: repeatable, and good enough to choose moments and orders.
pub struct Random(u64);

impl Random {
    /// Returns the generator for a seed.
    pub fn of(seed: u64) -> Random {
        Random(seed)
    }

    /// Returns a number from 0 to 1.
    pub fn fraction(&mut self) -> f64 {
        f64::from(self.number()) / f64::from(u32::MAX)
    }

    /// Puts the items in a random order.
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        things.sort_by_cached_key(|_| self.number());
    }

    fn number(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        u32::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap_or_default()
    }
}
