//! What `pgro-agent prepare` is told. The two passwords come beside it, from Secrets.

use super::{DataDir, RowCounts};
use crate::{
    env::{self, EnvError, EnvPairs, optional, required},
    ids::Intent,
    names::RunName,
    probes::Probes,
};
use jiff::Timestamp;
use std::path::PathBuf;

/// Settings of one preparation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrepareSpec {
    /// The attempt; a volume prepared for it once is not prepared again.
    pub run: RunName,
    /// What was restored, for `_pgro.restore_info`.
    pub snapshot_id: String,
    /// When that was taken, where known.
    pub snapshot_at: Option<Timestamp>,
    /// What the copy is for.
    pub intent: Intent,
    /// Mount point of the volume.
    pub volume: PathBuf,
    /// The data directory in it.
    pub data_dir: DataDir,
    /// Memory of the postgres container, bytes.
    pub memory_bytes: u64,
    /// Time all checks together may take, seconds.
    pub check_budget_secs: u32,
    /// Time crash recovery may take, seconds.
    pub recovery_budget_secs: u32,
    /// What the declaration asks of its data.
    pub probes: Probes,
    /// What the last good run had; empty where that is not known.
    pub rows_before: RowCounts,
}

impl PrepareSpec {
    /// As variables of the container; what is unset is left out.
    pub fn to_env(&self) -> EnvPairs {
        let mut pairs = vec![
            (env::RUN, self.run.to_string()),
            (env::SNAPSHOT_ID, self.snapshot_id.clone()),
            (env::INTENT, self.intent.to_string()),
            (env::VOLUME, self.volume.display().to_string()),
            (env::DATA_DIR, self.data_dir.to_string()),
            (env::MEMORY_BYTES, self.memory_bytes.to_string()),
            (env::CHECK_BUDGET_SECS, self.check_budget_secs.to_string()),
            (env::RECOVERY_BUDGET_SECS, self.recovery_budget_secs.to_string()),
        ];
        pairs.extend((!self.probes.is_empty()).then(|| (env::PROBES, self.probes.to_string())));
        pairs
            .extend((!self.rows_before.is_empty()).then(|| (env::ROWS_BEFORE, self.rows_before.to_string())));
        pairs.extend(self.snapshot_at.map(|at| (env::SNAPSHOT_AT, at.to_string())));
        pairs
    }

    /// From variables, or the first one that is wrong.
    pub fn from_env(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, EnvError> {
        let lookup = &lookup;
        Ok(Self {
            run: required(lookup, env::RUN, "10 lower-case hex digits")?,
            snapshot_id: required(lookup, env::SNAPSHOT_ID, "the name of a snapshot")?,
            snapshot_at: optional(lookup, env::SNAPSHOT_AT, "an RFC 3339 timestamp")?,
            intent: required(lookup, env::INTENT, "verify, analytics or disaster-recovery")?,
            volume: required(lookup, env::VOLUME, "a directory")?,
            data_dir: required(lookup, env::DATA_DIR, "a relative path inside the volume")?,
            memory_bytes: required(lookup, env::MEMORY_BYTES, "a number of bytes")?,
            check_budget_secs: required(lookup, env::CHECK_BUDGET_SECS, "a number of seconds")?,
            recovery_budget_secs: required(lookup, env::RECOVERY_BUDGET_SECS, "a number of seconds")?,
            probes: optional(lookup, env::PROBES, "a JSON array of probes")?.unwrap_or_default(),
            rows_before: optional(lookup, env::ROWS_BEFORE, "a JSON object of rows by database")?
                .unwrap_or_default(),
        })
    }
}
