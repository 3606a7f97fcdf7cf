//! Annotations: the record of a replica, on its namespace unless said otherwise. Timestamps are RFC 3339.

/// Where the replica stands: `pending`, `restoring`, `verifying`, `active`, `failed` or `terminating`.
pub const RESTORE_STATE: &str = "pgro.bes.au/restore-state";
/// The snapshot the worklist asks for, exactly as it names it.
pub const DESIRED_SNAPSHOT_ID: &str = "pgro.bes.au/desired-snapshot-id";
/// When that snapshot was taken.
pub const DESIRED_SNAPSHOT_AT: &str = "pgro.bes.au/desired-snapshot-at";
/// The snapshot that is served.
pub const LAST_RESTORED_SNAPSHOT_ID: &str = "pgro.bes.au/last-restored-snapshot-id";
/// How many rows each database of it holds, as JSON: what the next run is held against.
pub const LAST_RESTORED_ROWS: &str = "pgro.bes.au/last-restored-rows";
/// When it began to be served.
pub const LAST_RESTORED_AT: &str = "pgro.bes.au/last-restored-at";
/// When Canopy last acknowledged a report.
pub const LAST_VERIFICATION_REPORTED_AT: &str = "pgro.bes.au/last-verification-reported-at";
/// Why the last attempt failed: class, reason and what happened; removed by a success.
pub const LAST_VERIFICATION_ERROR: &str = "pgro.bes.au/last-verification-error";
/// Written by a person to ask for a new restore; removed when it was acted on.
pub const FORCE_REFRESH: &str = "pgro.bes.au/force-refresh";
/// The value of `force-refresh` that was acted on last.
pub const FORCE_REFRESH_ACTED_ON: &str = "pgro.bes.au/force-refresh-acted-on";
/// Why Canopy refused a report for good; removed when it acknowledges a later one.
pub const LAST_REPORT_REFUSAL: &str = "pgro.bes.au/last-report-refusal";
/// Version of the PostgreSQL that serves, such as `15.18`.
pub const POSTGRES_VERSION: &str = "pgro.bes.au/postgres-version";
/// When the served snapshot was taken.
pub const LAST_RESTORED_SNAPSHOT_AT: &str = "pgro.bes.au/last-restored-snapshot-at";
/// The display name the worklist gave the replica.
pub const DISPLAY_NAME: &str = "pgro.bes.au/display-name";
/// The exact `type`, where its label holds a digest.
pub const TYPE: &str = "pgro.bes.au/type";
/// The run whose database is served.
pub const SERVING_RUN: &str = "pgro.bes.au/serving-run";
/// The attempt in progress or last ended, as JSON.
pub const ATTEMPT: &str = "pgro.bes.au/attempt";
/// A report written down and not yet acknowledged, as JSON.
pub const PENDING_REPORT: &str = "pgro.bes.au/pending-report";
/// On a restore Job: the traffic its proxy counted, as JSON.
pub const TRAFFIC: &str = "pgro.bes.au/traffic";
/// On a restore Job: what the declaration asked of its data when the restore was begun, as JSON.
pub const PROBES: &str = "pgro.bes.au/probes";
/// Written by a person to release a held teardown: an RFC 3339 timestamp not older than the absence.
pub const RELEASE_TEARDOWN: &str = "pgro.bes.au/release-teardown";
/// The value of `release-teardown` that was found to speak of the absence of now: a restart does not forget it. Removed
/// when the worklist speaks of the replica again.
pub const RELEASE_TEARDOWN_NOTED: &str = "pgro.bes.au/release-teardown-noted";
/// How large the snapshot is that the last sizing asked for, as JSON: its id, `bytes` and `files`.
pub const SNAPSHOT_SIZE: &str = "pgro.bes.au/snapshot-size";
/// How far the restore in progress is, as JSON, about once a minute: `bytes_done` of `bytes_total`, `files_done` of
/// `files_total`, `bytes_per_second`, `seconds_left`, with the Job and the time; removed by the next change of the record.
pub const RESTORE_PROGRESS: &str = "pgro.bes.au/restore-progress";
/// Least size of the next run's volume, bytes: written when one proved too small; remove it to begin anew.
pub const VOLUME_MIN_BYTES: &str = "pgro.bes.au/volume-min-bytes";
