//! An API server and a Canopy over TCP, and the rest of the cluster at work.

use contract::{
    canopy::{Storage, WorklistEntry},
    ids::{GroupId, Intent, ReplicaId, ServerId},
    names::{labels, objects::containers},
    pods::{
        Check, CheckName, CheckResult, MANDATORY_CHECKS, PrepareReport, RestoreResult, Restored,
        SizingResult, SnapshotSize,
    },
};
use fake_apiserver::{ApiServer, Controllers, Object, Outcome};
use jiff::Timestamp;
use operator::{
    clock::{Clock, SystemClock},
    resources::{Component, app_labels},
};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use stub_canopy::{Config, Handle, StubCanopy};
use tokio::{net::TcpListener, time::Instant};
use url::Url;
use uuid::Uuid;

/// The snapshot every replica is restored from.
pub(crate) const SNAPSHOT: &str = "0123456789abcdef0123456789abcdef";

/// The namespace the operator lives in, its default.
const HOME: &str = "pgro-system";

/// Longest time anything here is waited for.
const DEADLINE: Duration = Duration::from_mins(5);

/// How often is looked whether it has come.
const LOOK: Duration = Duration::from_millis(20);

/// Where the operator lives.
pub(crate) struct World {
    pub(crate) api: ApiServer,
    pub(crate) api_url: Url,
    pub(crate) canopy: Handle,
    pub(crate) controllers: Controllers,
}

impl World {
    /// An empty one.
    pub(crate) async fn new() -> Self {
        let api = ApiServer::new(whole_seconds);
        api.put("namespaces", json!({"metadata": {"name": HOME}}));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api_url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let served = api.clone();
        tokio::spawn(async move { served.serve(listener).await });
        let canopy = StubCanopy::start(Config::loopback()).await.unwrap();
        let mut controllers = Controllers::new(&api);
        controllers.script(fate);
        Self { api, api_url, canopy, controllers }
    }

    /// The namespaces of replicas.
    pub(crate) fn replicas(api: &ApiServer) -> Vec<Arc<Object>> {
        let all = api.list("namespaces", "").into_iter();
        all.filter(|namespace| namespace.label(labels::MANAGED_BY).is_some()).collect()
    }

    /// Lets the cluster work until `come` says so.
    pub(crate) async fn until(&mut self, what: &str, mut come: impl FnMut(&ApiServer) -> bool) {
        let Self { api, controllers, .. } = self;
        wait(what, async || {
            controllers.settle();
            come(api)
        })
        .await;
    }
}

/// The controllers look again when time has passed: they are to come to rest in between.
fn whole_seconds() -> Timestamp {
    Timestamp::from_second(SystemClock.now().as_second()).unwrap()
}

/// Waits until `come` says so.
pub(crate) async fn wait(what: &str, mut come: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !come().await {
        assert!(Instant::now() < deadline, "waited {DEADLINE:?} for {what}");
        tokio::time::sleep(LOOK).await;
    }
}

/// Replica `number`, as Canopy asks for it.
pub(crate) fn entry(number: usize) -> WorklistEntry {
    let id = |of: u128| Uuid::from_u128(of << 64 | number as u128);
    WorklistEntry {
        replica_id: ReplicaId(id(1)),
        group_id: GroupId(id(2)),
        server_id: ServerId(id(3)),
        backup_type: "tamanu-postgres".parse().unwrap(),
        intent: Intent::Verify,
        name: format!("clinic {number}"),
        freshness_seconds: None,
        snapshot_id: Some(SNAPSHOT.to_owned()),
        snapshot_at: Some("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap()),
        storage: Storage::S3,
        bucket: "backups-of-all-clinics".to_owned(),
        prefix: format!("clinic-{number}/"),
        region: "ap-southeast-2".to_owned(),
        params: None,
        overdue_after_seconds: None,
    }
}

/// Every pod ends well.
fn fate(pod: &Object) -> Outcome {
    if pod.label(app_labels::COMPONENT) == Some(Component::Restore.as_str()) {
        return Outcome::done(containers::RESTORE, restored());
    }
    if pod.label(app_labels::COMPONENT) == Some(Component::Sizing.as_str()) {
        return Outcome::done(containers::SIZING, sized());
    }
    Outcome::Ready { messages: [(containers::PREPARE.to_owned(), prepared())].into() }
}

fn sized() -> String {
    let size = SnapshotSize { snapshot_id: SNAPSHOT.parse().unwrap(), bytes: 12_345_678_901, files: 12_345 };
    serde_json::to_string(&SizingResult::Sized(size)).unwrap()
}

fn restored() -> String {
    let restored = Restored {
        snapshot_id: SNAPSHOT.parse().unwrap(),
        data_dir: "var/lib/postgresql/17/main".parse().unwrap(),
        postgres_major: 17,
        files: 12_345,
        bytes: 12_345_678_901,
    };
    serde_json::to_string(&RestoreResult::Restored(restored)).unwrap()
}

fn prepared() -> String {
    let check = |name: CheckName| Check {
        name,
        result: CheckResult::Passed,
        scope: "3 databases, 1234 indexes".to_owned(),
        duration_ms: 123_456,
        detail: None,
    };
    let report = PrepareReport {
        postgres_version: Some("17.10".to_owned()),
        databases: ["facility", "postgres", "reporting"].map(str::to_owned).to_vec(),
        primary_database: Some("facility".to_owned()),
        checks: MANDATORY_CHECKS.into_iter().map(check).collect(),
        ..PrepareReport::default()
    };
    serde_json::to_string(&report).unwrap()
}
