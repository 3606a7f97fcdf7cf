//! How far the list and watch of one kind are.

use super::Kind;
use std::time::Duration;
use tokio::time::Instant;

/// A watch that breaks off is begun again within seconds; one that has failed for this long hides the cluster.
const BROKEN_AFTER: Duration = Duration::from_mins(2);

/// Errors further apart than this are not one trouble: the longest pause between two tries is shorter.
const TROUBLE_GAP: Duration = Duration::from_secs(90);

/// Why the cluster is not seen whole, and nothing is decided.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Blind {
    /// The first list is not read to its end.
    #[error("the list of {kind} is not complete yet{}", .why.as_ref().map(|why| format!(": {why}")).unwrap_or_default())]
    NotListed {
        /// Of what.
        kind: Kind,
        /// What went wrong, if something did.
        why: Option<String>,
    },
    /// It was read, but is not followed any longer.
    #[error(
        "failed to follow {kind} for {} s; check the operator's ClusterRole and the API server: {why}",
        .since.as_secs()
    )]
    Broken {
        /// What.
        kind: Kind,
        /// For how long.
        since: Duration,
        /// What went wrong last.
        why: String,
    },
}

/// How far it is.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Lists begun.
    begun: u32,
    /// The last list that was read to its end; 0: none.
    complete: u32,
    /// The newest resourceVersion seen.
    latest: u64,
    trouble: Option<Trouble>,
}

#[derive(Debug)]
struct Trouble {
    since: Instant,
    last: Instant,
    why: String,
}

impl Progress {
    /// A list begins.
    pub(super) fn begin(&mut self) {
        self.begun += 1;
    }

    /// The list is read to its end; its number.
    pub(super) fn complete(&mut self) -> u32 {
        self.trouble = None;
        self.complete = self.begun;
        self.complete
    }

    /// The list that objects are seen in now.
    pub(super) fn list(&self) -> u32 {
        self.begun
    }

    /// An object of that version was seen.
    pub(super) fn saw(&mut self, version: Option<&str>) {
        let version = version.and_then(|text| text.parse().ok()).unwrap_or(0);
        self.latest = self.latest.max(version);
    }

    /// The watch goes on.
    pub(super) fn goes_on(&mut self) {
        self.trouble = None;
    }

    /// The list or the watch failed.
    pub(super) fn failed(&mut self, why: String, now: Instant) {
        let earlier = self.trouble.take().filter(|trouble| now - trouble.last < TROUBLE_GAP);
        let since = earlier.map_or(now, |trouble| trouble.since);
        self.trouble = Some(Trouble { since, last: now, why });
    }

    /// Whether everything up to `version` was seen: Kubernetes orders the versions of one kind as numbers.
    pub(super) fn has(&self, version: u64) -> bool {
        self.latest >= version
    }

    /// Whether a list was read to its end that was begun after the list `earlier`.
    pub(super) fn has_listed_since(&self, earlier: u32) -> bool {
        self.complete > earlier
    }

    /// Why this kind is not known, if it is not.
    pub(super) fn blind(&self, kind: Kind, now: Instant) -> Option<Blind> {
        let trouble = self.trouble.as_ref().filter(|trouble| now - trouble.last < TROUBLE_GAP);
        if self.complete == 0 {
            return Some(Blind::NotListed { kind, why: trouble.map(|trouble| trouble.why.clone()) });
        }
        let trouble = trouble.filter(|trouble| trouble.last - trouble.since >= BROKEN_AFTER)?;
        Some(Blind::Broken { kind, since: now - trouble.since, why: trouble.why.clone() })
    }
}
