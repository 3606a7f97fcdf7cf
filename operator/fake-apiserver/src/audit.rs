//! Who did what: every call, counted for good, the latest ones in full.

use crate::request::{Call, Verb};
use std::collections::{BTreeMap, VecDeque};

/// Calls remembered in full.
const ENTRIES_MAX: usize = 200_000;

/// What stands for the status of a call that got no answer.
pub const NO_ANSWER: u16 = 0;

/// One call and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Counted from 1, over all users.
    pub n: u64,
    /// The call.
    pub call: Call,
    /// The status it got, or [`NO_ANSWER`].
    pub code: u16,
    /// Whether it changed anything.
    pub committed: bool,
}

/// What RBAC knows of a call: user, verb, group, resource, subresource.
pub type Right = (String, &'static str, &'static str, &'static str, &'static str);

/// The record of calls.
#[derive(Debug, Clone, Default)]
pub struct Audit {
    entries: VecDeque<Entry>,
    calls: u64,
    rights: BTreeMap<Right, u64>,
    unexpected: Vec<String>,
}

impl Audit {
    pub(crate) fn record(&mut self, call: &Call, code: u16, committed: bool) {
        self.calls += 1;
        let kind = call.kind;
        let right = (call.user.clone(), call.verb.as_str(), kind.group, kind.resource, call.subresource);
        *self.rights.entry(right).or_default() += 1;
        self.entries.push_back(Entry { n: self.calls, call: call.clone(), code, committed });
        if self.entries.len() > ENTRIES_MAX {
            self.entries.pop_front();
        }
    }

    pub(crate) fn mistake(&mut self, what: String) {
        self.unexpected.push(what);
    }

    /// All calls ever, by what they needed a permission for.
    pub fn rights(&self) -> &BTreeMap<Right, u64> {
        &self.rights
    }

    /// The latest calls, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Calls ever.
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// Those of the latest calls that changed something.
    pub fn commits(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.committed)
    }

    /// How many of the latest calls did this with this kind.
    pub fn count(&self, verb: Verb, resource: &str) -> usize {
        self.entries
            .iter()
            .filter(|entry| entry.call.verb == verb && entry.call.kind.resource == resource)
            .count()
    }

    /// Mistakes no correct client makes: unknown paths, parameters and fields, bodies that do not read.
    pub fn unexpected(&self) -> &[String] {
        &self.unexpected
    }
}
