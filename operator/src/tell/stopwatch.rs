//! How long what leaves no object behind took: waiting for a turn, and sending guests to a run that is ready.
//!
//! Input: each pass. Output: since when something has been going on. Must not: remember what is over; a restart begins
//! to count anew.

use super::Pass;
use crate::plan::{Because, Decision, Notice, Step};
use contract::names::NamespaceName;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// What has been going on since when.
#[derive(Debug, Default)]
pub(super) struct Stopwatch {
    waiting: BTreeMap<NamespaceName, Timestamp>,
    switching: BTreeMap<NamespaceName, Timestamp>,
}

impl Stopwatch {
    /// Takes note of what begins with this pass, and forgets what no longer goes on.
    pub(super) fn see(&mut self, pass: &Pass<'_>) {
        follow(&mut self.waiting, pass, waits, |decision| {
            matches!(decision, Decision::Do(Step::WriteRecord { .. }))
        });
        follow(&mut self.switching, pass, switches, concludes);
    }

    /// Since when it waits for its turn: since now, where it does not have to.
    pub(super) fn waits_since(&self, namespace: &NamespaceName, now: Timestamp) -> Timestamp {
        self.waiting.get(namespace).copied().unwrap_or(now)
    }

    /// Since when guests are being sent to its new run.
    pub(super) fn switches_since(&self, namespace: &NamespaceName) -> Option<Timestamp> {
        self.switching.get(namespace).copied()
    }
}

/// Notes what `begins`, and keeps what does, or has come to `its_end`, with this pass.
fn follow(
    since: &mut BTreeMap<NamespaceName, Timestamp>,
    pass: &Pass<'_>,
    begins: fn(&Decision) -> bool,
    its_end: fn(&Decision) -> bool,
) {
    let decisions = &pass.plan.decisions;
    since.retain(|namespace, _| decisions.get(namespace).is_some_and(|now| begins(now) || its_end(now)));
    for (namespace, _) in decisions.iter().filter(|(_, decision)| begins(decision)) {
        since.entry(namespace.clone()).or_insert(pass.now);
    }
}

fn waits(decision: &Decision) -> bool {
    matches!(decision, Decision::Rest(Because::NoSlot))
}

fn switches(decision: &Decision) -> bool {
    matches!(decision, Decision::Do(Step::Serve { .. }))
}

fn concludes(decision: &Decision) -> bool {
    matches!(decision, Decision::Do(Step::WriteRecord { notice: Some(Notice::Verified { .. }), .. }))
}
