//! Who leads, as people and machines are shown it.

use serde::Serialize;

/// Who leads, as far as this process knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Leadership {
    /// Whether it is this process.
    pub leading: bool,
    /// The holder of the Lease; none as long as nothing is known.
    pub leader: Option<String>,
}
