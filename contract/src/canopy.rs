//! Canopy's wire types: worklist, credentials, verification, and where they are asked for.
//!
//! Input and output: JSON bodies as they cross the wire; unknown fields are ignored. Must not: interpret them.

mod credentials;
mod verification;
mod worklist;

pub use credentials::{
    Credentials, CredentialsAnswer, CredentialsRequest, RevealedAnswer, RevealedCredentials,
};
pub use verification::{HealthDetails, Outcome, Verification};
pub use worklist::{Capabilities, Storage, WorklistEntry};

use serde::{Deserialize, Serialize};

/// Header that carries the caller's crate version on every request.
pub const VERSION_HEADER: &str = "X-Version";

/// Paths under the base address, or under `/public` through a tailnet.
pub mod paths {
    /// `POST` the advertised intents.
    pub const CAPABILITIES: &str = "/restore-capabilities";
    /// `GET` the complete desired state.
    pub const WORKLIST: &str = "/restore-worklist";
    /// `POST` for short-lived credentials.
    pub const CREDENTIALS: &str = "/restore-credentials";
    /// `POST` one outcome.
    pub const VERIFICATION: &str = "/restore-verification";
    /// `GET` to probe the tailnet.
    pub const PROBE: &str = "/public/servers";
    /// What the four endpoints are prefixed with through a tailnet.
    pub const PUBLIC: &str = "/public";
}

/// An RFC 7807 problem document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A URI reference for the kind of problem; `about:blank` when the status says it all.
    #[serde(rename = "type", default = "Problem::blank")]
    pub kind: String,
    /// Short summary.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Problem {
    /// The media type of a problem document.
    pub const CONTENT_TYPE: &str = "application/problem+json";

    fn blank() -> String {
        "about:blank".to_owned()
    }

    /// A problem whose kind is given by its status alone.
    pub fn of_status(status: u16, title: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { kind: Self::blank(), title: title.into(), status, detail: Some(detail.into()) }
    }
}

#[cfg(test)]
mod tests;
