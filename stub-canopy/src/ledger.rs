//! What was called, in the order it came: the evidence a test reads.
//!
//! Input: calls as the routes saw them. Output: the document of `GET /_control/ledger`, typed on both sides.
//! Must not: hold more than [`LIMIT`] calls of one kind; the oldest go first.

use contract::{canopy::Verification, ids::ReplicaKey};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Status of a call whose connection was closed without an answer.
pub const NO_ANSWER: u16 = 0;

/// Calls of one kind that are kept. A demo left running for a week stays far below; a client in a hot loop must
/// not fill the memory of the node it is tested on.
pub(crate) const LIMIT: usize = 100_000;

/// Every call since the start or the last `DELETE /_control/ledger`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// Calls of `POST /restore-capabilities`.
    pub capabilities: Vec<CapabilitiesCall>,
    /// Calls of `GET /restore-worklist`.
    pub worklist_polls: u64,
    /// Calls of `POST /restore-credentials`.
    pub credentials: Vec<CredentialsCall>,
    /// Calls of `POST /restore-verification`.
    pub verifications: Vec<VerificationCall>,
    /// Calls that no correct client makes.
    pub unexpected: Vec<Unexpected>,
}

/// One advertisement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CapabilitiesCall {
    /// When it came.
    pub at: Timestamp,
    /// What it said.
    pub body: Value,
}

/// One request for credentials.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CredentialsCall {
    /// When it came.
    pub at: Timestamp,
    /// What it said.
    pub body: Value,
    /// What it was answered; [`NO_ANSWER`] where the connection was closed instead.
    pub status: u16,
}

/// One report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VerificationCall {
    /// When it came.
    pub at: Timestamp,
    /// What it said.
    pub body: Value,
    /// What it was answered; [`NO_ANSWER`] where the connection was closed instead.
    pub status: u16,
}

impl VerificationCall {
    /// The report as the contract types it.
    pub fn report(&self) -> Result<Verification, serde_json::Error> {
        Verification::deserialize(&self.body)
    }
}

/// A call that no correct client makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unexpected {
    /// When it came.
    pub at: Timestamp,
    /// Its method.
    pub method: String,
    /// Its path.
    pub path: String,
    /// What it was answered.
    pub status: u16,
    /// What was wrong with it.
    pub why: String,
}

impl Ledger {
    /// Reports about one replica that were accepted, in the order they came.
    pub fn accepted_reports(&self, key: ReplicaKey) -> Vec<Verification> {
        let accepted = self.verifications.iter().filter(|call| (200..300).contains(&call.status));
        let reports = accepted.filter_map(|call| call.report().ok());
        reports.filter(|r| r.replica_id == Some(key.replica_id) && r.server_id == key.server_id).collect()
    }
}

/// At most a kilobyte of a text a client chose.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().take(1024).collect()
}

/// Appends `call`, and lets the oldest go where there are too many.
pub(crate) fn append<T>(calls: &mut Vec<T>, call: T) {
    if calls.len() == LIMIT {
        calls.remove(0);
    }
    calls.push(call);
}

#[cfg(test)]
mod tests;
