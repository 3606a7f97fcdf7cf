//! The last good worklist, normalised and keyed.

use super::Quarantined;
use crate::model::Wanted;
use contract::ids::ReplicaKey;
use std::collections::BTreeMap;

/// What Canopy wants, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Worklist {
    known: bool,
    complete: bool,
    wanted: BTreeMap<ReplicaKey, Wanted>,
    quarantined: Quarantined,
}

/// What Canopy wants of one replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish<'a> {
    /// No worklist was read yet.
    Unknown,
    /// This.
    Wanted(&'a Wanted),
    /// Its entry does not read.
    Quarantined(&'a str),
    /// It is not in the list.
    Absent,
}

impl Worklist {
    /// A worklist that was read: `complete` is false where an entry did not even tell whose it is.
    pub fn read(wanted: impl IntoIterator<Item = Wanted>, quarantined: Quarantined, complete: bool) -> Self {
        let wanted = wanted.into_iter().map(|w| (w.identity.key, w)).collect();
        Self { known: true, complete, wanted, quarantined }
    }

    /// What is wanted of `key`.
    pub fn wish(&self, key: ReplicaKey) -> Wish<'_> {
        if let Some(why) = self.quarantined.get(&key) {
            return Wish::Quarantined(why);
        }
        match self.wanted.get(&key) {
            Some(wanted) => Wish::Wanted(wanted),
            None if self.known => Wish::Absent,
            None => Wish::Unknown,
        }
    }

    /// Entries that read.
    pub fn entries(&self) -> impl Iterator<Item = &Wanted> {
        self.wanted.values().filter(|wanted| !self.quarantined.contains_key(&wanted.identity.key))
    }

    /// Whether absence from it means anything.
    pub fn is_complete(&self) -> bool {
        self.known && self.complete
    }

    /// Whether nothing at all is wanted.
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty() && self.quarantined.is_empty()
    }
}
