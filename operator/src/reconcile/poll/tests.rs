use super::{PATIENCE, Poll, STALE};
use crate::canopy::{CanopyApi, CanopyError, Endpoint, Fingerprint, Heard, Rejected, Result, Worklist};
use contract::canopy::{Capabilities, CredentialsAnswer, CredentialsRequest, Verification};
use futures::future::{BoxFuture, ready};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// A Canopy that takes its time, and then gives what it was told to.
struct Slow {
    takes: Duration,
    gives: Result<Worklist>,
    lists: AtomicU32,
    registrations: AtomicU32,
}

impl CanopyApi for Slow {
    fn register<'a>(&'a self, _: &'a Capabilities) -> BoxFuture<'a, Result<()>> {
        self.registrations.fetch_add(1, SeqCst);
        Box::pin(ready(Ok(())))
    }
    fn worklist(&self) -> BoxFuture<'_, Result<Worklist>> {
        self.lists.fetch_add(1, SeqCst);
        Box::pin(async {
            sleep(self.takes).await;
            self.gives.clone()
        })
    }
    fn credentials<'a>(&'a self, _: &'a CredentialsRequest) -> BoxFuture<'a, Result<CredentialsAnswer>> {
        unreachable!("a poll asks for no credentials")
    }
    fn report<'a>(&'a self, _: &'a Verification) -> BoxFuture<'a, Result<()>> {
        unreachable!("a poll reports nothing")
    }
}

fn list() -> Worklist {
    Worklist { entries: Vec::new(), rejected: vec![Rejected { key: None, why: "not empty".to_owned() }] }
}

fn heard(list: Worklist) -> Heard {
    Heard::Another(list, None)
}

fn slow(seconds: u64, gives: Result<Worklist>) -> (Arc<Slow>, Arc<dyn CanopyApi>) {
    let takes = Duration::from_secs(seconds);
    let slow = Arc::new(Slow { takes, gives, lists: AtomicU32::new(0), registrations: AtomicU32::new(0) });
    (Arc::clone(&slow), slow)
}

#[tokio::test(start_paused = true)]
async fn a_quick_answer_is_there_at_once_and_only_once() {
    let (_, canopy) = slow(1, Ok(list()));
    let mut poll = Poll::default();
    poll.begin(&canopy);
    assert_eq!(poll.answer(PATIENCE).await, Some(heard(list())));
    assert_eq!(poll.answer(Duration::ZERO).await, None);
}

#[tokio::test(start_paused = true)]
async fn fault_b2_a_hanging_canopy_delays_a_pass_no_longer_than_the_patience_and_is_asked_once() {
    let (slow, canopy) = slow(20, Ok(list()));
    let (mut poll, start) = (Poll::default(), Instant::now());
    for _ in 0..3 {
        poll.begin(&canopy);
        assert_eq!(poll.answer(PATIENCE).await, None);
    }
    assert_eq!(start.elapsed(), PATIENCE * 3);
    let changed = Instant::now();
    assert_eq!(poll.answer(Duration::ZERO).await, None);
    assert_eq!((changed.elapsed(), slow.lists.load(SeqCst)), (Duration::ZERO, 1));
    sleep(Duration::from_secs(20)).await;
    assert_eq!(poll.answer(Duration::ZERO).await, Some(heard(list())));
}

#[tokio::test(start_paused = true)]
async fn a_list_nobody_took_for_long_is_not_acted_on() {
    let (_, canopy) = slow(1, Ok(list()));
    let mut poll = Poll::default();
    poll.begin(&canopy);
    sleep(STALE).await;
    assert_eq!(poll.answer(PATIENCE).await, None);
    poll.begin(&canopy);
    assert_eq!(poll.answer(PATIENCE).await, Some(heard(list())));
}

#[tokio::test(start_paused = true)]
async fn fault_b1_an_error_leaves_nothing_behind_but_another_call() {
    let down = CanopyError::Unreachable { endpoint: Endpoint::Worklist, why: "down".to_owned() };
    let (slow, canopy) = slow(0, Err(down));
    let mut poll = Poll::default();
    for _ in 0..2 {
        poll.begin(&canopy);
        assert_eq!(poll.answer(PATIENCE).await, None);
    }
    assert_eq!(slow.lists.load(SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn an_empty_list_makes_us_register_again() {
    for (gives, registrations) in [(Worklist::default(), 1), (list(), 0)] {
        let (slow, canopy) = slow(0, Ok(gives.clone()));
        let mut poll = Poll::default();
        poll.begin(&canopy);
        assert_eq!(poll.answer(PATIENCE).await, Some(heard(gives)));
        assert_eq!(slow.registrations.load(SeqCst), registrations);
    }
}

/// A Canopy that answers the same as long as it is asked with what it gave.
struct Steady(AtomicU32);

impl CanopyApi for Steady {
    fn register<'a>(&'a self, _: &'a Capabilities) -> BoxFuture<'a, Result<()>> {
        unreachable!("its list is not empty")
    }
    fn worklist(&self) -> BoxFuture<'_, Result<Worklist>> {
        unreachable!("a poll says what it knows")
    }
    fn worklist_unless(&self, known: Option<Fingerprint>) -> BoxFuture<'_, Result<Heard>> {
        self.0.fetch_add(u32::from(known.is_none()), SeqCst);
        Box::pin(ready(
            Ok(known.map_or_else(|| Heard::Another(list(), Some(fingerprint())), |_| Heard::Same)),
        ))
    }
    fn credentials<'a>(&'a self, _: &'a CredentialsRequest) -> BoxFuture<'a, Result<CredentialsAnswer>> {
        unreachable!("a poll asks for no credentials")
    }
    fn report<'a>(&'a self, _: &'a Verification) -> BoxFuture<'a, Result<()>> {
        unreachable!("a poll reports nothing")
    }
}

fn fingerprint() -> Fingerprint {
    Fingerprint::of(b"a list")
}

#[tokio::test(start_paused = true)]
async fn what_was_handed_out_is_known_from_then_on_and_what_nobody_took_is_not() {
    let steady = Arc::new(Steady(AtomicU32::new(0)));
    let canopy: Arc<dyn CanopyApi> = Arc::<Steady>::clone(&steady);
    let mut poll = Poll::default();
    poll.begin(&canopy);
    sleep(STALE).await;
    assert_eq!(poll.answer(PATIENCE).await, None);
    for known in [false, true, true] {
        poll.begin(&canopy);
        assert_eq!(poll.answer(PATIENCE).await == Some(Heard::Same), known);
    }
    assert_eq!(steady.0.load(SeqCst), 2, "asked without knowing anything");
}
