//! A scenario file as it is written; `operator/scenarios/README.md` says what each word means.

use contract::pods::RowCounts;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// One rule of the planner: a situation, and what is decided in it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    pub(crate) why: String,
    #[serde(default)]
    pub(crate) policy: PolicyWords,
    /// Entries by name; none: no worklist was read yet.
    pub(crate) worklist: Option<BTreeMap<String, Entry>>,
    #[serde(default)]
    pub(crate) quarantined: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) incomplete: bool,
    /// Since when the operator acts.
    pub(crate) acting_since: Option<String>,
    #[serde(default)]
    pub(crate) polls: Vec<Poll>,
    #[serde(default)]
    pub(crate) cluster: BTreeMap<String, Namespace>,
    pub(crate) plan: BTreeMap<String, BTreeMap<String, Value>>,
}

/// What is not as it is by default.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyWords {
    pub(crate) max_concurrent_restores: Option<usize>,
    pub(crate) drain: Option<String>,
    pub(crate) volume: Option<String>,
    pub(crate) volume_max: Option<String>,
}

/// An entry: the snapshot's word alone, nothing at all, or all there is to say.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Entry {
    None(()),
    Snapshot(String),
    Full(FullEntry),
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FullEntry {
    pub(crate) snapshot: Option<String>,
    /// `never`: the worklist does not say.
    pub(crate) taken: Option<String>,
    pub(crate) freshness: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) intent: Option<String>,
    pub(crate) group: Option<u64>,
    pub(crate) bucket: Option<String>,
    /// `params.probes`, as Canopy says it.
    pub(crate) probes: Option<Value>,
}

/// Worklists read before the one in force: of all names the file knows, all but some, or none.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Poll {
    pub(crate) lists: u32,
    pub(crate) apart: String,
    #[serde(default)]
    pub(crate) without: Vec<String>,
    #[serde(default)]
    pub(crate) empty: bool,
    #[serde(default)]
    pub(crate) incomplete: bool,
}

/// A namespace of ours.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Namespace {
    pub(crate) unreadable: Option<String>,
    pub(crate) created: Option<String>,
    pub(crate) terminating: Option<String>,
    pub(crate) waits_for: Vec<String>,
    pub(crate) behind: bool,
    pub(crate) state: Option<String>,
    pub(crate) desired: Option<String>,
    pub(crate) intent: Option<String>,
    pub(crate) attempt: Option<String>,
    pub(crate) begun: Option<String>,
    /// `2 of now at 5m ago`: how often it went on, whether after the Job there is `now` or one `before`, and when that was
    /// decided.
    pub(crate) resumed: Option<String>,
    pub(crate) failures_before: u32,
    pub(crate) failed: Option<Failed>,
    pub(crate) succeeded: Option<String>,
    pub(crate) serving: Option<String>,
    pub(crate) restored: Option<String>,
    pub(crate) service: Option<String>,
    pub(crate) runs: BTreeMap<String, RunWords>,
    pub(crate) reports: Vec<String>,
    pub(crate) force_refresh: Option<String>,
    pub(crate) released: Option<String>,
    pub(crate) noted: bool,
    pub(crate) hindered: Option<String>,
    pub(crate) tried_since: Option<String>,
    pub(crate) acted_on: Option<String>,
    /// `a 100Gi`: how large a snapshot is known to be.
    pub(crate) size: Option<String>,
    pub(crate) volume_min: Option<String>,
    /// Rows by database of the last good run.
    pub(crate) rows: RowCounts,
}

/// How the attempt failed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Failed {
    pub(crate) at: String,
    pub(crate) reason: String,
}

/// What is there of a run.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RunWords {
    pub(crate) sizing: Option<String>,
    pub(crate) job: Option<String>,
    /// What the restore was fitted to.
    pub(crate) size: Option<String>,
    pub(crate) postgres: Option<String>,
    pub(crate) since: Option<String>,
    pub(crate) ended: Option<String>,
    pub(crate) going: bool,
    pub(crate) writing: bool,
    pub(crate) outlived: bool,
    pub(crate) volume: Option<bool>,
    /// What its restore Job was to ask.
    pub(crate) probes: Option<Value>,
}

impl Entry {
    /// All there is to say of it.
    pub(crate) fn full(&self) -> FullEntry {
        match self {
            Self::None(()) => FullEntry::default(),
            Self::Snapshot(word) => FullEntry { snapshot: Some(word.clone()), ..FullEntry::default() },
            Self::Full(full) => full.clone(),
        }
    }
}

/// Reads a file; what it does not know is an error that says so.
pub(crate) fn parse(text: &str) -> Result<Scenario, String> {
    let value: Value = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
    serde_json::from_value(value).map_err(|error| error.to_string())
}
