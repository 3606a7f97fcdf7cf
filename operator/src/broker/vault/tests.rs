use super::{Grant, Vault, good_until};
use crate::{
    canopy::{CanopyApi, CanopyError, Endpoint, Result, Worklist},
    clock::{Clock, ManualClock},
    metrics::Metrics,
};
use contract::{
    canopy::{Capabilities, CredentialsAnswer, CredentialsRequest, Verification},
    ids::GroupId,
};
use futures::future::{BoxFuture, join_all};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{sync::Semaphore, time::timeout};
use uuid::Uuid;

/// A failing test ends, too.
const DEADLINE: Duration = Duration::from_secs(10);

/// A Canopy that issues numbered credentials of a fixed life, one for each permit of its gate.
struct Issuer {
    clock: ManualClock,
    life: SignedDuration,
    gate: Semaphore,
    calls: AtomicUsize,
    broken: AtomicBool,
}

impl Issuer {
    async fn issue(&self) -> Result<CredentialsAnswer> {
        let n = self.calls.fetch_add(1, SeqCst);
        self.gate.acquire().await.expect("the gate is never closed").forget();
        if self.broken.load(SeqCst) {
            let (endpoint, detail) = (Endpoint::Credentials, String::new());
            return Err(CanopyError::Refused { endpoint, status: 403, detail });
        }
        let answer = json!({ "repo_password": "p", "credentials": { "Version": 1, "AccessKeyId": n.to_string(),
            "SecretAccessKey": "s", "SessionToken": "t", "Expiration": self.clock.now() + self.life } });
        Ok(serde_json::from_value(answer).unwrap())
    }
}

impl CanopyApi for Issuer {
    fn credentials<'a>(&'a self, _: &'a CredentialsRequest) -> BoxFuture<'a, Result<CredentialsAnswer>> {
        Box::pin(self.issue())
    }
    fn register<'a>(&'a self, _: &'a Capabilities) -> BoxFuture<'a, Result<()>> {
        unreachable!("the vault registers nothing")
    }
    fn worklist(&self) -> BoxFuture<'_, Result<Worklist>> {
        unreachable!("the vault asks for no worklist")
    }
    fn report<'a>(&'a self, _: &'a Verification) -> BoxFuture<'a, Result<()>> {
        unreachable!("the vault reports nothing")
    }
}

fn vault(life: SignedDuration, permits: usize) -> (Arc<Vault>, Arc<Issuer>, ManualClock) {
    let clock = ManualClock::at(Timestamp::from_second(1_800_000_000).unwrap());
    let issuer = Arc::new(Issuer {
        clock: clock.clone(),
        life,
        gate: Semaphore::new(permits),
        calls: AtomicUsize::new(0),
        broken: AtomicBool::new(false),
    });
    let metrics = Metrics::default();
    (Arc::new(Vault::new(issuer.clone(), Arc::new(clock.clone()), metrics)), issuer, clock)
}

/// The figure of the first end of credentials, seconds after the vault's beginning.
fn first_end(vault: &Vault) -> i64 {
    let text = vault.metrics.encode().unwrap();
    let name = "pgro_credentials_expiry_timestamp_seconds ";
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.parse::<i64>().unwrap() - 1_800_000_000
}

#[tokio::test]
async fn the_first_end_of_credentials_that_are_held_is_told() {
    let (vault, issuer, clock) = vault(SignedDuration::from_hours(1), 9);
    assert_eq!(first_end(&vault), -1_800_000_000, "none were held");
    vault.get(&grant(1)).await.unwrap();
    clock.advance(Duration::from_mins(10));
    vault.get(&grant(2)).await.unwrap();
    assert_eq!(first_end(&vault), 3600);
    clock.advance(Duration::from_mins(49));
    vault.get(&grant(1)).await.unwrap();
    assert_eq!(first_end(&vault), 4200, "the first ones are replaced");
    issuer.broken.store(true, SeqCst);
    clock.advance(Duration::from_hours(2));
    assert!(vault.get(&grant(1)).await.is_err());
    assert_eq!(first_end(&vault), -1_800_000_000, "none are good any more");
}

fn grant(n: u128) -> Grant {
    Grant { group: GroupId(Uuid::from_u128(n)), backup_type: "t".parse().unwrap() }
}

#[tokio::test]
async fn credentials_are_kept_until_two_minutes_before_they_end() {
    let (vault, issuer, clock) = vault(SignedDuration::from_hours(1), 9);
    vault.get(&grant(1)).await.unwrap();
    clock.advance(Duration::from_secs(58 * 60 - 1));
    assert_eq!(vault.get(&grant(1)).await.unwrap().access_key_id, "0");
    clock.advance(Duration::from_secs(1));
    assert_eq!(vault.get(&grant(1)).await.unwrap().access_key_id, "1");
    assert_eq!(issuer.calls.load(SeqCst), 2);
}

#[tokio::test]
async fn fault_c13_short_lived_credentials_are_kept_for_four_fifths_of_their_life() {
    let (vault, issuer, clock) = vault(SignedDuration::from_secs(20), 9);
    vault.get(&grant(1)).await.unwrap();
    clock.advance(Duration::from_millis(15_900));
    vault.get(&grant(1)).await.unwrap();
    assert_eq!(issuer.calls.load(SeqCst), 1);
    clock.advance(Duration::from_millis(100));
    vault.get(&grant(1)).await.unwrap();
    assert_eq!(issuer.calls.load(SeqCst), 2);
}

#[test]
fn the_margin_grows_with_life_up_to_two_minutes() {
    let now = Timestamp::UNIX_EPOCH;
    let kept = |secs| good_until(now, Timestamp::from_second(secs).unwrap()).as_second();
    assert_eq!([kept(60), kept(600), kept(3_600)], [48, 480, 3_480]);
}

#[tokio::test]
async fn fault_c9_all_who_ask_at_once_share_one_call_for_each_replica() {
    let (vault, issuer, _clock) = vault(SignedDuration::from_hours(1), 0);
    let (one, two) = (grant(1), grant(2));
    let asking = join_all((0..200).map(|n| vault.get(if n % 2 == 0 { &one } else { &two })));
    issuer.gate.add_permits(2);
    let answers = timeout(DEADLINE, asking).await.expect("more than two calls were made");
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(issuer.calls.load(SeqCst), 2);
}

#[tokio::test]
async fn a_failure_reaches_all_who_wait_and_is_not_kept() {
    let (vault, issuer, _clock) = vault(SignedDuration::from_hours(1), 0);
    issuer.broken.store(true, SeqCst);
    let one = grant(1);
    let asking = join_all((0..50).map(|_| vault.get(&one)));
    issuer.gate.add_permits(1);
    let answers = timeout(DEADLINE, asking).await.expect("more than one call was made");
    assert!(answers.iter().all(|answer| answer.as_ref().is_err_and(|error| error.refusal() == Some(403))));
    issuer.broken.store(false, SeqCst);
    issuer.gate.add_permits(1);
    assert!(vault.get(&one).await.is_ok());
    assert_eq!(issuer.calls.load(SeqCst), 2);
}

#[tokio::test]
async fn a_caller_who_leaves_does_not_take_the_answer_away_from_the_next() {
    let (vault, issuer, _clock) = vault(SignedDuration::from_hours(1), 0);
    let one = grant(1);
    assert!(futures::poll!(Box::pin(vault.get(&one))).is_pending(), "the first caller leaves here");
    issuer.gate.add_permits(1);
    assert_eq!(vault.get(&one).await.unwrap().access_key_id, "0");
    assert_eq!(issuer.calls.load(SeqCst), 1);
}

#[tokio::test]
async fn fault_c11_what_has_run_out_is_dropped_when_something_else_is_asked_for() {
    let (vault, _issuer, clock) = vault(SignedDuration::from_hours(1), 9);
    for n in 1..=3 {
        vault.get(&grant(n)).await.unwrap();
    }
    clock.advance(Duration::from_hours(1));
    vault.get(&grant(4)).await.unwrap();
    assert_eq!(vault.slots().len(), 1);
}
