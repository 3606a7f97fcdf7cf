//! How long which trouble lasts; cruel, but not beyond what the guard promises to withstand.

use crate::answers::Trouble;
use contract::ids::ReplicaKey;
use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, rngs::StdRng};
use std::collections::{BTreeMap, BTreeSet};

/// Trouble comes in spells.
#[derive(Debug)]
pub(crate) struct Weather {
    spell: Trouble,
    left: u32,
}

impl Weather {
    pub(crate) fn fair() -> Self {
        Self { spell: Trouble::None, left: 3 }
    }

    /// The next answer's trouble.
    pub(crate) fn next(&mut self, rng: &mut StdRng) -> Trouble {
        if self.left == 0 {
            (self.spell, self.left) = spell(rng);
        }
        self.left -= 1;
        self.spell
    }
}

fn spell(rng: &mut StdRng) -> (Trouble, u32) {
    match rng.random_range(0..12) {
        0 => (Trouble::Empty, rng.random_range(1..40)),
        1 | 2 => (Trouble::Shrunk(rng.random_range(5..100)), rng.random_range(1..40)),
        3 => (Trouble::Truncated, rng.random_range(1..5)),
        4 => (Trouble::Duplicated, rng.random_range(1..10)),
        5 => (Trouble::Foreign(strangers(rng)), rng.random_range(1..20)),
        6 => (Trouble::Garbage, rng.random_range(1..10)),
        7 => (Trouble::Error, rng.random_range(1..20)),
        _ => (Trouble::None, rng.random_range(1..10)),
    }
}

/// A fleet has about ten; in some spells strangers outnumber it so far that the absent share looks small.
fn strangers(rng: &mut StdRng) -> usize {
    if rng.random_bool(0.25) { 40 } else { rng.random_range(1..12) }
}

/// Lists without a wanted entry in a row that are believed: one less is the most the guard must withstand.
const BELIEVED: u32 = 5;
/// The same for lists that look like a mistake, as time; the guard believes them after an hour.
const DOUBTED: SignedDuration = SignedDuration::from_mins(50);

/// What the answers have left out so far although it is wanted.
#[derive(Debug, Default)]
pub(crate) struct Cruelty {
    left_out: BTreeMap<ReplicaKey, (u32, Timestamp)>,
}

impl Cruelty {
    /// Whether one more complete list without `missing` stays within what must be withstood; if so it is noted.
    pub(crate) fn bears(&mut self, missing: &BTreeSet<ReplicaKey>, doubtful: bool, now: Timestamp) -> bool {
        let mut next = self.left_out.clone();
        next.retain(|key, _| missing.contains(key));
        for key in missing {
            let (in_a_row, first) = next.get(key).copied().unwrap_or((0, now));
            let in_a_row = if doubtful { 0 } else { in_a_row + 1 };
            if in_a_row >= BELIEVED || now.duration_since(first) >= DOUBTED {
                return false;
            }
            next.insert(*key, (in_a_row, first));
        }
        self.left_out = next;
        true
    }
}
