//! A running proxy between a fake S3 and a fake broker.

use super::{
    broker::FakeBroker,
    client::{Got, SOON, fetch},
    s3::{BUCKET, FakeS3, REGION},
};
use contract::{broker::ProxyStats, pods::ProxySpec};
use jiff::{SignedDuration, Timestamp};
use proxy::{
    args::Settings,
    clock::Clock,
    limits::Limits,
    run::{self, RunError},
    upstream::Endpoint,
};
use std::{net::SocketAddr, time::Duration};
use tempfile::TempDir;
use tokio::{task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

pub(crate) const PREFIX: &str = "a b+c=1/";
pub(crate) const TOKEN: &str = "canary-bearer";

/// Everything on loopback; ends when dropped.
pub(crate) struct World {
    pub(crate) s3: FakeS3,
    pub(crate) broker: FakeBroker,
    pub(crate) address: SocketAddr,
    pub(crate) folder: TempDir,
    stop: CancellationToken,
    running: JoinHandle<Result<ProxyStats, RunError>>,
}

/// What differs from test to test.
pub(crate) struct Build {
    pub(crate) limits: Limits,
    pub(crate) life: SignedDuration,
    pub(crate) prefix: &'static str,
}

impl Default for Build {
    fn default() -> Self {
        // None of them ends anything on a machine that is merely busy; a test of one of them sets it.
        let limits = Limits {
            head: SOON * 10,
            idle: SOON * 10,
            first_byte: SOON,
            stall: SOON,
            patience: SOON * 10,
            drain: SOON / 2,
            ..Limits::default()
        };
        Self { limits, life: SignedDuration::from_hours(1), prefix: PREFIX }
    }
}

#[expect(clippy::disallowed_methods, reason = "the fake broker's own clock")]
fn now() -> Timestamp {
    Timestamp::now()
}

/// What the proxy is told.
pub(crate) fn spec(s3: &FakeS3, broker: &FakeBroker, folder: &TempDir, prefix: &str) -> ProxySpec {
    let token_file = folder.path().join("token");
    std::fs::write(&token_file, format!("{TOKEN}\n")).unwrap();
    ProxySpec {
        broker_url: broker.url().parse().unwrap(),
        broker_token_file: Some(token_file),
        group: "00000000-0000-0000-0000-000000000007".parse().unwrap(),
        backup_type: "tamanu-postgres".parse().unwrap(),
        bucket: BUCKET.parse().unwrap(),
        prefix: prefix.parse().unwrap(),
        region: REGION.parse().unwrap(),
        endpoint: Some(s3.url().parse().unwrap()),
        ca_file: None,
        port_file: folder.path().join("proxy"),
        stats_callback_url: Some(broker.stats_url().parse().unwrap()),
        restore_deadline_secs: None,
    }
}

/// S3 and broker, without a proxy.
pub(crate) async fn neighbours(life: SignedDuration) -> (FakeS3, FakeBroker) {
    let s3 = FakeS3::start().await;
    let broker = FakeBroker::start(s3.clone(), life, now).await;
    (s3, broker)
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::build(Build::default()).await
    }

    pub(crate) async fn build(build: Build) -> Self {
        let (s3, broker) = neighbours(build.life).await;
        Self::between(s3, broker, build).await
    }

    /// Starts a proxy and waits until it says that it is ready.
    pub(crate) async fn between(s3: FakeS3, broker: FakeBroker, build: Build) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let spec = spec(&s3, &broker, &folder, build.prefix);
        Self::of(s3, broker, folder, spec, build.limits).await
    }

    pub(crate) async fn of(
        s3: FakeS3,
        broker: FakeBroker,
        folder: TempDir,
        spec: ProxySpec,
        limits: Limits,
    ) -> Self {
        // A second installation in one process is refused, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let endpoint = Endpoint::new(spec.endpoint.as_ref(), &spec.region).unwrap();
        let (port_file, stop) = (spec.port_file.clone(), CancellationToken::new());
        let settings = Settings { spec, endpoint, limits, relay: None };
        let running = tokio::spawn(run::run(settings, Clock::system(), stop.clone()));
        let address = timeout(SOON, announced(&port_file)).await.expect("an address");
        Self { s3, broker, address, folder, stop, running }
    }

    pub(crate) async fn get(&self, encoded: &str) -> Got {
        fetch(self.address, "GET", &target(encoded), &[]).await
    }

    pub(crate) fn tell_to_stop(&self) {
        self.stop.cancel();
    }

    /// Stops and returns the traffic figures.
    pub(crate) async fn stop(self) -> ProxyStats {
        self.stop.cancel();
        timeout(SOON, self.running).await.expect("an end").unwrap().unwrap()
    }
}

/// The target of a key below the prefix; `encoded` is put there as it is.
pub(crate) fn target(encoded: &str) -> String {
    format!("/{BUCKET}/a%20b%2Bc%3D1/{encoded}")
}

/// The address, as soon as it is announced; polls, as an agent does.
pub(crate) async fn announced(port_file: &std::path::Path) -> SocketAddr {
    let mut ticks = tokio::time::interval(Duration::from_millis(5));
    loop {
        ticks.tick().await;
        if let Some(address) = proxy::listen::previous(port_file) {
            return address;
        }
    }
}
