//! The next report to send.

use super::Step;
use crate::model::{Record, Replica};
use jiff::Timestamp;

/// The oldest unacknowledged report, and what is remembered after either answer.
pub(super) fn next(replica: &Replica, now: Timestamp) -> Option<Step> {
    let report = replica.record.outbox.first()?.clone();
    let rest = Record { outbox: replica.record.outbox[1..].to_vec(), ..replica.record.clone() };
    Some(Step::SendReport {
        namespace: replica.namespace.clone(),
        owner: replica.owner.clone(),
        report: Box::new(report),
        acknowledged: Box::new(Record {
            last_verification_reported_at: Some(now),
            last_report_refusal: None,
            ..rest.clone()
        }),
        refused: Box::new(rest),
    })
}
