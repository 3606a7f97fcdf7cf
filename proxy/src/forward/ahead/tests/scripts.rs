//! Fault scripts over the whole of it: clients that read on, go back and go away, and an S3 that follows a script. What
//! arrives is the bytes of one version, or less of them than was promised, and then the connection is cut.

mod s3;

use super::super::{Ahead, Bounds};
use crate::{
    admit::Territory,
    clock::{Clock, Skew},
    credentials::{Issued, Vault},
    forward::{Forwarder, outgoing::Outgoing, patience::Patience, window::Gate},
    http1::{Extent, ResponseHead},
    limits::Limits,
    random::Random,
    serve::{Handler, conversation::converse},
    sparse::Sparse,
    stats::Traffic,
    transfer::{Facts, Part},
    upstream::{Endpoint, Pool},
};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use s3::{Script, byte};
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// More of them on demand.
const SCRIPTS: u64 = 1_000;
const SCRIPTS_VARIABLE: &str = "PGRO_TEST_AHEAD_SCRIPTS";

/// As small as the objects are.
const BOUNDS: Bounds = Bounds { seats: 3, in_kernel: 16, least: 8, reach: 64 };

/// What became of the requests of one script, or of many.
#[derive(Debug, Default)]
struct Count {
    requests: u64,
    whole: u64,
    cut: u64,
    refused: u64,
    abandoned: u64,
}

struct World {
    script: Script,
    handler: Arc<Handler>,
}

impl World {
    fn of(script: Script, bounds: Option<Bounds>) -> Self {
        let (limits, region) = (Limits::default(), "us-east-1".parse().unwrap());
        let now = Timestamp::UNIX_EPOCH;
        let vault = Vault::new(Clock::from_fn(|| Timestamp::UNIX_EPOCH));
        vault.put(Issued {
            generation: 1,
            access_key_id: "id".into(),
            secret_access_key: "secret".into(),
            session_token: None,
            received_at: now,
            expires_at: now + SignedDuration::from_hours(1),
        });
        let forwarder = Forwarder {
            pool: Pool::new(Arc::new(script.clone()), limits.connections),
            outgoing: Outgoing::new(Endpoint::new(None, &region).unwrap(), region),
            vault: Arc::new(vault),
            clock: Clock::from_fn(|| Timestamp::UNIX_EPOCH),
            skew: Skew::default(),
            patience: Patience::new(limits.patience),
            gate: Gate::new(limits.connections),
            ahead: Ahead::new(bounds),
            lists: crate::forward::listing::Room::default(),
            limits,
            traffic: Arc::new(Traffic::default()),
            random: || 0.5,
            told: Sparse::default(),
        };
        let (bucket, prefix) = ("bucket".parse().unwrap(), "".parse().unwrap());
        let handler = Handler::new(Territory { bucket, prefix, target_bytes: 4096 }, forwarder);
        Self { script, handler: Arc::new(handler) }
    }

    fn connect(&self) -> DuplexStream {
        let (near, far) = duplex(64);
        let limits = Limits::default();
        let serving = converse(Box::new(far), Arc::clone(&self.handler), limits, CancellationToken::new());
        tokio::spawn(serving);
        near
    }
}

/// One client: reads on most of the time.
struct Client<'w> {
    world: &'w World,
    stream: DuplexStream,
    random: Random,
    object: u64,
    next: u64,
}

impl Client<'_> {
    /// First and last byte of the next range.
    fn range(&mut self) -> (u64, u64) {
        let len = self.world.script.len(0);
        let first =
            if self.random.one_in(5) || self.next >= len { self.random.below(len) } else { self.next };
        let bytes = if self.random.one_in(6) { 1 + self.random.below(7) } else { 8 + self.random.below(40) };
        self.next = first + bytes;
        (first, first + bytes - 1)
    }

    async fn ask(&mut self, count: &mut Count) {
        // Both objects are read by both clients, in turn.
        self.object = if self.random.one_in(4) { 1 - self.object } else { self.object };
        let (first, last) = self.range();
        let version = self.world.script.with(|state| state.version);
        let condition =
            if self.random.one_in(8) { format!("if-match: \"{version}\"\r\n") } else { String::new() };
        let most = self.random.one_in(12).then(|| self.random.below(30));
        self.get((first, last), &condition, most, count).await;
    }

    /// One range, and no more than so many bytes of it.
    async fn get(
        &mut self,
        (first, last): (u64, u64),
        condition: &str,
        most: Option<u64>,
        count: &mut Count,
    ) {
        let object = self.object;
        let request = format!(
            "GET /bucket/{object} HTTP/1.1\r\nhost: a\r\nrange: bytes={first}-{last}\r\n{condition}\r\n"
        );
        count.requests += 1;
        let sent = self.stream.write_all(request.as_bytes()).await;
        let head = if sent.is_ok() { self.head().await } else { None };
        let is_open = match head {
            // Cut before anything was promised: another client would ask again.
            None => {
                count.cut += 1;
                false
            }
            Some(head) => self.judge(&head, (first, last), most, count).await,
        };
        if !is_open {
            self.stream = self.world.connect();
        }
    }

    async fn head(&mut self) -> Option<ResponseHead> {
        let (mut bytes, mut extent) = (Vec::new(), Extent::default());
        while let Ok(byte) = self.stream.read_u8().await {
            bytes.push(byte);
            if let Some(length) = extent.of(&bytes).unwrap() {
                return Some(ResponseHead::parse(&bytes[..length]).unwrap());
            }
        }
        None
    }

    /// Reads the body, or a little of it; whether the connection can be used again.
    async fn judge(
        &mut self,
        head: &ResponseHead,
        asked: (u64, u64),
        most: Option<u64>,
        count: &mut Count,
    ) -> bool {
        let facts = Facts::of(head);
        let length = facts.length.unwrap();
        let mut body = Vec::new();
        // A cut ends it early, which is seen by its length.
        let _ = (&mut self.stream).take(most.unwrap_or(length).min(length)).read_to_end(&mut body).await;
        if !head.status.is_success() {
            assert!(matches!(head.status.as_u16(), 412 | 416 | 503), "{}", head.status);
            count.refused += 1;
            return most.is_none();
        }
        self.is_truth(&facts, asked, &body);
        let is_whole = body.len() as u64 == length;
        match (is_whole, most) {
            (true, None) => count.whole += 1,
            (_, Some(_)) => count.abandoned += 1,
            (false, None) => count.cut += 1,
        }
        is_whole && most.is_none()
    }

    /// That these are the first bytes of what was asked for, of the version that is named, or of one where none is.
    fn is_truth(&self, facts: &Facts, asked: (u64, u64), body: &[u8]) {
        let script = &self.world.script;
        let named = facts.tag.as_ref().map(|tag| tag.to_str().unwrap().trim_matches('"').parse().unwrap());
        let versions = match named {
            Some(version) => version..=version,
            None => 0..=script.with(|state| state.version),
        };
        let is_of = |version: u64| {
            let total = script.len(version);
            let (first, last) = if facts.part.is_some() { asked } else { (0, total - 1) };
            let part = Part { first, last: last.min(total - 1), total: Some(total) };
            let is_labelled =
                facts.part.is_none_or(|told| told == part) && facts.length == Some(part.bytes());
            is_labelled && body.iter().zip(first..).all(|(got, at)| *got == byte(self.object, version, at))
        };
        assert!(versions.into_iter().any(is_of), "{facts:?} to {asked:?}: {body:?}");
    }
}

/// Two clients at a time, side by side.
async fn play(seed: u64, is_honest: bool) -> (Count, u64) {
    let world = World::of(Script::of(seed, is_honest), Some(BOUNDS));
    let reading = |nth: u64| {
        let world = &world;
        async move {
            let random = Random(seed.wrapping_mul(2).wrapping_add(nth));
            let mut client = Client { world, stream: world.connect(), random, object: 0, next: 0 };
            let mut count = Count::default();
            for _ in 0..3 + client.random.below(6) {
                client.ask(&mut count).await;
            }
            count
        }
    };
    let (one, other) = tokio::join!(reading(0), reading(1));
    let mut both = one;
    both.add(&other);
    (both, world.script.with(|state| state.asked))
}

impl Count {
    fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.whole += other.whole;
        self.cut += other.cut;
        self.refused += other.refused;
        self.abandoned += other.abandoned;
    }
}

fn scripts() -> u64 {
    std::env::var(SCRIPTS_VARIABLE).map_or(SCRIPTS, |scripts| scripts.parse().unwrap())
}

#[tokio::test(start_paused = true)]
async fn faults_d3_to_d9_whatever_s3_does_no_wrong_byte_is_read_ahead() {
    let (mut all, mut asked) = (Count::default(), 0);
    for seed in 0..scripts() {
        let (count, requests) = play(seed, false).await;
        all.add(&count);
        asked += requests;
    }
    let shown = format!("{all:?}, S3 was asked {asked} times");
    assert!(all.whole > all.requests / 3 && all.cut > 0 && all.refused > 0 && all.abandoned > 0, "{shown}");
}

#[tokio::test(start_paused = true)]
async fn with_an_honest_s3_all_arrives_and_less_is_asked_for_than_by_clients() {
    let (mut all, mut asked) = (Count::default(), 0);
    for seed in 0..scripts() / 10 {
        let (count, requests) = play(seed, true).await;
        all.add(&count);
        asked += requests;
    }
    assert_eq!((all.cut, all.whole + all.refused + all.abandoned), (0, all.requests), "{all:?}");
    assert!(asked * 10 < all.requests * 9, "{all:?}, S3 was asked {asked} times");
}

/// How long eight workers take to read a pack each, in five ranges, by a clock that counts waiting alone.
async fn waited(bounds: Option<Bounds>) -> Duration {
    let world = World::of(Script::slow(200, Duration::from_millis(30)), bounds);
    let began = Instant::now();
    let reading = (0..8).map(|object| {
        let (world, random) = (&world, Random(object));
        let mut client = Client { world, stream: world.connect(), random, object, next: 0 };
        async move {
            let mut count = Count::default();
            for first in (0..200).step_by(40) {
                client.get((first, first + 39), "", None, &mut count).await;
            }
            assert_eq!(count.whole, 5);
        }
    });
    join_all(reading).await;
    began.elapsed()
}

#[tokio::test(start_paused = true)]
async fn where_waiting_is_all_that_takes_time_reading_ahead_is_more_than_twice_and_a_half_as_fast() {
    let as_asked = waited(None).await;
    let ahead = waited(Some(Bounds { seats: 10, reach: 320, ..BOUNDS })).await;
    assert!(ahead * 5 <= as_asked * 2, "{ahead:?} beside {as_asked:?}");
}
