use super::{Issuer, Keeper};
use crate::{
    clock::Clock,
    credentials::{BrokerError, Issued, Vault},
};
use contract::canopy::Credentials;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    task::JoinHandle,
    time::{Instant, advance, timeout},
};

const LIFE: Duration = Duration::from_secs(100);
const NEVER: Range<u64> = 0..0;

/// Issues credentials of `LIFE` unless it is down; counts how often it was asked.
#[derive(Clone)]
struct Scripted {
    asked: Arc<AtomicU64>,
    began: Instant,
    down: Range<Duration>,
    clock: Clock,
}

impl Issuer for Scripted {
    async fn issue(&self) -> Result<Credentials, BrokerError> {
        let nth = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        // A fetch takes a while, so that requests could run into it.
        tokio::time::sleep(Duration::from_millis(50)).await;
        if self.down.contains(&self.began.elapsed()) {
            let url = "http://broker/".parse().unwrap();
            return Err(BrokerError::Failed { url, status: StatusCode::BAD_GATEWAY });
        }
        Ok(Credentials {
            version: 1,
            access_key_id: format!("key-{nth}"),
            secret_access_key: "secret".into(),
            session_token: "".into(),
            expiration: self.clock.now() + SignedDuration::try_from(LIFE).unwrap(),
        })
    }
}

/// A keeper on virtual time.
struct World {
    vault: Arc<Vault>,
    asked: Arc<AtomicU64>,
    _keeper: JoinHandle<()>,
}

impl World {
    fn start(down_seconds: Range<u64>) -> Self {
        let began = Instant::now();
        let clock = Clock::from_fn(move || {
            Timestamp::UNIX_EPOCH + SignedDuration::try_from(began.elapsed()).unwrap()
        });
        let down = Duration::from_secs(down_seconds.start)..Duration::from_secs(down_seconds.end);
        let issuer = Scripted { asked: Arc::default(), began, down, clock: clock.clone() };
        let (asked, vault) = (Arc::clone(&issuer.asked), Arc::new(Vault::new(clock.clone())));
        let keeper = Keeper::new(issuer, Arc::clone(&vault), clock, || 0.5);
        Self { vault, asked, _keeper: tokio::spawn(keeper.keep()) }
    }

    fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }

    async fn usable_within(&self, patience: Duration) -> Option<Arc<Issued>> {
        timeout(patience, self.vault.usable()).await.ok()
    }

    async fn usable(&self) -> Arc<Issued> {
        self.usable_within(Duration::from_secs(1)).await.expect("credentials at once")
    }
}

/// Lets virtual time pass in steps that every timer notices.
async fn pass(seconds: u64) {
    for _ in 0..seconds * 10 {
        advance(Duration::from_millis(100)).await;
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn credentials_are_renewed_ahead_of_their_end_without_a_request() {
    let world = World::start(NEVER);
    assert_eq!(world.usable().await.generation, 1);
    pass(79).await;
    assert_eq!(world.asked(), 1);
    pass(3).await;
    assert_eq!(world.asked(), 2);
    assert!(world.usable_within(Duration::ZERO).await.is_some_and(|issued| issued.generation == 2));
}

#[tokio::test(start_paused = true)]
async fn fault_c6_requests_go_on_while_the_broker_restarts() {
    let world = World::start(70..95);
    world.usable().await;
    for _ in 0..120 {
        pass(1).await;
        assert!(world.usable_within(Duration::ZERO).await.is_some());
    }
    assert_eq!(world.usable().await.access_key_id, format!("key-{}", world.asked()));
}

#[tokio::test(start_paused = true)]
async fn fault_c7_requests_wait_for_a_broker_that_comes_back() {
    let world = World::start(0..60);
    assert!(world.usable_within(Duration::from_secs(30)).await.is_none());
    assert!(world.usable_within(Duration::from_secs(50)).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn fault_c7_a_broker_that_is_down_is_asked_every_few_seconds() {
    let world = World::start(0..10_000);
    pass(600).await;
    assert!((100..250).contains(&world.asked()), "{}", world.asked());
}

#[tokio::test(start_paused = true)]
async fn fault_c2_a_hundred_refusals_lead_to_one_fetch() {
    let world = World::start(NEVER);
    let refused = world.usable().await.generation;
    pass(5).await;
    (0..100).for_each(|_| world.vault.refuse(refused));
    let waiting = (0..100).map(|_| {
        let vault = Arc::clone(&world.vault);
        tokio::spawn(async move { vault.usable().await.generation })
    });
    for waiter in waiting.collect::<Vec<_>>() {
        assert_eq!(waiter.await.unwrap(), refused + 1);
    }
    assert_eq!(world.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_late_refusal_of_an_old_generation_changes_nothing() {
    let world = World::start(NEVER);
    world.usable().await;
    pass(90).await;
    assert_eq!(world.usable().await.generation, 2);
    world.vault.refuse(1);
    pass(5).await;
    assert_eq!((world.usable().await.generation, world.asked()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn fault_c3_a_broker_that_repeats_refused_credentials_is_not_hammered() {
    let world = World::start(NEVER);
    let began = Instant::now();
    for _ in 0..20 {
        let generation = world.usable_within(Duration::from_secs(8)).await.unwrap().generation;
        world.vault.refuse(generation);
    }
    assert!(began.elapsed() >= Duration::from_mins(1), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn fault_c2_one_refusal_is_mended_at_once() {
    let world = World::start(NEVER);
    for _ in 0..3 {
        let generation = world.usable().await.generation;
        pass(85).await;
        world.vault.refuse(generation + 1);
        let began = Instant::now();
        assert_eq!(world.usable().await.generation, generation + 2);
        assert!(began.elapsed() < Duration::from_millis(200));
        pass(85).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_expired_is_not_handed_out() {
    let world = World::start(50..10_000);
    world.usable().await;
    pass(99).await;
    assert!(world.usable_within(Duration::ZERO).await.is_some());
    pass(2).await;
    assert!(world.usable_within(Duration::from_secs(5)).await.is_none());
}
