//! The one place of this crate that asks what time it is.
//!
//! Output: a [`Clock`] that is handed to whoever needs `now`. Must not: be asked by anything that decides.

use jiff::Timestamp;
use std::sync::Arc;

/// A source of the present instant; cheap to clone.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The system's clock.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks")]
    pub fn system() -> Self {
        Self(Arc::new(Timestamp::now))
    }

    /// A clock of the caller's making, for tests and, later, one corrected by S3's `Date`.
    pub fn from_fn(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}
