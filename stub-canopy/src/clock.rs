//! The one place that asks what time it is.
//!
//! Input: nothing. Output: a function others are given. Must not: be called except by the composition root.

use jiff::Timestamp;
use std::sync::Arc;

/// What time it is, as a parameter: tests give one that stands still.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The clock of this machine.
#[expect(
    clippy::disallowed_methods,
    reason = "the composition root asks here, everything else is given a Clock"
)]
pub fn system() -> Clock {
    Arc::new(Timestamp::now)
}
