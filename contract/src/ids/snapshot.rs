//! The id of a kopia snapshot.

use super::InvalidId;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A kopia manifest or root object id: at most one letter, then 16 to 128 lower-case hex digits.
///
/// Kopia takes anything else on its command line for a *path* and restores the latest snapshot of it, so a text
/// that is no id must never reach it; this type is the proof that it cannot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SnapshotId(Box<str>);

impl SnapshotId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_snapshot_id(text: &str) -> bool {
    let digits =
        text.strip_prefix(|c: char| c.is_ascii_lowercase() && !c.is_ascii_hexdigit()).unwrap_or(text);
    (16..=128).contains(&digits.len()) && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

impl FromStr for SnapshotId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let expected = "an optional letter g-z and 16 to 128 lower-case hex digits";
        is_snapshot_id(text)
            .then(|| Self(text.into()))
            .ok_or_else(|| InvalidId::new("snapshot id", text, expected))
    }
}

impl TryFrom<String> for SnapshotId {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<SnapshotId> for String {
    fn from(id: SnapshotId) -> Self {
        id.0.into()
    }
}

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
