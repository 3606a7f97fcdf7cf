//! What pods come to: most do their work, some never start, die, or say nonsense, until the storm is over.

use crate::{
    replica,
    storage::{Reading, Storage},
    truth::Truth,
};
use contract::{
    env,
    ids::{ReplicaId, ReplicaKey, RunId, ServerId, SnapshotId},
    names::{RunName, labels, objects::containers},
    pods::{
        Check, CheckName, CheckResult, Failure, FailureReason, OUTAGE_MESSAGE, PrepareReport, RestoreResult,
        Restored, SizingResult, SnapshotSize,
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
    time::Duration,
};

/// What pods have truly come to, by run.
#[derive(Debug, Default)]
pub(crate) struct Truths {
    /// Its database answered, prepared and checked.
    pub(crate) proven: BTreeSet<RunId>,
    /// Its backup was found to be bad.
    pub(crate) bad: BTreeSet<RunId>,
    /// Pods of which that has been noted.
    noted: BTreeSet<String>,
}

/// A handle on it.
pub(crate) type Proven = Arc<Mutex<Truths>>;

/// Decides what befalls each pod.
#[derive(Clone)]
pub(crate) struct Fates {
    pub(crate) seed: u64,
    pub(crate) server: ApiServer,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) stormy: Arc<AtomicBool>,
    pub(crate) proven: Proven,
    pub(crate) storage: Storage,
    pub(crate) truth: Truth,
}

impl Fates {
    /// From now on pods follow this.
    pub(crate) fn rule(self, controllers: &mut Controllers) {
        controllers.script(move |pod| self.outcome(pod));
    }

    fn outcome(&self, pod: &Object) -> Outcome {
        let fate = drawn(self.seed, pod.uid()) % 100;
        let needs = i64::try_from(needs(self.seed, pod.uid())).unwrap();
        let fate = if self.stormy.load(Ordering::Relaxed) { fate } else { 99 };
        let age = self.clock.now().as_second() - created(pod);
        match (is_kopia(pod), fate) {
            (_, 0..4) => Outcome::Unschedulable("0/1 nodes are available".to_owned()),
            (_, 4..7) => waiting(pod),
            (_, 7..9) => Outcome::Lost,
            (true, _) if is_restore(pod) => self.restored(pod, fate),
            (true, _) if age < needs => Outcome::Running,
            (true, _) => self.sized(pod, fate),
            (false, _) if age < needs => Outcome::Initialising { container: containers::PREPARE.to_owned() },
            (false, _) => self.prepared(pod, fate),
        }
    }

    /// It runs until all is read, or the proxy has given up.
    fn restored(&self, pod: &Object, fate: u64) -> Outcome {
        match self.storage.reading(pod.uid()) {
            Reading::GivenUp => failed(FailureReason::StorageUnavailable, OUTAGE_MESSAGE),
            Reading::Goes(read) if read < Duration::from_secs(needs(self.seed, pod.uid())) => {
                Outcome::Running
            }
            Reading::Goes(_) if self.is_poisoned(pod) => {
                self.found_bad(pod);
                failed(FailureReason::RepositoryUnreadable, "blob not found")
            }
            Reading::Goes(_) => {
                if (9..14).contains(&fate) {
                    self.found_bad(pod);
                }
                restored(pod, fate)
            }
        }
    }

    fn sized(&self, pod: &Object, fate: u64) -> Outcome {
        if (9..14).contains(&fate) {
            self.found_bad(pod);
        }
        sized(pod, fate)
    }

    /// Whether its backup is one that is bad for good.
    fn is_poisoned(&self, pod: &Object) -> bool {
        let key = replica::key(pod).map(|(replica_id, server_id)| ReplicaKey {
            replica_id: replica_id.parse().unwrap(),
            server_id: server_id.parse().unwrap(),
        });
        key.is_some_and(|key| self.truth.lock().is_bad(key))
    }

    fn found_bad(&self, pod: &Object) {
        self.note(pod, |truths| &mut truths.bad);
    }

    fn note(&self, pod: &Object, what: impl FnOnce(&mut Truths) -> &mut BTreeSet<RunId>) {
        let mut truths = self.proven.lock().unwrap();
        if truths.noted.insert(pod.uid().to_owned()) {
            what(&mut truths).insert(run_id(&self.server, pod));
        }
    }

    fn prepared(&self, pod: &Object, fate: u64) -> Outcome {
        if fate < 15 {
            self.found_bad(pod);
            let failure = Failure { reason: FailureReason::Recovery, message: "no checkpoint".to_owned() };
            let report = PrepareReport { failure: Some(failure), ..PrepareReport::default() };
            return Outcome::failed(containers::PREPARE, 1, "Error", serde_json::to_string(&report).unwrap());
        }
        self.note(pod, |truths| &mut truths.proven);
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

pub(crate) fn is_restore(pod: &Object) -> bool {
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

/// Seconds its work takes: those of reading for a restore.
pub(crate) fn needs(seed: u64, uid: &str) -> u64 {
    2 + drawn(seed, uid) / 100 % 58
}

fn failed(reason: FailureReason, message: &str) -> Outcome {
    let failure = Failure { reason, message: message.to_owned() };
    let said = serde_json::to_string(&RestoreResult::Failed(failure)).unwrap();
    Outcome::failed(containers::RESTORE, 1, "Error", said)
}

fn restored(pod: &Object, fate: u64) -> Outcome {
    match fate {
        9..14 => failed(FailureReason::SnapshotNotFound, "gone"),
        14..17 => Outcome::failed(containers::RESTORE, 137, "OOMKilled", ""),
        17..19 => Outcome::Evicted("the node is low on memory".to_owned()),
        19..21 => Outcome::failed(containers::RESTORE, 1, "Error", result(pod)),
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
    variable(pod, env::SNAPSHOT_ID).unwrap().parse().unwrap()
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

/// What one of a pod's containers is told by this name.
pub(crate) fn variable(pod: &Object, name: &str) -> Option<String> {
    let containers =
        ["initContainers", "containers"].into_iter().filter_map(|field| pod["spec"][field].as_array());
    let mut all = containers.flatten().filter_map(|container| container["env"].as_array()).flatten();
    all.find(|one| one["name"] == name)?["value"].as_str().map(str::to_owned)
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
