use super::{Entry, Worklist};
use contract::{
    canopy::Verification,
    ids::{BackupType, GroupId, Intent, ReplicaId, ServerId},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn given(replica: u128, server: u128, intent: &str) -> Value {
    json!({
        "replica_id": id(replica), "group_id": id(100), "server_id": id(server), "type": "tamanu-postgres",
        "intent": intent, "name": "Clinic A", "freshness_seconds": null, "snapshot_id": null,
        "snapshot_at": null, "storage": "s3", "bucket": format!("b{server}"), "prefix": "", "region": "us-east-1",
    })
}

fn entry(value: &Value) -> Entry {
    serde_json::from_str(&value.to_string()).unwrap()
}

fn list(values: &[Value]) -> Worklist {
    Worklist(values.iter().map(entry).collect())
}

fn shown(list: &Worklist) -> Value {
    let all = list.dispatched(&Intent::ALL.into());
    serde_json::from_str(&serde_json::to_string(&all).unwrap()).unwrap()
}

fn report(list_entry: &Value) -> Verification {
    let mut body = list_entry.clone();
    body["group"] = body["group_id"].clone();
    body["outcome"] = json!("success");
    body["replica_healthy"] = json!(true);
    body["observed_at"] = json!("2026-01-02T03:04:05Z");
    serde_json::from_value(body).unwrap()
}

#[test]
fn an_entry_is_kept_as_the_very_text_it_was() {
    let text =
        given(1, 1, "verify").to_string().replace("\"prefix\"", "\"tomorrow\": [1.50, 1e3],  \"prefix\"");
    let entry: Entry = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&entry).unwrap(), text);
}

#[test]
fn an_entry_the_contract_does_not_know_is_refused() {
    for (field, value) in [("intent", json!("clone")), ("server_id", json!(7)), ("storage", json!("tape"))] {
        let mut bad = given(1, 1, "verify");
        bad[field] = value;
        assert!(serde_json::from_str::<Entry>(&bad.to_string()).is_err(), "{field}");
    }
}

#[test]
fn an_entry_with_the_same_pair_of_ids_takes_the_place_of_the_old_one() {
    let mut worklist = list(&[given(1, 1, "verify"), given(1, 2, "verify"), given(2, 1, "verify")]);
    worklist.put(entry(&given(1, 2, "analytics")));
    assert_eq!(
        shown(&worklist),
        json!([given(1, 1, "verify"), given(1, 2, "analytics"), given(2, 1, "verify")])
    );
}

#[test]
fn an_entry_with_a_new_pair_of_ids_comes_last() {
    let mut worklist = list(&[given(1, 1, "verify")]);
    worklist.put(entry(&given(1, 2, "verify")));
    assert_eq!(shown(&worklist), json!([given(1, 1, "verify"), given(1, 2, "verify")]));
}

#[test]
fn fault_b10_a_list_with_duplicates_is_handed_out_with_them_until_one_is_put() {
    let twice = [given(1, 1, "verify"), given(1, 1, "analytics")];
    let mut worklist = Worklist::default();
    worklist.replace(twice.iter().map(entry).collect());
    assert_eq!(shown(&worklist), json!(twice));
    worklist.put(entry(&twice[1]));
    assert_eq!(shown(&worklist), json!([twice[1]]));
}

#[test]
fn one_server_of_a_declaration_is_removed_alone_or_all_of_them_together() {
    let three = [given(1, 1, "verify"), given(1, 2, "verify"), given(2, 1, "verify")];
    let mut worklist = list(&three);
    assert!(worklist.remove(ReplicaId(id(1)), Some(ServerId(id(2)))));
    assert_eq!(shown(&worklist), json!([three[0], three[2]]));
    assert!(!worklist.remove(ReplicaId(id(1)), Some(ServerId(id(2)))));
    let mut worklist = list(&three);
    assert!(worklist.remove(ReplicaId(id(1)), None));
    assert_eq!(shown(&worklist), json!([three[2]]));
}

#[test]
fn only_advertised_intents_are_dispatched() {
    let worklist = list(&[given(1, 1, "verify"), given(2, 2, "analytics")]);
    assert_eq!(worklist.dispatched(&[].into()).len(), 0);
    assert_eq!(worklist.dispatched(&[Intent::Analytics, Intent::DisasterRecovery].into()).len(), 1);
    assert_eq!(worklist.dispatched(&Intent::ALL.into()).len(), 2);
}

#[test]
fn every_declaration_of_the_group_and_type_grants_its_place() {
    let mut other_group = given(3, 3, "verify");
    other_group["group_id"] = json!(id(101));
    let mut other_type = given(4, 4, "verify");
    other_type["type"] = json!("files");
    let worklist = list(&[given(1, 1, "verify"), given(1, 2, "analytics"), other_group, other_type]);
    let granted = worklist.granted(GroupId(id(100)), &"tamanu-postgres".parse().unwrap());
    assert_eq!(granted.iter().map(|place| place.bucket.as_str()).collect::<Vec<_>>(), ["b1", "b2"]);
    let nothing: BackupType = "nothing".parse().unwrap();
    assert!(worklist.granted(GroupId(id(100)), &nothing).is_empty());
}

#[test]
fn a_report_is_about_a_declaration_only_if_all_it_names_agrees() {
    let declared = given(1, 1, "verify");
    let worklist = list(std::slice::from_ref(&declared));
    assert!(worklist.declares(&report(&declared)));
    for (field, value) in [
        ("replica_id", json!(id(9))),
        ("server_id", json!(id(9))),
        ("group_id", json!(id(9))),
        ("type", json!("files")),
        ("intent", json!("analytics")),
    ] {
        let mut other = declared.clone();
        other[field] = value;
        assert!(!worklist.declares(&report(&other)), "{field}");
    }
}

#[test]
fn a_report_that_names_no_declaration_is_about_any_of_its_server_and_intent() {
    let declared = given(1, 1, "verify");
    let mut nameless = report(&declared);
    nameless.replica_id = None;
    assert!(list(&[declared]).declares(&nameless));
    assert!(!list(&[given(1, 2, "verify")]).declares(&nameless));
}

proptest! {
    #[test]
    fn a_pair_of_ids_stands_in_the_list_at_most_once_however_it_was_put(puts in prop::collection::vec((0_u128..3, 0_u128..3), 0..20)) {
        let mut worklist = Worklist::default();
        for (replica, server) in &puts {
            worklist.put(entry(&given(*replica, *server, "verify")));
        }
        let distinct: std::collections::BTreeSet<_> = puts.iter().collect();
        prop_assert_eq!(worklist.0.len(), distinct.len());
    }
}
