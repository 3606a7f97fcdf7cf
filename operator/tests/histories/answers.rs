//! What a Canopy in trouble answers: bytes, or nothing.

use crate::fleet;
use contract::canopy::WorklistEntry;
use rand::{RngExt, rngs::StdRng, seq::SliceRandom};
use serde_json::{Value, json};

/// What goes wrong with one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    None,
    /// `[]`.
    Empty,
    /// So many per cent of the entries are missing.
    Shrunk(u32),
    /// Cut off in the middle.
    Truncated,
    /// Some entries stand there twice, some of them with another text.
    Duplicated,
    /// Another tenant's list, of so many entries.
    Foreign(usize),
    /// Elements that are no entries; half of them still say whose they are.
    Garbage,
    /// No answer, or one that is no list.
    Error,
}

/// The answer, or none.
pub(crate) fn answer(trouble: Trouble, truth: &[WorklistEntry], rng: &mut StdRng) -> Option<Vec<u8>> {
    let mut list: Vec<Value> = truth.iter().map(|entry| json!(entry)).collect();
    list.shuffle(rng);
    match trouble {
        Trouble::None => {}
        Trouble::Empty => list.clear(),
        Trouble::Shrunk(percent) => list.truncate(list.len() - list.len() * percent as usize / 100),
        Trouble::Truncated => return Some(truncated(&list, rng)),
        Trouble::Duplicated => duplicate(&mut list, rng),
        Trouble::Foreign(size) => list = (0..size).map(|_| stranger(rng)).collect(),
        Trouble::Garbage => spoil(&mut list, rng),
        Trouble::Error => return rng.random_bool(0.5).then(|| b"<html>502 Bad Gateway</html>".to_vec()),
    }
    Some(serde_json::to_vec(&list).unwrap())
}

fn truncated(list: &[Value], rng: &mut StdRng) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(list).unwrap();
    bytes.truncate(rng.random_range(0..bytes.len()));
    bytes
}

fn duplicate(list: &mut Vec<Value>, rng: &mut StdRng) {
    for mut copy in list.clone() {
        if rng.random_bool(0.3) {
            if rng.random_bool(0.5) {
                copy["name"] = json!("another name");
            }
            list.push(copy);
        }
    }
}

fn stranger(rng: &mut StdRng) -> Value {
    json!(fleet::entry(fleet::stranger(rng), true))
}

fn spoil(list: &mut [Value], rng: &mut StdRng) {
    for element in list {
        if rng.random_bool(0.2) {
            match rng.random_range(0..4) {
                0 => element["intent"] = json!("world-domination"),
                1 => element["bucket"] = json!({"not": "a text"}),
                2 => *element = json!(["nonsense"]),
                _ => element["replica_id"] = json!("$(rm -rf /)"),
            }
        }
    }
}
