//! The figures of each replica. They are set all at once after a pass, so that those of a replica vanish with it.

use contract::{names::NamespaceName, pods::Fix};
use jiff::Timestamp;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{MetricType, gauge::ConstGauge},
};
use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use crate::model::Identity;

/// What a scraper is told of one replica.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaFigures {
    /// Its namespace.
    pub namespace: NamespaceName,
    /// Who it is.
    pub identity: Identity,
    /// When what it serves was found sound.
    pub verified_at: Option<Timestamp>,
    /// When what it serves was taken.
    pub snapshot_at: Option<Timestamp>,
    /// Whether what it serves is older than it may be.
    pub overdue: bool,
    /// Attempts that failed in a row.
    pub failures: u32,
    /// Repairs made to what it serves.
    pub fixes: Vec<Fix>,
}

/// The figures of all replicas; copies share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Replicas(Arc<RwLock<Vec<ReplicaFigures>>>);

type Value = fn(&ReplicaFigures) -> i64;

/// Name, help, and what is told of a replica.
const GAUGES: [(&str, &str, Value); 4] = [
    ("replica_last_verified_timestamp_seconds", "When what is served was found sound, 0: never", |replica| {
        seconds(replica.verified_at)
    }),
    (
        "replica_snapshot_timestamp_seconds",
        "When what is served was taken, 0: unknown, or nothing is served",
        |replica| seconds(replica.snapshot_at),
    ),
    ("replica_overdue", "1 while what is served is older than the worklist allows", |replica| {
        replica.overdue.into()
    }),
    ("replica_consecutive_failures", "Attempts that failed since the last success", |replica| {
        replica.failures.into()
    }),
];

impl Replicas {
    pub(super) fn set(&self, figures: Vec<ReplicaFigures>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = figures;
    }
}

impl Collector for Replicas {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let replicas = self.0.read().unwrap_or_else(PoisonError::into_inner);
        for (name, help, value) in GAUGES {
            let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            for replica in replicas.iter() {
                ConstGauge::new(value(replica)).encode(metric.encode_family(&labels(replica))?)?;
            }
        }
        let help = "1 for each repair made to what is served";
        let mut metric = encoder.encode_descriptor("replica_fix_applied", help, None, MetricType::Gauge)?;
        for replica in replicas.iter() {
            for fix in &replica.fixes {
                let fix = [("fix".to_owned(), name(*fix).to_owned())];
                let all: Vec<_> = fix.into_iter().chain(labels(replica)).collect();
                ConstGauge::new(1_i64).encode(metric.encode_family(&all)?)?;
            }
        }
        Ok(())
    }
}

fn labels(replica: &ReplicaFigures) -> Vec<(String, String)> {
    let identity = &replica.identity;
    [
        ("namespace", replica.namespace.to_string()),
        ("group", identity.group.to_string()),
        ("server", identity.key.server_id.to_string()),
        ("type", identity.backup_type.to_string()),
        ("intent", identity.intent.to_string()),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .to_vec()
}

fn seconds(at: Option<Timestamp>) -> i64 {
    at.map_or(0, Timestamp::as_second)
}

fn name(fix: Fix) -> &'static str {
    match fix {
        Fix::ResetWal => "reset_wal",
        Fix::Locale => "locale",
        Fix::Reindex => "reindex",
        Fix::Standby => "standby",
        Fix::Tablespace => "tablespace",
    }
}
