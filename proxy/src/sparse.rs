//! Keeps a log bounded when its cause is not: the first few of a kind are told, then ever fewer.

use std::sync::atomic::{AtomicU64, Ordering};

/// Occurrences that are all told before thinning begins.
const ALL_UP_TO: u64 = 16;

/// Counts occurrences of one kind and says which are worth a line.
#[derive(Debug, Default)]
pub struct Sparse(AtomicU64);

impl Sparse {
    /// The number of this occurrence, where it is to be told.
    pub fn tell(&self) -> Option<u64> {
        let nth = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        is_told(nth).then_some(nth)
    }
}

fn is_told(nth: u64) -> bool {
    nth <= ALL_UP_TO || nth.is_power_of_two()
}

#[cfg(test)]
mod tests {
    use super::Sparse;

    #[test]
    fn a_flood_leaves_a_few_lines() {
        let sparse = Sparse::default();
        let told = (0..100_000).filter_map(|_| sparse.tell()).collect::<Vec<_>>();
        assert!(told.len() < 32, "{told:?}");
        assert_eq!(told[..3], [1, 2, 3]);
    }
}
