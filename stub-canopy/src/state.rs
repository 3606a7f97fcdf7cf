//! What the stub knows, behind one lock that is never held across a wait.
//!
//! Input: calls from the routes. Output: the worklist as dispatched, grants, faults, the ledger. Must not: do I/O.

use crate::{
    clock::Clock,
    faults::{Endpoint, Fault, FaultRule, Faults},
    issuer::Issuer,
    ledger::{self, CapabilitiesCall, CredentialsCall, Ledger, Unexpected, VerificationCall},
    worklist::{Entry, Place, Worklist},
};
use contract::{
    canopy::Verification,
    ids::{BackupType, GroupId, Intent, ReplicaId, ServerId},
};
use http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::Value;
use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The stub: scripted state, the issuer of credentials, and the time.
pub(crate) struct Stub {
    known: Mutex<Known>,
    pub(crate) issuer: Issuer,
    clock: Clock,
}

#[derive(Default)]
struct Known {
    worklist: Worklist,
    advertised: BTreeSet<Intent>,
    faults: Faults,
    ledger: Ledger,
    /// Reports that nobody has read in the ledger yet.
    unread_reports: usize,
}

impl Stub {
    pub(crate) fn new(entries: Vec<Entry>, issuer: Issuer, clock: Clock) -> Self {
        let mut known = Known::default();
        known.worklist.replace(entries);
        Self { known: Mutex::new(known), issuer, clock }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    // -- the script

    pub(crate) fn replace_worklist(&self, entries: Vec<Entry>) {
        self.known().worklist.replace(entries);
    }

    pub(crate) fn put_entry(&self, entry: Entry) {
        self.known().worklist.put(entry);
    }

    pub(crate) fn remove_entry(&self, replica: ReplicaId, server: Option<ServerId>) -> bool {
        self.known().worklist.remove(replica, server)
    }

    pub(crate) fn add_fault(&self, rule: FaultRule) {
        self.known().faults.add(rule);
    }

    pub(crate) fn clear_faults(&self) {
        self.known().faults.clear();
    }

    /// The fault of this call, if any; it is used up once by asking.
    pub(crate) fn next_fault(&self, endpoint: Endpoint, group: Option<GroupId>) -> Option<Fault> {
        self.known().faults.next(endpoint, group)
    }

    // -- what Canopy does

    pub(crate) fn advertise(&self, intents: Vec<Intent>) {
        self.known().advertised = intents.into_iter().collect();
    }

    /// The desired state as JSON text, computed fresh.
    pub(crate) fn dispatched(&self) -> Vec<u8> {
        let known = self.known();
        serde_json::to_vec(&known.worklist.dispatched(&known.advertised)).unwrap_or_default()
    }

    pub(crate) fn granted(&self, group: GroupId, backup_type: &BackupType) -> BTreeSet<Place> {
        self.known().worklist.granted(group, backup_type)
    }

    pub(crate) fn declares(&self, report: &Verification) -> bool {
        self.known().worklist.declares(report)
    }

    // -- the evidence

    pub(crate) fn record_capabilities(&self, body: Value) {
        let at = self.now();
        ledger::append(&mut self.known().ledger.capabilities, CapabilitiesCall { at, body });
    }

    pub(crate) fn record_poll(&self) {
        self.known().ledger.worklist_polls += 1;
    }

    pub(crate) fn record_credentials(&self, body: Value, status: u16) {
        let at = self.now();
        ledger::append(&mut self.known().ledger.credentials, CredentialsCall { at, body, status });
    }

    pub(crate) fn record_verification(&self, body: Value, status: u16) {
        let at = self.now();
        let mut known = self.known();
        known.unread_reports += 1;
        ledger::append(&mut known.ledger.verifications, VerificationCall { at, body, status });
    }

    pub(crate) fn record_unexpected(&self, method: &Method, path: &str, status: StatusCode, why: &str) {
        let call = Unexpected {
            at: self.now(),
            method: method.to_string(),
            path: ledger::shortened(path),
            status: status.as_u16(),
            why: ledger::shortened(why),
        };
        ledger::append(&mut self.known().ledger.unexpected, call);
    }

    /// The ledger, for a reader: its reports count as read.
    pub(crate) fn read_ledger(&self) -> Ledger {
        let mut known = self.known();
        known.unread_reports = 0;
        known.ledger.clone()
    }

    /// Reports from the `seen`-th on; they count as read.
    pub(crate) fn verifications_after(&self, seen: usize) -> Vec<VerificationCall> {
        let mut known = self.known();
        known.unread_reports = 0;
        known.ledger.verifications.get(seen..).unwrap_or_default().to_vec()
    }

    pub(crate) fn clear_ledger(&self) {
        let mut known = self.known();
        known.unread_reports = 0;
        known.ledger = Ledger::default();
    }

    /// Takes the unexpected calls out of the ledger: whoever does it answers for them.
    pub(crate) fn take_unexpected(&self) -> Vec<Unexpected> {
        std::mem::take(&mut self.known().ledger.unexpected)
    }

    /// What no test has accounted for: calls that were unexpected, reports nobody read.
    pub(crate) fn leftovers(&self) -> Vec<String> {
        let known = self.known();
        let calls = known.ledger.unexpected.iter();
        let mut left: Vec<_> =
            calls.map(|c| format!("{} {} was answered {}: {}", c.method, c.path, c.status, c.why)).collect();
        if known.unread_reports > 0 {
            left.push(format!("{} verification reports were never read", known.unread_reports));
        }
        left
    }
}
