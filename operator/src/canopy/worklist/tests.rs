use super::{Fingerprint, Heard, MAX_ENTRIES, MAX_ENTRY_BYTES, MAX_WHY, Worklist, hear, parse};
use contract::ids::{ReplicaId, ReplicaKey, ServerId};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

fn key(n: u128) -> ReplicaKey {
    ReplicaKey { replica_id: ReplicaId(Uuid::from_u128(n)), server_id: ServerId(Uuid::from_u128(n + 1_000)) }
}

fn entry(n: u128) -> Value {
    json!({
        "replica_id": key(n).replica_id, "server_id": key(n).server_id, "group_id": Uuid::from_u128(7),
        "type": "tamanu-postgres", "intent": "verify", "name": format!("Clinic {n}"),
        "freshness_seconds": null, "snapshot_id": null, "snapshot_at": null,
        "storage": "s3", "bucket": "backups", "prefix": "a/", "region": "ap-southeast-2",
    })
}

fn read(entries: &[Value]) -> Worklist {
    parse(&serde_json::to_vec(entries).unwrap()).unwrap()
}

fn keys(list: &Worklist) -> Vec<ReplicaKey> {
    list.entries.iter().map(contract::canopy::WorklistEntry::key).collect()
}

#[test]
fn fault_b5_a_malformed_entry_is_set_aside_with_its_key_and_the_others_proceed() {
    let mut bad = entry(2);
    bad["freshness_seconds"] = json!("soon");
    let list = read(&[entry(1), bad, entry(3)]);
    assert_eq!(keys(&list), [key(1), key(3)]);
    assert_eq!(list.rejected.len(), 1);
    assert_eq!(list.rejected[0].key, Some(key(2)));
}

#[test]
fn fault_b5_an_entry_without_a_readable_key_is_set_aside_as_anybodys() {
    for bad in [json!(null), json!("text"), json!({"replica_id": "7"}), json!([])] {
        let list = read(&[entry(1), bad]);
        assert_eq!(keys(&list), [key(1)]);
        assert_eq!(list.rejected[0].key, None);
    }
}

#[test]
fn fault_b10_identical_duplicates_are_one_entry() {
    let list = read(&[entry(1), entry(2), entry(1)]);
    assert_eq!(keys(&list), [key(1), key(2)]);
    assert_eq!(list.rejected, []);
}

#[test]
fn fault_b10_conflicting_duplicates_are_both_set_aside_even_where_an_identical_third_follows() {
    let mut other = entry(1);
    other["snapshot_id"] = json!("0123456789abcdef");
    let list = read(&[entry(1), other, entry(1), entry(2)]);
    assert_eq!(keys(&list), [key(2)]);
    assert_eq!(list.rejected.iter().map(|bad| bad.key).collect::<Vec<_>>(), [Some(key(1))]);
}

#[test]
fn fault_b10_an_entry_contradicted_by_an_unreadable_one_is_set_aside_too() {
    let mut bad = entry(1);
    bad["intent"] = json!("clone");
    let list = read(&[bad, entry(1)]);
    assert_eq!(list.entries, []);
    assert!(list.rejected.iter().all(|bad| bad.key == Some(key(1))));
}

#[test]
fn fault_b11_servers_of_one_declaration_are_entries_of_their_own() {
    let mut sibling = entry(1);
    sibling["server_id"] = json!(Uuid::from_u128(5));
    assert_eq!(read(&[entry(1), sibling]).entries.len(), 2);
}

#[test]
fn fault_b16_unknown_fields_are_ignored_and_unknown_intents_set_aside() {
    let mut newer = entry(1);
    newer["invented_tomorrow"] = json!({"deep": [1, 2]});
    let mut unknown = entry(2);
    unknown["intent"] = json!("clone");
    let list = read(&[newer, unknown]);
    assert_eq!(keys(&list), [key(1)]);
    assert_eq!(list.rejected[0].key, Some(key(2)));
}

#[test]
fn fault_b3_an_answer_that_is_no_array_is_worth_nothing() {
    for body in ["", "<html>busy</html>", "{}", "null", "[] []", "\"[]\""] {
        assert!(parse(body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn fault_b15_depth_bombs_stay_harmless() {
    let bomb = "[".repeat(100_000);
    assert!(parse(bomb.as_bytes()).is_err());
    let mut deep = serde_json::to_string(&entry(1)).unwrap();
    deep.truncate(deep.len() - 1);
    let deep = format!("[{deep},\"params\":{}{}}}]", "[".repeat(10_000), "]".repeat(10_000));
    let list = parse(deep.as_bytes()).unwrap();
    assert_eq!(list.rejected[0].key, Some(key(1)));
}

#[test]
fn fault_b15_too_many_entries_are_worth_nothing() {
    assert!(parse(format!("[{}1]", "1,".repeat(MAX_ENTRIES)).as_bytes()).is_err());
    assert_eq!(
        parse(format!("[{}1]", "1,".repeat(MAX_ENTRIES - 1)).as_bytes()).unwrap().rejected.len(),
        MAX_ENTRIES
    );
}

#[test]
fn fault_b15_an_endless_text_costs_its_own_entry_only_and_is_not_repeated_in_the_reason() {
    let (mut long, mut wrong) = (entry(1), entry(2));
    long["name"] = json!("x".repeat(MAX_ENTRY_BYTES));
    wrong["intent"] = json!("y".repeat(10_000));
    let list = read(&[long, wrong, entry(3)]);
    assert_eq!(keys(&list), [key(3)]);
    assert!(
        list.rejected.iter().all(|bad| bad.why.len() <= MAX_WHY && bad.key.is_some()),
        "{:?}",
        list.rejected
    );
}

#[test]
fn an_answer_that_is_known_is_not_read_and_any_other_is() {
    let answers =
        [vec![entry(1)], vec![entry(2)], vec![entry(1), entry(2)]].map(|list| json!(list).to_string());
    for known in &answers {
        let fingerprint = Fingerprint::of(known.as_bytes());
        for answer in &answers {
            let heard = hear(answer.as_bytes(), Some(fingerprint)).unwrap();
            assert_eq!(heard == Heard::Same, answer == known);
        }
        let list = parse(known.as_bytes()).unwrap();
        assert_eq!(hear(known.as_bytes(), None), Ok(Heard::Another(list, Some(fingerprint))));
    }
}

#[test]
fn an_empty_answer_is_never_known() {
    let Heard::Another(_, fingerprint) = hear(b"[]", None).unwrap() else { panic!() };
    assert_eq!(fingerprint, None);
    let Heard::Another(_, fingerprint) = hear(b"[{}]", None).unwrap() else { panic!() };
    assert!(fingerprint.is_some(), "one bad entry is not nothing");
}

proptest! {
    #[test]
    fn fault_b4_an_answer_cut_anywhere_is_worth_nothing(cut in 0_usize..500) {
        let body = serde_json::to_vec(&[entry(1), entry(2)]).unwrap();
        prop_assume!(cut < body.len());
        prop_assert!(parse(&body[..cut]).is_err());
    }

    #[test]
    fn any_bytes_are_read_without_panic(body: Vec<u8>) {
        _ = parse(&body);
    }
}
