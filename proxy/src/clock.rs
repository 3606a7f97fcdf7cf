//! The one place of this crate that asks what time it is.
//!
//! Output: a [`Clock`] that is handed to whoever needs `now`. Must not: be asked by anything that decides.

use jiff::{SignedDuration, Timestamp};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering::Relaxed},
};

/// A source of the present instant; cheap to clone.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The system's clock.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks")]
    pub fn system() -> Self {
        Self(Arc::new(Timestamp::now))
    }

    /// This clock, set right by `skew` from the moment it is learned.
    #[must_use]
    pub fn corrected(self, skew: &Skew) -> Self {
        let skew = skew.clone();
        Self::from_fn(move || self.now().saturating_add(skew.get()).unwrap_or(Timestamp::MAX))
    }

    /// A clock of the caller's making.
    pub fn from_fn(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

/// How far S3's clock is ahead of ours; nothing until S3 complains. Shared by clones.
#[derive(Debug, Clone, Default)]
pub struct Skew(Arc<AtomicI64>);

impl Skew {
    /// As last learned.
    pub fn get(&self) -> SignedDuration {
        SignedDuration::from_millis(self.0.load(Relaxed))
    }

    /// Learned anew, by an uncorrected clock.
    pub fn set(&self, skew: SignedDuration) {
        self.0.store(i64::try_from(skew.as_millis()).unwrap_or_default(), Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock, Skew};
    use jiff::{SignedDuration, Timestamp};

    #[test]
    fn fault_c5_a_clock_is_right_once_its_skew_is_learned() {
        let skew = Skew::default();
        let clock = Clock::from_fn(|| Timestamp::UNIX_EPOCH).corrected(&skew);
        assert_eq!(clock.now(), Timestamp::UNIX_EPOCH);
        skew.set(SignedDuration::from_mins(-20));
        assert_eq!(clock.now().as_second(), -20 * 60);
    }
}
