//! What a request knows about the connection it came over.
//!
//! Input: one accepted connection. Output: who is at the other end, and the means to hang up. Must not: judge.

use tokio_util::sync::CancellationToken;

/// Put into the extensions of each request.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    /// Who called.
    pub peer: Peer,
    /// Cancelled: the connection is closed at once, whatever is under way on it.
    pub hang_up: CancellationToken,
}

/// Who is at the other end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Peer {
    /// Nobody was asked: plain HTTP, or TLS without an enrolled device.
    NotAsked,
    /// Asked, and showed no certificate.
    Anonymous,
    /// Showed a certificate that is not the device's; why.
    Stranger(String),
    /// The enrolled device.
    Device,
}
