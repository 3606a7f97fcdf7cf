//! Chance, from one seed; every part has dice of its own, so that one part's throws do not change another's.

use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::{
    ops::Range,
    sync::{Arc, Mutex},
};

/// Dice; copies throw from the same sequence.
#[derive(Debug, Clone)]
pub(crate) struct Dice(Arc<Mutex<StdRng>>);

impl Dice {
    /// The dice of `part` in the world of `seed`.
    pub(crate) fn of(seed: u64, part: u64) -> Self {
        Self(Arc::new(Mutex::new(StdRng::seed_from_u64(seed.wrapping_mul(1009).wrapping_add(part)))))
    }

    /// True in so many of a hundred throws.
    pub(crate) fn percent(&self, percent: u32) -> bool {
        self.below(100) < u64::from(percent)
    }

    /// A number below `end`.
    pub(crate) fn below(&self, end: u64) -> u64 {
        self.within(0..end)
    }

    /// A number in `range`.
    pub(crate) fn within(&self, range: Range<u64>) -> u64 {
        self.0.lock().unwrap().random_range(range)
    }

    /// One of `items`.
    pub(crate) fn one_of<'a, T>(&self, items: &'a [T]) -> Option<&'a T> {
        (!items.is_empty()).then(|| &items[usize::try_from(self.below(items.len() as u64)).unwrap()])
    }

    /// A share from 0 to 1.
    pub(crate) fn share(&self) -> f64 {
        self.0.lock().unwrap().random()
    }
}
