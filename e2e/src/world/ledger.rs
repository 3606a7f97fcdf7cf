//! What is wrong with a ledger, in the end, from one world's point of view. Pure.

use std::collections::BTreeMap;

use contract::canopy::Verification;
use contract::ids::{GroupId, ReplicaKey};
use jiff::Timestamp;
use stub_canopy::Ledger;

use crate::harness::Manners;

/// Whose point of view.
pub(super) struct View<'a> {
    pub(super) group: GroupId,
    pub(super) began: Timestamp,
    pub(super) manners: Manners,
    /// How many reports of a replica the test has looked at; a replica may be left out if more may have come.
    pub(super) read: &'a BTreeMap<ReplicaKey, usize>,
}

/// Every complaint, as a sentence.
pub(super) fn complaints(ledger: &Ledger, view: &View<'_>) -> Vec<String> {
    let mut all = unexpected(ledger, view.began);
    all.extend(unread(ledger, view.read));
    all.extend(repeated(&accepted(ledger, view.group), view.manners));
    all
}

fn accepted(ledger: &Ledger, group: GroupId) -> Vec<Verification> {
    let accepted = ledger.verifications.iter().filter(|call| (200..300).contains(&call.status));
    accepted.filter_map(|call| call.report().ok()).filter(|report| report.group == group).collect()
}

fn unexpected(ledger: &Ledger, began: Timestamp) -> Vec<String> {
    let mine = ledger.unexpected.iter().filter(|call| call.at >= began);
    mine.map(|call| format!("Canopy was called as no client may: {call:?}")).collect()
}

fn unread(ledger: &Ledger, read: &BTreeMap<ReplicaKey, usize>) -> Vec<String> {
    let left = read.iter().flat_map(|(key, read)| ledger.accepted_reports(*key).into_iter().skip(*read));
    left.map(|report| format!("a report nobody expected: {report:?}")).collect()
}

/// A run is reported once. Where the operator was killed between sending and noting it down, it may say the same again.
fn repeated(reports: &[Verification], manners: Manners) -> Vec<String> {
    let mut complaints = Vec::new();
    for (index, report) in reports.iter().enumerate() {
        let Some(first) = reports[..index].iter().find(|first| first.run_id == report.run_id) else {
            continue;
        };
        if manners == Manners::Calm {
            complaints.push(format!("run {:?} was reported more than once", report.run_id));
        } else if first != report {
            complaints
                .push(format!("run {:?} was reported in two ways: {first:?}, {report:?}", report.run_id));
        }
    }
    complaints
}

#[cfg(test)]
mod tests;
