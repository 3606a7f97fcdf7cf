//! How long to wait before trying again.
//!
//! Input: how many tries failed, and a random number. Output: a pause. Must not: sleep, or make random numbers.

use std::time::Duration;

/// The first pause's upper bound and the last one's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// Upper bound of the first pause.
    pub first: Duration,
    /// Upper bound of every pause.
    pub most: Duration,
}

/// For requests to S3: an `InternalError` passes at once, a `SlowDown` in seconds.
pub const S3: Backoff = Backoff { first: Duration::from_millis(100), most: Duration::from_secs(5) };

/// For the broker: a restart takes seconds, and all sidecars of a cluster ask the same one. Not longer, or credentials
/// of a minute's life would run out between two tries.
pub const BROKER: Backoff = Backoff { first: Duration::from_millis(500), most: Duration::from_secs(5) };

impl Backoff {
    /// The pause after `failures` failed tries (from 1): doubling bounds, half of it jitter. `random` is in 0..1.
    pub fn pause(self, failures: u32, random: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(16);
        let bound = self.first.saturating_mul(1 << doublings).min(self.most);
        bound.mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Backoff, S3};
    use std::time::Duration;

    #[test]
    fn pauses_double_up_to_a_bound() {
        let bounds: Vec<_> = (1..=8).map(|failures| S3.pause(failures, 1.0).as_millis()).collect();
        assert_eq!(bounds, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    }

    #[test]
    fn half_of_a_pause_is_jitter() {
        assert_eq!(S3.pause(1, 0.0), Duration::from_millis(50));
    }

    #[test]
    fn no_number_of_failures_overflows() {
        let long = Backoff { first: Duration::from_secs(1), most: Duration::from_secs(9) };
        assert_eq!(long.pause(u32::MAX, 1.0), Duration::from_secs(9));
        assert_eq!(long.pause(0, 1.0), Duration::from_secs(1));
    }
}
