//! What restore pods ask of the operator, and what they tell it.
//!
//! Input and output: JSON bodies of the broker and the statistics callback. Must not: carry the repository password.

use crate::{
    canopy::{Credentials, RevealedCredentials},
    ids::{BackupType, GroupId},
};
use serde::{Deserialize, Serialize};

/// Path of the broker's one endpoint.
pub const CREDENTIALS_PATH: &str = "/internal/restore-creds";

/// Audience that a pod's projected token must carry.
pub const TOKEN_AUDIENCE: &str = "pgro-broker";

/// Path of the statistics callback of one Job.
pub fn stats_path(namespace: &str, job: &str) -> String {
    format!("/api/v1/canopy-stats/{namespace}/{job}")
}

/// Body of `POST /internal/restore-creds`; must agree with what the caller's namespace says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokerRequest {
    /// Whose credentials.
    pub group: GroupId,
    /// For which kind of backup.
    #[serde(rename = "type")]
    pub backup_type: BackupType,
}

/// The broker's answer, as the proxy reads it.
#[derive(Debug, Clone, Deserialize)]
pub struct BrokerAnswer {
    /// For S3, and nothing else.
    pub credentials: Credentials,
}

impl BrokerAnswer {
    /// The serialisable form, for the broker.
    pub fn reveal(&self) -> RevealedBrokerAnswer<'_> {
        RevealedBrokerAnswer { credentials: self.credentials.reveal() }
    }
}

/// The broker's answer on its way out of the operator.
#[derive(Serialize)]
pub struct RevealedBrokerAnswer<'a> {
    credentials: RevealedCredentials<'a>,
}

/// Traffic of one restore between its proxy and S3, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrafficStats {
    /// Request bytes on the wire, heads included.
    pub s3_sent_raw_bytes: u64,
    /// Bytes of request bodies.
    pub s3_sent_payload_bytes: u64,
    /// Answer bytes on the wire, heads included.
    pub s3_received_raw_bytes: u64,
    /// Bytes of answer bodies.
    pub s3_received_payload_bytes: u64,
}

/// Path of the progress callback of one Job.
pub fn progress_path(namespace: &str, job: &str) -> String {
    format!("/api/v1/restore-progress/{namespace}/{job}")
}

/// How far a restore is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreProgress {
    /// Bytes on the volume, those an earlier pod left included.
    pub bytes_done: u64,
    /// Bytes of the snapshot, as far as they are known.
    pub bytes_total: u64,
    /// Files, directories and links done.
    pub files_done: u64,
    /// The same of the snapshot, as far as they are known.
    pub files_total: u64,
    /// Rate since this pod began.
    pub bytes_per_second: u64,
    /// Time left at this rate; none: it cannot be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds_left: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::{BrokerAnswer, TrafficStats, stats_path};
    use serde_json::json;

    #[test]
    fn the_answer_never_carries_the_repository_password() {
        let upstream = json!({"credentials": {"Version": 1, "AccessKeyId": "a", "SecretAccessKey": "b",
            "SessionToken": "c", "Expiration": "2026-01-02T03:04:05Z"}, "repo_password": "canary"});
        let answer: BrokerAnswer = serde_json::from_value(upstream).unwrap();
        assert!(!serde_json::to_string(&answer.reveal()).unwrap().contains("canary"));
    }

    #[test]
    fn statistics_read_back() {
        let stats = TrafficStats { s3_received_raw_bytes: 7, ..TrafficStats::default() };
        let json = serde_json::to_value(stats).unwrap();
        assert_eq!(json["s3_received_raw_bytes"], 7);
        assert_eq!(serde_json::from_value::<TrafficStats>(json).unwrap(), stats);
    }

    #[test]
    fn the_callback_names_namespace_and_job() {
        assert_eq!(stats_path("ns-1", "restore-2"), "/api/v1/canopy-stats/ns-1/restore-2");
    }
}
