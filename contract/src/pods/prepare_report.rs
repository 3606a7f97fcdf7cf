//! What the `prepare` container leaves: repairs, checks, and what was found.

use super::{Failure, RowCounts, TerminationDocument, termination::cut};
use serde::{Deserialize, Serialize};

/// A repair that was made to the data; each weakens what "restored" means and is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fix {
    /// Recovery could not start; the write-ahead log was reset. Such data is never healthy.
    ResetWal,
    /// A locale this image lacks was mapped to another.
    Locale,
    /// Indexes were rebuilt since collation versions differ.
    Reindex,
    /// The source was a standby; it was told that it no longer is.
    Standby,
    /// Tablespaces were pointed to where they were restored.
    Tablespace,
}

/// The checks, in order of cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckName {
    /// The server opens and answers.
    Opens,
    /// The expected databases exist and are not empty.
    Databases,
    /// Page checksums, where the source had them on.
    Checksums,
    /// Files of all relations: none missing or cut short, no page that could not have been written so.
    Pages,
    /// Structure of btree indexes and heaps.
    Amcheck,
    /// Every value can be read.
    FullRead,
    /// Rows keep what their tables promise, as far as a sample shows.
    Constraints,
    /// The declaration's own SQL probes.
    Probes,
}

/// Checks without whose `passed` nothing is called healthy. [`CheckName::Probes`] is one more where there are any.
pub const MANDATORY_CHECKS: [CheckName; 3] = [CheckName::Opens, CheckName::Databases, CheckName::Amcheck];

/// An honest result: only `passed` is evidence of health.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckResult {
    /// It ran over its whole scope and found nothing.
    Passed,
    /// It found damage.
    Failed,
    /// It did not run, or not to its end; `detail` says why.
    Skipped,
    /// It cannot run here; `detail` says why.
    Unavailable,
}

/// One check that ran, or did not.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Which.
    pub name: CheckName,
    /// How it ended.
    pub result: CheckResult,
    /// What it covered, such as `3 databases`.
    pub scope: String,
    /// How long it took.
    pub duration_ms: u64,
    /// What it found, or why it did not run.
    pub detail: Option<String>,
}

impl Check {
    /// Whether it keeps the data from being called healthy: it failed, or it had to pass and did not. Probes that were
    /// not asked are `skipped` only where there are any.
    pub fn counts_against(&self) -> bool {
        match self.result {
            CheckResult::Passed => false,
            CheckResult::Failed => true,
            CheckResult::Skipped => self.name == CheckName::Probes || MANDATORY_CHECKS.contains(&self.name),
            CheckResult::Unavailable => MANDATORY_CHECKS.contains(&self.name),
        }
    }
}

/// What `prepare` did to the data and what it found in it.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrepareReport {
    /// Full version of the server that opened the data, such as `15.18`.
    pub postgres_version: Option<String>,
    /// Databases found, templates left out, sorted; shortened from the end where they do not fit.
    #[serde(default)]
    pub databases: Vec<String>,
    /// The rows of users' tables in each of them, in the same order; null where they could not be counted.
    #[serde(default)]
    pub rows: Vec<Option<u64>>,
    /// How many databases are left out above.
    #[serde(default)]
    pub databases_omitted: usize,
    /// The largest of them that holds user tables, where there is one.
    pub primary_database: Option<String>,
    /// Repairs, in the order they were made.
    #[serde(default)]
    pub fixes: Vec<Fix>,
    /// Checks, in the order they ran.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// Why the database cannot be served, if it cannot.
    pub failure: Option<Failure>,
}

impl PrepareReport {
    /// The rows by database, for the next run; a report of before rows were counted knows of none.
    pub fn row_counts(&self) -> RowCounts {
        self.databases.iter().cloned().zip(self.rows.iter().copied()).collect()
    }

    /// Whether this is evidence of health: no failure, no reset log, no failed check, each mandatory check passed.
    pub fn is_sound(&self) -> bool {
        let ran = |name| self.checks.iter().any(|check| check.name == name);
        self.failure.is_none()
            && !self.fixes.contains(&Fix::ResetWal)
            && !self.checks.iter().any(Check::counts_against)
            && MANDATORY_CHECKS.into_iter().all(ran)
    }
}

impl TerminationDocument for PrepareReport {
    fn shortened(&self, text_max: usize) -> Self {
        let mut short = self.clone();
        for check in &mut short.checks {
            check.scope = cut(&check.scope, text_max);
            check.detail = check.detail.as_deref().map(|detail| cut(detail, text_max));
        }
        if let Some(failure) = &mut short.failure {
            failure.message = cut(&failure.message, text_max);
        }
        let kept = text_max.min(short.databases.len());
        short.databases_omitted += short.databases.len() - kept;
        short.databases.truncate(kept);
        short.rows.truncate(kept);
        short
    }
}
