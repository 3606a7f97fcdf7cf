//! Record to annotations and back.

use super::{Phase, Record};
use contract::{names::annotations as keys, pods::RowCounts};
use serde::{Serialize, de::DeserializeOwned};
use std::{collections::BTreeMap, fmt::Display, str::FromStr};

/// An annotation of ours that does not parse.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to read annotation {key}={value:?} ({why}); correct or remove it")]
pub struct UnreadableRecord {
    /// Which.
    pub key: &'static str,
    /// What it holds, cut to 200 characters.
    pub value: String,
    /// What the parser said.
    pub why: String,
}

impl Record {
    /// Every annotation of ours, those to be removed included: written as a whole, nothing stale stays.
    pub fn to_annotations(&self) -> BTreeMap<&'static str, Option<String>> {
        let time = |t: &Option<jiff::Timestamp>| t.map(|t| t.to_string());
        BTreeMap::from([
            (keys::RESTORE_STATE, Some(self.phase.to_string())),
            (keys::DISPLAY_NAME, self.display_name.clone()),
            (keys::DESIRED_SNAPSHOT_ID, self.desired_snapshot_id.clone()),
            (keys::DESIRED_SNAPSHOT_AT, time(&self.desired_snapshot_at)),
            (keys::LAST_RESTORED_SNAPSHOT_ID, self.last_restored_snapshot_id.clone()),
            (keys::LAST_RESTORED_SNAPSHOT_AT, time(&self.last_restored_snapshot_at)),
            (keys::LAST_RESTORED_AT, time(&self.last_restored_at)),
            (keys::LAST_RESTORED_ROWS, rows(&self.last_restored_rows)),
            (keys::SERVING_RUN, self.serving_run.as_ref().map(ToString::to_string)),
            (keys::POSTGRES_VERSION, self.postgres_version.clone()),
            (keys::LAST_VERIFICATION_REPORTED_AT, time(&self.last_verification_reported_at)),
            (keys::LAST_VERIFICATION_ERROR, self.last_verification_error.clone()),
            (keys::LAST_REPORT_REFUSAL, self.last_report_refusal.clone()),
            (keys::FORCE_REFRESH, self.force_refresh.clone()),
            (keys::FORCE_REFRESH_ACTED_ON, self.force_refresh_acted_on.clone()),
            (keys::RELEASE_TEARDOWN_NOTED, time(&self.release_noted)),
            (keys::SNAPSHOT_SIZE, self.snapshot_size.as_ref().map(json)),
            // told by its proxy and not remembered: what changes here ends what it told of
            (keys::RESTORE_PROGRESS, None),
            (keys::VOLUME_MIN_BYTES, self.volume_min_bytes.map(|bytes| bytes.to_string())),
            (keys::ATTEMPT, self.attempt.as_ref().map(json)),
            (keys::PENDING_REPORT, (!self.outbox.is_empty()).then(|| json(&self.outbox))),
        ])
    }

    /// The record in a namespace's annotations, or the first one that does not parse.
    pub fn from_annotations(annotations: &BTreeMap<String, String>) -> Result<Self, UnreadableRecord> {
        let read = Reader { annotations };
        Ok(Self {
            phase: read.parsed(keys::RESTORE_STATE)?.unwrap_or(Phase::Pending),
            display_name: read.text(keys::DISPLAY_NAME),
            desired_snapshot_id: read.text(keys::DESIRED_SNAPSHOT_ID),
            desired_snapshot_at: read.parsed(keys::DESIRED_SNAPSHOT_AT)?,
            last_restored_snapshot_id: read.text(keys::LAST_RESTORED_SNAPSHOT_ID),
            last_restored_snapshot_at: read.parsed(keys::LAST_RESTORED_SNAPSHOT_AT)?,
            last_restored_at: read.parsed(keys::LAST_RESTORED_AT)?,
            last_restored_rows: read.json(keys::LAST_RESTORED_ROWS)?.unwrap_or_default(),
            serving_run: read.parsed(keys::SERVING_RUN)?,
            postgres_version: read.text(keys::POSTGRES_VERSION),
            last_verification_reported_at: read.parsed(keys::LAST_VERIFICATION_REPORTED_AT)?,
            last_verification_error: read.text(keys::LAST_VERIFICATION_ERROR),
            last_report_refusal: read.text(keys::LAST_REPORT_REFUSAL),
            force_refresh: read.text(keys::FORCE_REFRESH),
            force_refresh_acted_on: read.text(keys::FORCE_REFRESH_ACTED_ON),
            release_noted: read.parsed(keys::RELEASE_TEARDOWN_NOTED)?,
            snapshot_size: read.json(keys::SNAPSHOT_SIZE)?,
            volume_min_bytes: read.parsed(keys::VOLUME_MIN_BYTES)?,
            attempt: read.json(keys::ATTEMPT)?,
            outbox: read.json(keys::PENDING_REPORT)?.unwrap_or_default(),
        })
    }
}

fn rows(rows: &RowCounts) -> Option<String> {
    (!rows.is_empty()).then(|| rows.to_string())
}

fn json<T: Serialize>(value: &T) -> String {
    // Only maps with keys that are no strings, and failing Serialize impls, can fail here; the record has neither.
    serde_json::to_string(value).unwrap_or_default()
}

struct Reader<'a> {
    annotations: &'a BTreeMap<String, String>,
}

impl Reader<'_> {
    fn text(&self, key: &'static str) -> Option<String> {
        self.annotations.get(key).cloned()
    }

    fn parsed<T: FromStr<Err: Display>>(&self, key: &'static str) -> Result<Option<T>, UnreadableRecord> {
        self.read(key, |value| value.parse().map_err(|error: T::Err| error.to_string()))
    }

    fn json<T: DeserializeOwned>(&self, key: &'static str) -> Result<Option<T>, UnreadableRecord> {
        self.read(key, |value| serde_json::from_str(value).map_err(|error| error.to_string()))
    }

    fn read<T>(
        &self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, UnreadableRecord> {
        let Some(value) = self.annotations.get(key) else { return Ok(None) };
        let shown = || value.chars().take(200).collect();
        parse(value).map(Some).map_err(|why| UnreadableRecord { key, value: shown(), why })
    }
}
