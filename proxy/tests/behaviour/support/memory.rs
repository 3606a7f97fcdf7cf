//! A proxy without sockets: on virtual time, where hours pass in milliseconds and nothing is a race.

use super::{
    client::Got,
    oracle::Grant,
    s3::{BUCKET, FakeS3, REGION, Weather},
    world::PREFIX,
};
use bytes::Bytes;
use contract::canopy::Credentials;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::{client, server, service::service_fn};
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use proxy::{
    admit::Territory,
    clock::{Clock, Skew},
    credentials::{BrokerError, Issuer, Keeper, Vault},
    forward::{
        Forwarder,
        ahead::{Ahead, Bounds},
        listing::Room,
        outgoing::Outgoing,
        patience::Patience,
        window::Gate,
    },
    limits::Limits,
    serve::{Handler, conversation::converse},
    sparse::Sparse,
    stats::Traffic,
    upstream::{Dial, Endpoint, Io, Pool, Receive, dial::Dialing},
};
use std::{
    convert::Infallible,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
};
use tokio::{
    io::{DuplexStream, duplex},
    task::JoinHandle,
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// Proxy, S3 and broker, all in this task.
pub(crate) struct Memory {
    pub(crate) s3: FakeS3,
    pub(crate) broker: MemoryBroker,
    pub(crate) traffic: Arc<Traffic>,
    handler: Arc<Handler>,
    limits: Limits,
    keeper: JoinHandle<()>,
}

/// What differs from test to test.
pub(crate) struct Setting {
    pub(crate) limits: Limits,
    pub(crate) life: SignedDuration,
    /// How far the proxy's clock is ahead of everyone else's.
    pub(crate) ahead: SignedDuration,
}

impl Default for Setting {
    fn default() -> Self {
        Self { limits: Limits::default(), life: SignedDuration::from_hours(1), ahead: SignedDuration::ZERO }
    }
}

/// The clock of virtual time.
fn clock(ahead: SignedDuration) -> Clock {
    let began = Instant::now();
    let epoch: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
    Clock::from_fn(move || epoch + SignedDuration::try_from(began.elapsed()).unwrap() + ahead)
}

impl Memory {
    /// The caller's runtime is paused.
    pub(crate) fn start(setting: Setting) -> Self {
        let Setting { limits, life, ahead } = setting;
        let (s3, ours, skew) =
            (FakeS3::in_memory(clock(SignedDuration::ZERO)), clock(ahead), Skew::default());
        let broker = MemoryBroker {
            s3: s3.clone(),
            clock: clock(SignedDuration::ZERO),
            life,
            issued: Arc::default(),
            down: Arc::default(),
        };
        let corrected = ours.clone().corrected(&skew);
        let vault = Arc::new(Vault::new(corrected.clone()));
        let keeper = Keeper::new(broker.clone(), Arc::clone(&vault), corrected, || 0.5);
        let traffic = Arc::new(Traffic::default());
        let endpoint = Endpoint::new(Some(&s3.url().parse().unwrap()), &REGION.parse().unwrap()).unwrap();
        let forwarder = Forwarder {
            pool: Pool::new(Arc::new(Wire { s3: s3.clone() }), limits.connections),
            outgoing: Outgoing::new(endpoint, REGION.parse().unwrap()),
            vault,
            clock: ours,
            skew,
            patience: Patience::new(limits.patience),
            gate: Gate::new(limits.connections),
            ahead: Ahead::new(limits.read_ahead.then(|| Bounds::of(Receive::here()))),
            lists: Room::default(),
            limits: limits.clone(),
            traffic: Arc::clone(&traffic),
            random: || 0.5,
            told: Sparse::default(),
        };
        let territory = Territory {
            bucket: BUCKET.parse().unwrap(),
            prefix: PREFIX.parse().unwrap(),
            target_bytes: 4096,
        };
        let handler = Arc::new(Handler::new(territory, forwarder));
        Self { s3, broker, traffic, handler, limits, keeper: tokio::spawn(keeper.keep()) }
    }

    /// One whole answer, over a connection of its own.
    pub(crate) async fn fetch(&self, method: &str, target: &str) -> Got {
        let (near, far) = duplex(64 << 10);
        let serving =
            converse(Box::new(far), Arc::clone(&self.handler), self.limits.clone(), CancellationToken::new());
        tokio::spawn(serving);
        let (mut sender, connection) = client::conn::http1::handshake(TokioIo::new(near)).await.unwrap();
        tokio::spawn(connection);
        let request = Request::builder().method(method).uri(target).header("host", "dummy");
        let request = request.body(Empty::<Bytes>::new()).unwrap();
        let (head, body) = sender.send_request(request).await.expect("an answer").into_parts();
        let collected = body.collect().await.map(http_body_util::Collected::to_bytes);
        let body: Bytes = collected.expect("a whole body");
        Got { status: head.status, headers: head.headers, body: Ok(body) }
    }

    /// Whether an object arrives as it is.
    pub(crate) async fn reads(&self, target: &str, expected: &str) -> bool {
        let got = self.fetch("GET", target).await;
        got.status == StatusCode::OK && got.text() == expected
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

/// Issues grants that end, unless it is down.
#[derive(Clone)]
pub(crate) struct MemoryBroker {
    s3: FakeS3,
    clock: Clock,
    life: SignedDuration,
    issued: Arc<AtomicU64>,
    down: Arc<AtomicBool>,
}

impl MemoryBroker {
    pub(crate) fn set_down(&self, down: bool) {
        self.down.store(down, SeqCst);
    }

    pub(crate) fn issued(&self) -> u64 {
        self.issued.load(SeqCst)
    }
}

impl Issuer for MemoryBroker {
    async fn issue(&self) -> Result<Credentials, BrokerError> {
        if self.down.load(SeqCst) {
            let url = "http://broker/".parse().unwrap();
            return Err(BrokerError::Failed { url, status: StatusCode::BAD_GATEWAY });
        }
        let nth = self.issued.fetch_add(1, SeqCst) + 1;
        let expires = self.clock.now() + self.life;
        let (secret, token) = (format!("secret-{nth}"), format!("token-{nth}"));
        let access_key_id = format!("id-{nth}");
        let grant = Grant {
            access_key_id: access_key_id.clone(),
            secret: secret.clone(),
            token: token.clone(),
            expires: Some(expires),
        };
        self.s3.grant(grant);
        Ok(Credentials {
            version: 1,
            access_key_id,
            secret_access_key: secret.into(),
            session_token: token.into(),
            expiration: expires,
        })
    }
}

/// Connects to a fake S3 that is served at the other end of a pipe.
struct Wire {
    s3: FakeS3,
}

impl Dial for Wire {
    fn dial(&self) -> Dialing {
        let (near, far) = duplex(64 << 10);
        let dialed: io::Result<Box<dyn Io>> = match self.s3.weather() {
            Some(Weather::Refused) => Err(io::ErrorKind::ConnectionRefused.into()),
            Some(Weather::Reset) => Ok(Box::new(near)),
            Some(Weather::Error(..)) | None => {
                drop(tokio::spawn(serve(far, self.s3.clone())));
                Ok(Box::new(near))
            }
        };
        Box::pin(std::future::ready(dialed))
    }
}

async fn serve(stream: DuplexStream, s3: FakeS3) {
    let service = service_fn(move |request| {
        let s3 = s3.clone();
        async move { Ok::<_, Infallible>(s3.answer(request).await) }
    });
    // Ends with the connection, however that ends.
    let _ = server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}
