//! The one place that asks what time it is.

use jiff::Timestamp;

/// Now.
#[expect(clippy::disallowed_methods, reason = "this is the place the others are to ask")]
pub fn now() -> Timestamp {
    Timestamp::now()
}
