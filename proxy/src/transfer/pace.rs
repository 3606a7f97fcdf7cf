//! Whether S3 sends as fast as any living S3 would.
//!
//! Input: when we began to wait for S3, and what came. Output: how much longer to wait. Must not: count time in which
//! the client did not want anything: a slow reader is no fault of S3.

use std::time::Duration;
use tokio::time::Instant;

/// Fewer bytes than this in a whole window of waiting is a drip: another connection is likely to be faster.
const LEAST: u64 = 32 * 1024;

/// The present window: time spent waiting for S3, and what it sent.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    window: Duration,
    waited: Duration,
    received: u64,
    waiting_since: Option<Instant>,
}

impl Pace {
    /// Nothing, or next to nothing, within `window` of waiting is too slow.
    pub fn new(window: Duration) -> Self {
        Self { window, waited: Duration::ZERO, received: 0, waiting_since: None }
    }

    /// S3 has nothing for us. Returns when that will have lasted for too long.
    pub fn wait(&mut self, now: Instant) -> Instant {
        let since = *self.waiting_since.get_or_insert(now);
        since + self.window.saturating_sub(self.waited)
    }

    /// S3 sent something. Returns whether it was, over a whole window, too little. The clock is asked only where it had
    /// kept us waiting.
    pub fn receive(&mut self, bytes: usize, now: impl FnOnce() -> Instant) -> bool {
        if let Some(since) = self.waiting_since.take() {
            self.waited += now().saturating_duration_since(since);
        }
        self.received += bytes as u64;
        if self.waited < self.window {
            return false;
        }
        let is_drip = self.received < LEAST;
        *self = Self::new(self.window);
        is_drip
    }
}

#[cfg(test)]
mod tests {
    use super::{LEAST, Pace};
    use std::time::Duration;
    use tokio::time::Instant;

    const WINDOW: Duration = Duration::from_secs(15);

    /// Sends `bytes` every `every`, `times` times; says at which one it was found too slow.
    fn found_slow(bytes: usize, every: Duration, times: usize) -> Option<usize> {
        let (mut pace, mut now) = (Pace::new(WINDOW), Instant::now());
        (0..times).find(|_| {
            let deadline = pace.wait(now);
            now += every;
            now > deadline || pace.receive(bytes, || now)
        })
    }

    #[test]
    fn fault_d6_silence_is_noticed_after_one_window() {
        let (mut pace, now) = (Pace::new(WINDOW), Instant::now());
        assert_eq!(pace.wait(now), now + WINDOW);
        assert_eq!(pace.wait(now + WINDOW / 2), now + WINDOW, "asking again does not postpone it");
    }

    #[test]
    fn fault_d7_a_byte_a_second_is_noticed_within_a_window() {
        assert_eq!(found_slow(1, Duration::from_secs(1), 100), Some(14));
    }

    #[test]
    fn fault_d7_a_drip_cannot_postpone_its_discovery_beyond_two_windows() {
        for gap in [1, 2, 7, 13] {
            let nth = found_slow(100, Duration::from_secs(gap), 1000).unwrap() as u64 + 1;
            assert!(nth * gap <= 2 * WINDOW.as_secs(), "{gap}: {nth}");
        }
    }

    #[test]
    fn a_slow_link_is_no_drip() {
        let a_second = usize::try_from(LEAST / 10).unwrap();
        assert_eq!(found_slow(a_second, Duration::from_secs(1), 1000), None);
    }

    #[test]
    fn fault_d18_time_in_which_nobody_waits_does_not_count() {
        let (mut pace, now) = (Pace::new(WINDOW), Instant::now());
        pace.wait(now);
        assert!(!pace.receive(1, || now + Duration::from_secs(1)));
        let later = now + Duration::from_hours(1);
        assert_eq!(pace.wait(later), later + WINDOW - Duration::from_secs(1));
    }
}
