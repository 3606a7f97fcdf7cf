//! The one place that asks what time it is.
//!
//! Output: instants, from the system or from a test. Must not: be asked by a decision; those take `now` as a value.

mod cluster;

pub use cluster::ClusterClock;

use jiff::{SignedDuration, Timestamp};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Something that knows the time.
pub trait Clock: Send + Sync + 'static {
    /// The instant this is called at.
    fn now(&self) -> Timestamp;
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock everything else is handed")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that follows another without its jumps: it never goes back, and is faster or slower than time by a tenth at
/// most until it has caught up. Waits and deadlines measured with it end neither all at once nor never when somebody
/// sets the system's clock.
pub struct SteadyClock {
    wall: Arc<dyn Clock>,
    since_start: Box<dyn Fn() -> SignedDuration + Send + Sync>,
    /// None before it was looked at first: until then the other one may still be learning what time it is.
    hands: Mutex<Option<Hands>>,
}

struct Hands {
    shown: Timestamp,
    at: SignedDuration,
}

impl SteadyClock {
    /// Follows `wall`; `since_start` is a time that cannot be set.
    pub fn following(
        wall: Arc<dyn Clock>,
        since_start: impl Fn() -> SignedDuration + Send + Sync + 'static,
    ) -> Self {
        Self { wall, since_start: Box::new(since_start), hands: Mutex::default() }
    }

    /// Follows `wall` by the system's own count of time.
    pub fn over(wall: Arc<dyn Clock>) -> Self {
        let start = Instant::now();
        Self::following(wall, move || {
            SignedDuration::try_from(start.elapsed()).unwrap_or(SignedDuration::MAX)
        })
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Timestamp {
        let mut hands = self.hands.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, wall) = ((self.since_start)(), self.wall.now());
        let hands = hands.get_or_insert(Hands { shown: wall, at });
        let passed = at.saturating_sub(hands.at).max(SignedDuration::ZERO);
        let (slowest, fastest) = (passed - passed / 10, passed + passed / 10);
        let step = wall.duration_since(hands.shown).clamp(slowest, fastest);
        *hands = Hands { shown: hands.shown.saturating_add(step).unwrap_or(Timestamp::MAX), at };
        hands.shown
    }
}

/// A clock that stands still until it is moved; copies share its hands.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<Timestamp>>);

impl ManualClock {
    /// A clock that shows `now`.
    pub fn at(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }

    /// Moves the clock on; past the end of time it stands still.
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.saturating_add(by).unwrap_or(Timestamp::MAX);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock, ManualClock, SteadyClock, SystemClock};
    use jiff::{SignedDuration, Timestamp};
    use std::{
        sync::{
            Arc,
            atomic::{AtomicI64, Ordering},
        },
        time::Duration,
    };

    #[test]
    fn a_manual_clock_moves_only_by_hand_and_with_all_its_copies() {
        let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
        let copy = clock.clone();
        assert_eq!(copy.now(), Timestamp::UNIX_EPOCH);
        clock.advance(Duration::from_secs(5));
        assert_eq!(copy.now(), Timestamp::from_second(5).unwrap());
    }

    /// A steady clock, the wall's clock it follows, and the seconds that have really passed.
    fn steady() -> (SteadyClock, Arc<AtomicI64>, Arc<AtomicI64>) {
        struct Wall(Arc<AtomicI64>);
        impl Clock for Wall {
            fn now(&self) -> Timestamp {
                Timestamp::from_second(self.0.load(Ordering::Relaxed)).unwrap()
            }
        }
        let (wall, real) = (Arc::new(AtomicI64::new(1_000_000)), Arc::new(AtomicI64::new(0)));
        let passed = Arc::clone(&real);
        let since_start = move || SignedDuration::from_secs(passed.load(Ordering::Relaxed));
        (SteadyClock::following(Arc::new(Wall(Arc::clone(&wall))), since_start), wall, real)
    }

    #[test]
    fn a_steady_clock_shows_what_a_clock_shows_that_is_not_set() {
        let (clock, wall, real) = steady();
        for _ in 0..10 {
            wall.fetch_add(30, Ordering::Relaxed);
            real.fetch_add(30, Ordering::Relaxed);
            assert_eq!(clock.now().as_second(), wall.load(Ordering::Relaxed));
        }
    }

    #[test]
    fn fault_a25_a_clock_set_by_an_hour_is_followed_slowly_and_never_backwards() {
        for jump in [3600, -3600] {
            let (clock, wall, real) = steady();
            let mut before = clock.now();
            wall.fetch_add(jump, Ordering::Relaxed);
            assert_eq!(clock.now(), before, "no time has passed");
            for _ in 0..100 {
                wall.fetch_add(30, Ordering::Relaxed);
                real.fetch_add(30, Ordering::Relaxed);
                let step = clock.now().duration_since(before).as_secs();
                assert!((27..=33).contains(&step), "{step} s in 30 s after {jump} s");
                before = clock.now();
            }
            wall.fetch_add(36_000, Ordering::Relaxed);
            real.fetch_add(36_000, Ordering::Relaxed);
            assert_eq!(
                clock.now().as_second(),
                wall.load(Ordering::Relaxed),
                "after ten hours it is caught up"
            );
        }
    }

    #[test]
    fn the_system_clock_is_past_the_day_this_was_written() {
        assert!(SystemClock.now() > "2026-01-01T00:00:00Z".parse().unwrap());
    }
}
