use super::{LIMIT, Ledger, VerificationCall, append, shortened};
use contract::ids::{ReplicaId, ReplicaKey, ServerId};
use serde_json::{Value, json};
use uuid::Uuid;

fn call(replica: u128, server: u128, status: u16) -> VerificationCall {
    let body = json!({
        "replica_id": Uuid::from_u128(replica), "server_id": Uuid::from_u128(server),
        "group": Uuid::from_u128(9), "type": "t", "intent": "verify", "outcome": "success",
        "replica_healthy": true, "observed_at": "2026-01-02T03:04:05Z",
    });
    VerificationCall { at: "2026-01-02T03:04:06Z".parse().unwrap(), body, status }
}

#[test]
fn an_empty_ledger_has_every_key_of_the_contract() {
    let expected = json!({
        "capabilities": [], "worklist_polls": 0, "credentials": [], "verifications": [], "unexpected": []
    });
    assert_eq!(serde_json::to_value(Ledger::default()).unwrap(), expected);
}

#[test]
fn a_call_stands_in_it_with_time_body_and_status() {
    let json = serde_json::to_value(call(1, 2, 204)).unwrap();
    let keys: Vec<_> = json.as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["at", "body", "status"]);
    assert_eq!(json["at"], "2026-01-02T03:04:06Z");
}

#[test]
fn a_recorded_report_reads_as_the_contract_types_it() {
    assert_eq!(call(1, 2, 204).report().unwrap().server_id, ServerId(Uuid::from_u128(2)));
    let broken = VerificationCall { body: Value::Null, ..call(1, 2, 204) };
    assert!(broken.report().is_err());
}

#[test]
fn accepted_reports_are_those_of_the_pair_that_were_answered_with_success() {
    let verifications =
        vec![call(1, 2, 503), call(1, 2, 204), call(1, 3, 204), call(2, 2, 204), call(1, 2, 0)];
    let ledger = Ledger { verifications, ..Ledger::default() };
    let key =
        ReplicaKey { replica_id: ReplicaId(Uuid::from_u128(1)), server_id: ServerId(Uuid::from_u128(2)) };
    assert_eq!(ledger.accepted_reports(key).len(), 1);
}

#[test]
fn the_oldest_call_goes_when_there_are_too_many() {
    let mut calls: Vec<usize> = (0..LIMIT).collect();
    append(&mut calls, LIMIT);
    assert_eq!((calls.len(), calls[0], calls[LIMIT - 1]), (LIMIT, 1, LIMIT));
}

#[test]
fn a_text_a_client_chose_is_kept_to_a_kilobyte() {
    assert_eq!(shortened("/restore"), "/restore");
    assert_eq!(shortened(&"ü".repeat(5000)).chars().count(), 1024);
}
