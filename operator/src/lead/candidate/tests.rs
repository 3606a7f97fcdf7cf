use super::{Candidate, Move};
use crate::args::LeaseTimes;
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);
const WALL: Timestamp = Timestamp::UNIX_EPOCH;

fn candidate() -> Candidate {
    let times = LeaseTimes { duration: 15 * SECOND, renew: 10 * SECOND, retry: 2 * SECOND };
    Candidate::new("me".to_owned(), times)
}

fn lease(version: &str, spec: &Value) -> Lease {
    serde_json::from_value(json!({ "metadata": { "resourceVersion": version }, "spec": spec })).unwrap()
}

fn theirs(version: &str) -> Lease {
    let spec = json!({ "holderIdentity": "they", "leaseDurationSeconds": 15, "leaseTransitions": 4,
        "acquireTime": "2026-01-01T00:00:00.000000Z", "renewTime": "2026-01-01T00:00:00.000000Z" });
    lease(version, &spec)
}

fn waits(candidate: &mut Candidate, lease: &Lease, now: Instant) -> bool {
    matches!(candidate.judge(Some(lease), now, WALL), Move::Wait { holder } if holder == "they")
}

#[test]
fn where_there_is_no_lease_it_is_made() {
    let Move::Create(spec) = candidate().judge(None, Instant::now(), WALL) else { panic!("not created") };
    assert_eq!(spec.holder_identity.as_deref(), Some("me"));
    assert_eq!((spec.lease_duration_seconds, spec.lease_transitions), (Some(15), Some(0)));
}

#[test]
fn a_released_lease_and_one_without_a_spec_are_taken_at_once() {
    for spec in [json!({ "holderIdentity": "", "leaseTransitions": 4 }), json!({ "leaseTransitions": 4 })] {
        let found = lease("1", &spec);
        let Move::Take(spec) = candidate().judge(Some(&found), Instant::now(), WALL) else {
            panic!("not taken: {spec}")
        };
        assert_eq!((spec.holder_identity.as_deref(), spec.lease_transitions), (Some("me"), Some(5)));
    }
    let bare: Lease = serde_json::from_value(json!({ "metadata": { "resourceVersion": "1" } })).unwrap();
    assert!(matches!(candidate().judge(Some(&bare), Instant::now(), WALL), Move::Take(_)));
}

#[test]
fn anothers_lease_is_taken_only_when_it_stayed_the_same_for_its_whole_time() {
    let (mut candidate, start) = (candidate(), Instant::now());
    assert!(waits(&mut candidate, &theirs("1"), start));
    assert!(waits(&mut candidate, &theirs("1"), start + 14 * SECOND));
    assert!(waits(&mut candidate, &theirs("2"), start + 15 * SECOND), "it was renewed");
    assert!(waits(&mut candidate, &theirs("2"), start + 29 * SECOND));
    let taken = candidate.judge(Some(&theirs("2")), start + 30 * SECOND, WALL);
    assert!(matches!(taken, Move::Take(spec) if spec.lease_transitions == Some(5)));
}

#[test]
fn fault_a14_the_times_another_clock_wrote_count_for_nothing() {
    for written in ["1990-01-01T00:00:00.000000Z", "2090-01-01T00:00:00.000000Z"] {
        let (mut candidate, start) = (candidate(), Instant::now());
        let mut lease = theirs("1");
        lease.spec.as_mut().unwrap().renew_time = serde_json::from_value(json!(written)).unwrap();
        assert!(waits(&mut candidate, &lease, start));
        assert!(matches!(candidate.judge(Some(&lease), start + 15 * SECOND, WALL), Move::Take(_)));
    }
}

#[test]
fn the_holders_own_promise_is_waited_for_and_nonsense_is_bounded() {
    for (promised, waited) in [(60, 60), (1, 15), (0, 15), (-5, 15), (i32::MAX, 300)] {
        let (mut candidate, start) = (candidate(), Instant::now());
        let mut lease = theirs("1");
        lease.spec.as_mut().unwrap().lease_duration_seconds = Some(promised);
        assert!(waits(&mut candidate, &lease, start));
        assert!(waits(&mut candidate, &lease, start + (waited - 1) * SECOND), "{promised}");
        assert!(!waits(&mut candidate, &lease, start + waited * SECOND), "{promised}");
    }
}

#[test]
fn renewing_changes_the_renewal_and_nothing_else() {
    let mut mine = theirs("1");
    mine.spec.as_mut().unwrap().holder_identity = Some("me".to_owned());
    let Move::Take(spec) = candidate().judge(Some(&mine), Instant::now(), WALL) else { panic!("not taken") };
    let before = mine.spec.unwrap();
    assert_eq!(spec.renew_time.as_ref().map(|time| time.0), Some(WALL));
    assert_eq!((spec.acquire_time, spec.lease_transitions), (before.acquire_time, Some(4)));
}

#[test]
fn only_ones_own_lease_is_released() {
    let candidate = candidate();
    assert_eq!(candidate.release(&theirs("1"), WALL), None);
    let mut mine = theirs("1");
    mine.spec.as_mut().unwrap().holder_identity = Some("me".to_owned());
    let released = candidate.release(&mine, WALL).unwrap();
    assert_eq!((released.holder_identity.as_deref(), released.lease_duration_seconds), (Some(""), Some(1)));
}
