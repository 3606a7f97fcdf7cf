//! What must hold at every moment, whatever goes wrong; read from the cluster, the calls and Canopy's ledger.

use crate::{
    canopy::{CANARY, SimCanopy},
    faults::OPERATOR,
    pods::Proven,
    replica,
    truth::Truth,
};
use contract::{
    canopy::{Outcome, Verification},
    ids::{ReplicaId, ReplicaKey, RunId, ServerId},
    names::labels,
};
use fake_apiserver::{ApiServer, Entry, Object, Verb};
use jiff::Timestamp;
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc};

/// The laws, and what is remembered to judge by them.
pub(crate) struct Laws {
    seed: u64,
    proven: Proven,
    foreign: Vec<Arc<Object>>,
    owners: BTreeMap<String, ReplicaKey>,
    calls: u64,
    reports: usize,
    told: BTreeMap<RunId, Verification>,
    served: BTreeMap<String, Timestamp>,
    deleted: u64,
}

impl Laws {
    /// For a cluster in which others live, too.
    pub(crate) fn new(seed: u64, server: &ApiServer, proven: Proven) -> Self {
        let stranger = |name: &str, labels: serde_json::Value| {
            server.put("namespaces", json!({ "metadata": { "name": name, "labels": labels } }))
        };
        let alike = json!({ labels::MANAGED_BY: labels::MANAGED_BY_VALUE, labels::OWNER: "another-home" });
        let foreign = vec![stranger("kube-system", json!({})), stranger("theirs", alike)];
        stranger("pgro-system", json!({}));
        Self {
            seed,
            proven,
            foreign,
            owners: BTreeMap::new(),
            calls: 0,
            reports: 0,
            told: BTreeMap::new(),
            served: BTreeMap::new(),
            deleted: 0,
        }
    }

    /// Namespaces deleted by operators.
    pub(crate) fn deleted(&self) -> u64 {
        self.deleted
    }

    /// All of them.
    pub(crate) fn hold(&mut self, server: &ApiServer, canopy: &SimCanopy, truth: &Truth, now: Timestamp) {
        self.one_writer(server);
        self.nobody_else_is_touched(server);
        self.calls_are_lawful(server, truth, now);
        self.reports_are_true(canopy);
        self.time_goes_forward(server);
    }

    /// And at the end: no secret is where it does not belong.
    pub(crate) fn hold_at_the_end(&self, server: &ApiServer) {
        for kind in fake_apiserver::KINDS.iter().filter(|kind| kind.stored && kind.resource != "secrets") {
            for object in server.list(kind.resource, "") {
                let text = serde_json::to_string(&**object).unwrap();
                self.demand(!text.contains(CANARY), "I7", || format!("a secret in {}", object.name()));
            }
        }
    }

    fn demand(&self, holds: bool, law: &str, what: impl FnOnce() -> String) {
        assert!(holds, "seed {}: {law}: {}", self.seed, what());
    }

    /// I2: one pod at a time on a volume.
    fn one_writer(&self, server: &ApiServer) {
        let mut users: BTreeMap<(String, String), String> = BTreeMap::new();
        for pod in server.list("pods", "") {
            let ended = matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
            for volume in pod["spec"]["volumes"].as_array().into_iter().flatten().filter(|_| !ended) {
                let Some(claim) = volume["persistentVolumeClaim"]["claimName"].as_str() else { continue };
                let place = (pod.namespace().to_owned(), claim.to_owned());
                let other = users.insert(place, pod.name().to_owned());
                self.demand(other.is_none(), "I2", || format!("{claim}: {other:?} and {}", pod.name()));
            }
        }
    }

    /// I1: what is not ours stays as it is.
    fn nobody_else_is_touched(&self, server: &ApiServer) {
        for before in &self.foreign {
            let same = server
                .get("namespaces", "", before.name())
                .is_some_and(|it| it.revision() == before.revision());
            self.demand(same, "I1", || format!("namespace {} is another's", before.name()));
        }
    }

    /// I5 and I1: operators write to replicas' namespaces and home only, and delete none that is wanted.
    fn calls_are_lawful(&mut self, server: &ApiServer, truth: &Truth, now: Timestamp) {
        for namespace in replica::namespaces(server) {
            let Some((replica_id, server_id)) = replica::key(&namespace) else { continue };
            let (replica_id, server_id): (ReplicaId, ServerId) =
                (replica_id.parse().unwrap(), server_id.parse().unwrap());
            self.owners.insert(namespace.name().to_owned(), ReplicaKey { replica_id, server_id });
        }
        let (since, mut news) = (self.calls, Vec::new());
        server.audit(|audit| {
            let new = audit.entries().rev().take_while(|entry| entry.n > since);
            news = new.filter(|entry| entry.committed).cloned().collect();
            self.calls = audit.calls();
        });
        for entry in news.iter().filter(|entry| entry.call.user.starts_with(OPERATOR)) {
            self.call_is_lawful(entry, truth, now);
        }
    }

    fn call_is_lawful(&mut self, entry: &Entry, truth: &Truth, now: Timestamp) {
        let call = &entry.call;
        let foreign =
            self.foreign.iter().any(|them| [&call.namespace, &call.name].contains(&&them.name().to_owned()));
        self.demand(!foreign, "I1", || format!("{call:?}"));
        if call.verb != Verb::Delete || call.kind.resource != "namespaces" {
            return;
        }
        self.deleted += 1;
        let wants = truth.lock();
        let key = self.owners.get(&call.name);
        let withdrawn = key.and_then(|key| wants.withdrawn.get(key));
        let wanted = key.is_none_or(|key| wants.entries.contains_key(key));
        let early =
            withdrawn.is_none_or(|at| now.duration_since(*at) < crate::process::policy().teardown.min);
        self.demand(!wanted && !early, "I5", || format!("{} is wanted, or was until just now", call.name));
    }

    /// I6: one outcome for each run, and no success of what was not proven.
    fn reports_are_true(&mut self, canopy: &SimCanopy) {
        let ledger = canopy.ledger.lock().unwrap();
        for report in &ledger[self.reports..] {
            let run = report.run_id.unwrap();
            let first = self.told.entry(run).or_insert_with(|| report.clone()).clone();
            self.demand(first == *report, "I6", || {
                format!("two stories of run {run}: {first:?}, {report:?}")
            });
            let proven = report.outcome == Outcome::Failure || self.proven.lock().unwrap().contains(&run);
            self.demand(proven, "I6", || format!("a success nobody has proven: {report:?}"));
        }
        self.reports = ledger.len();
    }

    /// I15: what is served never goes back in time, as long as the namespace stands.
    fn time_goes_forward(&mut self, server: &ApiServer) {
        for namespace in replica::namespaces(server) {
            let at = namespace.annotation(contract::names::annotations::LAST_RESTORED_SNAPSHOT_AT);
            let Some(at) = at.and_then(|at| at.parse::<Timestamp>().ok()) else { continue };
            let before = self.served.insert(namespace.uid().to_owned(), at);
            self.demand(before.is_none_or(|before| before <= at), "I15", || {
                format!("{} went from {before:?} back to {at}", namespace.name())
            });
        }
    }
}
