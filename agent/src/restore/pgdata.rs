//! Which data directory of a snapshot is meant.
//!
//! Input: a survey. Output: one cluster of a version that can be served, or the reason why none.
//! Must not: touch the disk, or choose where two choices are equally good.

use super::survey::{Cluster, Link, Survey};
use crate::text::quoted;
use std::{fmt::Write, path::Path};

/// Major versions that can be served; 13 is the oldest whose tools behave as this crate expects.
pub(super) const SUPPORTED: std::ops::RangeInclusive<u16> = 13..=18;
/// More candidates than these do not help the reader of an error.
const LISTED_MAX: usize = 10;

/// Why there is no one data directory.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ChooseError {
    /// There is none.
    #[error(
        "failed to find a data directory: none of {files} restored files is a PG_VERSION beside global/pg_control"
    )]
    Find {
        /// How many files there are.
        files: u64,
    },
    /// There are several.
    #[error("failed to choose a data directory: {why}; candidates: {candidates}")]
    Choose {
        /// Why no rule decides.
        why: &'static str,
        /// All of them, with their versions.
        candidates: String,
    },
    /// There is one, of a version that cannot be served.
    #[error(
        "failed to accept version {version:?} of the data directory {path:?}: majors 13 to 18 can be served"
    )]
    Accept {
        /// What `PG_VERSION` says.
        version: String,
        /// The data directory.
        path: String,
    },
}

/// The chosen data directory.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chosen<'a> {
    /// It.
    pub(super) cluster: &'a Cluster,
    /// Its major version.
    pub(super) major: u16,
}

/// The cluster a link named `current` leads to; without such a link, the one of the highest version.
pub(super) fn choose(survey: &Survey) -> Result<Chosen<'_>, ChooseError> {
    let cluster = match survey.clusters.as_slice() {
        [] => return Err(ChooseError::Find { files: survey.files }),
        [only] => only,
        several => among(several, &survey.links)?,
    };
    match major(&cluster.version).filter(|major| SUPPORTED.contains(major)) {
        Some(major) => Ok(Chosen { cluster, major }),
        None => Err(ChooseError::Accept {
            version: cluster.version.clone(),
            path: cluster.path.display().to_string(),
        }),
    }
}

fn among<'a>(clusters: &'a [Cluster], links: &[Link]) -> Result<&'a Cluster, ChooseError> {
    let current: Vec<&Link> = links.iter().filter(|link| link.path.ends_with("current")).collect();
    if current.is_empty() {
        return highest(clusters);
    }
    let meant: Vec<&Cluster> =
        clusters.iter().filter(|cluster| current.iter().any(|link| leads_to(link, &cluster.path))).collect();
    match meant.as_slice() {
        [one] => Ok(one),
        [] => Err(ambiguous("a link `current` leads to none of them", clusters)),
        _ => Err(ambiguous("links `current` lead to several of them", clusters)),
    }
}

/// Whether `link` means the data directory `path`, or a directory above it.
///
/// An absolute link was true on the source host, where the snapshot had another parent: its end still tells.
fn leads_to(link: &Link, path: &Path) -> bool {
    let by_its_end =
        || link.target.is_absolute() && !path.as_os_str().is_empty() && link.target.ends_with(path);
    link.inside.as_ref().map_or_else(by_its_end, |inside| path.starts_with(inside))
}

fn highest(clusters: &[Cluster]) -> Result<&Cluster, ChooseError> {
    let best = clusters.iter().map(|cluster| number(&cluster.version)).max();
    let mut top = clusters.iter().filter(|cluster| Some(number(&cluster.version)) == best);
    match (top.next(), top.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(ambiguous("several have the highest version and no link `current` points to one", clusters)),
    }
}

fn ambiguous(why: &'static str, clusters: &[Cluster]) -> ChooseError {
    let mut named: Vec<_> = clusters.iter().map(|c| format!("{} ({})", quoted(&c.path), c.version)).collect();
    named.sort();
    let omitted = named.len().saturating_sub(LISTED_MAX);
    named.truncate(LISTED_MAX);
    let mut candidates = named.join(", ");
    if omitted > 0 {
        let _ = write!(candidates, " and {omitted} more");
    }
    ChooseError::Choose { why, candidates }
}

/// The major version; `9.6` and nonsense have none.
fn major(version: &str) -> Option<u16> {
    version.parse().ok()
}

/// For comparison only: `9.6` is below `13`, nonsense is below everything.
fn number(version: &str) -> (u16, u16) {
    let (first, second) = version.split_once('.').unwrap_or((version, "0"));
    (first.parse().unwrap_or(0), second.parse().unwrap_or(0))
}

#[cfg(test)]
mod tests;
