//! When to stop holding a request.
//!
//! Input: when a request began to wait, and how S3 has fared with all requests. Output: an instant. Must not: count
//! tries. Kopia waits for ever for a byte but lives only a minute after errors begin, so to give up on a request is to
//! give up on the restore: that is a matter of time without progress alone.

use super::setback::Setback;
use crate::backoff;
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// An outage is over when nobody met with a setback for so long: longer than any one try takes.
const LAPSE: Duration = Duration::from_mins(2);

/// What a request still gets when all of them have been in trouble for too long: kopia asks a hundred times before it
/// gives up, and would otherwise spend the whole budget on each of them.
const GRACE: Duration = Duration::from_secs(5);

/// Time without progress, of one request and of all.
pub struct Patience {
    budget: Duration,
    outage: Mutex<Option<Outage>>,
}

/// A time in which no request got anywhere.
#[derive(Clone, Copy)]
struct Outage {
    since: Instant,
    last: Instant,
}

impl Patience {
    /// `budget` is the longest time without progress.
    pub fn new(budget: Duration) -> Self {
        Self { budget, outage: Mutex::new(None) }
    }

    /// A request met with a setback.
    pub fn setback(&self, now: Instant) {
        let mut outage = self.outage.lock().unwrap_or_else(PoisonError::into_inner);
        let since = outage.filter(|outage| now < outage.last + LAPSE).map_or(now, |outage| outage.since);
        *outage = Some(Outage { since, last: now });
    }

    /// A request got somewhere: whatever ails others, S3 is there.
    pub fn success(&self) {
        *self.outage.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// When a request that has been waiting since `since` is given up.
    pub fn ends(&self, since: Instant, now: Instant) -> Instant {
        let outage = *self.outage.lock().unwrap_or_else(PoisonError::into_inner);
        let own = since + self.budget;
        match outage {
            Some(outage) if now < outage.last + LAPSE => {
                own.min((outage.since + self.budget).max(since + GRACE))
            }
            _ => own,
        }
    }
}

/// One request that is being held, or may have to be.
pub struct Held {
    /// Since when nothing came for it.
    pub since: Instant,
    /// Tries in a row that yielded nothing.
    pub failures: u32,
    /// Why the last one did.
    pub last: Option<Setback>,
}

impl Held {
    /// From now on.
    pub fn since(now: Instant) -> Self {
        Self { since: now, failures: 0, last: None }
    }

    /// How long to wait before the next try.
    pub fn pause(&mut self, setback: Setback, random: f64) -> Duration {
        let is_refusal = matches!(setback, Setback::Credentials { .. } | Setback::Clock { .. });
        self.last = Some(setback);
        if is_refusal {
            // There is something to mend, and who mends it takes care of the pace.
            return Duration::ZERO;
        }
        self.failures += 1;
        backoff::S3.pause(self.failures, random)
    }
}

#[cfg(test)]
mod tests {
    use super::{GRACE, LAPSE, Patience};
    use std::time::Duration;
    use tokio::time::Instant;

    const BUDGET: Duration = Duration::from_mins(15);

    #[test]
    fn a_request_in_trouble_alone_has_the_whole_budget() {
        let (patience, now) = (Patience::new(BUDGET), Instant::now());
        patience.setback(now);
        patience.success();
        assert_eq!(patience.ends(now, now), now + BUDGET);
    }

    #[test]
    fn fault_d1_in_an_outage_the_budget_is_spent_once_and_not_by_each_request() {
        let (patience, began) = (Patience::new(BUDGET), Instant::now());
        let every = Duration::from_secs(30);
        let mut now = began;
        while now < began + BUDGET {
            patience.setback(now);
            assert_eq!(patience.ends(began, now), began + BUDGET);
            now += every;
        }
        assert_eq!(patience.ends(now, now), now + GRACE);
    }

    #[test]
    fn an_outage_of_long_ago_is_forgotten() {
        let (patience, now) = (Patience::new(BUDGET), Instant::now());
        patience.setback(now);
        let later = now + BUDGET * 2;
        assert_eq!(patience.ends(later, later), later + BUDGET);
        patience.setback(later);
        assert_eq!(patience.ends(later, later), later + BUDGET);
    }

    #[test]
    fn setbacks_further_apart_than_a_lapse_are_not_one_outage() {
        let (patience, now) = (Patience::new(BUDGET), Instant::now());
        (0..20).for_each(|nth| patience.setback(now + (LAPSE + GRACE) * nth));
        let last = now + (LAPSE + GRACE) * 19;
        assert_eq!(patience.ends(last, last), last + BUDGET);
    }
}
