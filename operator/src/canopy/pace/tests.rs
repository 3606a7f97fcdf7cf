use super::{Paces, REMEMBERED, Subject, length};
use crate::canopy::{CanopyError, Endpoint};
use contract::ids::GroupId;
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

const LIST: Subject = Subject::Endpoint(Endpoint::Worklist, None);
const SECOND: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(1);

fn credentials(group: u128) -> Subject {
    Subject::Endpoint(Endpoint::Credentials, Some(GroupId(Uuid::from_u128(group))))
}

fn unreachable() -> CanopyError {
    CanopyError::Unreachable { endpoint: Endpoint::Worklist, why: "down".to_owned() }
}

fn upstream() -> CanopyError {
    CanopyError::Upstream { endpoint: Endpoint::Credentials, status: 502, detail: String::new() }
}

fn refused(status: u16) -> CanopyError {
    CanopyError::Refused { endpoint: Endpoint::Credentials, status, detail: String::new() }
}

fn busy(seconds: u64) -> CanopyError {
    CanopyError::Busy {
        endpoint: Endpoint::Worklist,
        status: 503,
        detail: String::new(),
        retry_after: Duration::from_secs(seconds),
    }
}

#[test]
fn fault_b1_pauses_double_up_to_a_minute_and_are_jittered_by_up_to_half() {
    let seconds = |failures| length(failures, LONGEST, 0.0).as_secs();
    assert_eq!([1, 2, 3, 6, 7, 1000].map(seconds), [1, 2, 4, 32, 60, 60]);
    assert_eq!(length(1000, LONGEST, 1.0), LONGEST.mul_f64(1.5));
    assert!(length(3, LONGEST, 0.3) < length(3, LONGEST, 0.7));
}

#[test]
fn fault_b1_an_hour_without_canopy_is_a_few_dozen_calls_one_at_a_time() {
    let (mut paces, start) = (Paces::up_to(LONGEST), Instant::now());
    let calls = (0..3600).filter(|second| {
        let now = start + SECOND * *second;
        let asks = paces.wait(LIST, now).is_none();
        if asks {
            assert!(
                paces.wait(credentials(1), now).is_some() || *second == 0,
                "a second call beside the first"
            );
            paces.ended(LIST, Some(&unreachable()), 0.0, now);
        }
        asks
    });
    let calls = calls.count();
    assert!((60..70).contains(&calls), "{calls} calls");
}

#[test]
fn a_wait_that_canopy_asks_for_is_granted_and_is_for_that_endpoint() {
    let (mut paces, now) = (Paces::up_to(LONGEST), Instant::now());
    paces.ended(LIST, Some(&busy(90)), 0.0, now);
    assert_eq!(paces.wait(LIST, now), Some(SECOND * 90));
    assert_eq!(paces.wait(credentials(1), now), None);
    assert_eq!(paces.wait(LIST, now + SECOND * 90), None);
}

#[test]
fn fault_c8_one_groups_trouble_does_not_hold_up_another() {
    let (mut paces, now) = (Paces::up_to(LONGEST), Instant::now());
    for error in [upstream(), refused(409), refused(429)] {
        paces.ended(credentials(1), Some(&error), 0.0, now);
        assert!(paces.wait(credentials(1), now).is_some(), "{error}");
        assert_eq!(paces.wait(credentials(2), now), None);
    }
}

#[test]
fn an_answer_ends_a_pause_even_where_it_is_a_refusal() {
    let (mut paces, now) = (Paces::up_to(LONGEST), Instant::now());
    paces.ended(credentials(1), Some(&upstream()), 0.0, now);
    paces.ended(credentials(1), Some(&refused(403)), 0.0, now);
    assert_eq!(paces.wait(credentials(1), now), None);
    paces.ended(LIST, Some(&unreachable()), 0.0, now);
    paces.ended(credentials(2), None, 0.0, now);
    assert_eq!(paces.wait(LIST, now), None, "somebody has got through");
}

#[test]
fn groups_in_trouble_are_not_remembered_for_ever() {
    let (mut paces, start) = (Paces::up_to(LONGEST), Instant::now());
    for group in 0..3 * REMEMBERED as u128 {
        let now = start + SECOND * u32::try_from(group).unwrap();
        paces.ended(credentials(group), Some(&upstream()), 0.0, now);
    }
    assert!(paces.pauses.len() <= REMEMBERED + 1, "{}", paces.pauses.len());
}
