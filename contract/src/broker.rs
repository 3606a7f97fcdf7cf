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

/// Answers of a proxy, by the first digit of their status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AnswerStats {
    /// Successes.
    #[serde(rename = "2xx")]
    pub success: u64,
    /// Redirections, of which 304 is the only one that S3 means.
    #[serde(rename = "3xx")]
    pub redirection: u64,
    /// Errors of the client, refusals of the proxy included.
    #[serde(rename = "4xx")]
    pub client_error: u64,
    /// Requests whose patience ended.
    #[serde(rename = "5xx")]
    pub server_error: u64,
}

/// Requests of a proxy's clients, by method.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RequestStats {
    /// Answers to GET.
    pub get: AnswerStats,
    /// Answers to HEAD.
    pub head: AnswerStats,
    /// Answers to whatever is neither, and to what is no request at all.
    pub other: AnswerStats,
}

/// Requests that a proxy signed once more because S3 refused the first signature, by why it did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResignStats {
    /// The credentials were expired, or not known.
    pub credentials: u64,
    /// The clocks were too far apart.
    pub clock: u64,
}

/// Body of the statistics callback: the four figures of traffic, and what came of requests. Proxies older than these send
/// the four alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProxyStats {
    /// What is reported to Canopy.
    #[serde(flatten)]
    pub traffic: TrafficStats,
    /// Requests of clients.
    #[serde(default)]
    pub requests: RequestStats,
    /// Signatures that were not accepted.
    #[serde(default)]
    pub resign_retries: ResignStats,
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
    use super::{AnswerStats, BrokerAnswer, ProxyStats, RequestStats, ResignStats, TrafficStats, stats_path};
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
    fn the_four_figures_of_the_contract_stand_beside_what_was_added() {
        let (success, server_error) = (2, 1);
        let stats = ProxyStats {
            traffic: TrafficStats { s3_sent_raw_bytes: 7, ..TrafficStats::default() },
            requests: RequestStats {
                get: AnswerStats { success, server_error, ..AnswerStats::default() },
                ..RequestStats::default()
            },
            resign_retries: ResignStats { credentials: 3, clock: 0 },
        };
        let json = serde_json::to_value(stats).unwrap();
        assert_eq!(json["s3_sent_raw_bytes"], 7);
        assert_eq!(
            (&json["requests"]["get"]["2xx"], &json["resign_retries"]["credentials"]),
            (&json!(2), &json!(3))
        );
        assert_eq!(serde_json::from_value::<TrafficStats>(json.clone()).unwrap(), stats.traffic);
        assert_eq!(serde_json::from_value::<ProxyStats>(json).unwrap(), stats);
    }

    #[test]
    fn the_four_figures_alone_are_enough() {
        let traffic = TrafficStats { s3_sent_raw_bytes: 7, ..TrafficStats::default() };
        let told: ProxyStats = serde_json::from_value(serde_json::to_value(traffic).unwrap()).unwrap();
        assert_eq!(told, ProxyStats { traffic, ..ProxyStats::default() });
        assert!(serde_json::from_value::<ProxyStats>(json!({"requests": {}})).is_err());
    }

    #[test]
    fn the_callback_names_namespace_and_job() {
        assert_eq!(stats_path("ns-1", "restore-2"), "/api/v1/canopy-stats/ns-1/restore-2");
    }
}
