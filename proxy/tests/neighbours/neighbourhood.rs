//! MinIO with a backup in it, Canopy, the broker, and the link on which the proxy will find S3.

use crate::{
    broker::Broker,
    containers::{self, Minio},
    files,
    kopia::{BUCKET, Kopia, PREFIX, REGION},
    link::Link,
    sidecar::Sidecar,
};
use contract::pods::ProxySpec;
use serde_json::json;
use std::{net::SocketAddr, path::Path, time::Duration};
use stub_canopy::{Config, Handle, StsConfig, StubCanopy};
use tempfile::TempDir;

/// Bytes a second at which 50 MB take long enough for several kills.
pub(crate) const SLOW: u32 = 4_000_000;
/// How much there is, and for how long.
#[derive(Clone, Copy)]
pub(crate) struct Scale {
    /// Files of a megabyte and more.
    pub(crate) large: usize,
    /// Of credentials, which are renewed at four fifths of it.
    pub(crate) life: Duration,
}

/// Kopia asks ten times for a content and gives up, so each has to come through between two kills: files of a megabyte.
pub(crate) const SMALL: Scale = Scale { large: 50, life: Duration::from_secs(8) };
const GROUP: &str = "00000000-0000-0000-0000-000000000007";
pub(crate) const SERVER: &str = "00000000-0000-0000-0000-000000000002";
const TYPE: &str = "tamanu-postgres";

/// Everything there is; goes when it is dropped.
pub(crate) struct Neighbourhood {
    pub(crate) snapshot: String,
    pub(crate) link: Link,
    pub(crate) broker: Broker,
    scale: Scale,
    kopia: containers::Kopia,
    folder: TempDir,
    #[allow(dead_code, reason = "held as long as it is wanted")]
    minio: Minio,
    _canopy: Handle,
}

impl Neighbourhood {
    /// With the link that `link` makes to MinIO.
    pub(crate) async fn of(scale: Scale, link: impl AsyncFnOnce(SocketAddr) -> Link) -> Self {
        stub_canopy::use_ring();
        let folder = tempfile::tempdir().unwrap();
        files::make(&folder.path().join("source"), scale.large);
        let minio = Minio::start(BUCKET).await;
        let kopia = containers::Kopia::beside(folder.path()).await;
        let owner = Kopia::new(&kopia, folder.path(), "owner", minio.address, (Minio::OWNER, Minio::SECRET));
        let snapshot = owner.back_up().await;
        let canopy = canopy(minio.address, scale.life).await;
        let broker = Broker::before(canopy.base_url()).await;
        let link = link(minio.address).await;
        Self { snapshot, link, broker, scale, kopia, folder, minio, _canopy: canopy }
    }

    /// The proxy, told what a restore pod is told.
    pub(crate) async fn proxy(&self) -> Sidecar {
        let spec = ProxySpec {
            broker_url: self.broker.url(),
            broker_token_file: None,
            group: GROUP.parse().unwrap(),
            backup_type: TYPE.parse().unwrap(),
            bucket: BUCKET.parse().unwrap(),
            prefix: PREFIX.parse().unwrap(),
            region: REGION.parse().unwrap(),
            endpoint: Some(format!("http://{}/", self.link.address).parse().unwrap()),
            ca_file: None,
            port_file: self.folder.path().join("proxy"),
            stats_callback_url: None,
            restore_deadline_secs: None,
        };
        Sidecar::start(spec, self.folder.path().join("proxy.log")).await
    }

    /// Kopia behind the proxy, with keys that open nothing.
    pub(crate) fn guest(&self, proxy: SocketAddr) -> Kopia<'_> {
        Kopia::new(&self.kopia, self.folder.path(), "guest", proxy, ("dummy", "dummy"))
    }

    /// What was restored is what was backed up.
    pub(crate) async fn is_restored(&self, to: &str) {
        let (source, restored) = (self.folder.path().join("source"), self.folder.path().join(to));
        files::are_the_same(&source, &restored, self.scale.large).await;
    }
}

#[allow(dead_code, reason = "for the benchmark of restores")]
impl Neighbourhood {
    /// Kopia without a proxy, with the owner's own keys.
    pub(crate) fn alone(&self) -> Kopia<'_> {
        let keys = (Minio::OWNER, Minio::SECRET);
        Kopia::new(&self.kopia, self.folder.path(), "alone", self.minio.address, keys).without_logs()
    }

    /// What the containers see as [`containers::WORK`].
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs another program where kopia runs.
    pub(crate) async fn call(&self, environment: &[(&str, &str)], program: &str, args: &[String]) {
        self.kopia.call(environment, program, args).await;
    }
}

/// Canopy with one declaration; its credentials are sessions at MinIO that read the prefix and nothing else.
async fn canopy(minio: SocketAddr, life: Duration) -> Handle {
    let entry = json!({
        "replica_id": "00000000-0000-0000-0000-000000000001", "group_id": GROUP, "server_id": SERVER,
        "type": TYPE, "intent": "verify", "name": "neighbours", "freshness_seconds": null,
        "snapshot_id": null, "snapshot_at": null, "storage": "s3",
        "bucket": BUCKET, "prefix": PREFIX, "region": REGION,
    });
    let sts = StsConfig {
        endpoint: format!("http://{minio}/").parse().unwrap(),
        access_key: Minio::OWNER.into(),
        secret_key: Minio::SECRET.into(),
    };
    let config = Config {
        worklist: vec![serde_json::from_str(&entry.to_string()).unwrap()],
        sts: Some(sts),
        credential_life: life,
        ..Config::loopback()
    };
    StubCanopy::start(config).await.unwrap()
}
