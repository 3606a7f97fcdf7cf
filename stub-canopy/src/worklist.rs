//! The desired state that is handed out: entries exactly as they were given, with what they say beside the text.
//!
//! Input: JSON text of entries, checked against the contract. Output: the same text again for the advertised
//! intents, and what the declarations grant. Must not: reorder, reformat or drop fields of an entry.

use contract::{
    canopy::{Verification, WorklistEntry},
    ids::{BackupType, GroupId, Intent, ReplicaId, ServerId},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use serde_json::value::RawValue;
use std::collections::BTreeSet;

/// One entry: valid, and kept as the very text that was given, unknown fields and number formats included.
#[derive(Debug, Clone)]
pub struct Entry {
    given: Box<RawValue>,
    says: WorklistEntry,
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let given = Box::<RawValue>::deserialize(deserializer)?;
        let says = serde_json::from_str(given.get()).map_err(D::Error::custom)?;
        Ok(Self { given, says })
    }
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.given.serialize(serializer)
    }
}

/// Where a repository lies, as an entry names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Bucket of the repository.
    pub bucket: String,
    /// Key prefix of the repository, may be empty.
    pub prefix: String,
    /// Region of the bucket.
    pub region: String,
}

/// All declarations there are, dispatched or not.
#[derive(Debug, Clone, Default)]
pub struct Worklist(Vec<Entry>);

impl Worklist {
    /// Takes the place of everything; duplicates stay, so that a test can hand them out.
    pub fn replace(&mut self, entries: Vec<Entry>) {
        self.0 = entries;
    }

    /// Adds one, in the place of what had its key.
    pub fn put(&mut self, entry: Entry) {
        let key = entry.says.key();
        let place = self.0.iter().position(|old| old.says.key() == key).unwrap_or(self.0.len());
        self.0.retain(|old| old.says.key() != key);
        self.0.insert(place.min(self.0.len()), entry);
    }

    /// Removes a declaration, or one server of it; tells whether there was one.
    pub fn remove(&mut self, replica: ReplicaId, server: Option<ServerId>) -> bool {
        let before = self.0.len();
        let meant = |entry: &Entry| {
            entry.says.replica_id == replica && server.is_none_or(|id| entry.says.server_id == id)
        };
        self.0.retain(|entry| !meant(entry));
        self.0.len() < before
    }

    /// What a consumer that advertised `intents` is told.
    pub fn dispatched(&self, intents: &BTreeSet<Intent>) -> Vec<&Entry> {
        self.0.iter().filter(|entry| intents.contains(&entry.says.intent)).collect()
    }

    /// What the declarations of a group and type grant reading of; nothing: none grants it.
    pub fn granted(&self, group: GroupId, backup_type: &BackupType) -> BTreeSet<Place> {
        let grants = |says: &&WorklistEntry| says.group_id == group && says.backup_type == *backup_type;
        let place = |says: &WorklistEntry| Place {
            bucket: says.bucket.clone(),
            prefix: says.prefix.clone(),
            region: says.region.clone(),
        };
        self.0.iter().map(|entry| &entry.says).filter(grants).map(place).collect()
    }

    /// Whether the declaration a report is about still stands.
    pub fn declares(&self, report: &Verification) -> bool {
        self.0.iter().map(|entry| &entry.says).any(|says| {
            says.server_id == report.server_id
                && says.group_id == report.group
                && says.backup_type == report.backup_type
                && says.intent == report.intent
                && report.replica_id.is_none_or(|replica| replica == says.replica_id)
        })
    }
}

#[cfg(test)]
mod tests;
