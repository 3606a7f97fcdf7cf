//! A clock that goes with the runtime's own, which stands still but for what is waited for.

use jiff::{SignedDuration, Timestamp};
use operator::clock::Clock;
use std::sync::{Arc, Mutex};
use tokio::time::Instant;

#[derive(Clone)]
pub(crate) struct VirtualClock {
    /// The time at the first moment.
    begun: Timestamp,
    start: Instant,
    /// How far it has been set forward or back.
    set_by: Arc<Mutex<SignedDuration>>,
}

impl VirtualClock {
    pub(crate) fn start() -> Self {
        Self::starting_at("2026-06-01T00:00:00Z".parse().unwrap())
    }

    pub(crate) fn starting_at(begun: Timestamp) -> Self {
        Self { begun, start: Instant::now(), set_by: Arc::default() }
    }

    /// Sets it forward, or back.
    pub(crate) fn jump(&self, by: SignedDuration) {
        *self.set_by.lock().unwrap() += by;
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        self.begun + self.start.elapsed() + *self.set_by.lock().unwrap()
    }
}
