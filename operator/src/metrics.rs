//! What the operator counts, in the names monitoring relies on.
//!
//! Input: events, told by those they happen to. Output: `OpenMetrics` text. Must not: take a label value from the
//! outside, so that the number of series is bounded by that of replicas. `docs/observing.md` lists all of them, and a
//! test holds it to that.

mod labels;
mod replicas;

pub use replicas::ReplicaFigures;

use contract::{
    broker::{AnswerStats, ProxyStats, RequestStats, ResignStats, TrafficStats},
    ids::Intent,
    pods::{Check, CheckName, CheckResult},
};
use jiff::Timestamp;
use labels::{Answer, Call, CallKind, Cause, Outcome, Phase, Run, Target, Traffic};
use prometheus_client::{
    encoding::text::encode,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
        info::Info,
    },
    registry::Registry,
};
use replicas::Replicas;
use std::{sync::Arc, time::Duration};

/// All metrics of the process; copies count into the same numbers.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    canopy_requests: Family<Call, Counter>,
    canopy_seconds: Family<CallKind, Histogram>,
    worklist_entries: Gauge,
    worklist_success: Gauge,
    teardown_held: Gauge,
    restores: Gauge,
    runs: Family<Run, Counter>,
    credentials: Family<Outcome, Counter>,
    credentials_expiry: Gauge,
    reconciles: Family<labels::Pass, Counter>,
    reconcile_seconds: Histogram,
    reports_pending: Gauge,
    queue: Gauge,
    phases: Family<Phase, Histogram>,
    checks: Family<labels::Check, Counter>,
    traffic: Family<Traffic, Counter>,
    proxy_requests: Family<Answer, Counter>,
    resign_retries: Family<Cause, Counter>,
    switchovers: Family<Outcome, Counter>,
    breakers: Family<Target, Gauge>,
    leader: Gauge,
    replicas: Replicas,
}

/// From 10 ms, a quick answer in the cluster, to 82 s, beyond every deadline of ours.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.01, 2.0, 14))
}

/// From 1 s to 9 h, beyond the deadlines of a restore and its checks together.
fn long_seconds() -> Histogram {
    Histogram::new(exponential_buckets(1.0, 2.0, 16))
}

impl Default for Metrics {
    fn default() -> Self {
        Self::of("unknown")
    }
}

impl Metrics {
    /// Of a program that was built from `revision`.
    pub fn of(revision: &str) -> Self {
        let mut metrics = Self {
            registry: Arc::default(),
            canopy_requests: Family::default(),
            canopy_seconds: Family::new_with_constructor(seconds),
            worklist_entries: Gauge::default(),
            worklist_success: Gauge::default(),
            teardown_held: Gauge::default(),
            restores: Gauge::default(),
            runs: Family::default(),
            credentials: Family::default(),
            credentials_expiry: Gauge::default(),
            reconciles: Family::default(),
            reconcile_seconds: seconds(),
            reports_pending: Gauge::default(),
            queue: Gauge::default(),
            phases: Family::new_with_constructor(long_seconds),
            checks: Family::default(),
            traffic: Family::default(),
            proxy_requests: Family::default(),
            resign_retries: Family::default(),
            switchovers: Family::default(),
            breakers: Family::default(),
            leader: Gauge::default(),
            replicas: Replicas::default(),
        };
        metrics.registry = Arc::new(metrics.registered(revision));
        metrics
    }

    fn registered(&self, revision: &str) -> Registry {
        let mut r = Registry::with_prefix("pgro");
        r.register("build", "What is running", build(revision));
        self.register_canopy(&mut r);
        self.register_work(&mut r);
        r.register_collector(Box::new(self.replicas.clone()));
        r
    }

    fn register_canopy(&self, r: &mut Registry) {
        r.register("canopy_requests", "Calls to Canopy", self.canopy_requests.clone());
        r.register("canopy_request_duration_seconds", "Time Canopy took", self.canopy_seconds.clone());
        r.register("worklist_entries", "Usable entries of the last worklist", self.worklist_entries.clone());
        let help = "When a worklist was last read whole, 0: never";
        r.register("worklist_last_success_timestamp_seconds", help, self.worklist_success.clone());
        r.register("teardown_held", "1 while the guard holds all teardown", self.teardown_held.clone());
        let help = "Reports not acknowledged yet";
        r.register("verification_report_pending", help, self.reports_pending.clone());
        r.register("credentials_issued", "Requests to the broker", self.credentials.clone());
        let help = "When the first of the credentials that are held end, 0: none are";
        r.register("credentials_expiry_timestamp_seconds", help, self.credentials_expiry.clone());
        r.register("circuit_breaker_open", "1 while it is left alone since it failed", self.breakers.clone());
    }

    fn register_work(&self, r: &mut Registry) {
        r.register("leader", "1 while this process leads", self.leader.clone());
        r.register("reconcile", "Passes over the cluster", self.reconciles.clone());
        r.register("reconcile_duration_seconds", "Time one pass took", self.reconcile_seconds.clone());
        r.register("restore_queue_depth", "Replicas whose restore waits for its turn", self.queue.clone());
        r.register("restores_in_progress", "Restores that are running", self.restores.clone());
        r.register("restore_runs", "Runs that ended", self.runs.clone());
        r.register("restore_phase_duration_seconds", "Time a phase of a good run took", self.phases.clone());
        r.register("verification_checks", "Checks of databases", self.checks.clone());
        r.register("switchover", "Moves of guests to a newer run", self.switchovers.clone());
        self.register_proxies(r);
    }

    fn register_proxies(&self, r: &mut Registry) {
        r.register("proxy_bytes", "Traffic with S3 that proxies reported", self.traffic.clone());
        r.register("proxy_requests", "Requests that proxies answered", self.proxy_requests.clone());
        let help = "Requests that proxies signed once more because S3 refused a signature";
        r.register("proxy_resign_retries", help, self.resign_retries.clone());
    }

    /// One call to Canopy: `2xx`, another status, or a word where there was none.
    pub fn canopy_call(&self, endpoint: &'static str, code: String, took: Duration) {
        self.canopy_requests.get_or_create(&Call { endpoint, code }).inc();
        self.canopy_seconds.get_or_create(&CallKind { endpoint }).observe(took.as_secs_f64());
    }

    /// A worklist was read whole at `now`; where it is another one than before, with so many usable entries.
    pub fn worklist(&self, entries: Option<usize>, now: Timestamp) {
        if let Some(entries) = entries {
            self.worklist_entries.set(whole(entries));
        }
        self.worklist_success.set(now.as_second());
    }

    /// Whether the guard holds all teardown.
    pub fn teardown_held(&self, held: bool) {
        self.teardown_held.set(held.into());
    }

    /// How many restores are running.
    pub fn restores_in_progress(&self, running: usize) {
        self.restores.set(whole(running));
    }

    /// A run ended; `reason` is one of a fixed few words, never a text from outside.
    pub fn restore_run(&self, intent: Intent, result: &'static str, reason: &'static str) {
        self.runs.get_or_create(&Run { intent: intent.as_str(), result, reason }).inc();
    }

    /// The broker answered a request for credentials.
    pub fn credentials_issued(&self, result: &'static str) {
        self.credentials.get_or_create(&Outcome { result }).inc();
    }

    /// When the first of the credentials that are held end.
    pub fn credentials_expiry(&self, first: Option<Timestamp>) {
        self.credentials_expiry.set(first.map_or(0, Timestamp::as_second));
    }

    /// One pass over the cluster ended; `kind` is why it ran.
    pub fn reconcile(&self, kind: &'static str, result: &'static str, took: Duration) {
        self.reconciles.get_or_create(&labels::Pass { kind, result }).inc();
        self.reconcile_seconds.observe(took.as_secs_f64());
    }

    /// How many reports wait for Canopy.
    pub fn reports_pending(&self, pending: usize) {
        self.reports_pending.set(whole(pending));
    }

    /// Whether this process leads; what only a leader knows is shown by no other.
    pub fn leading(&self, leading: bool) {
        self.leader.set(leading.into());
        if !leading {
            self.teardown_held(false);
            self.restores_in_progress(0);
            self.reports_pending(0);
            self.queue_depth(0);
            self.replicas(Vec::new());
        }
    }

    /// How many restores wait for their turn.
    pub fn queue_depth(&self, waiting: usize) {
        self.queue.set(whole(waiting));
    }

    /// A phase of a run that ended well took so long; `phase` is one of a fixed few words.
    pub fn phase(&self, phase: &'static str, intent: Intent, took: Duration) {
        self.phases.get_or_create(&Phase { phase, intent: intent.as_str() }).observe(took.as_secs_f64());
    }

    /// A database was checked.
    pub fn check(&self, check: &Check) {
        let label = labels::Check { check: check_name(check.name), result: check_result(check.result) };
        self.checks.get_or_create(&label).inc();
    }

    /// Guests were to be moved to a newer run.
    pub fn switchover(&self, result: &'static str) {
        self.switchovers.get_or_create(&Outcome { result }).inc();
    }

    /// A proxy has told, at its end, what it did.
    pub fn proxy(&self, stats: &ProxyStats) {
        let ProxyStats { traffic, requests, resign_retries } = *stats;
        self.traffic(traffic);
        let RequestStats { get, head, other } = requests;
        for (method, answers) in [("GET", get), ("HEAD", head), ("other", other)] {
            self.proxy_requests(method, answers);
        }
        let ResignStats { credentials, clock } = resign_retries;
        for (cause, retries) in [("credentials", credentials), ("clock", clock)] {
            self.resign_retries.get_or_create(&Cause { cause }).inc_by(retries);
        }
    }

    fn proxy_requests(&self, method: &'static str, answers: AnswerStats) {
        let AnswerStats { success, redirection, client_error, server_error } = answers;
        for (code, requests) in
            [("2xx", success), ("3xx", redirection), ("4xx", client_error), ("5xx", server_error)]
        {
            self.proxy_requests.get_or_create(&Answer { method, code }).inc_by(requests);
        }
    }

    fn traffic(&self, stats: TrafficStats) {
        for (direction, kind, bytes) in [
            ("sent", "raw", stats.s3_sent_raw_bytes),
            ("sent", "payload", stats.s3_sent_payload_bytes),
            ("received", "raw", stats.s3_received_raw_bytes),
            ("received", "payload", stats.s3_received_payload_bytes),
        ] {
            self.traffic.get_or_create(&Traffic { direction, kind }).inc_by(bytes);
        }
    }

    /// Whether `target` is left alone for a while.
    pub fn circuit_breaker(&self, target: &'static str, open: bool) {
        self.breakers.get_or_create(&Target { target }).set(open.into());
    }

    /// The figures of all replicas there are.
    pub fn replicas(&self, figures: Vec<ReplicaFigures>) {
        self.replicas.set(figures);
    }

    /// Everything, as a scraper reads it.
    pub fn encode(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

fn build(revision: &str) -> Info<[(&'static str, String); 2]> {
    Info::new([("version", env!("CARGO_PKG_VERSION").to_owned()), ("revision", revision.to_owned())])
}

/// The media type of [`Metrics::encode`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn check_name(name: CheckName) -> &'static str {
    match name {
        CheckName::Opens => "opens",
        CheckName::Databases => "databases",
        CheckName::Checksums => "checksums",
        CheckName::Pages => "pages",
        CheckName::Amcheck => "amcheck",
        CheckName::FullRead => "full_read",
        CheckName::Constraints => "constraints",
        CheckName::Probes => "probes",
    }
}

fn check_result(result: CheckResult) -> &'static str {
    match result {
        CheckResult::Passed => "passed",
        CheckResult::Failed => "failed",
        CheckResult::Skipped => "skipped",
        CheckResult::Unavailable => "unavailable",
    }
}

#[cfg(test)]
mod tests;
