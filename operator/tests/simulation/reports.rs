//! What Canopy was told, by replica.

use contract::{
    canopy::Verification,
    ids::{ReplicaId, ServerId},
};
use stub_canopy::VerificationCall;

/// Every report that arrived, in order, those whose acknowledgement was lost among them.
#[derive(Debug, Default)]
pub(crate) struct Told {
    calls: usize,
    pub(crate) reports: Vec<Verification>,
}

impl Told {
    /// Calls taken so far.
    pub(crate) fn len(&self) -> usize {
        self.calls
    }

    /// What came since. A call that was refused, or never got through, has told nothing.
    pub(crate) fn take(&mut self, calls: &[VerificationCall]) {
        self.calls += calls.len();
        let heard = calls.iter().filter(|call| (200..300).contains(&call.status));
        self.reports.extend(heard.map(|call| call.report().unwrap()));
    }

    /// The last one about a replica.
    pub(crate) fn last(&self, replica: ReplicaId, server: ServerId) -> Option<&Verification> {
        let about = |report: &&Verification| report.server_id == server && report.replica_id == Some(replica);
        self.reports.iter().rev().find(about)
    }
}
