//! The worklist, read entry by entry: one bad entry is set aside, never the reason to lose the others.
//!
//! Input: the bytes of one complete answer. Output: a [`Worklist`], or why the whole answer is worth nothing.
//! Must not: lose an entry without a trace, for what is missing may be torn down.

use contract::{
    canopy::WorklistEntry,
    ids::{ReplicaId, ReplicaKey, ServerId},
};
use serde::{
    Deserialize, Deserializer,
    de::{self, SeqAccess, Visitor},
};
use serde_json::{error::Category, value::RawValue};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Most entries of one answer; several times the fleet this is made for.
const MAX_ENTRIES: usize = 50_000;
/// Longest entry in bytes: `params` and names are free texts, but a megabyte of them is an accident.
const MAX_ENTRY_BYTES: usize = 256 * 1024;
/// Longest explanation kept of one rejected entry.
const MAX_WHY: usize = 200;

/// One complete answer of Canopy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Worklist {
    /// What can be worked on, in Canopy's order, one entry for each key.
    pub entries: Vec<WorklistEntry>,
    /// What cannot. Their replicas are wanted all the same.
    pub rejected: Vec<Rejected>,
}

/// An entry that cannot be worked on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Whose it is. `None`: it does not even say that, so it may be anybody's, and nobody's absence is believed.
    pub key: Option<ReplicaKey>,
    /// What is wrong with it.
    pub why: String,
}

/// Stands for an answer, byte by byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of an answer.
    pub(crate) fn of(body: &[u8]) -> Self {
        Self(Sha256::digest(body).into())
    }
}

/// What Canopy answers one who has asked before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// What it answered then, word for word.
    Same,
    /// This, and where that is worth while what stands for it.
    Another(Worklist, Option<Fingerprint>),
}

impl Heard {
    /// How many of its entries can be worked on; none: as many as before.
    pub(super) fn usable(&self) -> Option<usize> {
        match self {
            Self::Same => None,
            Self::Another(list, _) => Some(list.entries.len()),
        }
    }
}

/// Reads one complete answer, unless it is the `known` one; the error says why none of it can be used. An empty one is
/// never known: who asks has something to do about it each time.
pub(super) fn hear(body: &[u8], known: Option<Fingerprint>) -> Result<Heard, String> {
    let fingerprint = Fingerprint::of(body);
    if known == Some(fingerprint) {
        return Ok(Heard::Same);
    }
    let list = parse(body)?;
    let is_empty = list.entries.is_empty() && list.rejected.is_empty();
    Ok(Heard::Another(list, (!is_empty).then_some(fingerprint)))
}

/// Reads one complete answer; the error says why none of it can be used.
pub fn parse(body: &[u8]) -> Result<Worklist, String> {
    let Elements(elements) = serde_json::from_slice(body).map_err(|error| shape_of(&error))?;
    let (mut readable, mut rejected) = (Vec::new(), Vec::new());
    for element in elements {
        match entry(element) {
            Ok(entry) => readable.push(entry),
            Err(bad) => rejected.push(bad),
        }
    }
    let contradicted = contradicted(&readable, &rejected);
    readable.retain(|entry| !contradicted.contains(&entry.key()));
    let mut seen = BTreeSet::new();
    readable.retain(|entry| seen.insert(entry.key()));
    rejected.extend(contradicted.into_iter().map(|key| Rejected {
        key: Some(key),
        why: "it stands in the worklist more than once, each time differently".to_owned(),
    }));
    Ok(Worklist { entries: readable, rejected })
}

/// Keys of readable entries about which another entry says something else, or something unreadable.
fn contradicted(readable: &[WorklistEntry], rejected: &[Rejected]) -> BTreeSet<ReplicaKey> {
    let mut first: BTreeMap<ReplicaKey, &WorklistEntry> = BTreeMap::new();
    let mut found = BTreeSet::new();
    for entry in readable {
        if *first.entry(entry.key()).or_insert(entry) != entry {
            found.insert(entry.key());
        }
    }
    found.extend(rejected.iter().filter_map(|bad| bad.key).filter(|key| first.contains_key(key)));
    found
}

fn entry(element: &RawValue) -> Result<WorklistEntry, Rejected> {
    let text = element.get();
    let rejected = |why: String| Rejected { key: key(text), why: why.chars().take(MAX_WHY).collect() };
    if text.len() > MAX_ENTRY_BYTES {
        return Err(rejected(format!("it is longer than {MAX_ENTRY_BYTES} bytes")));
    }
    serde_json::from_str(text).map_err(|error| rejected(error.to_string()))
}

/// The key of an entry that is otherwise unreadable.
fn key(text: &str) -> Option<ReplicaKey> {
    #[derive(Deserialize)]
    struct Keyed {
        replica_id: ReplicaId,
        server_id: ServerId,
    }
    let Keyed { replica_id, server_id } = serde_json::from_str(text).ok()?;
    Some(ReplicaKey { replica_id, server_id })
}

/// What kind of error it is and where, without the offending text.
pub(super) fn shape_of(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        Category::Io => "it could not be read",
        Category::Syntax => "it is no JSON",
        Category::Data => "it is JSON of another shape",
        Category::Eof => "it ends too early",
    };
    format!("{what}, line {} column {}", error.line(), error.column())
}

/// The elements of an array, each still as it came.
struct Elements<'a>(Vec<&'a RawValue>);

impl<'de> Deserialize<'de> for Elements<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ElementsVisitor)
    }
}

struct ElementsVisitor;

impl<'de> Visitor<'de> for ElementsVisitor {
    type Value = Elements<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element()? {
            if elements.len() == MAX_ENTRIES {
                return Err(de::Error::custom("too many entries"));
            }
            elements.push(element);
        }
        Ok(Elements(elements))
    }
}

#[cfg(test)]
mod tests;
