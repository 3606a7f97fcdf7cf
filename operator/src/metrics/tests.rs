use super::{Metrics, ReplicaFigures};
use crate::model::Identity;
use contract::{
    broker::{AnswerStats, ProxyStats, RequestStats, ResignStats, TrafficStats},
    ids::{GroupId, Intent, ReplicaId, ReplicaKey, ServerId},
    pods::{Check, CheckName, CheckResult, Fix},
};
use jiff::Timestamp;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use uuid::Uuid;

const DOC: &str = include_str!("../../../docs/observing.md");

fn figures(number: u128) -> ReplicaFigures {
    ReplicaFigures {
        namespace: format!("clinic-{number}-0a1b2c3d").parse().unwrap(),
        identity: Identity {
            key: ReplicaKey {
                replica_id: ReplicaId(Uuid::from_u128(1)),
                server_id: ServerId(Uuid::from_u128(number)),
            },
            group: GroupId(Uuid::from_u128(7)),
            backup_type: "tamanu-postgres".parse().unwrap(),
            intent: Intent::Verify,
        },
        verified_at: None,
        snapshot_at: None,
        overdue: true,
        failures: 3,
        fixes: vec![Fix::ResetWal],
    }
}

/// Everything has happened once.
fn all() -> Metrics {
    let metrics = Metrics::default();
    metrics.canopy_call("worklist", "2xx".to_owned(), Duration::from_millis(20));
    metrics.worklist(Some(3), Timestamp::from_second(1_700_000_000).unwrap());
    metrics.teardown_held(true);
    metrics.restores_in_progress(2);
    metrics.restore_run(Intent::Verify, "failure", "credentials");
    metrics.credentials_issued("granted");
    metrics.credentials_expiry(Some(Timestamp::UNIX_EPOCH));
    metrics.reconcile("interval", "ok", Duration::from_millis(5));
    metrics.reports_pending(1);
    metrics.leading(true);
    metrics.queue_depth(4);
    metrics.phase("fetch", Intent::Verify, Duration::from_mins(1));
    let (name, result) = (CheckName::Amcheck, CheckResult::Passed);
    metrics.check(&Check { name, result, scope: String::new(), duration_ms: 1, detail: None });
    metrics.switchover("done");
    metrics.circuit_breaker("canopy", true);
    metrics.proxy(&ProxyStats {
        traffic: TrafficStats {
            s3_sent_raw_bytes: 1,
            s3_sent_payload_bytes: 2,
            s3_received_raw_bytes: 3,
            s3_received_payload_bytes: 4,
        },
        requests: RequestStats {
            get: AnswerStats { success: 5, ..AnswerStats::default() },
            head: AnswerStats { client_error: 6, ..AnswerStats::default() },
            ..RequestStats::default()
        },
        resign_retries: ResignStats { credentials: 7, clock: 8 },
    });
    metrics.replicas(vec![figures(1)]);
    metrics
}

/// Families by name: type, and the label keys of their samples.
fn families(text: &str) -> BTreeMap<String, (String, BTreeSet<String>)> {
    let mut found = BTreeMap::new();
    let mut current = String::new();
    for line in text.lines() {
        if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
            found.insert(name.to_owned(), (kind.to_owned(), BTreeSet::new()));
            name.clone_into(&mut current);
        } else if let Some((_, labels)) = line.split_once('{').filter(|_| !line.starts_with('#')) {
            let keys =
                labels.split("=\"").map(|part| part.rsplit(['"', ',', '{']).next().unwrap_or_default());
            let keys = keys.filter(|key| !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase()));
            let keys = keys.filter(|key| *key != "le").map(str::to_owned);
            found.get_mut(&current).unwrap().1.extend(keys);
        }
    }
    found
}

/// The rows of the documentation in the same shape.
fn documented() -> BTreeMap<String, (String, BTreeSet<String>)> {
    let section = DOC.split("## Metrics").nth(1).unwrap().split("\n## ").next().unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let keys = cells[2].split(',').map(|key| key.trim().trim_matches('`').to_owned());
        let name = cells[0].trim_matches('`').to_owned();
        (name, (cells[1].to_owned(), keys.filter(|key| !key.is_empty()).collect()))
    };
    section.lines().filter(|line| line.starts_with("| `")).map(row).collect()
}

#[test]
fn names_types_and_labels_are_the_documented_ones_and_no_others() {
    assert_eq!(families(&all().encode().unwrap()), documented());
}

#[test]
fn labels_are_read_from_samples() {
    let text = "# TYPE a counter\na_total{x=\"1\",y=\"z=2\"} 1\n# TYPE b gauge\nb 2\n";
    let keys = ["x", "y"].map(str::to_owned).into();
    let expected = [("a", ("counter", keys)), ("b", ("gauge", BTreeSet::new()))];
    let expected = expected.map(|(name, (kind, keys))| (name.to_owned(), (kind.to_owned(), keys)));
    assert_eq!(families(text), expected.into());
}

#[test]
fn what_happened_is_in_the_numbers() {
    let text = all().encode().unwrap();
    for line in [
        "pgro_canopy_requests_total{endpoint=\"worklist\",code=\"2xx\"} 1",
        "pgro_canopy_request_duration_seconds_count{endpoint=\"worklist\"} 1",
        "pgro_worklist_entries 3",
        "pgro_worklist_last_success_timestamp_seconds 1700000000",
        "pgro_teardown_held 1",
        "pgro_restores_in_progress 2",
        "pgro_restore_queue_depth 4",
        "pgro_restore_runs_total{intent=\"verify\",result=\"failure\",reason=\"credentials\"} 1",
        "pgro_restore_phase_duration_seconds_sum{phase=\"fetch\",intent=\"verify\"} 60.0",
        "pgro_verification_checks_total{check=\"amcheck\",result=\"passed\"} 1",
        "pgro_credentials_issued_total{result=\"granted\"} 1",
        "pgro_reconcile_total{kind=\"interval\",result=\"ok\"} 1",
        "pgro_reconcile_duration_seconds_count 1",
        "pgro_verification_report_pending 1",
        "pgro_leader 1",
        "pgro_switchover_total{result=\"done\"} 1",
        "pgro_circuit_breaker_open{target=\"canopy\"} 1",
        "pgro_proxy_bytes_total{direction=\"received\",kind=\"payload\"} 4",
        "pgro_proxy_requests_total{method=\"GET\",code=\"2xx\"} 5",
        "pgro_proxy_requests_total{method=\"HEAD\",code=\"4xx\"} 6",
        "pgro_proxy_resign_retries_total{cause=\"credentials\"} 7",
        "pgro_proxy_resign_retries_total{cause=\"clock\"} 8",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
}

#[test]
fn what_runs_is_told_by_version_and_revision() {
    let text = Metrics::of("0a1b2c3").encode().unwrap();
    let line = format!("pgro_build_info{{version=\"{}\",revision=\"0a1b2c3\"}} 1", env!("CARGO_PKG_VERSION"));
    assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
}

#[test]
fn a_replicas_series_are_five_and_vanish_with_it() {
    let metrics = Metrics::default();
    let count = |metrics: &Metrics| metrics.encode().unwrap().matches("pgro_replica_").count();
    let empty = count(&metrics);
    metrics.replicas((0..100).map(figures).collect());
    assert_eq!(count(&metrics), empty + 500);
    metrics.clone().replicas(vec![figures(3)]);
    assert_eq!(count(&metrics), empty + 5);
}

#[test]
fn who_leads_no_more_shows_no_figures_of_replicas() {
    let metrics = all();
    metrics.leading(false);
    let text = metrics.encode().unwrap();
    for line in
        ["pgro_leader 0", "pgro_teardown_held 0", "pgro_restores_in_progress 0", "pgro_restore_queue_depth 0"]
    {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("pgro_replica_overdue{"), "{text}");
}
