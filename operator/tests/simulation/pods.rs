//! What pods come to: most do their work, some never start, die, or say nonsense, until the storm is over.

use contract::{
    env,
    ids::{ReplicaId, ReplicaKey, RunId, ServerId, SnapshotId},
    names::{RunName, labels, objects::containers},
    pods::{
        Check, CheckName, CheckResult, Failure, FailureReason, PrepareReport, RestoreResult, Restored,
        SizingResult, SnapshotSize,
    },
};
use fake_apiserver::{ApiServer, Controllers, Object, Outcome};
use operator::clock::Clock;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

/// Runs whose database answered, prepared and checked.
pub(crate) type Proven = Arc<Mutex<BTreeSet<RunId>>>;

/// Decides what befalls each pod.
#[derive(Clone)]
pub(crate) struct Fates {
    pub(crate) seed: u64,
    pub(crate) server: ApiServer,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) stormy: Arc<AtomicBool>,
    pub(crate) proven: Proven,
}

impl Fates {
    /// From now on pods follow this.
    pub(crate) fn rule(self, controllers: &mut Controllers) {
        controllers.script(move |pod| self.outcome(pod));
    }

    fn outcome(&self, pod: &Object) -> Outcome {
        let lot = drawn(self.seed, pod.uid());
        let (fate, needs) = (lot % 100, i64::try_from(2 + lot / 100 % 58).unwrap());
        let fate = if self.stormy.load(Ordering::Relaxed) { fate } else { 99 };
        let age = self.clock.now().as_second() - created(pod);
        match (is_kopia(pod), fate) {
            (_, 0..4) => Outcome::Unschedulable("0/1 nodes are available".to_owned()),
            (_, 4..7) => waiting(pod),
            (_, 7..9) => Outcome::Lost,
            (true, _) if age < needs => Outcome::Running,
            (true, _) if is_restore(pod) => restored(pod, fate),
            (true, _) => sized(pod, fate),
            (false, _) if age < needs => Outcome::Initialising { container: containers::PREPARE.to_owned() },
            (false, _) => self.prepared(pod, fate),
        }
    }

    fn prepared(&self, pod: &Object, fate: u64) -> Outcome {
        if fate < 15 {
            let failure = Failure { reason: FailureReason::Recovery, message: "no checkpoint".to_owned() };
            let report = PrepareReport { failure: Some(failure), ..PrepareReport::default() };
            return Outcome::failed(containers::PREPARE, 1, "Error", serde_json::to_string(&report).unwrap());
        }
        self.proven.lock().unwrap().insert(run_id(&self.server, pod));
        let report = serde_json::to_string(&sound()).unwrap();
        Outcome::Ready { messages: BTreeMap::from([(containers::PREPARE.to_owned(), report)]) }
    }
}

/// A pod's lot, the same whenever it is looked at: FNV-1a over its uid.
fn drawn(seed: u64, uid: &str) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    uid.bytes().fold(start, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)) >> 8
}

fn is_kopia(pod: &Object) -> bool {
    is_restore(pod) || pod["spec"]["containers"][0]["name"] == containers::SIZING
}

fn is_restore(pod: &Object) -> bool {
    pod["spec"]["containers"][0]["name"] == containers::RESTORE
}

fn created(pod: &Object) -> i64 {
    let stamp = pod["metadata"]["creationTimestamp"].as_str().unwrap_or_default();
    stamp.parse::<jiff::Timestamp>().unwrap().as_second()
}

fn waiting(pod: &Object) -> Outcome {
    let container = pod["spec"]["containers"][0]["name"].as_str().unwrap();
    Outcome::Waiting {
        container: container.to_owned(),
        reason: "ImagePullBackOff".to_owned(),
        message: "no such image".to_owned(),
    }
}

fn restored(pod: &Object, fate: u64) -> Outcome {
    let failed = |message: String| Outcome::failed(containers::RESTORE, 1, "Error", message);
    match fate {
        9..14 => {
            let failure = Failure { reason: FailureReason::SnapshotNotFound, message: "gone".to_owned() };
            failed(serde_json::to_string(&RestoreResult::Failed(failure)).unwrap())
        }
        14..17 => Outcome::failed(containers::RESTORE, 137, "OOMKilled", ""),
        17..19 => Outcome::Evicted("the node is low on memory".to_owned()),
        19..21 => failed(result(pod)),
        21..23 => Outcome::done(containers::RESTORE, "all is well, trust me"),
        _ => Outcome::done(containers::RESTORE, result(pod)),
    }
}

fn sized(pod: &Object, fate: u64) -> Outcome {
    let size = SnapshotSize { snapshot_id: snapshot(pod), bytes: 1 << 30, files: 1000 };
    match fate {
        9..14 => {
            let failure = Failure { reason: FailureReason::SnapshotNotFound, message: "gone".to_owned() };
            let said = serde_json::to_string(&SizingResult::Failed(failure)).unwrap();
            Outcome::failed(containers::SIZING, 1, "Error", said)
        }
        14..17 => Outcome::failed(containers::SIZING, 137, "OOMKilled", ""),
        17..19 => Outcome::Evicted("the node is low on memory".to_owned()),
        19..21 => Outcome::done(containers::SIZING, "some gigabytes"),
        _ => Outcome::done(containers::SIZING, serde_json::to_string(&SizingResult::Sized(size)).unwrap()),
    }
}

fn snapshot(pod: &Object) -> SnapshotId {
    let variables = pod["spec"]["containers"][0]["env"].as_array().unwrap();
    let snapshot = variables.iter().find(|variable| variable["name"] == env::SNAPSHOT_ID).unwrap();
    snapshot["value"].as_str().unwrap().parse().unwrap()
}

fn result(pod: &Object) -> String {
    let restored = Restored {
        snapshot_id: snapshot(pod),
        data_dir: "restored".parse().unwrap(),
        postgres_major: 17,
        files: 1,
        bytes: 1,
    };
    serde_json::to_string(&RestoreResult::Restored(restored)).unwrap()
}

fn run_id(server: &ApiServer, pod: &Object) -> RunId {
    let namespace = server.get("namespaces", "", pod.namespace()).unwrap();
    let label = |key| pod.label(key).unwrap();
    let replica_id: ReplicaId = label(labels::DECLARATION_ID).parse().unwrap();
    let server_id: ServerId = label(labels::SERVER).parse().unwrap();
    label(labels::RUN)
        .parse::<RunName>()
        .unwrap()
        .run_id(ReplicaKey { replica_id, server_id }, namespace.uid())
}

fn sound() -> PrepareReport {
    let check = |name| Check {
        name,
        result: CheckResult::Passed,
        scope: "1 database".to_owned(),
        duration_ms: 1,
        detail: None,
    };
    let checks = [
        CheckName::Opens,
        CheckName::Databases,
        CheckName::Checksums,
        CheckName::Amcheck,
        CheckName::FullRead,
        CheckName::Probes,
    ];
    PrepareReport {
        postgres_version: Some("17.2".to_owned()),
        databases: vec!["app".to_owned()],
        primary_database: Some("app".to_owned()),
        checks: checks.into_iter().map(check).collect(),
        ..PrepareReport::default()
    }
}
