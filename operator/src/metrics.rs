//! What the operator counts, in the names monitoring relies on.
//!
//! Input: events, told by those they happen to. Output: `OpenMetrics` text. Must not: take a label value from the
//! outside, so that the number of series is bounded.

use contract::ids::Intent;
use jiff::Timestamp;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
        info::Info,
    },
    registry::Registry,
};
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
    reconciles: Family<Outcome, Counter>,
    reconcile_seconds: Histogram,
    reports_pending: Gauge,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Call {
    endpoint: &'static str,
    code: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallKind {
    endpoint: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Run {
    intent: &'static str,
    result: &'static str,
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    result: &'static str,
}

/// From 10 ms, a quick answer in the cluster, to 82 s, beyond every deadline of ours.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.01, 2.0, 14))
}

impl Default for Metrics {
    fn default() -> Self {
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
            reconciles: Family::default(),
            reconcile_seconds: seconds(),
            reports_pending: Gauge::default(),
        };
        metrics.registry = Arc::new(metrics.registered());
        metrics
    }
}

impl Metrics {
    fn registered(&self) -> Registry {
        let mut r = Registry::with_prefix("pgro");
        r.register("build", "What is running", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        r.register("canopy_requests", "Calls to Canopy", self.canopy_requests.clone());
        r.register("canopy_request_duration_seconds", "Time Canopy took", self.canopy_seconds.clone());
        r.register("worklist_entries", "Usable entries of the last worklist", self.worklist_entries.clone());
        let help = "When a worklist was last read whole, 0: never";
        r.register("worklist_last_success_timestamp_seconds", help, self.worklist_success.clone());
        r.register("teardown_held", "1 while the guard holds all teardown", self.teardown_held.clone());
        r.register("restores_in_progress", "Restores that are running", self.restores.clone());
        r.register("restore_runs", "Runs that ended", self.runs.clone());
        r.register("credentials_issued", "Requests to the broker", self.credentials.clone());
        r.register("reconcile", "Passes over the cluster", self.reconciles.clone());
        r.register("reconcile_duration_seconds", "Time one pass took", self.reconcile_seconds.clone());
        r.register(
            "verification_report_pending",
            "Reports not acknowledged yet",
            self.reports_pending.clone(),
        );
        r
    }

    /// One call to Canopy: `2xx`, another status, or a word where there was none.
    pub fn canopy_call(&self, endpoint: &'static str, code: String, took: Duration) {
        self.canopy_requests.get_or_create(&Call { endpoint, code }).inc();
        self.canopy_seconds.get_or_create(&CallKind { endpoint }).observe(took.as_secs_f64());
    }

    /// A worklist was read whole at `now`.
    pub fn worklist(&self, entries: usize, now: Timestamp) {
        self.worklist_entries.set(whole(entries));
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

    /// One pass over the cluster ended.
    pub fn reconcile(&self, result: &'static str, took: Duration) {
        self.reconciles.get_or_create(&Outcome { result }).inc();
        self.reconcile_seconds.observe(took.as_secs_f64());
    }

    /// How many reports wait for Canopy.
    pub fn reports_pending(&self, pending: usize) {
        self.reports_pending.set(whole(pending));
    }

    /// Everything, as a scraper reads it.
    pub fn encode(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// The media type of [`Metrics::encode`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::Metrics;
    use contract::ids::Intent;
    use jiff::Timestamp;
    use std::time::Duration;

    #[test]
    fn every_promised_name_is_there_once_something_happened() {
        let metrics = Metrics::default();
        metrics.canopy_call("worklist", "2xx".to_owned(), Duration::from_millis(20));
        metrics.worklist(3, Timestamp::from_second(1_700_000_000).unwrap());
        metrics.teardown_held(true);
        metrics.restores_in_progress(2);
        metrics.restore_run(Intent::Verify, "failure", "credentials");
        metrics.credentials_issued("granted");
        metrics.reconcile("ok", Duration::from_millis(5));
        metrics.reports_pending(1);
        let text = metrics.encode().unwrap();
        for line in [
            concat!("pgro_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
            "pgro_canopy_requests_total{endpoint=\"worklist\",code=\"2xx\"} 1",
            "pgro_canopy_request_duration_seconds_count{endpoint=\"worklist\"} 1",
            "pgro_worklist_entries 3",
            "pgro_worklist_last_success_timestamp_seconds 1700000000",
            "pgro_teardown_held 1",
            "pgro_restores_in_progress 2",
            "pgro_restore_runs_total{intent=\"verify\",result=\"failure\",reason=\"credentials\"} 1",
            "pgro_credentials_issued_total{result=\"granted\"} 1",
            "pgro_reconcile_total{result=\"ok\"} 1",
            "pgro_reconcile_duration_seconds_count 1",
            "pgro_verification_report_pending 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn copies_count_into_the_same_numbers() {
        let metrics = Metrics::default();
        metrics.clone().restores_in_progress(7);
        assert!(metrics.encode().unwrap().contains("pgro_restores_in_progress 7"));
    }
}
