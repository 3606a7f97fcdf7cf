//! The words scenario files use for instants, snapshots, runs and replicas, and the way back to them.
//!
//! Input: a word. Output: the value it stands for. Must not: accept a word it does not know.

use contract::{
    ids::{ReplicaId, ReplicaKey, ServerId},
    names::{NamespaceName, RunName, namespace_name},
};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// When every scenario happens.
pub(crate) const NOW: &str = "2026-06-01T12:00:00Z";

/// `now`, `5m ago`, `in 5m`, or an RFC 3339 instant.
pub(crate) fn moment(word: &str) -> Timestamp {
    let now: Timestamp = NOW.parse().unwrap();
    match word.strip_prefix("in ") {
        _ if word == "now" => now,
        Some(later) => now + span(later),
        None if word.ends_with(" ago") => now + span(word),
        None => word.parse().unwrap_or_else(|error| panic!("{word:?} is no moment: {error}")),
    }
}

/// `30s`, `1h 30m`.
pub(crate) fn span(word: &str) -> SignedDuration {
    word.parse().unwrap_or_else(|error| panic!("{word:?} is no length of time: {error}"))
}

/// The word for an instant.
pub(crate) fn told(at: Timestamp) -> String {
    let distance = at.duration_since(moment("now"));
    match distance.signum() {
        0 => "now".to_owned(),
        _ if distance.abs() > SignedDuration::from_hours(24 * 14) => at.to_string(),
        1 => format!("in {distance:#}"),
        _ => format!("{distance:#}"),
    }
}

/// Snapshot `a` to `f` is a valid id of that letter; any other word stands for itself.
pub(crate) fn snapshot(word: &str) -> String {
    if is_letter(word) { word.repeat(32) } else { word.to_owned() }
}

/// Snapshot `a` was taken on May 1, `b` on May 2, and so on; one that stands for itself on May 1.
pub(crate) fn taken(word: &str) -> Timestamp {
    let day = if is_letter(word) { word.as_bytes()[0] - b'a' + 1 } else { 1 };
    format!("2026-05-{day:02}T00:00:00Z").parse().unwrap()
}

fn is_letter(word: &str) -> bool {
    matches!(word.as_bytes(), [b'a'..=b'f'])
}

/// `a.2` is the second attempt at snapshot `a`: the snapshot's word and the attempt's number.
pub(crate) fn attempt(word: &str) -> (&str, u32) {
    let parts = word.rsplit_once('.').and_then(|(snapshot, number)| Some((snapshot, number.parse().ok()?)));
    parts.unwrap_or_else(|| panic!("{word:?} is no attempt; one looks like a.1"))
}

/// The run of an attempt.
pub(crate) fn run(word: &str) -> RunName {
    let (letter, number) = attempt(word);
    RunName::of(&snapshot(letter), number)
}

/// A text with the words for all snapshots, runs and times of day put back.
pub(crate) fn in_words(text: &str) -> String {
    let mut text = text.to_owned();
    for letter in ["a", "b", "c", "d", "e", "f"] {
        for number in 1..=20 {
            text = text.replace(run(&format!("{letter}.{number}")).as_str(), &format!("{letter}.{number}"));
        }
        text = text.replace(&snapshot(letter), letter);
    }
    text
}

const GIB: u64 = 1 << 30;

/// `20Gi`.
pub(crate) fn bytes(word: &str) -> u64 {
    let number = word.strip_suffix("Gi").and_then(|number| number.parse::<u64>().ok());
    number.unwrap_or_else(|| panic!("{word:?} is no size; one looks like 20Gi")) * GIB
}

/// The word for a size.
pub(crate) fn size(bytes: u64) -> String {
    if bytes.is_multiple_of(GIB) { format!("{}Gi", bytes / GIB) } else { bytes.to_string() }
}

/// `r1..10` stands for `r1` to `r10`, any other word for itself.
pub(crate) fn names(word: &str) -> Vec<String> {
    let Some((first, last)) = word.split_once("..") else { return vec![word.to_owned()] };
    let digits = first.find(|c: char| c.is_ascii_digit()).unwrap_or(first.len());
    let (stem, first) = first.split_at(digits);
    let (first, last): (u32, u32) = (first.parse().unwrap(), last.parse().unwrap());
    (first..=last).map(|number| format!("{stem}{number}")).collect()
}

/// The key of the replica called `name`.
pub(crate) fn key(name: &str) -> ReplicaKey {
    let id = |kind: &str| Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{kind} {name}").as_bytes());
    ReplicaKey { replica_id: ReplicaId(id("declaration")), server_id: ServerId(id("server")) }
}

/// The namespace of the replica called `name`.
pub(crate) fn namespace(name: &str) -> NamespaceName {
    namespace_name(name, key(name))
}
