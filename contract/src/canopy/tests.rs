use super::{Credentials, CredentialsAnswer, Outcome, Problem, Verification, WorklistEntry};
use serde_json::json;

fn entry() -> serde_json::Value {
    json!({
        "replica_id": "11111111-1111-4111-8111-111111111111", "group_id": "22222222-2222-4222-8222-222222222222",
        "server_id": "33333333-3333-4333-8333-333333333333", "type": "tamanu-postgres", "intent": "verify",
        "name": "Clinic A", "freshness_seconds": null, "snapshot_id": null, "snapshot_at": null,
        "storage": "s3", "bucket": "backups", "prefix": "a/", "region": "ap-southeast-2",
    })
}

fn answer() -> serde_json::Value {
    json!({
        "credentials": { "Version": 1, "AccessKeyId": "AKIA", "SecretAccessKey": "canary-key",
            "SessionToken": "canary-token", "Expiration": "2026-01-02T03:04:05Z" },
        "repo_password": "canary-password",
    })
}

#[test]
fn an_entry_of_an_older_server_reads_and_writes_back_unchanged() {
    let parsed: WorklistEntry = serde_json::from_value(entry()).unwrap();
    assert_eq!(serde_json::to_value(&parsed).unwrap(), entry());
}

#[test]
fn newer_and_unknown_fields_do_no_harm() {
    let mut newer = entry();
    newer["params"] = json!({"a": 1});
    newer["overdue_after_seconds"] = json!(60);
    newer["invented_tomorrow"] = json!([1, 2]);
    let parsed: WorklistEntry = serde_json::from_value(newer).unwrap();
    assert_eq!(parsed.params, Some(json!({"a": 1})));
    assert_eq!(parsed.overdue_after_seconds, Some(60));
}

#[test]
fn an_entry_with_an_unknown_intent_or_storage_is_refused() {
    for (field, value) in [("intent", "clone"), ("storage", "azure"), ("replica_id", "7"), ("type", "")] {
        let mut bad = entry();
        bad[field] = json!(value);
        assert!(serde_json::from_value::<WorklistEntry>(bad).is_err(), "{field}={value}");
    }
}

#[test]
fn debug_of_credentials_shows_no_secret() {
    let parsed: CredentialsAnswer = serde_json::from_value(answer()).unwrap();
    assert!(!format!("{parsed:?}").contains("canary"));
}

#[test]
fn revealed_credentials_are_what_was_received() {
    let parsed: CredentialsAnswer = serde_json::from_value(answer()).unwrap();
    assert_eq!(serde_json::to_value(parsed.reveal()).unwrap(), answer());
}

#[test]
fn credentials_without_expiry_are_refused() {
    let mut bad = answer()["credentials"].clone();
    bad.as_object_mut().unwrap().remove("Expiration");
    assert!(serde_json::from_value::<Credentials>(bad).is_err());
}

#[test]
fn a_report_leaves_out_what_is_not_known() {
    let json = json!({
        "group": "22222222-2222-4222-8222-222222222222", "server_id": "33333333-3333-4333-8333-333333333333",
        "type": "t", "intent": "disaster-recovery", "outcome": "failure", "replica_healthy": false,
        "observed_at": "2026-01-02T03:04:05Z",
    });
    let parsed: Verification = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(parsed.outcome, Outcome::Failure);
    assert_eq!(serde_json::to_value(&parsed).unwrap(), json);
}

#[test]
fn a_report_with_an_unknown_outcome_is_refused() {
    assert!(serde_json::from_value::<Outcome>(json!("maybe")).is_err());
}

#[test]
fn a_problem_without_type_is_about_blank() {
    let parsed: Problem = serde_json::from_value(json!({"title": "Forbidden", "status": 403})).unwrap();
    assert_eq!((parsed.kind.as_str(), parsed.detail), ("about:blank", None));
}
