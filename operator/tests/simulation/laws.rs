//! What must hold at every moment, whatever goes wrong; read from the cluster, the calls, Canopy's ledger and what the
//! operators show.
//!
//! I3 and I14 are the calm's, I4 the crash explorer's. I9 to I11 are of bytes between kopia and S3, which no operator
//! sees: the proxy's own tests hold it to them.

mod bounds;
mod names;
mod waits;

use crate::{
    canopy::{CANARY, KEY_OF},
    faults::OPERATOR,
    granted,
    pods::Proven,
    process::Process,
    replica,
    truth::Truth,
    universe::Universe,
};
use bounds::Bounds;
use contract::{
    canopy::{Outcome, Verification},
    ids::{ReplicaId, ReplicaKey, RunId, ServerId},
    names::labels,
};
use fake_apiserver::{ApiServer, Entry, Object, Verb};
use jiff::Timestamp;
use names::Names;
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};

/// The laws, and what is remembered to judge by them.
pub(crate) struct Laws {
    seed: u64,
    proven: Proven,
    foreign: Vec<Arc<Object>>,
    names: Names,
    bounds: Bounds,
    calls: u64,
    holds: u64,
    stirred: u64,
    reports: usize,
    told: BTreeMap<RunId, Verification>,
    served: BTreeMap<String, Timestamp>,
    deleted: u64,
}

impl Laws {
    /// For a cluster in which others live, too.
    pub(crate) fn new(seed: u64, server: &ApiServer, proven: Proven) -> Self {
        let stranger = |name: &str, labels: Value| {
            server.put("namespaces", json!({ "metadata": { "name": name, "labels": labels } }))
        };
        let alike = json!({ labels::MANAGED_BY: labels::MANAGED_BY_VALUE, labels::OWNER: "another-home" });
        let foreign = vec![stranger("kube-system", json!({})), stranger("theirs", alike)];
        stranger("pgro-system", json!({}));
        Self {
            seed,
            proven,
            foreign,
            names: Names::default(),
            bounds: Bounds::default(),
            calls: 0,
            holds: 0,
            stirred: 0,
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

    /// The most calls and writes of one operator in a minute, and tasks.
    pub(crate) fn most(&self) -> (u64, u64, usize) {
        self.bounds.most()
    }

    /// All of them.
    pub(crate) fn hold(universe: &mut Universe) {
        let now = universe.clock.now();
        let statuses: Vec<Value> = universe.operators.iter_mut().filter_map(Process::news).collect();
        let (laws, server) = (&mut universe.laws, &universe.server);
        if laws.is_news(server) {
            laws.one_writer(server);
            laws.nobody_else_is_touched(server);
            laws.know_owners(server);
            laws.time_goes_forward(server);
            laws.found("I12", bounds::attempts_and_reports(server));
            laws.found("I13", waits::end(server, now));
        }
        laws.calls_are_lawful(server, &universe.truth, now);
        universe.canopy.told(|told| laws.reports_are_true(&told.reports));
        let breaches = universe.sidecars.breaches();
        laws.demand(breaches.is_empty(), "I8", || breaches.join("; "));
        let bounds = laws.bounds.hold(now).map_err(|why| why + &bounds::busiest(server));
        laws.found("I12", bounds);
        for status in &statuses {
            laws.found("I13", waits::are_named(status, now));
            laws.no_secret_in(&status.to_string(), "the status");
        }
    }

    /// And at the end: no secret is where it does not belong, and no client has made a mistake.
    pub(crate) fn hold_at_the_end(universe: &Universe) {
        let (laws, server) = (&universe.laws, &universe.server);
        for kind in fake_apiserver::KINDS.iter().filter(|kind| kind.stored && kind.resource != "secrets") {
            for object in server.list(kind.resource, "") {
                laws.no_secret_in(&serde_json::to_string(&**object).unwrap(), object.name());
            }
        }
        universe.canopy.told(|told| laws.no_secret_in(&format!("{:?}", told.reports), "a report"));
        let mut mistakes = server.audit(|audit| audit.unexpected().to_vec());
        mistakes.extend(universe.canopy.mistakes());
        laws.demand(mistakes.is_empty(), "no correct client does that", || mistakes.join("; "));
    }

    fn no_secret_in(&self, text: &str, place: &str) {
        let holds = !text.contains(CANARY) && !text.contains(KEY_OF);
        self.demand(holds, "I7", || format!("a secret in {place}"));
    }

    fn found(&self, law: &str, found: Result<(), String>) {
        if let Err(what) = found {
            self.demand(false, law, || what);
        }
    }

    /// Whether the cluster has changed; and now and then, since waits have an end while nothing changes.
    fn is_news(&mut self, server: &ApiServer) -> bool {
        self.holds += 1;
        let before = std::mem::replace(&mut self.stirred, server.stirred());
        before != self.stirred || self.holds.is_multiple_of(10)
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

    /// I16: each namespace is one replica's.
    fn know_owners(&mut self, server: &ApiServer) {
        for namespace in replica::namespaces(server) {
            let Some((replica_id, server_id)) = replica::key(&namespace) else { continue };
            let (replica_id, server_id): (ReplicaId, ServerId) =
                (replica_id.parse().unwrap(), server_id.parse().unwrap());
            let belongs = self.names.belongs(namespace.name(), ReplicaKey { replica_id, server_id });
            self.found("I16", belongs);
        }
    }

    /// I5 and I1: operators write to replicas' namespaces and home only, and delete none that is wanted.
    fn calls_are_lawful(&mut self, server: &ApiServer, truth: &Truth, now: Timestamp) {
        let (since, mut news) = (self.calls, Vec::new());
        server.audit(|audit| {
            let new = audit.entries().rev().take_while(|entry| entry.n > since);
            news = new.filter(|entry| entry.call.user.starts_with(OPERATOR)).cloned().collect();
            self.calls = audit.calls();
        });
        let beyond = granted::not_granted(news.iter());
        self.demand(beyond.is_none(), "rights", || beyond.unwrap_or_default());
        for entry in &news {
            self.bounds.count(entry);
            self.found("I16", Names::are_sound(server, entry));
            if entry.committed {
                self.call_is_lawful(entry, truth, now);
            }
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
        let key = self.names.owner(&call.name);
        let withdrawn = key.and_then(|key| wants.withdrawn.get(key));
        let wanted = key.is_none_or(|key| wants.entries.contains_key(key));
        let early =
            withdrawn.is_none_or(|at| now.duration_since(*at) < crate::process::policy().teardown.min);
        self.demand(!wanted && !early, "I5", || format!("{} is wanted, or was until just now", call.name));
    }

    /// I6: one outcome for each run, no success of what was not proven, no backup called bad that was not found to be.
    fn reports_are_true(&mut self, reports: &[Verification]) {
        for report in &reports[self.reports..] {
            let run = report.run_id.unwrap();
            let first = self.told.entry(run).or_insert_with(|| report.clone()).clone();
            self.demand(first == *report, "I6", || {
                format!("two stories of run {run}: {first:?}, {report:?}")
            });
            let truths = self.proven.lock().unwrap();
            let proven = report.outcome == Outcome::Failure || truths.proven.contains(&run);
            self.demand(proven, "I6", || format!("a success nobody has proven: {report:?}"));
            let class = report.error.as_deref().and_then(|error| error.split(':').next()).unwrap_or_default();
            let blamed = class == "backup_bad" && !truths.bad.contains(&run);
            self.demand(!blamed && class != "outage", "I6", || {
                format!("the backup is not to blame: {report:?}")
            });
        }
        self.reports = reports.len();
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
