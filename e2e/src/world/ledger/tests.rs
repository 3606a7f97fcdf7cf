use contract::canopy::Outcome;
use contract::ids::{Intent, ReplicaId, RunId, ServerId};
use stub_canopy::{Unexpected, VerificationCall};
use uuid::Uuid;

use super::*;

const GROUP: GroupId = GroupId(Uuid::from_u128(1));

fn key() -> ReplicaKey {
    ReplicaKey { replica_id: ReplicaId(Uuid::from_u128(2)), server_id: ServerId(Uuid::from_u128(3)) }
}

fn report(run: u128, outcome: Outcome) -> Verification {
    Verification {
        group: GROUP,
        server_id: key().server_id,
        backup_type: "t".parse().unwrap(),
        intent: Intent::Verify,
        outcome,
        replica_healthy: outcome == Outcome::Success,
        observed_at: Timestamp::UNIX_EPOCH,
        replica_id: Some(key().replica_id),
        run_id: Some(RunId(Uuid::from_u128(run))),
        snapshot_id: None,
        error: None,
        postgres_version: None,
        s3_sent_raw_bytes: None,
        s3_sent_payload_bytes: None,
        s3_received_raw_bytes: None,
        s3_received_payload_bytes: None,
        health_details: None,
    }
}

fn ledger(reports: &[Verification]) -> Ledger {
    let call = |report| VerificationCall {
        at: Timestamp::UNIX_EPOCH,
        body: serde_json::to_value(report).unwrap(),
        status: 204,
    };
    Ledger { verifications: reports.iter().map(call).collect(), ..Ledger::default() }
}

fn judged(ledger: &Ledger, manners: Manners, read: usize) -> Vec<String> {
    let read = BTreeMap::from([(key(), read)]);
    complaints(ledger, &View { group: GROUP, began: Timestamp::UNIX_EPOCH, manners, read: &read })
}

#[test]
fn reports_that_were_read_are_no_complaint() {
    let reports = [report(1, Outcome::Failure), report(2, Outcome::Success)];
    assert_eq!(judged(&ledger(&reports), Manners::Calm, 2), Vec::<String>::new());
}

#[test]
fn a_report_nobody_read_is_one() {
    let found =
        judged(&ledger(&[report(1, Outcome::Success), report(2, Outcome::Success)]), Manners::Calm, 1);
    assert!(found.len() == 1 && found[0].starts_with("a report nobody expected"), "{found:?}");
}

#[test]
fn a_run_reported_twice_is_one_even_when_both_were_read() {
    let twice = ledger(&[report(1, Outcome::Success), report(1, Outcome::Success)]);
    let found = judged(&twice, Manners::Calm, 2);
    assert!(found.len() == 1 && found[0].contains("more than once"), "{found:?}");
}

#[test]
fn fault_a3_an_operator_that_was_killed_may_say_the_same_again_but_nothing_else() {
    let same = ledger(&[report(1, Outcome::Success), report(1, Outcome::Success)]);
    assert_eq!(judged(&same, Manners::Disturbing, 2), Vec::<String>::new());
    let other = ledger(&[report(1, Outcome::Success), report(1, Outcome::Failure)]);
    assert!(judged(&other, Manners::Disturbing, 2)[0].contains("in two ways"));
}

#[test]
fn what_was_refused_is_no_report() {
    let mut refused = ledger(&[report(1, Outcome::Success), report(1, Outcome::Success)]);
    refused.verifications[0].status = 503;
    assert_eq!(judged(&refused, Manners::Calm, 1), Vec::<String>::new());
}

#[test]
fn a_call_no_client_may_make_is_a_complaint_of_whoever_was_there() {
    let call = |at: &str| Unexpected {
        at: at.parse().unwrap(),
        method: "GET".into(),
        path: "/x".into(),
        status: 404,
        why: "unknown".into(),
    };
    let calls = vec![call("1969-01-01T00:00:00Z"), call("2026-01-01T00:00:00Z")];
    let found = judged(&Ledger { unexpected: calls, ..Ledger::default() }, Manners::Calm, 0);
    assert!(found.len() == 1 && found[0].contains("/x"), "{found:?}");
}
