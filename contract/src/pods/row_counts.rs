//! How many rows the tables of each database hold.

use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, str::FromStr};

/// Rows of users' tables by database; of one that could not be read to its end it is only known that it is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RowCounts(BTreeMap<String, Option<u64>>);

impl RowCounts {
    /// Whether no database is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The rows of a database, where both are known.
    pub fn of(&self, database: &str) -> Option<u64> {
        self.0.get(database).copied().flatten()
    }

    /// By name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, Option<u64>)> {
        self.0.iter().map(|(name, rows)| (name.as_str(), *rows))
    }
}

impl FromIterator<(String, Option<u64>)> for RowCounts {
    fn from_iter<I: IntoIterator<Item = (String, Option<u64>)>>(counts: I) -> Self {
        Self(counts.into_iter().collect())
    }
}

/// JSON in one line.
impl fmt::Display for RowCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for RowCounts {
    type Err = serde_json::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        serde_json::from_str(text)
    }
}
