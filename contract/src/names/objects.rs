//! Objects inside a replica's namespace.

use crate::ids::{InvalidId, ReplicaKey, RunId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// `ServiceAccount` of the restore and postgres pods.
pub const SERVICE_ACCOUNT: &str = "restore";
/// The stable Service guests connect to, port 5432.
pub const SERVICE: &str = "postgres";
/// Secret with the superuser's access.
pub const SUPERUSER_SECRET: &str = "postgres-superuser";
/// Secret with the read-only analytics user's access.
pub const ANALYTICS_SECRET: &str = "analytics-credentials";

/// Containers of the restore pod.
pub mod containers {
    /// Init container of both pods that copies `pgro-agent` from our image.
    pub const COPY_AGENT: &str = "copy-agent";
    /// Native sidecar of the restore pod.
    pub const PROXY: &str = "canopy-proxy";
    /// Main container of the restore pod.
    pub const RESTORE: &str = "restore";
    /// Main container of the sizing pod.
    pub const SIZING: &str = "sizing";
    /// Init container of the postgres pod that repairs and checks.
    pub const PREPARE: &str = "prepare";
    /// Main container of the postgres pod.
    pub const POSTGRES: &str = "postgres";
}

/// Roles that `prepare` makes in every restored server; unlikely names, so that none of the source's is hidden.
pub mod roles {
    /// May do everything.
    pub const SUPERUSER: &str = "pgro_superuser";
    /// May read everything.
    pub const ANALYTICS: &str = "pgro_analytics";
}

/// Digits of a run's name.
const RUN_NAME_LENGTH: usize = 10;

/// The short name of one attempt: ten hex digits, the same for the same snapshot and attempt. They lie in the value
/// itself, as tens of thousands of them are kept.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunName([u8; RUN_NAME_LENGTH]);

impl RunName {
    /// The name of attempt `attempt` (from 1) at the snapshot the worklist calls `snapshot`.
    pub fn of(snapshot: &str, attempt: u32) -> Self {
        let mut digest = Sha256::new();
        digest.update(attempt.to_be_bytes());
        digest.update(snapshot);
        let mut name = [0; RUN_NAME_LENGTH];
        for (digits, byte) in name.chunks_exact_mut(2).zip(digest.finalize()) {
            digits.copy_from_slice(&[hex_digit(byte >> 4), hex_digit(byte & 15)]);
        }
        Self(name)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        // Both makers put nothing but hex digits into it.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The volume of this run.
    pub fn pvc(&self) -> String {
        format!("pgdata-{self}")
    }

    /// The restore Job of this run.
    pub fn job(&self) -> String {
        format!("restore-{self}")
    }

    /// The Job that asks the repository how large the snapshot of this run is.
    pub fn sizing_job(&self) -> String {
        format!("sizing-{self}")
    }

    /// The postgres Deployment of this run.
    pub fn deployment(&self) -> String {
        format!("postgres-{self}")
    }

    /// Secret with the kopia repository password (key `password`) for this run.
    pub fn repository_secret(&self) -> String {
        format!("repository-{self}")
    }

    /// The idempotency key of this run's report: the same for the same replica, namespace and run, for ever. A
    /// namespace that was deleted by hand and made again counts its attempts anew, hence its UID.
    pub fn run_id(&self, key: ReplicaKey, namespace_uid: &str) -> RunId {
        let text = format!("{}/{namespace_uid}/{self}", key.server_id);
        RunId(Uuid::new_v5(&key.replica_id.0, text.as_bytes()))
    }
}

impl FromStr for RunName {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let name = <[u8; RUN_NAME_LENGTH]>::try_from(text.as_bytes()).ok();
        name.filter(|name| name.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
            .map(Self)
            .ok_or_else(|| InvalidId::new("run", text, "10 lower-case hex digits"))
    }
}

impl TryFrom<String> for RunName {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<RunName> for String {
    fn from(name: RunName) -> Self {
        name.as_str().to_owned()
    }
}

impl fmt::Display for RunName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RunName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RunName({:?})", self.as_str())
    }
}

fn hex_digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble }
}

#[cfg(test)]
mod tests {
    use super::RunName;
    use crate::ids::{ReplicaId, ReplicaKey, ServerId};
    use uuid::Uuid;

    fn key(server: u128) -> ReplicaKey {
        ReplicaKey { replica_id: ReplicaId(Uuid::from_u128(1)), server_id: ServerId(Uuid::from_u128(server)) }
    }

    #[test]
    fn a_run_is_named_by_snapshot_and_attempt_alone() {
        assert_eq!(RunName::of("abc", 1), RunName::of("abc", 1));
        assert_ne!(RunName::of("abc", 1), RunName::of("abc", 2));
        assert_ne!(RunName::of("abc", 1), RunName::of("abd", 1));
    }

    #[test]
    fn a_run_name_reads_back_and_nothing_else_does() {
        let run = RunName::of("$(hostile)", 3);
        assert_eq!(run.as_str().parse::<RunName>(), Ok(run));
        assert!("0123456789A".parse::<RunName>().is_err());
        assert!("../../../..".parse::<RunName>().is_err());
    }

    #[test]
    fn fault_b11_servers_that_share_a_declaration_report_under_their_own_run_ids() {
        let run = RunName::of("abc", 1);
        assert_ne!(run.run_id(key(1), "uid"), run.run_id(key(2), "uid"));
        assert_eq!(run.run_id(key(1), "uid"), run.run_id(key(1), "uid"));
    }

    #[test]
    fn fault_a17_a_namespace_made_again_reports_under_new_run_ids() {
        let run = RunName::of("abc", 1);
        assert_ne!(run.run_id(key(1), "first"), run.run_id(key(1), "second"));
    }
}
