//! The report of one outcome.

use crate::{
    ids::{BackupType, GroupId, Intent, ReplicaId, RunId, ServerId},
    pods::{Check, Fix},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// This snapshot was restored and is served.
    Success,
    /// It was not; `error` says why.
    Failure,
}

/// Body of `POST /restore-verification`: one outcome of one run, told once (`run_id` tells repeats apart).
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// Whose repository.
    pub group: GroupId,
    /// Whose backup.
    pub server_id: ServerId,
    /// Kind of backup.
    #[serde(rename = "type")]
    pub backup_type: BackupType,
    /// What it was restored for.
    pub intent: Intent,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether PostgreSQL is up and every mandatory check passed.
    pub replica_healthy: bool,
    /// When the outcome was observed.
    pub observed_at: Timestamp,
    /// The declaration.
    pub replica_id: Option<ReplicaId>,
    /// The attempt; the idempotency key.
    pub run_id: Option<RunId>,
    /// The snapshot, exactly as the worklist named it.
    pub snapshot_id: Option<String>,
    /// Why it failed, for a person.
    pub error: Option<String>,
    /// Server version that opened the data.
    pub postgres_version: Option<String>,
    /// Bytes sent to S3 on the wire.
    pub s3_sent_raw_bytes: Option<u64>,
    /// Bytes of bodies sent to S3.
    pub s3_sent_payload_bytes: Option<u64>,
    /// Bytes received from S3 on the wire.
    pub s3_received_raw_bytes: Option<u64>,
    /// Bytes of bodies received from S3.
    pub s3_received_payload_bytes: Option<u64>,
    /// Ours: see [`HealthDetails`]; Canopy takes any JSON.
    pub health_details: Option<serde_json::Value>,
}

/// What our reports carry as `health_details`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthDetails {
    /// Repairs that were made to the data.
    pub fixes: Vec<Fix>,
    /// Checks and their honest results.
    pub checks: Vec<Check>,
    /// Databases found.
    pub databases: Vec<String>,
}
