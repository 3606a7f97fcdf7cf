//! Canopy as the rest of the operator sees it: four calls, and errors typed by what a caller has to decide.
//!
//! Input: JSON over HTTP, never trusted. Output: parsed values. Must not: follow redirects, wait without a deadline,
//! read without a bound, or put a secret into an error.

mod answer;
mod carrier;
mod client;
mod credentials;
mod error;
mod identity;
mod link;
mod pace;
mod paced;
mod register;
mod retry_after;
mod transport;
mod worklist;

pub use carrier::{Carried, Carrier};
pub use client::HttpCanopy;
pub use error::{CanopyError, Endpoint};
pub use identity::{DeviceIdentity, IdentityError, IdentitySource, SecretIdentity};
pub use paced::PacedCanopy;
pub use register::register_until_done;
pub use worklist::{Fingerprint, Heard, Rejected, Worklist, parse as parse_worklist};

use contract::canopy::{Capabilities, CredentialsAnswer, CredentialsRequest, Verification};
use futures::future::BoxFuture;

/// What a call to Canopy ends in.
pub type Result<T, E = CanopyError> = std::result::Result<T, E>;

/// Canopy's four endpoints. Every call ends within a deadline of its own.
pub trait CanopyApi: Send + Sync + 'static {
    /// Replaces the advertised capabilities.
    fn register<'a>(&'a self, capabilities: &'a Capabilities) -> BoxFuture<'a, Result<()>>;
    /// The complete desired state, as of now.
    fn worklist(&self) -> BoxFuture<'_, Result<Worklist>>;
    /// The same, read only where it is another one than the known one; who knows none by its fingerprint reads it always.
    fn worklist_unless(&self, _known: Option<Fingerprint>) -> BoxFuture<'_, Result<Heard>> {
        Box::pin(async { self.worklist().await.map(|list| Heard::Another(list, None)) })
    }
    /// Short-lived credentials and the repository password, checked to be usable.
    fn credentials<'a>(&'a self, request: &'a CredentialsRequest)
    -> BoxFuture<'a, Result<CredentialsAnswer>>;
    /// Tells one outcome; done when Canopy has acknowledged it.
    fn report<'a>(&'a self, verification: &'a Verification) -> BoxFuture<'a, Result<()>>;
}
