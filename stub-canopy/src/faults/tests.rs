use super::{Endpoint, Fault, FaultRule, Faults, InvalidRule};
use contract::ids::GroupId;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

fn group(n: u128) -> GroupId {
    GroupId(Uuid::from_u128(n))
}

fn rule(value: Value) -> Result<FaultRule, serde_json::Error> {
    serde_json::from_value(value)
}

fn faults(rules: impl IntoIterator<Item = FaultRule>) -> Faults {
    let mut faults = Faults::default();
    rules.into_iter().for_each(|rule| faults.add(rule));
    faults
}

#[test]
fn every_fault_has_the_spelling_of_the_contract() {
    let spelt = [
        (Fault::status(503), json!({"status": 503})),
        (Fault::delay(Duration::from_millis(20)), json!({"delay_ms": 20})),
        (Fault::Truncate(7), json!({"truncate": 7})),
        (Fault::Body("<html>".to_owned()), json!({"body": "<html>"})),
        (Fault::close(), json!({"close": true})),
    ];
    for (fault, json) in spelt {
        assert_eq!(serde_json::to_value(&fault).unwrap(), json);
        let whole = json!({"endpoint": "worklist", "group": null, "times": null, "fault": json});
        assert_eq!(rule(whole).unwrap(), FaultRule::new(Endpoint::Worklist, fault));
    }
}

#[test]
fn every_endpoint_has_the_spelling_of_the_contract() {
    let all = [Endpoint::Capabilities, Endpoint::Worklist, Endpoint::Credentials, Endpoint::Verification];
    let spelt = json!(["capabilities", "worklist", "credentials", "verification"]);
    assert_eq!(serde_json::to_value(all).unwrap(), spelt);
}

#[test]
fn a_rule_that_means_nothing_is_refused() {
    for (times, fault) in [
        (json!(0), json!({"status": 503})),
        (json!(-1), json!({"status": 503})),
        (json!(1), json!({"status": 42})),
        (json!(1), json!({"status": 700})),
        (json!(1), json!({"close": false})),
        (json!(1), json!({"delay_ms": 600_001})),
        (json!(1), json!({"truncate": -1})),
        (json!(1), json!({"explode": true})),
        (json!(1), json!({"status": 503, "close": true})),
    ] {
        let text = format!("{times} {fault}");
        assert!(rule(json!({"endpoint": "worklist", "times": times, "fault": fault})).is_err(), "{text}");
    }
    assert!(rule(json!({"endpoint": "worklst", "fault": {"status": 503}})).is_err());
    assert!(rule(json!({"endpoint": "worklist", "time": 1, "fault": {"status": 503}})).is_err());
}

#[test]
fn a_group_is_named_only_where_calls_name_one() {
    for (endpoint, fine) in [
        (Endpoint::Capabilities, false),
        (Endpoint::Worklist, false),
        (Endpoint::Credentials, true),
        (Endpoint::Verification, true),
    ] {
        let checked = FaultRule::new(endpoint, Fault::close()).group(group(1)).check();
        assert_eq!(checked, if fine { Ok(()) } else { Err(InvalidRule::Group(endpoint)) });
        assert_eq!(FaultRule::new(endpoint, Fault::close()).check(), Ok(()));
    }
}

#[test]
fn a_fault_happens_as_often_as_it_was_ordered() {
    let mut faults = faults([FaultRule::new(Endpoint::Worklist, Fault::status(500)).times(2)]);
    let met: Vec<_> = (0..4).map(|_| faults.next(Endpoint::Worklist, None).is_some()).collect();
    assert_eq!(met, [true, true, false, false]);
}

#[test]
fn a_fault_without_a_number_happens_for_ever() {
    let mut faults = faults([FaultRule::new(Endpoint::Worklist, Fault::status(500))]);
    assert!((0..100).all(|_| faults.next(Endpoint::Worklist, None).is_some()));
    faults.clear();
    assert_eq!(faults.next(Endpoint::Worklist, None), None);
}

#[test]
fn a_fault_meets_only_its_endpoint_and_group() {
    let mut faults = faults([FaultRule::new(Endpoint::Credentials, Fault::close()).group(group(1))]);
    assert_eq!(faults.next(Endpoint::Worklist, None), None);
    assert_eq!(faults.next(Endpoint::Verification, Some(group(1))), None);
    assert_eq!(faults.next(Endpoint::Credentials, Some(group(2))), None);
    assert_eq!(faults.next(Endpoint::Credentials, Some(group(1))), Some(Fault::close()));
}

#[test]
fn the_first_rule_a_call_meets_decides_and_the_next_one_waits_its_turn() {
    let first = FaultRule::new(Endpoint::Worklist, Fault::status(500)).times(1);
    let second = FaultRule::new(Endpoint::Worklist, Fault::close()).times(1);
    let mut faults = faults([first, second]);
    assert_eq!(faults.next(Endpoint::Worklist, None), Some(Fault::status(500)));
    assert_eq!(faults.next(Endpoint::Worklist, None), Some(Fault::close()));
    assert_eq!(faults.next(Endpoint::Worklist, None), None);
}
