//! The next report to send.

use super::Step;
use crate::model::{Record, Replica};
use jiff::Timestamp;

/// The oldest unacknowledged report, and what is remembered after either answer.
pub(super) fn next(replica: &Replica, now: Timestamp) -> Option<Step> {
    let report = replica.record.outbox.first()?.clone();
    let rest = Record { outbox: replica.record.outbox[1..].to_vec(), ..replica.record.clone() };
    let refusal =
        "report_refused: Canopy does not take the report of this run; see the operator's log".to_owned();
    Some(Step::SendReport {
        namespace: replica.namespace.clone(),
        owner: replica.owner.clone(),
        report: Box::new(report),
        acknowledged: Box::new(Record { last_verification_reported_at: Some(now), ..rest.clone() }),
        refused: Box::new(Record {
            last_verification_error: Some(rest.last_verification_error.clone().unwrap_or(refusal)),
            ..rest
        }),
    })
}
