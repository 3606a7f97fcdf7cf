//! One worklist entry, normalised: what should be, in terms the planner compares.

use super::{Identity, Reason, Trouble};
use contract::{
    canopy::WorklistEntry,
    ids::{Bucket, InvalidId, Prefix, Region, SnapshotId},
    names::{NamespaceName, namespace_name},
    probes::Probes,
};
use jiff::{SignedDuration, Timestamp};

/// A replica the worklist asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Who it is.
    pub identity: Identity,
    /// Where it goes if it has no namespace yet.
    pub namespace: NamespaceName,
    /// A person's name for it.
    pub display_name: String,
    /// Greatest acceptable age of what is served; none: only newer snapshots matter.
    pub freshness: Option<SignedDuration>,
    /// Age from which people are told that it is overdue, where that is another.
    pub overdue_after: Option<SignedDuration>,
    /// What should be served.
    pub target: Target,
}

/// What should be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// No snapshot yet: the namespace alone.
    Nothing,
    /// A snapshot that can be asked for.
    Restore(Snapshot),
    /// A snapshot that can never be asked for as the entry stands: its id or its place is no valid one, or nobody can
    /// tell what is to be asked of its data.
    Impossible {
        /// The id, exactly as the worklist names it.
        snapshot: String,
        /// When it was taken, as the worklist says.
        at: Option<Timestamp>,
        /// What is wrong.
        why: Trouble,
    },
}

impl Target {
    /// The snapshot's id and time as the worklist gives them.
    pub fn snapshot(&self) -> Option<(&str, Option<Timestamp>)> {
        match self {
            Self::Nothing => None,
            Self::Restore(snapshot) => Some((snapshot.id.as_str(), snapshot.at)),
            Self::Impossible { snapshot, at, .. } => Some((snapshot, *at)),
        }
    }

    /// The bucket it is read from, where that reads.
    pub fn bucket(&self) -> Option<&str> {
        match self {
            Self::Restore(snapshot) => Some(snapshot.source.bucket.as_str()),
            Self::Nothing | Self::Impossible { .. } => None,
        }
    }
}

/// A snapshot and where it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Its id.
    pub id: SnapshotId,
    /// When it was taken.
    pub at: Option<Timestamp>,
    /// The repository it is in.
    pub source: Source,
    /// What the declaration asks of its data.
    pub probes: Probes,
}

/// Where a repository lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Bucket.
    pub bucket: Bucket,
    /// Key prefix.
    pub prefix: Prefix,
    /// Region.
    pub region: Region,
}

/// Longest age that is reckoned with, 100 years: more overflows calendars and means "never".
const FRESHNESS_MAX_SECS: u64 = 100 * 366 * 24 * 3600;

impl From<&WorklistEntry> for Wanted {
    fn from(entry: &WorklistEntry) -> Self {
        let seconds =
            |s: u64| SignedDuration::from_secs(i64::try_from(s.min(FRESHNESS_MAX_SECS)).unwrap_or(0));
        Self {
            identity: Identity {
                key: entry.key(),
                group: entry.group_id,
                backup_type: entry.backup_type.clone(),
                intent: entry.intent,
            },
            namespace: namespace_name(&entry.name, entry.key()),
            display_name: entry.name.chars().filter(|c| !c.is_control()).take(200).collect(),
            freshness: entry.freshness_seconds.map(seconds),
            overdue_after: entry.overdue_after_seconds.map(seconds),
            target: target(entry),
        }
    }
}

fn target(entry: &WorklistEntry) -> Target {
    let Some(id) = &entry.snapshot_id else { return Target::Nothing };
    match snapshot(id, entry) {
        Ok(snapshot) => Target::Restore(snapshot),
        Err(why) => {
            Target::Impossible { snapshot: id.chars().take(256).collect(), at: entry.snapshot_at, why }
        }
    }
}

fn snapshot(id: &str, entry: &WorklistEntry) -> Result<Snapshot, Trouble> {
    let (id, source) =
        place(id, entry).map_err(|why| Trouble::new(Reason::InvalidSnapshot, why.to_string()))?;
    let probes = Probes::of_params(entry.params.as_ref());
    let probes = probes.map_err(|why| Trouble::new(Reason::InvalidProbes, why.to_string()))?;
    Ok(Snapshot { id, at: entry.snapshot_at, source, probes })
}

fn place(id: &str, entry: &WorklistEntry) -> Result<(SnapshotId, Source), InvalidId> {
    let source = Source {
        bucket: entry.bucket.parse()?,
        prefix: entry.prefix.parse()?,
        region: entry.region.parse()?,
    };
    Ok((id.parse()?, source))
}
